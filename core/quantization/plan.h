// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/calibration/outliers.h"
#include "core/model/site.h"
#include "core/quantization/number_format.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

inline constexpr int kBitsOff = 16; ///< "not quantized"

enum class GranularityKind { Tensor, Channel, Group };

/// How many scales a weight has: one, one an output row, or one every `groupSize` consecutive inputs of a
/// row.
struct Granularity {
    GranularityKind kind = GranularityKind::Tensor;
    int groupSize = 0; ///< only for Group
    bool operator==(const Granularity&) const = default;
};
std::string granularityName(Granularity granularity); ///< "tensor", "channel", "group:128"
std::optional<Granularity> parseGranularity(std::string_view text);

enum class ActivationSide { Input, Output, Both };
std::string_view activationSideName(ActivationSide side); ///< "input", "output", "both"
std::optional<ActivationSide> parseActivationSide(std::string_view text);

/// Where an activation's scale comes from: calibration, the tensor of one scored sequence at run time, or
/// each token.
enum class ActivationScale { Static, Dynamic, Token };
std::string_view activationScaleName(ActivationScale scale); ///< "static", "dynamic", "token"
std::optional<ActivationScale> parseActivationScale(std::string_view text);

enum class ClipKind { Absmax, Percentile, Mse };

/// Where a static activation scale ends: at the largest calibrated magnitude, at the magnitude that so many per cent
/// of the calibrated values do not exceed, or where the expected squared error is least. What is larger is clamped.
struct Clip {
    ClipKind kind = ClipKind::Absmax;
    double percent = 0; ///< only for Percentile: 50 to 100
    bool operator==(const Clip&) const = default;
};
std::string clipName(Clip clip); ///< "absmax", "percentile:99.9", "mse"
std::optional<Clip> parseClip(std::string_view text);

/// Everything a plan can say about one site. Bits are those of the integer format; any other format is a
/// quantization by itself, whatever the bits.
struct SiteSettings {
    int weightBits = kBitsOff; ///< 2…8, or kBitsOff
    NumberFormat weightFormat = NumberFormat::Int;
    Granularity weightGranularity;
    int activationBits = kBitsOff; ///< 2…8, or kBitsOff
    NumberFormat activationFormat = NumberFormat::Int;
    ActivationSide activationSide = ActivationSide::Input;
    ActivationScale activationScale = ActivationScale::Static;
    std::optional<double> alpha; ///< SmoothQuant migration strength in [0, 1]; none: no smoothing
    bool zeroOutliers = false;
    Clip activationClip; ///< of static scales
    /// Input and weight are multiplied with an orthonormal matrix (rotation.h) before they are quantized.
    bool rotate = false;
    /// Channels that the plan's rule flags stay floats, in the input and in the weight (arXiv 2208.07339).
    bool floatOutliers = false;
    /// 2…8, or kBitsOff: what the scan reads of this linear, in integers with the activation scale above: z at in_proj,
    /// u, B and C at x_proj, Δ before bias and softplus at dt_proj; all five at Mamba-2's in_proj.
    int scanBits = kBitsOff;
    int stateBits = kBitsOff; ///< out_proj: 2…8, or kBitsOff: the state of the scan in front of it, from token to token
    bool quantizesWeights() const { return weightFormat != NumberFormat::Int || weightBits < kBitsOff; }
    bool quantizesActivations() const {
        return activationFormat != NumberFormat::Int || activationBits < kBitsOff;
    }
    /// Some activation scale comes from calibration.
    bool needsActivationStatistics() const {
        return quantizesActivations() && activationScale == ActivationScale::Static &&
               activationFormat != NumberFormat::MxFp4;
    }
    bool quantizesScan() const { return scanBits < kBitsOff || stateBits < kBitsOff; }
    /// The scale of a rotated input comes from calibration.
    bool needsRotatedInput() const {
        return rotate && needsActivationStatistics() && activationSide != ActivationSide::Output;
    }
    bool needsScanStatistics() const {
        return scanBits < kBitsOff && activationScale == ActivationScale::Static;
    }
    bool operator==(const SiteSettings&) const = default;
};

