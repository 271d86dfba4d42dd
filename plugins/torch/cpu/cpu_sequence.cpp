// SPDX-License-Identifier: GPL-3.0-or-later
// The operations of CpuBackend that know sequences: convolution, scan, and the head.
#include "plugins/torch/cpu/cpu_backend.h"

#include "plugins/torch/cpu/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace mambascope {

namespace {

/// The row of the convolution's input that lies `back` tokens before token t of a segment: null for zeros.
const float* inputRow(const ConvArguments& a, const Segment& s, std::int64_t t) {
    if (t >= 0) {
        return a.x.data + (s.begin + t) * a.x.stride;
    }
    return s.state != nullptr ? s.state + a.stateOffset + (a.kernel - 1 + t) * a.x.columns : nullptr;
}

/// Leaves the last kernel − 1 inputs behind. Ascending, because `finalState` may be `state`.
void saveConvState(const ConvArguments& a, const Segment& s) {
    for (int k = 0; k < a.kernel - 1; ++k) {
        float* out = s.finalState + a.stateOffset + k * a.x.columns;
        const std::size_t bytes = static_cast<std::size_t>(a.x.columns) * sizeof(float);
        if (const float* row = inputRow(a, s, s.length - (a.kernel - 1) + k)) {
            std::memmove(out, row, bytes);
        } else {
            std::memset(out, 0, bytes);
        }
    }
}

} // namespace

void CpuBackend::convSilu(const ConvArguments& a, std::span<const Segment> segments) {
    // Pieces of a sequence, so that a row finds its sequence without a search.
    constexpr std::int64_t kPiece = 16;
    struct Piece {
        const Segment* segment;
        std::int64_t first, last;
    };
    std::vector<Piece> pieces;
    for (const Segment& s : segments) {
        for (std::int64_t t = 0; t < s.length; t += kPiece) {
            pieces.push_back({&s, t, std::min(s.length, t + kPiece)});
        }
    }
    parallelFor(
        static_cast<std::int64_t>(pieces.size()), threadsFor(a.x.rows * a.x.columns * 16, m_threads),
        [&](std::int64_t i) {
            const Piece& piece = pieces[static_cast<std::size_t>(i)];
            std::vector<const float*> taps(static_cast<std::size_t>(a.kernel));
            for (std::int64_t t = piece.first; t < piece.last; ++t) {
                for (int k = 0; k < a.kernel; ++k) {
                    taps[static_cast<std::size_t>(k)] = inputRow(a, *piece.segment, t - (a.kernel - 1) + k);
                }
                m_kernels.convSilu(
                    taps.data(), a.kernel, a.weight, a.bias, a.x.columns,
                    a.out.data + (piece.segment->begin + t) * a.out.stride);
            }
        });
    for (const Segment& s : segments) {
        if (s.finalState != nullptr) {
            saveConvState(a, s);
        }
    }
}

