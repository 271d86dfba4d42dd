// SPDX-License-Identifier: GPL-3.0-or-later
// The linears of CpuBackend.
#include "plugins/torch/cpu/cpu_backend.h"

#include "plugins/torch/cpu/parallel.h"
#include "plugins/torch/integers.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace mambascope {

namespace {

struct CpuWeight final : LinearWeight {
    CpuWeight(
        CpuPrecision weightPrecision, std::int64_t outputCount, std::int64_t inputCount, std::int64_t width,
        std::int64_t bytesPerPanel)
        : precision(weightPrecision)
        , panelWidth(width)
        , panelCount((outputCount + width - 1) / width)
        , panelBytes(bytesPerPanel)
        , panels(static_cast<std::byte*>(
              allocateAligned(static_cast<std::size_t>(panelCount * bytesPerPanel)))) {
        outputs = outputCount;
        inputs = inputCount;
        bytes = panelCount * panelBytes;
    }
    ~CpuWeight() override { std::free(panels); }
    CpuWeight(const CpuWeight&) = delete;
    CpuWeight& operator=(const CpuWeight&) = delete;

    CpuPrecision precision;
    std::int64_t panelWidth, panelCount, panelBytes;
    std::byte* panels;
    // Of integers, padded to whole panels: Δ of every output, and 128 times the sum of its integers if inputs
    // come with 128 added.
    std::vector<float> scales;
    std::vector<std::int32_t> offsets;
};

const CpuWeight& cpuWeight(const LinearWeight& weight) {
    return static_cast<const CpuWeight&>(weight);
}

std::int64_t divideUp(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

/// Rows of a task of multiply(): a multiple, or nearly, of every register tile's height (32, 14, 6, 4).
constexpr std::int64_t kTaskRows = 168, kTileTaskRows = 192;
constexpr std::int64_t kTaskPanels = 8;

} // namespace

bool CpuBackend::multipliesIntegers(const ResolvedSite& site, Linear linear) const {
    return m_precision == CpuPrecision::Int8 && mambascope::multipliesIntegers(site, linear);
}

std::unique_ptr<LinearWeight> CpuBackend::prepare(
    std::span<const float> weight, std::int64_t outputs, std::int64_t inputs, const WeightUse& use) {
    const int threads = threadsFor(outputs * inputs, m_threads);
    if (m_precision == CpuPrecision::F32) {
        const std::int64_t width = m_kernels.panelWidth;
        auto packed = std::make_unique<CpuWeight>(
            CpuPrecision::F32, outputs, inputs, width,
            width * inputs * static_cast<std::int64_t>(sizeof(float)));
        parallelFor(packed->panelCount, threads, [&](std::int64_t p) {
            m_kernels.packPanels(
                weight.data(), outputs, inputs, p, p + 1, reinterpret_cast<float*>(packed->panels));
        });
        return packed;
    }
    const bool integers = use.site != nullptr && inputs <= kMostIntegerInputs &&
                          multipliesIntegers(*use.site, use.linear);
    const ProductShape& shape = integers ? m_int8.shape : m_bf16.shape;
    auto packed = std::make_unique<CpuWeight>(
        integers ? CpuPrecision::Int8 : CpuPrecision::BF16, outputs, inputs, shape.panel,
        shape.panelBytes(inputs));
    if (!integers) {
        parallelFor(packed->panelCount, threads, [&](std::int64_t p) {
            packPanel(
                shape, weight.data(), outputs, inputs, p,
                reinterpret_cast<std::uint16_t*>(packed->panels + p * packed->panelBytes));
        });
        return packed;
    }
    const IntegerWeight converted = toIntegers(weight, outputs, *use.site, m_threads);
    packed->integers = true;
    packed->scales = converted.scales;
    packed->scales.resize(static_cast<std::size_t>(packed->panelCount * shape.panel));
    packed->offsets.assign(m_int8.biased ? packed->scales.size() : 0, 0);
    for (std::size_t row = 0; m_int8.biased && row < static_cast<std::size_t>(outputs); ++row) {
        const auto begin = converted.q.begin() + static_cast<std::ptrdiff_t>(row) * inputs;
        packed->offsets[row] = 128 * std::accumulate(begin, begin + inputs, std::int32_t{0});
    }
    parallelFor(packed->panelCount, threads, [&](std::int64_t p) {
        packPanel(
            shape, converted.q.data(), outputs, inputs, p,
            reinterpret_cast<std::int8_t*>(packed->panels + p * packed->panelBytes));
    });
    return packed;
}

std::int64_t CpuBackend::panelWidth(const LinearWeight& weight) {
    return cpuWeight(weight).panelWidth;
}

CpuBackend::Rows CpuBackend::convertRows(
    const LinearWeight& weight, Matrix x, const ResolvedActivation& quantizer,
    std::span<const Segment> segments) {
    Rows rows;
    rows.x = x;
    const CpuPrecision precision = cpuWeight(weight).precision;
    if (precision == CpuPrecision::F32) {
        return rows;
    }
    const bool integers = precision == CpuPrecision::Int8;
    const ProductShape& shape = integers ? m_int8.shape : m_bf16.shape;
    const std::int64_t depth = shape.depth(x.columns);
    rows.bytes = depth * shape.inputBytes;
    m_converted.resize(std::max(
        m_converted.size(),
        static_cast<std::size_t>(divideUp(x.rows, shape.rowUnit) * shape.rowUnit * rows.bytes)));
    rows.converted = m_converted.data();
    const int threads = threadsFor(x.rows * x.columns * 4, m_threads);
    if (!integers) {
        parallelFor(x.rows, threads, [&](std::int64_t r) {
            m_bf16.convert(x.data + r * x.stride, x.columns, depth, m_converted.data() + r * rows.bytes);
        });
        return rows;
    }
    const ResolvedActivation how = integerInput(quantizer);
    const auto limit = static_cast<float>(quantizerMax(how.bits));
    rows.scales = rowScales(x, how, nullptr, segments);
    parallelFor(x.rows, threads, [&](std::int64_t r) {
        float& scale = rows.scales[static_cast<std::size_t>(r)];
        std::byte* out = m_converted.data() + r * rows.bytes;
        if (!m_int8.convert(x.data + r * x.stride, {scale, limit}, x.columns, depth, out)) {
            scale = std::numeric_limits<float>::quiet_NaN(); // as NaN spreads through a product of floats
        }
    });
    return rows;
}

void CpuBackend::multiplyBlock(
    const LinearWeight& weight, const Rows& rows, std::int64_t first, std::int64_t count,
    std::int64_t firstPanel, std::int64_t lastPanel, float* out, std::int64_t outStride) const {
    const CpuWeight& packed = cpuWeight(weight);
    const std::byte* panels = packed.panels + firstPanel * packed.panelBytes;
    const std::int64_t firstOutput = firstPanel * packed.panelWidth;
    if (packed.precision == CpuPrecision::F32) {
        GemmTile tile;
        tile.a = rows.x.data + first * rows.x.stride;
        tile.lda = rows.x.stride;
        tile.panels = reinterpret_cast<const float*>(panels);
        tile.inputs = packed.inputs;
        tile.outputs = packed.outputs - firstOutput;
        tile.lastPanel = lastPanel - firstPanel;
        tile.rows = count;
        tile.c = out;
        tile.ldc = outStride;
        m_kernels.gemm(tile);
        return;
    }
    const bool integers = packed.precision == CpuPrecision::Int8;
    ProductTile tile;
    tile.a = rows.converted + first * rows.bytes;
    tile.lda = rows.bytes;
    tile.panels = panels;
    tile.depth = (integers ? m_int8.shape : m_bf16.shape).depth(packed.inputs);
    tile.outputs = packed.outputs - firstOutput;
    tile.lastPanel = lastPanel - firstPanel;
    tile.rows = count;
    tile.c = out;
    tile.ldc = outStride;
    if (integers) {
        tile.rowScale = rows.scales.data() + first;
        tile.outputScale = packed.scales.data() + firstOutput;
        tile.outputOffset = packed.offsets.empty() ? nullptr : packed.offsets.data() + firstOutput;
        m_int8.multiply(tile);
    } else {
        m_bf16.multiply(tile);
    }
}

void CpuBackend::multiply(const LinearWeight& weight, const Rows& rows, Matrix y) const {
    const CpuWeight& packed = cpuWeight(weight);
    const bool tiles = packed.precision == CpuPrecision::BF16   ? m_bf16.shape.rowUnit > 1
                       : packed.precision == CpuPrecision::Int8 ? m_int8.shape.rowUnit > 1
                                                                : false;
    const std::int64_t taskRows = tiles ? kTileTaskRows : kTaskRows, fewRows = tiles ? 32 : 28;
    const bool fewPanels = divideUp(packed.panelCount, kTaskPanels) < 2 * m_threads;
    std::int64_t rowsPerTask =
        fewPanels ? std::min(taskRows, std::max(fewRows, divideUp(y.rows, 2 * m_threads))) : taskRows;
    if (tiles) { // rows are read in groups
        rowsPerTask = divideUp(rowsPerTask, fewRows) * fewRows;
    }
    // Few rows (generation): smaller pieces of the weight, so that every thread has some.
    const std::int64_t panelsPerTask =
        y.rows <= fewRows
            ? std::clamp<std::int64_t>(divideUp(packed.panelCount, 4 * m_threads), 1, kTaskPanels)
            : kTaskPanels;
    const std::int64_t rowTasks = divideUp(y.rows, rowsPerTask);
    const std::int64_t columnTasks = divideUp(packed.panelCount, panelsPerTask);
    parallelFor(
        rowTasks * columnTasks, threadsFor(y.rows * packed.outputs * packed.inputs, m_threads),
        [&](std::int64_t task) {
            const std::int64_t row = task / columnTasks * rowsPerTask;
            const std::int64_t firstPanel = task % columnTasks * panelsPerTask;
            multiplyBlock(
                weight, rows, row, std::min(rowsPerTask, y.rows - row), firstPanel,
                std::min(packed.panelCount, firstPanel + panelsPerTask),
                y.data + row * y.stride + firstPanel * packed.panelWidth, y.stride);
        });
}

void CpuBackend::linear(const LinearWeight& weight, Matrix x, Matrix y) {
    multiply(weight, convertRows(weight, x, {}, {}), y);
}

void CpuBackend::integerLinear(
    const LinearWeight& weight, Matrix x, const ResolvedActivation& quantizer,
    std::span<const Segment> segments, Matrix y) {
    multiply(weight, convertRows(weight, x, quantizer, segments), y);
}

} // namespace mambascope
