// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/resolve.h"

#include "core/quantization/clipping.h"
#include "core/quantization/resolve_checks.h"

#include <algorithm>
#include <map>
#include <utility>

namespace mambascope {
namespace {

/// Collects warnings that many sites share, so that each is said once, with the layers.
class Warnings {
public:
    void add(SiteId site, std::string sentence) {
        m_sites[{site.linear, std::move(sentence)}].push_back(site.layer);
    }

    std::vector<std::string> lines() const {
        std::vector<std::string> result;
        for (const auto& [key, layers] : m_sites) {
            std::string where = "layer " + std::to_string(layers.front());
            if (layers.size() > 1) {
                where = "layers " + std::to_string(layers.front()) + "–" + std::to_string(layers.back());
                where += layers.size() == static_cast<std::size_t>(layers.back() - layers.front() + 1)
                             ? ""
                             : " (" + std::to_string(layers.size()) + " of them)";
            }
            result.push_back(std::string(linearName(key.first)) + ", " + where + ": " + key.second);
        }
        return result;
    }

private:
    std::map<std::pair<Linear, std::string>, std::vector<int>> m_sites;
};

/// Resolves one site after the other against the same plan and calibration.
class Resolver {
public:
    Resolver(const QuantPlan& plan, const CalibrationSnapshot* calibration, const WeightStatistics* weights)
        : m_plan(plan)
        , m_calibration(calibration)
        , m_weights(weights) {}

    Result<ResolvedSite> resolve(SiteId site) {
        const SiteSettings settings = m_plan.at(site);
        ResolvedSite resolved;
        if (m_plan.groups.linear) {
            resolved.weight = {settings.weightBits, settings.weightGranularity, settings.weightFormat};
        }
        const bool quantized = settings.quantizesActivations();
        const bool input = quantized && settings.activationSide != ActivationSide::Output;
        const bool output = quantized && settings.activationSide != ActivationSide::Input;
        const bool fixed = settings.needsActivationStatistics();
        const bool needsInput =
            settings.zeroOutliers || settings.floatOutliers || settings.alpha || (input && fixed);
        if (auto state = checkCombination(site, settings, input && fixed, output && fixed); !state.ok()) {
            return state.error();
        }
        if ((needsInput && !observed(site, Side::Input)) ||
            (output && fixed && !observed(site, Side::Output))) {
            return unobserved(site, needsInput && !observed(site, Side::Input) ? Side::Input : Side::Output);
        }
        if (settings.needsRotatedInput() && m_calibration->rotatedInput(site).channels() == 0) {
            return Error::usage(
                "The calibration did not observe the rotated inputs of " + siteName(site) +
                    ", which their static scale is taken from.",
                "Calibrate again with rotated inputs (--rotated), or choose token or dynamic scales there.");
        }
        if (settings.zeroOutliers) {
            resolved.zeroed = flagged(site, "zeroing outliers does nothing. ");
        } else if (settings.floatOutliers && (input || resolved.weight.active())) {
            resolved.exempt = flagged(site, "keeping outliers in floats does nothing. ");
        }
        resolved.rotate = settings.rotate;
        if (settings.alpha) {
            resolved.smoothing = smoothingFactors(
                m_calibration->at(site, Side::Input).absmax,
                m_weights->columnAbsmax[static_cast<std::size_t>(site.index())], *settings.alpha,
                resolved.zeroed);
        }
        if (input) {
            const float absmax = settings.needsRotatedInput() ? m_calibration->rotatedInput(site).largest()
                                                              : inputAbsmax(site, resolved, true);
            resolved.input = activation(site, quantizedInput(site, settings), settings, absmax);
        }
        if (output) {
            const float absmax = fixed ? m_calibration->at(site, Side::Output).largest() : 0.0f;
            resolved.output = activation(site, statistics(site, Side::Output), settings, absmax);
        }
        return resolved;
    }

