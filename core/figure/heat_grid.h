// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/axis_scale.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mambascope {

/// Shade of a value that is not known; known ones have 1 … 255.
inline constexpr std::uint8_t kNoShade = 0;

/// How values become shades.
struct HeatScale {
    AxisRange range;
    AxisScale scale = AxisScale::Log;
    bool operator==(const HeatScale&) const = default;

    /// 1 at or below the range's low end, 255 at or above its high end; kNoShade for NaN.
    std::uint8_t shade(double value) const;
    /// The value in the middle of what a shade (1 … 255) stands for.
    double value(std::uint8_t shade) const;
};

/// Columns that are looked at, as an axis range: column c reaches from c − 0.5 to c + 0.5.
struct HeatWindow {
    double first = -0.5, last = 0.5;
    bool operator==(const HeatWindow&) const = default;
};

/// The pixels, [first, last] among `width`, that a column of a window falls on: all that it touches, or one
/// if it is thinner than a pixel. First is larger than last if it lies outside.
struct PixelSpan {
    int first = 0, last = -1;
};
PixelSpan pixelsOf(int column, const HeatWindow& window, int width);

/// A matrix [rows, columns] of shades, made once of its values and then shown at any size. Pooling keeps
/// peaks: a pixel has the shade of the largest value that falls on it, so nothing large is lost at any size.
class HeatGrid {
public:
    HeatGrid() = default;
    /// `values` is row-major, [rows × columns]; NaN where nothing is known.
    HeatGrid(int rows, int columns, std::span<const float> values, const HeatScale& scale);

    int rows() const { return m_rows; }
    int columns() const { return m_columns; }
    std::uint8_t at(int row, int column) const { return m_shades[index(row, column)]; }

    /// Peaks that are drawn at least so many pixels wide (spread() of pooled()): by row, columns ascending.
    void setPeaks(std::vector<std::vector<int>> peaks) { m_peaks = std::move(peaks); }

    /// Shades of `bands × width` pixels, row-major. `order` says which rows are shown and in what order; with
    /// fewer bands than rows, neighbouring rows share one. A pixel is kNoShade where no column falls on it.
    /// Peaks inside the window cover `spread` pixels in each direction beside their own.
    std::vector<std::uint8_t>
    pooled(std::span<const int> order, const HeatWindow& window, int width, int bands, int spread = 0) const;

private:
    std::size_t index(int row, int column) const {
        return static_cast<std::size_t>(column) * static_cast<std::size_t>(m_rows) +
               static_cast<std::size_t>(row);
    }
    void spreadPeaks(
        int row, std::span<const PixelSpan> spans, std::span<std::uint8_t> pixels, int spread) const;

    int m_rows = 0, m_columns = 0;
    std::vector<std::uint8_t> m_shades; ///< column by column: all rows of a pixel are pooled at once
    std::vector<std::vector<int>> m_peaks;
};

} // namespace mambascope
