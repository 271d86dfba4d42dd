// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cpu/cpu_backend.h"

#include "plugins/torch/cpu/parallel.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace mambascope {

namespace {

/// Memory for free(), at a cache line. Large pieces lie in pages of 2 MiB where the system has them: touching
/// a model's weights for the first time costs a tenth then, and the processor finds them sooner.
float* allocateFloats(std::int64_t count) {
    constexpr std::size_t kLine = 64, kHugePage = std::size_t{2} << 20;
    const std::size_t bytes = static_cast<std::size_t>(std::max<std::int64_t>(count, 1)) * sizeof(float);
    const bool large = bytes >= 4 * kHugePage;
    void* memory = nullptr;
    if (::posix_memalign(&memory, large ? kHugePage : kLine, bytes) != 0) {
        throw std::bad_alloc();
    }
    if (large) {
        ::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE); // a wish: it may be refused
    }
    return static_cast<float*>(memory);
}

struct PackedWeight final : LinearWeight {
    explicit PackedWeight(std::int64_t count)
        : panels(allocateFloats(count)) {}
    ~PackedWeight() override { std::free(panels); }
    PackedWeight(const PackedWeight&) = delete;
    PackedWeight& operator=(const PackedWeight&) = delete;

    float* panels;
    std::int64_t panelCount = 0;
};

std::int64_t divideUp(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

/// Rows of a task of linear(): a multiple of every register tile's height (14, 6, 4 divide 168 or nearly do).
constexpr std::int64_t kTaskRows = 168;
constexpr std::int64_t kTaskPanels = 8;

} // namespace

float* CpuBackend::allocate(std::int64_t count) {
    return allocateFloats(count);
}

void CpuBackend::release(float* memory) {
    std::free(memory);
}

void CpuBackend::upload(const float* host, std::int64_t count, float* device) {
    std::memcpy(device, host, static_cast<std::size_t>(count) * sizeof(float));
}

void CpuBackend::download(const float* device, std::int64_t count, float* host) {
    std::memcpy(host, device, static_cast<std::size_t>(count) * sizeof(float));
}

std::unique_ptr<LinearWeight>
CpuBackend::prepare(std::span<const float> weight, std::int64_t outputs, std::int64_t inputs) {
    const std::int64_t panels = divideUp(outputs, m_kernels.panelWidth);
    auto packed = std::make_unique<PackedWeight>(panels * m_kernels.panelWidth * inputs);
    packed->outputs = outputs;
    packed->inputs = inputs;
    packed->panelCount = panels;
    parallelFor(panels, threadsFor(outputs * inputs, m_threads), [&](std::int64_t p) {
        m_kernels.packPanels(weight.data(), outputs, inputs, p, p + 1, packed->panels);
    });
    return packed;
}

void CpuBackend::linear(const LinearWeight& weight, Matrix x, Matrix y) {
    const auto& packed = static_cast<const PackedWeight&>(weight);
    const std::int64_t panelTasks = divideUp(packed.panelCount, kTaskPanels);
    const bool fewPanels = panelTasks < 2 * m_threads;
    const std::int64_t rowsPerTask =
        fewPanels ? std::min(kTaskRows, std::max<std::int64_t>(28, divideUp(x.rows, 2 * m_threads)))
                  : kTaskRows;
    // Few rows (generation): smaller pieces of the weight, so that every thread has some.
    const std::int64_t panelsPerTask =
        x.rows <= 28 ? std::clamp<std::int64_t>(divideUp(packed.panelCount, 4 * m_threads), 1, kTaskPanels)
                     : kTaskPanels;
    const std::int64_t rowTasks = divideUp(x.rows, rowsPerTask);
    const std::int64_t columnTasks = divideUp(packed.panelCount, panelsPerTask);
    parallelFor(
        rowTasks * columnTasks, threadsFor(x.rows * packed.outputs * packed.inputs, m_threads),
        [&](std::int64_t task) {
            GemmTile tile;
            const std::int64_t row = task / columnTasks * rowsPerTask;
            tile.a = x.data + row * x.stride;
            tile.lda = x.stride;
            tile.panels = packed.panels;
            tile.inputs = packed.inputs;
            tile.outputs = packed.outputs;
            tile.firstPanel = task % columnTasks * panelsPerTask;
            tile.lastPanel = std::min(packed.panelCount, tile.firstPanel + panelsPerTask);
            tile.rows = std::min(rowsPerTask, x.rows - row);
            tile.c = y.data + row * y.stride;
            tile.ldc = y.stride;
            m_kernels.gemm(tile);
        });
}

void CpuBackend::linearBlock(
    const LinearWeight& weight, Matrix x, std::int64_t first, std::int64_t width, float* out,
    std::int64_t outStride) const {
    const auto& packed = static_cast<const PackedWeight&>(weight);
    GemmTile tile;
    tile.a = x.data;
    tile.lda = x.stride;
    tile.panels = packed.panels + first * packed.inputs;
    tile.inputs = packed.inputs;
    tile.outputs = width;
    tile.lastPanel = divideUp(width, m_kernels.panelWidth);
    tile.rows = x.rows;
    tile.c = out;
    tile.ldc = outStride;
    m_kernels.gemm(tile);
}