void CpuBackend::scan(const ScanArguments& a, std::span<const Segment> segments) {
    const std::int64_t inner = a.u.columns;
    // Wide enough to use whole cache lines and pages of a row, narrow enough to occupy every thread.
    const std::int64_t perThread =
        inner / std::max<std::int64_t>(1, 4 * m_threads / static_cast<std::int64_t>(segments.size()));
    const std::int64_t block = std::clamp<std::int64_t>((perThread + 15) / 16 * 16, 32, 128);
    const std::int64_t blocks = (inner + block - 1) / block;
    parallelFor(
        static_cast<std::int64_t>(segments.size()) * blocks,
        threadsFor(a.u.rows * inner * a.state * 8, m_threads), [&](std::int64_t task) {
            const Segment& s = segments[static_cast<std::size_t>(task / blocks)];
            ScanTile tile;
            tile.firstChannel = task % blocks * block;
            tile.lastChannel = std::min(inner, tile.firstChannel + block);
            const std::int64_t width = tile.lastChannel - tile.firstChannel;
            std::vector<float> h(static_cast<std::size_t>(a.state * width), 0.0f);
            const auto copyState = [&](auto from, auto to, std::int64_t fromStride, std::int64_t toStride) {
                for (int n = 0; n < a.state; ++n) {
                    std::copy_n(from + n * fromStride, width, to + n * toStride);
                }
            };
            if (s.state != nullptr) {
                copyState(s.state + a.stateOffset + tile.firstChannel, h.data(), inner, width);
            }
            const auto at = [&](Matrix m) {
                return m.data + s.begin * m.stride;
            };
            tile.dt = at(a.dt), tile.dtStride = a.dt.stride;
            tile.u = at(a.u), tile.uStride = a.u.stride;
            tile.z = at(a.z), tile.zStride = a.z.stride;
            tile.b = at(a.b), tile.c = at(a.c), tile.bcStride = a.b.stride;
            tile.y = at(a.y), tile.yStride = a.y.stride;
            tile.dtBias = a.dtBias, tile.decay = a.decay, tile.d = a.d;
            tile.inner = inner, tile.state = a.state, tile.tokens = s.length;
            tile.h = h.data(), tile.hStride = width;
            tile.stateLimit = a.stateLimit;
            m_kernels.scan(tile);
            if (s.finalState != nullptr) {
                copyState(h.data(), s.finalState + a.stateOffset + tile.firstChannel, width, inner);
            }
        });
}

void CpuBackend::headScan(const HeadScanArguments& a, std::span<const Segment> segments) {
    const std::int64_t inner = a.u.columns, width = inner / a.heads, headsPerGroup = a.heads / a.groups;
    parallelFor(
        static_cast<std::int64_t>(segments.size()) * a.heads,
        threadsFor(a.u.rows * inner * a.state * 4, m_threads), [&](std::int64_t task) {
            const Segment& s = segments[static_cast<std::size_t>(task / a.heads)];
            const std::int64_t head = task % a.heads, channel = head * width;
            const std::int64_t states = head / headsPerGroup * a.state;
            std::vector<float> h(static_cast<std::size_t>(a.state * width), 0.0f);
            const std::int64_t stateAt = a.stateOffset + channel;
            for (int n = 0; s.state != nullptr && n < a.state; ++n) {
                std::copy_n(s.state + stateAt + n * inner, width, h.data() + n * width);
            }
            const auto at = [&](Matrix m, std::int64_t column) {
                return m.data + s.begin * m.stride + column;
            };
            HeadScanTile tile;
            tile.dt = at(a.dt, head), tile.dtStride = a.dt.stride;
            tile.u = at(a.u, channel), tile.uStride = a.u.stride;
            tile.b = at(a.b, states), tile.c = at(a.c, states), tile.bcStride = a.b.stride;
            tile.y = at(a.y, channel), tile.yStride = a.y.stride;
            tile.dtBias = a.dtBias[head], tile.decay = a.decay[head], tile.d = a.d[head];
            tile.dtMin = a.dtMin, tile.dtMax = a.dtMax;
            tile.h = h.data(), tile.hStride = width, tile.state = a.state;
            tile.tokens = s.length, tile.channels = width, tile.stateLimit = a.stateLimit;
            m_kernels.headScan(tile);
            for (int n = 0; s.finalState != nullptr && n < a.state; ++n) {
                std::copy_n(h.data() + n * width, width, s.finalState + stateAt + n * inner);
            }
        });
}

namespace {

/// What one block of the vocabulary contributes to a row.
struct BlockScore {
    float largest = 0;
    double sumExp = 0; ///< relative to `largest`
    std::int32_t argmax = 0;
};

RowScore combine(std::span<const BlockScore> blocks, float targetLogit) {
    RowScore row;
    float largest = -std::numeric_limits<float>::infinity();
    for (const BlockScore& b : blocks) {
        if (b.largest > largest) {
            largest = b.largest;
            row.argmax = b.argmax;
        }
    }
    double sum = 0;
    for (const BlockScore& b : blocks) {
        sum += b.sumExp * std::exp(static_cast<double>(b.largest) - static_cast<double>(largest));
    }
    row.finite = !std::isnan(sum);
    row.logLikelihood = static_cast<double>(targetLogit) - static_cast<double>(largest) - std::log(sum);
    return row;
}

/// Where each group of equal neighbours among the rows begins, and behind the last one the number of rows. The
/// choices of an item ask for different tokens behind the same context.
std::vector<std::int64_t> groupsOfEqualRows(Matrix x) {
    std::vector<std::int64_t> begins;
    for (std::int64_t r = 0; r < x.rows; ++r) {
        const float* row = x.data + r * x.stride;
        const std::size_t bytes = static_cast<std::size_t>(x.columns) * sizeof(float);
        if (r == 0 || std::memcmp(row, row - x.stride, bytes) != 0) {
            begins.push_back(r);
        }
    }
    begins.push_back(x.rows);
    return begins;
}

} // namespace

