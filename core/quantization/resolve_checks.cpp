// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/resolve_checks.h"

namespace mambascope {
namespace {

Result<void> checkCalibration(
    const ModelSpec& spec, const CalibrationSnapshot& calibration, const std::string& checkpointHash) {
    const std::string& ofHash = calibration.source.checkpointHash;
    const auto sites = static_cast<std::size_t>(spec.siteCount());
    if (calibration.sites.size() != sites) {
        return Error::usage(
            "The calibration is of a model with " + std::to_string(calibration.spec.layers) +
                " layers, but this one has " + std::to_string(spec.layers) + ".",
            std::string(kCalibrateHint));
    }
    for (const SiteId site : spec.sites()) {
        for (const Side side : {Side::Input, Side::Output}) {
            const int has = calibration.at(site, side).channels();
            const int needs = spec.channels(site.linear, side);
            if (has != 0 && has != needs) {
                return Error::usage(
                    "The calibration has " + std::to_string(has) + " channels at " + siteName(site, side) +
                        ", but the model has " + std::to_string(needs) + ".",
                    std::string(kCalibrateHint));
            }
        }
        if (const int has = calibration.rotatedInput(site).channels();
            has != 0 && has != spec.inputs(site.linear)) {
            return Error::usage(
                "The calibration has " + std::to_string(has) + " rotated channels at " + siteName(site) +
                    ", but the model has " + std::to_string(spec.inputs(site.linear)) + ".",
                std::string(kCalibrateHint));
        }
    }
    if (!ofHash.empty() && !checkpointHash.empty() && ofHash != checkpointHash) {
        return Error::usage(
            "The calibration is of another checkpoint" +
                (calibration.source.checkpointName.empty() ? std::string()
                                                           : " (" + calibration.source.checkpointName + ")") +
                ": its weights differ from this model's.",
            "Calibrate this model.");
    }
    return {};
}

} // namespace

Result<void> checkSmoothing(
    const ModelSpec& spec, const QuantPlan& plan, const WeightStatistics* weights, SiteId site) {
    const auto index = static_cast<std::size_t>(site.index());
    if (plan.at(site).alpha &&
        (weights == nullptr || weights->columnAbsmax.size() <= index ||
         static_cast<int>(weights->columnAbsmax[index].size()) != spec.inputs(site.linear))) {
        return Error::usage(
            "Smoothing at " + siteName(site) + " needs the statistics of the model's weights.");
    }
    return {};
}

Result<void> checkCalibrated(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const std::string& checkpointHash) {
    if (!plan.needsCalibration(spec.layers)) {
        return {};
    }
    if (calibration == nullptr) {
        return Error::usage(
            "The plan uses static activation scales, smoothing or outlier zeroing, and so needs a "
            "calibration.",
            std::string(kCalibrateHint));
    }
    return checkCalibration(spec, *calibration, checkpointHash);
}

Result<void> checkInputs(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const WeightStatistics* weights, const std::string& checkpointHash) {
    for (const auto& [site, patch] : plan.sites) {
        if (!spec.has(site.linear)) {
            return Error::usage(
                "The plan addresses " + siteName(site) + ", but a " +
                    std::string(architectureTitle(spec.architecture)) + " block has no " +
                    std::string(linearName(site.linear)) + ".",
                "Remove that site from the plan.");
        }
        if (site.layer < 0 || site.layer >= spec.layers) {
            return Error::usage(
                "The plan addresses " + siteName(site) + ", but the model has " +
                    std::to_string(spec.layers) + " layers, counted from 0.",
                "Remove that site from the plan.");
        }
    }
    if (auto state = checkCalibrated(spec, plan, calibration, checkpointHash); !state.ok()) {
        return state;
    }
    for (const SiteId site : spec.sites()) {
        if (auto state = checkSmoothing(spec, plan, weights, site); !state.ok()) {
            return state;
        }
    }
    return {};
}

} // namespace mambascope
