// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Launches of the CUDA kernels in a stream of the current device. All pointers are device memory. Matrices
// may be of either element unless a line says otherwise; arithmetic is fp32 and results are rounded once.
// What a launch reports is left to cudaGetLastError().

#include "core/quantization/small_float.h"
#include "plugins/torch/operands.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace mambascope::cuda {

using Stream = cudaStream_t;

/// The sequences of a packed batch.
struct Sequences {
    const Segment* segments = nullptr; ///< [count]
    int count = 0;
    const std::int32_t* ofRow = nullptr; ///< [rows]: index of the row's segment
};

/// Zero channels, then divide by smoothing; both may be null. A channel with bits in `exempt` (may be null)
/// is neither quantized nor looked at for a scale.
struct Preparation {
    const std::uint32_t* keep = nullptr;
    const float* smoothing = nullptr;
    const std::uint32_t* exempt = nullptr;
};

constexpr std::int64_t kMostRotated = 24576; ///< channels of rotate(), in the shared memory of a block

/// What the blocks of the vocabulary so far say about a row.
struct HeadScore {
    double sumExp; ///< relative to `largest`
    float largest, target;
    std::int32_t argmax;
};

/// Blocks add to different copies: all to one takes longer than everything else.
constexpr int kHistogramCopies = 16;

/// Accumulated statistics of one stream of activations, [channels] each.
struct StatisticsArrays {
    float *min = nullptr, *max = nullptr, *shift = nullptr;
    double *sum = nullptr, *squares = nullptr; ///< of x − shift
    unsigned long long *above6 = nullptr, *nonfinite = nullptr;
    unsigned long long* histogram = nullptr; ///< [kHistogramCopies][kHistogramBins], whose sum it is
};

/// What one block of rows says about one channel.
struct StatisticsPartial {
    double sum, squares;
    float min, max;
    std::uint32_t above6, nonfinite;
};

/// The rows of x are added to `to`.
struct StatisticsJob {
    Matrix x;
    StatisticsArrays to;
    bool begins = false;                   ///< all but the histogram is taken for unwritten
    StatisticsPartial* partials = nullptr; ///< scratch: [blocks of kStatisticsRows rows][channels]
    unsigned* arrivals = nullptr; ///< [blocks of kStatisticsChannels channels], zeros before and afterwards
};

constexpr int kMostScanStates = 128, kMostStates = 256;        ///< of scan() and of headScan()
constexpr int kStatisticsRows = 512, kStatisticsChannels = 64; ///< of a block of addStatistics()
constexpr std::size_t kMostStatisticsJobs = 8;

bool haveCode(); ///< this build has machine code for the current device

/// Both fp32.
void embed(const float* table, const std::int32_t* ids, Matrix out, Stream stream);
/// `add` may have no data, `weight` and `out` go together; `residual` is fp32.
void addNorm(Matrix add, Matrix residual, const float* weight, float epsilon, Matrix out, Stream stream);
/// x is fp32.
void normRows(
    Matrix x, const std::int64_t* rows, const float* weight, float epsilon, Matrix out, Stream stream);
void addBias(Matrix x, const float* bias, Stream stream);
/// Between any two kinds of element.
void convert(Matrix from, Matrix to, Stream stream);
void convSilu(const ConvArguments& arguments, const Sequences& sequences, Stream stream);
/// After convSilu().
void saveConvState(const ConvArguments& arguments, const Sequences& sequences, Stream stream);
void scan(const ScanArguments& arguments, const Sequences& sequences, Stream stream);
/// scan() with `stateLimit` above 0.
void roundedScan(const ScanArguments& arguments, const Sequences& sequences, Stream stream);
void headScan(const HeadScanArguments& arguments, const Sequences& sequences, Stream stream);
void gatedNorm(const GatedNormArguments& arguments, Stream stream);
void unitNorm(Matrix x, float epsilon, Stream stream);

/// out = x · factors [columns], each product rounded to fp32; factors null: all 1. `out` is fp32.
void multiplyColumns(Matrix x, const float* factors, Matrix out, Stream stream);
void prepareInput(Matrix x, Preparation how, Matrix out, Stream stream);
/// Prepares and multiplies every row with the core's Rotation of `odd` · 2^k channels, whose cosines [odd,
/// odd] are on the device.
void rotate(Matrix x, Preparation how, const float* cosines, int odd, Matrix out, Stream stream);
/// absmax[row] of the finite prepared values.
void rowAbsmax(Matrix x, Preparation how, float* absmax, Stream stream);
/// Turns the magnitudes of rows into quantizer scales, in place: each row its own, or one a sequence.
void rowScales(std::int64_t rows, float limit, float* scales, Stream stream);
void sequenceScales(const Sequences& sequences, float limit, float* scales, Stream stream);
/// Prepares and quantizes with `rowScales` [rows], or with `scale` where that is null.
void quantize(
    Matrix x, Preparation how, const float* rowScales, float scale, float limit, Matrix out, Stream stream);

/// A matrix of bytes or of 32-bit integers, row-major without gaps.
struct Bytes {
    std::int8_t* data = nullptr;
    std::int64_t rows = 0, columns = 0;
};
struct Sums {
    std::int32_t* data = nullptr;
    std::int64_t rows = 0, columns = 0;
};
/// The integers themselves, padded with zeros to the width of `out`, with `scales` [rows]; or with `scale`,
/// which is stored there, if `given` is false. The scale of a row with a NaN becomes NaN.
void quantizeIntegers(
    Matrix x, bool given, float scale, float limit, float* scales, Bytes out, Stream stream);
/// y = (sums · outputScales[column]) · rowScales[row], of the first columns of `sums`.
void scaleSums(Sums sums, const float* rowScales, const float* outputScales, Matrix y, Stream stream);

/// The same to small floats. Block scales are taken from a row's own values; where the format has no other
/// scale, `rowScales` is null and `scale` 1.
void quantizeFloat(
    Matrix x, Preparation how, const float* rowScales, float scale, NumberFormat format, Matrix out,
    Stream stream);

/// Adds fp32 logits [rows, columns] of the tokens from `first` on to `scores`, which begin where `first` is
/// 0.
void scoreLogits(
    Matrix logits, std::int64_t first, const std::int32_t* targets, HeadScore* scores, Stream stream);

/// Up to kMostStatisticsJobs, at the same time; of one element and all with whole packs or none
/// (statisticsPacks()).
void addStatistics(const StatisticsJob* jobs, int count, Stream stream);
/// The rows of x can be read in packs.
bool statisticsPacks(const Matrix& x);

} // namespace mambascope::cuda