void CpuBackend::embed(const float* table, std::span<const std::int32_t> ids, Matrix out) {
    parallelFor(out.rows, threadsFor(out.rows * out.columns, m_threads), [&](std::int64_t r) {
        std::memcpy(
            out.data + r * out.stride, table + ids[static_cast<std::size_t>(r)] * out.columns,
            static_cast<std::size_t>(out.columns) * sizeof(float));
    });
}

void CpuBackend::addNorm(
    const Matrix* add, Matrix residual, const float* weight, float epsilon, const Matrix* out) {
    parallelFor(
        residual.rows, threadsFor(residual.rows * residual.columns * 4, m_threads), [&](std::int64_t r) {
            m_kernels.addNorm(
                add != nullptr ? add->data + r * add->stride : nullptr, residual.data + r * residual.stride,
                weight, epsilon, residual.columns, out != nullptr ? out->data + r * out->stride : nullptr);
        });
}

void CpuBackend::normRows(
    Matrix x, std::span<const std::int64_t> rows, const float* weight, float epsilon, Matrix out) {
    parallelFor(out.rows, threadsFor(out.rows * out.columns, m_threads), [&](std::int64_t r) {
        m_kernels.addNorm(
            nullptr, x.data + rows[static_cast<std::size_t>(r)] * x.stride, weight, epsilon, x.columns,
            out.data + r * out.stride);
    });
}

void CpuBackend::gatedNorm(const GatedNormArguments& a) {
    const std::int64_t width = a.x.columns / a.groups;
    parallelFor(a.x.rows, threadsFor(a.x.rows * a.x.columns * 16, m_threads), [&](std::int64_t r) {
        float* x = a.x.data + r * a.x.stride;
        m_kernels.gateRow(a.gate.data + r * a.gate.stride, a.x.columns, x);
        for (std::int64_t first = 0; a.weight != nullptr && first < a.x.columns; first += width) {
            m_kernels.addNorm(nullptr, x + first, a.weight + first, a.epsilon, width, x + first);
        }
    });
}

void CpuBackend::unitNorm(Matrix x, float epsilon) {
    parallelFor(x.rows, threadsFor(x.rows * x.columns * 4, m_threads), [&](std::int64_t r) {
        float* row = x.data + r * x.stride;
        m_kernels.addNorm(nullptr, row, nullptr, epsilon, x.columns, row);
    });
}

void CpuBackend::addBias(Matrix x, const float* bias) {
    parallelFor(x.rows, threadsFor(x.rows * x.columns * 4, m_threads), [&](std::int64_t r) {
        m_kernels.addRow(bias, x.columns, x.data + r * x.stride);
    });
}

void CpuBackend::transform(Matrix x, const Transform& how, std::span<const Segment> segments, Matrix out) {
    const auto row = [](Matrix m, std::int64_t r) {
        return m.data + r * m.stride;
    };
    Matrix source = x;
    if (how.keep != nullptr || how.smoothing != nullptr) {
        parallelFor(x.rows, threadsFor(x.rows * x.columns * 4, m_threads), [&](std::int64_t r) {
            m_kernels.prepareInput(row(x, r), how.keep, how.smoothing, x.columns, row(out, r));
        });
        source = out;
    }
    const ResolvedActivation& quantizer = how.quantizer;
    if (!quantizer.active()) {
        return;
    }
    std::vector<float> scales(static_cast<std::size_t>(x.rows), quantizer.scale);
    if (quantizer.scaling != ActivationScale::Static) {
        std::vector<float> rowMax(scales.size());
        parallelFor(x.rows, threadsFor(x.rows * x.columns * 4, m_threads), [&](std::int64_t r) {
            rowMax[static_cast<std::size_t>(r)] = m_kernels.absmax(row(source, r), x.columns);
        });
        for (const Segment& s : segments) {
            const auto first = rowMax.begin() + s.begin;
            if (quantizer.scaling == ActivationScale::Dynamic && s.length > 0) {
                const float largest = *std::max_element(first, first + s.length);
                std::fill(first, first + s.length, largest);
            }
        }
        std::transform(rowMax.begin(), rowMax.end(), scales.begin(), [&](float largest) {
            return activationScale(largest, quantizer);
        });
    }
    if (quantizer.format != NumberFormat::Int) {
        parallelFor(x.rows, threadsFor(x.rows * x.columns * 16, m_threads), [&](std::int64_t r) {
            const auto width = static_cast<std::size_t>(x.columns);
            if (source.data != out.data) {
                std::memcpy(row(out, r), row(source, r), width * sizeof(float));
            }
            fakeQuantizeFloat({row(out, r), width}, scales[static_cast<std::size_t>(r)], quantizer.format);
        });
        return;
    }
    const float limit = static_cast<float>(quantizerMax(quantizer.bits));
    parallelFor(x.rows, threadsFor(x.rows * x.columns * 4, m_threads), [&](std::int64_t r) {
        m_kernels.quantize(
            row(source, r), {scales[static_cast<std::size_t>(r)], limit}, x.columns, row(out, r));
    });
}

} // namespace mambascope
