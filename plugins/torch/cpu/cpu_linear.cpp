// SPDX-License-Identifier: GPL-3.0-or-later
// The linears of CpuBackend.
#include "plugins/torch/cpu/cpu_backend.h"

#include "plugins/torch/cpu/parallel.h"
#include "plugins/torch/integers.h"
#include "plugins/torch/weight_rows.h"

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

/// Rows of a task of multiply(), about.
constexpr std::int64_t kTaskRows = 168, kTileTaskRows = 192;
constexpr std::int64_t kTaskPanels = 8;

/// Floats, of fp32 or bf16, with panels that packFloats() fills.
std::unique_ptr<CpuWeight> emptyFloats(
    const Kernels& kernels, const ProductShape& bf16, bool isBf16, std::int64_t outputs, std::int64_t inputs) {
    const std::int64_t width = isBf16 ? bf16.panel : kernels.panelWidth;
    const std::int64_t bytes =
        isBf16 ? bf16.panelBytes(inputs) : width * inputs * static_cast<std::int64_t>(sizeof(float));
    return std::make_unique<CpuWeight>(
        isBf16 ? CpuPrecision::BF16 : CpuPrecision::F32, outputs, inputs, width, bytes);
}

/// Fills panel `p` from its rows.
void packFloats(
    const Kernels& kernels, const ProductShape& bf16, const float* rows, CpuWeight& packed, std::int64_t p) {
    const std::int64_t count = std::min(packed.panelWidth, packed.outputs - p * packed.panelWidth);
    std::byte* panel = packed.panels + p * packed.panelBytes;
    if (packed.precision == CpuPrecision::F32) {
        kernels.packPanels(rows, count, packed.inputs, 0, 1, reinterpret_cast<float*>(panel));
    } else {
        packPanel(bf16, rows, count, packed.inputs, 0, reinterpret_cast<std::uint16_t*>(panel));
    }
}

bool becomesIntegers(const CpuBackend& backend, std::int64_t inputs, const WeightUse& use) {
    return use.site != nullptr && inputs <= kMostIntegerInputs &&
           backend.multipliesIntegers(*use.site, use.linear);
}

} // namespace

bool CpuBackend::multipliesIntegers(const ResolvedSite& site, Linear linear) const {
    return m_precision == CpuPrecision::Int8 && mambascope::multipliesIntegers(site, linear);
}

std::unique_ptr<LinearWeight> CpuBackend::prepareRows(SiteWeight& weight, const WeightUse& use) {
    const std::int64_t inputs = weight.inputs();
    if (becomesIntegers(*this, inputs, use)) {
        return prepare(allRows(weight, m_threads), weight.outputs(), inputs, use);
    }
    shareScale(weight, m_threads);
    auto packed =
        emptyFloats(m_kernels, m_bf16.shape, m_precision != CpuPrecision::F32, weight.outputs(), inputs);
    const int threads = threadsFor(weight.outputs() * inputs, m_threads);
    parallelFor(packed->panelCount, threads, [&](std::int64_t p) {
        const std::int64_t first = p * packed->panelWidth;
        const std::int64_t last = std::min(packed->outputs, first + packed->panelWidth);
        thread_local std::vector<float> rows;
        rows.resize(static_cast<std::size_t>(packed->panelWidth * inputs));
        for (std::int64_t i = first; i < last; ++i) {
            weight.row(
                i, std::span(rows).subspan(
                       static_cast<std::size_t>((i - first) * inputs), static_cast<std::size_t>(inputs)));
        }
        packFloats(m_kernels, m_bf16.shape, rows.data(), *packed, p);
    });
    return packed;
}

std::unique_ptr<LinearWeight> CpuBackend::prepare(
    std::span<const float> weight, std::int64_t outputs, std::int64_t inputs, const WeightUse& use) {
    const int threads = threadsFor(outputs * inputs, m_threads);
    if (!becomesIntegers(*this, inputs, use)) {
        auto packed = emptyFloats(m_kernels, m_bf16.shape, m_precision != CpuPrecision::F32, outputs, inputs);
        parallelFor(packed->panelCount, threads, [&](std::int64_t p) {
            packFloats(m_kernels, m_bf16.shape, weight.data() + p * packed->panelWidth * inputs, *packed, p);
        });
        return packed;
    }
    const ProductShape& shape = m_int8.shape;
    auto packed =
        std::make_unique<CpuWeight>(CpuPrecision::Int8, outputs, inputs, shape.panel, shape.panelBytes(inputs));
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
    const std::int64_t target =
        fewPanels ? std::min(taskRows, std::max(fewRows, divideUp(y.rows, 2 * m_threads))) : taskRows;
    // Whole register tiles, and tasks alike: a last one of few rows would read the weight for next to nothing.
    const std::int64_t unit = tiles ? fewRows : m_kernels.tileRows;
    const std::int64_t parts = std::max<std::int64_t>(1, (y.rows + target / 2) / target);
    const std::int64_t rowsPerTask = divideUp(divideUp(y.rows, parts), unit) * unit;
    // Few rows (generation): smaller pieces of the weight, so that every thread has some. Few tasks: smaller ones, so that
    // threads end at about the same time.
    const bool fewTasks = parts * divideUp(packed.panelCount, kTaskPanels) < 16 * m_threads;
    const std::int64_t panelsPerTask =
        y.rows <= fewRows
            ? std::clamp<std::int64_t>(divideUp(packed.panelCount, 4 * m_threads), 1, kTaskPanels)
        : fewTasks ? kTaskPanels / 2
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
