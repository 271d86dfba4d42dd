// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/heat_grid.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

constexpr int kShades = 255;
constexpr std::size_t kManyValues = 1 << 15; // a table costs as much as a quarter of these
constexpr std::size_t kTile = 64; // columns turned into rows together, within the first-level cache

/// axisFraction() for many values of one scale: what depends on the scale alone is computed once.
class Shader {
public:
    explicit Shader(const HeatScale& scale)
        : m_scale(scale.scale)
        , m_linear(scale.range.linear)
        , m_low(placed(scale.range.low)) {
        const double size = placed(scale.range.high) - m_low;
        m_factor = scale.range.high > scale.range.low && std::isfinite(size) ? (kShades - 1) / size : 0;
    }

    std::uint8_t operator()(double value) const {
        if (std::isnan(value)) {
            return kNoShade;
        }
        if (m_scale == AxisScale::Log && !(value > 0)) {
            return 1;
        }
        const double steps = std::clamp((placed(value) - m_low) * m_factor, 0.0, double{kShades - 1});
        return static_cast<std::uint8_t>(1.5 + steps);
    }

private:
    double placed(double value) const {
        switch (m_scale) {
        case AxisScale::Linear:
            break;
        case AxisScale::Log:
            return std::log(value);
        case AxisScale::Symlog:
            return std::asinh(value / m_linear);
        }
        return value;
    }

    AxisScale m_scale;
    double m_linear, m_low, m_factor = 0;
};

/// A shader for very many values: shades rise with the value, so all values between two of the same shade
/// have that shade, and the logarithm is needed at the borders between shades only.
class ShadeTable {
public:
    /// `range` of positive, normal values, for which the table is made.
    ShadeTable(const Shader& shader, const AxisRange& range)
        : m_shader(shader) {
        const auto low = bitsOf(std::clamp(static_cast<float>(range.low), kLeast, kMost));
        const auto high = bitsOf(std::clamp(static_cast<float>(range.high), kLeast, kMost));
        while (m_shift < 23 && ((high - low) >> m_shift) > kBuckets) {
            ++m_shift;
        }
        m_first = low >> m_shift;
        for (std::uint32_t bucket = m_first; bucket <= (high >> m_shift) + 1; ++bucket) {
            m_edges.push_back(shader(static_cast<double>(std::bit_cast<float>(bucket << m_shift))));
        }
    }

    std::uint8_t operator()(float value) const {
        // Below the first bucket and above the last one, negative and NaN: a number that is too large.
        const std::size_t bucket = (bitsOf(value) >> m_shift) - m_first;
        if (bucket < m_edges.size() - 1 && m_edges[bucket] == m_edges[bucket + 1]) {
            return m_edges[bucket];
        }
        return m_shader(static_cast<double>(value));
    }

private:
    static constexpr float kLeast = std::numeric_limits<float>::min(), kMost = 1e38F;
    static constexpr std::uint32_t kBuckets = 1 << 13;

    /// In the order of the values, for positive ones.
    static std::uint32_t bitsOf(float value) { return std::bit_cast<std::uint32_t>(value); }

    const Shader& m_shader;
    unsigned m_shift = 0;
    std::uint32_t m_first = 0;
    std::vector<std::uint8_t> m_edges; ///< shade at the lower edge of each bucket
};

} // namespace

std::uint8_t HeatScale::shade(double value) const {
    return Shader(*this)(value);
}

double HeatScale::value(std::uint8_t shade) const {
    return axisValue(static_cast<double>(shade - 1) / (kShades - 1), range, scale);
}