/// Settings that differ from the level above; what is empty is inherited.
struct SitePatch {
    std::optional<int> weightBits;
    std::optional<NumberFormat> weightFormat;
    std::optional<Granularity> weightGranularity;
    std::optional<int> activationBits;
    std::optional<NumberFormat> activationFormat;
    std::optional<ActivationSide> activationSide;
    std::optional<ActivationScale> activationScale;
    std::optional<std::optional<double>> alpha; ///< set to an empty optional: smoothing off
    std::optional<bool> zeroOutliers;
    std::optional<Clip> activationClip;
    std::optional<bool> rotate;
    std::optional<bool> floatOutliers;
    std::optional<int> scanBits, stateBits;

    bool empty() const;
    void applyTo(SiteSettings& settings) const;
    /// Takes over every setting that `other` has.
    void merge(const SitePatch& other);
    /// Drops every setting that `other` has.
    void drop(const SitePatch& other);
    bool operator==(const SitePatch&) const = default;
};

/// Groups of parameters that a plan can quantize. Biases and norm weights never are.
struct ParameterGroups {
    bool linear = true; ///< the four site weights
    bool conv = false;  ///< conv1d.weight
    bool ssm = false;   ///< A_log, D
    bool embedding = false;
    bool head = false; ///< if tied to the embedding: the same tensor, quantized once
    static ParameterGroups mlp() { return {}; }
    static ParameterGroups all() { return {true, true, true, true, true}; }
    bool operator==(const ParameterGroups&) const = default;
};

/// Which sites an edit addresses; an empty list means all.
struct SiteSelection {
    std::vector<int> layers;
    std::vector<Linear> linears;
};

/// How a model is to be quantized: a value with model-wide defaults, settings per kind of linear, and
/// settings per site; the narrower level wins. Semantics: the quantization specification.
struct QuantPlan {
    std::string name; ///< for people; not part of the hash
    SiteSettings defaults;
    std::array<SitePatch, 4> linears; ///< by Linear
    std::map<SiteId, SitePatch> sites;
    ParameterGroups groups;
    OutlierRule rule = OutlierRule::ChannelSpread;
    double k = 6.0;
    /// x_proj: zeroing and quantization apply to the scan's u as well as to the linear's copy.
    bool ssmInput = false;

    /// Settings of one site, without those that other linears have (scanBits at out_proj, stateBits elsewhere).
    SiteSettings at(SiteId site) const;
    /// Settings of the weight groups that are no site (conv, ssm, embedding, head): the defaults' bits and
    /// granularity.
    const SiteSettings& groupSettings() const { return defaults; }
    /// Sets what `patch` holds for the selection, and clears the same settings on every narrower level inside
    /// it.
    void set(const SiteSelection& selection, const SitePatch& patch);
    /// True if nothing would be quantized, smoothed or zeroed in a model of `layers` layers.
    bool isBaseline(int layers) const;
    /// True if some site needs calibration: static activations, smoothing, or a rule that looks for outliers.
    bool needsCalibration(int layers) const;
    /// True if the calibration has to have observed rotated inputs (CalibrationSnapshot::rotatedInputs).
    bool needsRotatedInputs(int layers) const;
    bool operator==(const QuantPlan&) const = default;
};

/// Plan file, format 1. Keys in a fixed order; equal plans give equal text.
OrderedJson toJson(const QuantPlan& plan);
/// Refuses unknown keys by name, bits outside 2…8 (16 or "off" = off), alpha outside [0, 1], k ≤ 0 or not
/// finite, unknown rules, and layers < 0, each with its own sentence (Unreadable). Comments are accepted.
Result<QuantPlan> planFromJson(const Json& json, std::string_view what);
Result<QuantPlan> parsePlan(std::string_view text, std::string_view what);

/// Hash of what the plan does (its name left out).
std::string planHash(const QuantPlan& plan);

/// The difference in words, a line each: "layers 3–7, out_proj: activation bits 8 → off". Empty if they do
/// the same.
std::vector<std::string> planDiff(const QuantPlan& from, const QuantPlan& to, int layers);
/// One line that says what a plan does, for lists: "W8 A8 (inputs, static) α 0.5".
std::string planSummary(const QuantPlan& plan);

/// Names of all presets of the specification, in its order.
std::vector<std::string> presetNames();
/// Accepts the names of presetNames() and the ASCII spellings ("SmoothQuant W8A8 alpha 0.5"); Usage
/// otherwise, with the names in the hint.
Result<QuantPlan> presetPlan(std::string_view name);

} // namespace mambascope