    /// What the scan of one layer reads and carries. `xProj`: that site, resolved.
    Result<ResolvedScan> resolveScan(const ModelSpec& spec, int layer, const ResolvedSite& xProj) {
        const SiteId in{layer, Linear::InProj}, x{layer, Linear::XProj}, dt{layer, Linear::DtProj};
        for (const SiteId site : {in, x, dt}) {
            if (auto state = checkScan(spec, site); spec.has(site.linear) && !state.ok()) {
                return state.error();
            }
        }
        ResolvedScan scan;
        scan.stateBits = m_plan.at({layer, Linear::OutProj}).stateBits;
        if (spec.architecture == Architecture::Mamba2) {
            scan.u = scan.dt = scan.b = scan.c = scan.z = scanActivation(in, Side::Output, 0.0f);
            return scan;
        }
        const int inner = spec.inner, rank = spec.dtRank, states = spec.state;
        const float u = m_plan.ssmInput ? inputAbsmax(x, xProj, false) : largest(x, Side::Input, 0, inner);
        scan.u = scanActivation(x, Side::Input, u);
        scan.dt = scanActivation(dt, Side::Output, largest(dt, Side::Output, 0, inner));
        scan.b = scanActivation(x, Side::Output, largest(x, Side::Output, rank, states));
        scan.c = scanActivation(x, Side::Output, largest(x, Side::Output, rank + states, states));
        scan.z = scanActivation(in, Side::Output, largest(in, Side::Output, inner, inner));
        if (m_plan.ssmInput && xProj.input.active() && !scan.u.active()) {
            scan.u = activation(x, statistics(x, Side::Input), m_plan.at(x), u);
        }
        return scan;
    }

    std::vector<std::string> warnings() const { return m_warnings.lines(); }

private:
    bool observed(SiteId site, Side side) const {
        return m_calibration != nullptr && m_calibration->at(site, side).channels() > 0;
    }

    /// Null without a calibration.
    const ChannelStatistics* statistics(SiteId site, Side side) const {
        return m_calibration != nullptr ? &m_calibration->at(site, side) : nullptr;
    }

    /// What the input quantizer's static scale is taken from.
    const ChannelStatistics* quantizedInput(SiteId site, const SiteSettings& settings) const {
        return settings.needsRotatedInput() && m_calibration != nullptr ? &m_calibration->rotatedInput(site)
                                                                        : statistics(site, Side::Input);
    }

    static Error unobserved(SiteId site, Side side) {
        return Error::usage(
            "The calibration has no statistics of " + siteName(site, side) + ".", std::string(kCalibrateHint));
    }

    static Error refuse(SiteId site, const std::string& reason, const char* hint) {
        return Error::usage("The plan for " + siteName(site) + " cannot be carried out: " + reason, hint);
    }

    static Error noDistribution(SiteId site) {
        return refuse(
            site, "the calibration has no distribution of its values, only their largest magnitudes.",
            "Calibrate the model here, or choose absmax.");
    }

    /// What the settings of a site cannot say together. `input`, `output`: that side has a static scale.
    Result<void> checkCombination(SiteId site, const SiteSettings& settings, bool input, bool output) const {
        if (settings.needsRotatedInput() && (settings.alpha || settings.zeroOutliers)) {
            return refuse(
                site,
                std::string("the calibration has the rotated inputs without ") +
                    (settings.alpha ? "smoothing" : "zeroed channels") + ", which gives no static scale for them.",
                "Choose token or dynamic scales there, or rotation alone.");
        }
        if (settings.rotate && settings.floatOutliers) {
            return refuse(
                site, "rotation mixes channels, so that none of them can be kept in floats.",
                "Choose one of the two.");
        }
        if (settings.floatOutliers &&
            (settings.activationFormat != NumberFormat::Int || settings.weightFormat != NumberFormat::Int)) {
            return refuse(
                site, "outliers are kept in floats beside integers only.", "Choose int, or float_outliers off.");
        }
        if (settings.activationClip.kind == ClipKind::Absmax || !(input || output)) {
            return {};
        }
        if (settings.alpha && input) {
            return refuse(
                site, "the calibration has the distribution of the inputs before smoothing, which says nothing of where "
                "to clip them behind it.",
                "Choose absmax there, or alpha off.");
        }
        if (settings.activationClip.kind == ClipKind::Mse && settings.activationFormat != NumberFormat::Int) {
            return refuse(site, "mse clipping is of integers.", "Choose absmax or a percentile.");
        }
        for (const auto& [fixed, seen] :
             {std::pair(input, quantizedInput(site, settings)), std::pair(output, statistics(site, Side::Output))}) {
            if (fixed && seen != nullptr && seen->channels() > 0 && !hasDistribution(*seen)) {
                return noDistribution(site);
            }
        }
        return {};
    }

