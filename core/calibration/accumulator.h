// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"

#include <span>

namespace mambascope {

/// Collects ChannelStatistics from activations as they pass. One per site and side; not thread-safe. The
/// result depends on the order and grouping in which rows arrive only through the rounding of sums (fp32
/// within 64 rows, double beyond), in mean and m2; it does not depend on the processor.
class StatisticsAccumulator {
public:
    explicit StatisticsAccumulator(int channels);

    /// Adds `rows` tokens: x[row · stride + channel]. Values that are NaN or infinite are counted and left
    /// out.
    void add(const float* x, std::int64_t rows, std::int64_t stride);
    ChannelStatistics finish() const;

private:
    struct Work;
    void addTile(const float* x, std::int64_t rows, std::int64_t stride, int channel, Work& work);
    /// The same for values that are not finite or so large that fp32 sums could overflow.
    void addCarefully(const float* x, std::int64_t rows, std::int64_t stride, int channel, int width);

    int m_channels;
    std::int64_t m_tokens = 0;
    std::int64_t m_nonfinite = 0;
    std::vector<float> m_min, m_max;
    std::vector<double> m_sum,
        m_sumOfSquares; ///< about m_shift, the first row, to keep the variance accurate
    std::vector<float> m_shift;
    std::vector<std::int64_t> m_finite; ///< finite values a channel
    std::vector<std::int64_t> m_above6;
    std::vector<std::int64_t> m_histogram;
};

} // namespace mambascope
