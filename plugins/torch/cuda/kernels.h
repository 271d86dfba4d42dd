// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Launches of the CUDA kernels, in the default stream of the current device. All pointers are device memory.
// What a launch reports is left to cudaGetLastError().

#include "plugins/torch/operands.h"

#include <cstdint>

namespace mambascope::cuda {

/// The sequences of a packed batch.
struct Sequences {
    const Segment* segments = nullptr; ///< [count]
    int count = 0;
    const std::int32_t* ofRow = nullptr; ///< [rows]: index of the row's segment
};

/// Zero channels, then divide by smoothing; both may be null.
struct Preparation {
    const std::uint32_t* keep = nullptr;
    const float* smoothing = nullptr;
};

/// What the blocks of the vocabulary so far say about a row.
struct HeadScore {
    double sumExp; ///< relative to `largest`
    float largest, target;
    std::int32_t argmax;
};

constexpr int kMostStates = 256; ///< of scan() and headScan()

bool haveCode(); ///< this build has machine code for the current device

void embed(const float* table, const std::int32_t* ids, Matrix out);
/// `add` may have no data, `weight` and `out` go together.
void addNorm(Matrix add, Matrix residual, const float* weight, float epsilon, Matrix out);
void normRows(Matrix x, const std::int64_t* rows, const float* weight, float epsilon, Matrix out);
void addBias(Matrix x, const float* bias);
void convSilu(const ConvArguments& arguments, const Sequences& sequences);
/// After convSilu().
void saveConvState(const ConvArguments& arguments, const Sequences& sequences);
void scan(const ScanArguments& arguments, const Sequences& sequences);
void headScan(const HeadScanArguments& arguments, const Sequences& sequences);
void gatedNorm(const GatedNormArguments& arguments);
void unitNorm(Matrix x, float epsilon);

void prepareInput(Matrix x, Preparation how, Matrix out);
/// absmax[row] of the finite prepared values.
void rowAbsmax(Matrix x, Preparation how, float* absmax);
/// Turns the magnitudes of rows into quantizer scales, in place: each row its own, or one a sequence.
void rowScales(std::int64_t rows, float limit, float* scales);
void sequenceScales(const Sequences& sequences, float limit, float* scales);
/// Prepares and quantizes with `rowScales` [rows], or with `scale` where that is null.
void quantize(Matrix x, Preparation how, const float* rowScales, float scale, float limit, Matrix out);

/// Adds logits [rows, columns] of the tokens from `first` on to `scores`, which begin where `first` is 0.
void scoreLogits(Matrix logits, std::int64_t first, const std::int32_t* targets, HeadScore* scores);

} // namespace mambascope::cuda