HeatGrid::HeatGrid(int rows, int columns, std::span<const float> values, const HeatScale& scale)
    : m_rows(rows)
    , m_columns(columns)
    , m_shades(values.size()) {
    assert(values.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    std::vector<std::uint8_t> shades(values.size());
    const Shader shader(scale);
    const bool positive = scale.range.low > 0 && scale.range.high > scale.range.low;
    if (scale.scale == AxisScale::Log && positive && values.size() > kManyValues) {
        std::transform(values.begin(), values.end(), shades.begin(), ShadeTable(shader, scale.range));
    } else {
        std::transform(values.begin(), values.end(), shades.begin(), [&shader](float value) {
            return shader(static_cast<double>(value));
        });
    }
    const auto height = static_cast<std::size_t>(rows), width = static_cast<std::size_t>(columns);
    for (std::size_t tile = 0; tile < width; tile += kTile) {
        for (std::size_t row = 0; row < height; ++row) {
            for (std::size_t column = tile; column < std::min(width, tile + kTile); ++column) {
                m_shades[column * height + row] = shades[row * width + column];
            }
        }
    }
}

PixelSpan pixelsOf(int column, const HeatWindow& window, int width) {
    const double perColumn = width / (window.last - window.first);
    const double left = (column - 0.5 - window.first) * perColumn;
    const double right = (column + 0.5 - window.first) * perColumn;
    if (right <= 0 || left >= width) {
        return {0, -1};
    }
    const int first = std::clamp(static_cast<int>(std::floor(left)), 0, width - 1);
    // A right edge on a pixel's border does not touch the pixel behind it.
    const int last = std::clamp(static_cast<int>(std::ceil(right)) - 1, first, width - 1);
    return {first, last};
}

void HeatGrid::spreadPeaks(
    int row, std::span<const PixelSpan> spans, std::span<std::uint8_t> pixels, int spread) const {
    const int width = static_cast<int>(pixels.size());
    for (const int column : m_peaks[static_cast<std::size_t>(row)]) {
        const PixelSpan span = spans[static_cast<std::size_t>(column)];
        for (int x = std::max(0, span.first - spread);
             span.first <= span.last && x <= std::min(width - 1, span.last + spread); ++x) {
            auto& pixel = pixels[static_cast<std::size_t>(x)];
            pixel = std::max(pixel, at(row, column));
        }
    }
}

std::vector<std::uint8_t> HeatGrid::pooled(
    std::span<const int> order, const HeatWindow& window, int width, int bands, int spread) const {
    if (width < 1 || bands < 1 || order.empty() || !(window.last > window.first)) {
        return {};
    }
    const auto pixelCount = static_cast<std::size_t>(width), height = static_cast<std::size_t>(m_rows);
    std::vector<PixelSpan> spans;
    std::vector<std::uint8_t> byPixel(pixelCount * height, kNoShade);
    for (int column = 0; column < m_columns; ++column) {
        const PixelSpan span = pixelsOf(column, window, width);
        spans.push_back(span);
        const std::uint8_t* from = m_shades.data() + index(0, column);
        for (int x = span.first; x <= span.last; ++x) {
            std::uint8_t* to = byPixel.data() + static_cast<std::size_t>(x) * height;
            for (std::size_t row = 0; row < height; ++row) {
                to[row] = std::max(to[row], from[row]);
            }
        }
    }
    std::vector<std::uint8_t> pixels(pixelCount * static_cast<std::size_t>(bands), kNoShade);
    const std::size_t rows = order.size();
    const auto bandOf = [&](std::size_t position) {
        return position * static_cast<std::size_t>(bands) / rows;
    };
    const auto lineOf = [&](std::size_t position) {
        return std::span<std::uint8_t>(pixels).subspan(bandOf(position) * pixelCount, pixelCount);
    };
    for (std::size_t tile = 0; tile < pixelCount; tile += kTile) {
        for (std::size_t position = 0; position < rows; ++position) {
            const auto line = lineOf(position);
            const std::uint8_t* from = byPixel.data() + static_cast<std::size_t>(order[position]);
            for (std::size_t x = tile; x < std::min(pixelCount, tile + kTile); ++x) {
                line[x] = std::max(line[x], from[x * height]);
            }
        }
    }
    for (std::size_t position = 0; position < rows; ++position) {
        const auto line = lineOf(position);
        if (spread > 0 && static_cast<std::size_t>(order[position]) < m_peaks.size()) {
            spreadPeaks(order[position], spans, line, spread);
        }
        for (std::size_t next = bandOf(position) + 1; next < bandOf(position + 1); ++next) { // a row that is several bands high
            std::copy(
                line.begin(), line.end(), pixels.begin() + static_cast<std::ptrdiff_t>(next * pixelCount));
        }
    }
    return pixels;
}

} // namespace mambascope
