// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cpu/cpu_backend.h"

#include "plugins/torch/cpu/parallel.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace mambascope {

void* allocateAligned(std::size_t bytes) {
    constexpr std::size_t kLine = 64, kHugePage = std::size_t{2} << 20;
    bytes = std::max(bytes, kLine);
    const bool large = bytes >= 4 * kHugePage;
    void* memory = nullptr;
    if (::posix_memalign(&memory, large ? kHugePage : kLine, bytes) != 0) {
        throw std::bad_alloc();
    }
    if (large) {
        ::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE); // a wish: it may be refused
    }
    return memory;
}

float* CpuBackend::allocate(std::int64_t count) {
    return static_cast<float*>(allocateAligned(static_cast<std::size_t>(count) * sizeof(float)));
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

const Rotation& CpuBackend::rotation(std::int64_t size) {
    return m_rotations.try_emplace(size, size).first->second;
}

std::vector<float> CpuBackend::rowScales(
    Matrix x, const ResolvedActivation& quantizer, const std::uint32_t* exempt,
    std::span<const Segment> segments) const {
    std::vector<float> scales(static_cast<std::size_t>(x.rows), quantizer.scale);
    if (quantizer.scaling == ActivationScale::Static) {
        return scales;
    }
    std::vector<float> rowMax(scales.size());
    parallelFor(x.rows, threadsFor(x.rows * x.columns * 4, m_threads), [&](std::int64_t r) {
        const float* row = x.data + r * x.stride;
        if (exempt != nullptr) {
            thread_local std::vector<float> quantized;
            quantized.assign(row, row + x.columns);
            for (std::int64_t c = 0; c < x.columns; ++c) {
                quantized[static_cast<std::size_t>(c)] =
                    exempt[c] != 0 ? 0.0f : quantized[static_cast<std::size_t>(c)];
            }
            row = quantized.data();
        }
        rowMax[static_cast<std::size_t>(r)] = m_kernels.absmax(row, x.columns);
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
    return scales;
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
    if (how.rotate) {
        const Rotation& rotation = this->rotation(x.columns);
        parallelFor(x.rows, threadsFor(x.rows * x.columns * 16, m_threads), [&](std::int64_t r) {
            if (source.data != out.data) {
                std::memcpy(row(out, r), row(source, r), static_cast<std::size_t>(x.columns) * sizeof(float));
            }
            rotation.apply({row(out, r), static_cast<std::size_t>(x.columns)});
        });
        source = out;
    }
    const ResolvedActivation& quantizer = how.quantizer;
    if (!quantizer.active()) {
        return;
    }
    const std::vector<float> scales = rowScales(source, quantizer, how.exempt, segments);
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
        const QuantizeRow quantize{scales[static_cast<std::size_t>(r)], limit};
        if (how.exempt == nullptr) {
            m_kernels.quantize(row(source, r), quantize, x.columns, row(out, r));
            return;
        }
        thread_local std::vector<float> given;
        given.assign(row(source, r), row(source, r) + x.columns);
        m_kernels.quantize(given.data(), quantize, x.columns, row(out, r));
        for (std::int64_t c = 0; c < x.columns; ++c) {
            row(out, r)[c] = how.exempt[c] != 0 ? given[static_cast<std::size_t>(c)] : row(out, r)[c];
        }
    });
}

} // namespace mambascope
