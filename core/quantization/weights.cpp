// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/quantizer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace mambascope {
namespace {

/// Calls visit(span) for every run of values that share a scale, in the order of the scales.
template <class T, class Visitor>
void forEachScaleRun(
    std::span<T> weight, std::int64_t rows, std::int64_t columns, Granularity granularity, Visitor&& visit) {
    assert(static_cast<std::int64_t>(weight.size()) == rows * columns);
    if (granularity.kind == GranularityKind::Tensor) {
        visit(weight);
        return;
    }
    const auto width = static_cast<std::size_t>(columns);
    const std::size_t run =
        granularity.kind == GranularityKind::Group ? static_cast<std::size_t>(granularity.groupSize) : width;
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        for (std::size_t first = 0; first < width; first += run) {
            visit(weight.subspan(row * width + first, std::min(run, width - first)));
        }
    }
}

} // namespace

namespace {

float scaleOf(std::span<const float> run, const WeightQuantization& how) {
    const float absmax = finiteAbsmax(run);
    return how.format == NumberFormat::Int ? quantizerScale(absmax, how.bits)
                                           : floatScale(absmax, how.format);
}

Granularity granularityOf(const WeightQuantization& how) {
    return blockSize(how.format) > 0 ? Granularity{} : how.granularity;
}

} // namespace

std::vector<float> weightScales(
    std::span<const float> weight, std::int64_t rows, std::int64_t columns, const WeightQuantization& how) {
    std::vector<float> scales;
    forEachScaleRun(weight, rows, columns, granularityOf(how), [&](std::span<const float> run) {
        scales.push_back(scaleOf(run, how));
    });
    return scales;
}

std::int64_t fakeQuantizeWeight(
    std::span<float> weight, std::int64_t rows, std::int64_t columns, const WeightQuantization& how) {
    if (!how.active()) {
        return 0;
    }
    std::int64_t nonfinite = 0;
    forEachScaleRun(weight, rows, columns, granularityOf(how), [&](std::span<float> run) {
        const float scale = scaleOf(run, how);
        if (how.format == NumberFormat::Int) {
            nonfinite += fakeQuantize(run, scale, how.bits);
            return;
        }
        // Blocks end with their row; a run without blocks is shorter than a row, or does not care.
        const auto width = static_cast<std::size_t>(columns);
        for (std::size_t first = 0; first < run.size(); first += width) {
            nonfinite +=
                fakeQuantizeFloat(run.subspan(first, std::min(width, run.size() - first)), scale, how.format);
        }
    });
    return nonfinite;
}

std::int64_t fakeQuantizeParameter(
    std::span<float> values, std::span<const std::int64_t> shape, const WeightQuantization& how) {
    const auto count = static_cast<std::int64_t>(values.size());
    const std::int64_t rows = shape.size() < 2 ? 1 : shape.front();
    return rows == 0 ? 0 : fakeQuantizeWeight(values, rows, count / rows, how);
}

std::vector<float> smoothingFactors(
    std::span<const float> inputAbsmax, std::span<const float> columnMaxima, double alpha,
    std::span<const std::int32_t> zeroed) {
    assert(inputAbsmax.size() == columnMaxima.size());
    constexpr double kSmallest = 1e-5;
    std::vector<float> factors(inputAbsmax.size(), 1.0f);
    for (std::size_t j = 0; j < factors.size(); ++j) {
        const auto x = static_cast<double>(inputAbsmax[j]);
        const auto w = static_cast<double>(columnMaxima[j]);
        if (x > 0 && w > 0) {
            factors[j] = static_cast<float>(std::max(std::pow(x, alpha) / std::pow(w, 1 - alpha), kSmallest));
        }
    }
    for (const std::int32_t channel : zeroed) {
        factors[static_cast<std::size_t>(channel)] = 1.0f;
    }
    return factors;
}

std::vector<float> columnAbsmax(std::span<const float> weight, std::int64_t rows, std::int64_t columns) {
    assert(static_cast<std::int64_t>(weight.size()) == rows * columns);
    const auto width = static_cast<std::size_t>(columns);
    std::vector<std::int32_t> largest(width); // bit patterns, which compare like magnitudes
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        const float* w = weight.data() + row * width;
        for (std::size_t j = 0; j < width; ++j) {
            const std::int32_t bits = std::bit_cast<std::int32_t>(w[j]) & 0x7fffffff;
            const std::int32_t finite = bits < 0x7f800000 ? bits : 0;
            largest[j] = std::max(largest[j], finite);
        }
    }
    std::vector<float> result(width);
    std::transform(largest.begin(), largest.end(), result.begin(), [](std::int32_t bits) {
        return std::bit_cast<float>(bits);
    });
    return result;
}

} // namespace mambascope