    /// Whether the calibration has what the static scales of the scan's inputs are taken from.
    Result<void> checkScan(const ModelSpec& spec, SiteId site) const {
        const SiteSettings settings = m_plan.at(site);
        if (!settings.needsScanStatistics()) {
            return {};
        }
        const bool falcon = spec.architecture == Architecture::FalconMamba;
        const char* unseen = spec.architecture == Architecture::Mamba2      ? "u, B and C behind the convolution"
                             : falcon && site.linear == Linear::XProj      ? "B and C behind their norm"
                             : spec.linearBias && site.linear == Linear::InProj ? "z with its bias"
                                                                           : nullptr;
        if (unseen != nullptr) {
            return refuse(
                site, std::string("the scan reads ") + unseen + ", of which the calibration has no statistics.",
                "Choose token or dynamic scales there.");
        }
        for (const Side side : {Side::Input, Side::Output}) {
            const bool read = side == Side::Output || site.linear == Linear::XProj;
            if (read && !observed(site, side)) {
                return unobserved(site, side);
            }
            const bool clips = settings.activationClip.kind != ClipKind::Absmax && clipsScan(site, side);
            if (clips && !hasDistribution(m_calibration->at(site, side))) {
                return noDistribution(site);
            }
        }
        return {};
    }

    /// The histograms of u and Δ are theirs alone; z, B and C share theirs with others.
    static bool clipsScan(SiteId site, Side side) {
        return (site.linear == Linear::XProj && side == Side::Input) ||
               (site.linear == Linear::DtProj && side == Side::Output);
    }

    /// Largest calibrated magnitude of `count` channels from `first` on.
    float largest(SiteId site, Side side, int first, int count) const {
        if (!observed(site, side)) {
            return 0.0f;
        }
        const auto absmax = m_calibration->at(site, side).absmax.begin() + first;
        return *std::max_element(absmax, absmax + count);
    }

    ResolvedActivation scanActivation(SiteId site, Side side, float absmax) {
        SiteSettings settings = m_plan.at(site);
        if (settings.scanBits >= kBitsOff) {
            return {};
        }
        settings.activationBits = settings.scanBits;
        settings.activationFormat = NumberFormat::Int;
        if (!clipsScan(site, side)) {
            settings.activationClip = {};
        }
        return activation(site, statistics(site, side), settings, absmax);
    }

    std::vector<std::int32_t> flagged(SiteId site, const char* ifImpossible) {
        const OutlierSet set = findOutliers(m_calibration->at(site, Side::Input), m_plan.rule, m_plan.k);
        if (!set.possible) {
            m_warnings.add(site, ifImpossible + set.why);
        }
        std::vector<std::int32_t> channels;
        for (const OutlierChannel& outlier : set.outliers) {
            channels.push_back(outlier.channel);
        }
        return channels;
    }

    /// Largest calibrated magnitude of what reaches the input quantizer: zeroed channels and those that stay floats
    /// left out, smoothed or not.
    float inputAbsmax(SiteId site, const ResolvedSite& resolved, bool smoothed) const {
        if (!observed(site, Side::Input)) {
            return 0.0f;
        }
        std::vector<float> absmax = m_calibration->at(site, Side::Input).absmax;
        for (std::size_t j = 0; smoothed && j < resolved.smoothing.size(); ++j) {
            absmax[j] /= resolved.smoothing[j];
        }
        for (const std::int32_t channel : resolved.zeroed) {
            absmax[static_cast<std::size_t>(channel)] = 0.0f;
        }
        for (const std::int32_t channel : resolved.exempt) {
            absmax[static_cast<std::size_t>(channel)] = 0.0f;
        }
        return absmax.empty() ? 0.0f : *std::max_element(absmax.begin(), absmax.end());
    }

    /// `seen`: the calibration of what is quantized, whose largest magnitude, as the plan leaves it, is `absmax`; only
    /// static scales look at it.
    ResolvedActivation activation(
        SiteId site, const ChannelStatistics* seen, const SiteSettings& settings, float absmax) {
        ResolvedActivation result{
            settings.activationBits, settings.activationScale, 0.0f, settings.activationFormat};
        if (settings.activationFormat == NumberFormat::MxFp4) {
            result.scaling = ActivationScale::Token;
        } else if (settings.activationScale == ActivationScale::Static) {
            if (settings.activationClip.kind != ClipKind::Absmax) {
                absmax = clipMagnitude(*seen, settings.activationClip, absmax, settings.activationBits);
            }
            result.scale = activationScale(absmax, result);
            if (result.scale == 0.0f) {
                m_warnings.add(site, "every calibrated value is 0, so the quantized activation is 0 too.");
            }
        }
        return result;
    }

