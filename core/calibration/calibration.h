// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/calibration/histogram.h"
#include "core/model/model.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// Bin of a magnitude, from the bit pattern (exponent and first mantissa bit); the first edge is 2^-20.
int histogramBin(float magnitude);
/// Lower edge of a bin; 0 for bin 0.
float histogramEdge(int bin);

/// What calibration learned of one side of one site with C channels.
struct ChannelStatistics {
    std::vector<float> absmax;   ///< [C] largest |x|
    std::vector<float> min, max; ///< [C]
    std::vector<float> mean;     ///< [C] over tokens
    std::vector<float> m2;       ///< [C] second central moment over tokens (variance with divisor tokens)
    std::vector<std::int64_t> above6;    ///< [C] tokens with |x| >= 6 (the LLM.int8() criterion)
    std::vector<std::int64_t> histogram; ///< [kHistogramBins] magnitudes of all channels
    std::int64_t nonfinite = 0;          ///< NaN or infinite values seen (left out of everything above)

    int channels() const { return static_cast<int>(absmax.size()); }
    float largest() const; ///< largest channel absmax; 0 if there is no channel
    int largestChannel() const;
    /// True if nothing but the largest magnitudes is known, as of imported activation scales: a value other
    /// than 0 was there, yet every mean and every second moment is 0, which no observation gives.
    bool onlyMagnitudes() const;
    double elementMean() const; ///< mean over all tokens and channels
    double elementStd() const;  ///< standard deviation over the same, divisor N
    bool operator==(const ChannelStatistics&) const = default;
};

/// Stands in CalibrationSource::engine if another tool did the measuring.
inline constexpr std::string_view kImportedEngine = "imported";

/// How the numbers came about; stored with them and printed in every caption.
struct CalibrationSource {
    std::string checkpointHash;
    std::string checkpointName; ///< folder name, for people
    std::string textHash;       ///< hash of the calibration text, empty if token ids were given
    std::string textName;
    int samples = 0; ///< windows that were run
    int length = 0;  ///< tokens a window
    std::int64_t seed = 0;
    bool contiguous = false; ///< windows back to back from the start instead of at seeded random positions
    bool partial = false;    ///< cancelled before the last window
    std::int64_t tokens = 0;
    std::string engine; ///< name and version; kImportedEngine for activation scales of another tool
    std::string dtype;  ///< compute dtype: "f32", …
    bool rotated = false; ///< every input was observed behind its Rotation too
    bool imported() const { return engine == kImportedEngine; }
    bool operator==(const CalibrationSource&) const = default;
};

/// Per-channel statistics of every site, both sides. Immutable once made; shared as shared_ptr<const>.
struct CalibrationSnapshot {
    ModelSpec spec;
    CalibrationSource source;
    /// [site index][side]; a side that was not observed has no channels.
    std::vector<std::array<ChannelStatistics, 2>> sites;
    /// [site index] of the inputs behind the Rotation of their channels, which gives static scales to plans that rotate.
    /// Empty unless asked for (CalibrationSource::rotated).
    std::vector<ChannelStatistics> rotatedInputs;

    const ChannelStatistics& at(SiteId site, Side side) const;
    const ChannelStatistics& rotatedInput(SiteId site) const; ///< without channels if it was not observed
    bool operator==(const CalibrationSnapshot&) const = default;
};

/// Hash of everything in the snapshot: equal snapshots have equal hashes, whatever file they were in.
std::string calibrationHash(const CalibrationSnapshot& snapshot);

/// The calibration file of design: a safetensors file with `<site>.{input|output}.absmax|min|max|mean|m2` f32
/// [C], `.above6` i64 [C], `.histogram` i64 [bins], the same of `<site>.rotated_input` where it was observed, and the
/// source and spec in its metadata (format version 1).
Result<void>
saveCalibration(const std::filesystem::path& path, const CalibrationSnapshot& snapshot, bool overwrite);
/// Unreadable with a sentence if the file is no calibration, is of a newer format, or shapes contradict its
/// spec.
Result<CalibrationSnapshot> loadCalibration(const std::filesystem::path& path);
/// Whether the metadata of a safetensors file say that it is a calibration file, of whatever version.
bool isCalibrationFile(const std::map<std::string, std::string>& metadata);
/// The same bytes in memory (what the session stores and the engine protocol sends).
Result<std::vector<std::byte>> calibrationToBytes(const CalibrationSnapshot& snapshot);
Result<CalibrationSnapshot> calibrationFromBytes(std::span<const std::byte> bytes, std::string_view what);

/// Cuts tokens into calibration windows of `length`: the first `samples` back to back (`contiguous`), or
/// `samples` at positions drawn uniformly with a fixed generator from `seed` (the same on every machine),
/// sorted by position. Fails with Usage if the text is empty or shorter than one window; fewer windows than
/// asked for in contiguous mode is not an error (the snapshot says how many there were).
struct WindowRequest {
    int samples = 128;
    int length = 512;
    std::int64_t seed = 0;
    bool contiguous = false;
};
Result<std::vector<std::vector<std::int32_t>>>
calibrationWindows(std::span<const std::int32_t> tokens, const WindowRequest& request);

/// The options of `calibrate` beside its text that make a calibration again: " --samples 8 --length 256 --seed 0".
std::string calibrateOptions(const CalibrationSource& source);

} // namespace mambascope
