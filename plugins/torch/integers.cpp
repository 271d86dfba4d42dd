// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/integers.h"

#include "plugins/torch/cpu/parallel.h"

#include <limits>

namespace mambascope {

namespace {

/// 8 bits a value for what a plan leaves in floats.
constexpr ResolvedActivation kTokens8Bit{8, ActivationScale::Token, 0, NumberFormat::Int};
constexpr WeightQuantization kChannels8Bit{8, {GranularityKind::Channel, 0}, NumberFormat::Int};

bool isInteger(const WeightQuantization& weight) {
    return weight.format == NumberFormat::Int && weight.bits < kBitsOff &&
           weight.granularity.kind != GranularityKind::Group;
}

bool isInteger(const ResolvedActivation& input) {
    return input.format == NumberFormat::Int && input.bits < kBitsOff;
}

} // namespace

bool multipliesIntegers(const ResolvedSite& site, Linear linear) {
    if (!site.exempt.empty()) { // some channels are floats
        return false;
    }
    if (isInteger(site.weight) && isInteger(site.input)) {
        return true;
    }
    const bool large = linear == Linear::InProj || linear == Linear::OutProj;
    return large && (isInteger(site.weight) || !site.weight.active()) &&
           (isInteger(site.input) || !site.input.active());
}

ResolvedActivation integerInput(const ResolvedActivation& quantizer) {
    return quantizer.active() ? quantizer : kTokens8Bit;
}

IntegerWeight
toIntegers(std::span<const float> weight, std::int64_t outputs, const ResolvedSite& site, int threads) {
    // The weights of a plan are on their grid already: the same Δ finds the same integers again.
    const WeightQuantization how = site.weight.active() ? site.weight : kChannels8Bit;
    const auto count = static_cast<std::int64_t>(weight.size());
    const std::int64_t inputs = outputs == 0 ? 0 : count / outputs;
    const std::vector<float> scales = weightScales(weight, outputs, inputs, how);
    IntegerWeight result;
    result.q.resize(weight.size());
    result.scales.resize(static_cast<std::size_t>(outputs));
    parallelFor(outputs, threadsFor(count, threads), [&](std::int64_t row) {
        const auto width = static_cast<std::size_t>(inputs), at = static_cast<std::size_t>(row);
        const float scale = scales.size() == 1 ? scales[0] : scales[at];
        const std::int64_t nonfinite = quantize(
            weight.subspan(at * width, width), scale, how.bits, std::span(result.q).subspan(at * width, width));
        result.scales[at] = nonfinite == 0 ? scale : std::numeric_limits<float>::quiet_NaN();
    });
    return result;
}

} // namespace mambascope