    const QuantPlan& m_plan;
    const CalibrationSnapshot* m_calibration;
    const WeightStatistics* m_weights;
    Warnings m_warnings;
};

/// Settings of a kind of linear that the model does not have.
void warnOfAbsentLinears(const ModelSpec& spec, const QuantPlan& plan, std::vector<std::string>& warnings) {
    const std::string model = "a " + std::string(architectureTitle(spec.architecture)) + " block has no ";
    for (const Linear linear : kLinears) {
        if (!spec.has(linear) && !plan.linears[static_cast<std::size_t>(linear)].empty()) {
            const std::string name(linearName(linear));
            warnings.push_back(name + ": the plan's settings do nothing, since " + model + name + ".");
        }
    }
    if (plan.ssmInput && !spec.has(Linear::XProj)) {
        warnings.push_back("ssm_input does nothing, since " + model + "x_proj.");
    }
}

void noteScale(const ResolvedActivation& activation, ResolvedPlan& resolved) {
    if (activation.active() && activation.scaling == ActivationScale::Dynamic) {
        resolved.exactUnderForking = false;
    }
}

void resolveGroups(const ModelSpec& spec, const QuantPlan& plan, ResolvedPlan& resolved) {
    const SiteSettings& settings = plan.groupSettings();
    const WeightQuantization how{settings.weightBits, settings.weightGranularity, settings.weightFormat};
    const auto pick = [&](bool inScope) {
        return inScope ? how : WeightQuantization{};
    };
    const bool tied = spec.tiedHead && (plan.groups.embedding || plan.groups.head);
    resolved.conv = pick(plan.groups.conv);
    resolved.ssm = pick(plan.groups.ssm);
    resolved.embedding = pick(plan.groups.embedding || tied);
    resolved.head = pick(plan.groups.head || tied);
}

} // namespace

float activationScale(float absmax, const ResolvedActivation& quantizer) {
    return quantizer.format == NumberFormat::Int ? quantizerScale(absmax, quantizer.bits)
                                                 : floatScale(absmax, quantizer.format);
}

Result<WeightStatistics> weightStatistics(const Checkpoint& checkpoint, const Job& job) {
    WeightStatistics statistics;
    const auto places = static_cast<std::size_t>(checkpoint.spec.siteCount());
    statistics.columnAbsmax.resize(places);
    for (const SiteId site : checkpoint.spec.sites()) {
        if (job.stopRequested()) {
            return Error::cancelled();
        }
        const auto index = static_cast<std::size_t>(site.index());
        const auto& names = checkpoint.names.blocks[static_cast<std::size_t>(site.layer)];
        const auto weight = checkpoint.floats(names.linear(site.linear));
        if (!weight.ok()) {
            return weight.error().within(siteName(site));
        }
        statistics.columnAbsmax[index] = columnAbsmax(
            weight.value(), checkpoint.spec.outputs(site.linear), checkpoint.spec.inputs(site.linear));
        job.report("weights", index + 1, places);
    }
    return statistics;
}

Result<ResolvedSite> resolveSite(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const WeightStatistics* weights, SiteId site) {
    for (const Result<void>& state :
         {checkCalibrated(spec, plan, calibration, {}), checkSmoothing(spec, plan, weights, site)}) {
        if (!state.ok()) {
            return state.error();
        }
    }
    return Resolver(plan, calibration, weights).resolve(site);
}

Result<ResolvedPlan> resolvePlan(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const WeightStatistics* weights, const std::string& checkpointHash) {
    if (auto state = checkInputs(spec, plan, calibration, weights, checkpointHash); !state.ok()) {
        return state.error();
    }
    ResolvedPlan resolved;
    resolved.ssmInput = plan.ssmInput;
    resolved.sites.resize(static_cast<std::size_t>(spec.siteCount()));
    Resolver resolver(plan, calibration, weights);
    for (const SiteId id : spec.sites()) {
        auto site = resolver.resolve(id);
        if (!site.ok()) {
            return site.error();
        }
        for (const ResolvedActivation* activation : {&site.value().input, &site.value().output}) {
            noteScale(*activation, resolved);
        }
        resolved.sites[static_cast<std::size_t>(id.index())] = std::move(site).value();
    }
    for (int layer = 0; layer < spec.layers; ++layer) {
        const SiteId xProj{layer, Linear::XProj};
        auto scan = resolver.resolveScan(spec, layer, resolved.sites[static_cast<std::size_t>(xProj.index())]);
        if (!scan.ok()) {
            return scan.error();
        }
        for (const ResolvedActivation* input :
             {&scan.value().u, &scan.value().dt, &scan.value().b, &scan.value().c, &scan.value().z}) {
            noteScale(*input, resolved);
        }
        resolved.scans.push_back(scan.value());
    }
    resolveGroups(spec, plan, resolved);
    resolved.warnings = resolver.warnings();
    warnOfAbsentLinears(spec, plan, resolved.warnings);
    return resolved;
}

} // namespace mambascope