std::vector<RowScore>
CpuBackend::scoreRows(const LinearWeight& head, Matrix x, std::span<const std::int32_t> targets) {
    // A block of logits stays in the cache of the thread that makes it. The sizes are fixed: the sums'
    // grouping must not depend on the batch or the threads.
    constexpr std::int64_t kRows = 56;
    constexpr std::int64_t kPanels = 16;
    const std::int64_t columns = kPanels * panelWidth(head);
    const std::vector<std::int64_t> groups = groupsOfEqualRows(x);
    const auto distinct = static_cast<std::int64_t>(groups.size()) - 1;
    for (std::int64_t g = 0; g < distinct; ++g) {
        std::copy_n(x.data + groups[static_cast<std::size_t>(g)] * x.stride, x.columns, x.data + g * x.stride);
    }
    x.rows = distinct;
    const Rows converted = convertRows(head, x, {}, {});
    const std::int64_t vocabularyBlocks = (head.outputs + columns - 1) / columns;
    const std::int64_t rowBlocks = (x.rows + kRows - 1) / kRows;
    std::vector<BlockScore> scores(static_cast<std::size_t>(x.rows * vocabularyBlocks));
    std::vector<float> targetLogits(targets.size(), 0.0f);
    parallelFor(
        rowBlocks * vocabularyBlocks, threadsFor(x.rows * head.outputs * head.inputs, m_threads),
        [&](std::int64_t task) {
            const std::int64_t block = task / rowBlocks, firstRow = task % rowBlocks * kRows;
            const std::int64_t first = block * columns, width = std::min(columns, head.outputs - first);
            const std::int64_t rows = std::min(kRows, x.rows - firstRow);
            thread_local std::vector<float> logits;
            logits.resize(static_cast<std::size_t>(kRows * columns));
            const std::int64_t panels = (width + panelWidth(head) - 1) / panelWidth(head);
            multiplyBlock(
                head, converted, firstRow, rows, block * kPanels, block * kPanels + panels,
                logits.data(), columns);
            for (std::int64_t r = 0; r < rows; ++r) {
                const float* row = logits.data() + r * columns;
                BlockScore& score =
                    scores[static_cast<std::size_t>((firstRow + r) * vocabularyBlocks + block)];
                m_kernels.maxAndSumExp(row, width, &score.largest, &score.sumExp);
                score.argmax =
                    static_cast<std::int32_t>(first + (std::find(row, row + width, score.largest) - row));
                const auto group = static_cast<std::size_t>(firstRow + r);
                for (auto i = static_cast<std::size_t>(groups[group]);
                     i < static_cast<std::size_t>(groups[group + 1]); ++i) {
                    const std::int64_t target = targets[i] - first;
                    if (target >= 0 && target < width) {
                        targetLogits[i] = row[target];
                    }
                }
            }
        });
    std::vector<RowScore> result;
    for (std::size_t group = 0; group + 1 < groups.size(); ++group) {
        const std::span<const BlockScore> blocks(
            scores.data() + group * static_cast<std::size_t>(vocabularyBlocks),
            static_cast<std::size_t>(vocabularyBlocks));
        while (static_cast<std::int64_t>(result.size()) < groups[group + 1]) {
            result.push_back(combine(blocks, targetLogits[result.size()]));
        }
    }
    return result;
}

} // namespace mambascope
