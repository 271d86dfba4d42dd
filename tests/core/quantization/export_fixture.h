// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "core/quantization/export.h"
#include "tests/support/paths.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mambascope::test {

inline std::shared_ptr<const Checkpoint> fixture(const char* name) {
    return openCheckpoint(fixtureFolder() / name).value();
}

inline ExportRequest exportRequest(const std::filesystem::path& folder, ExportFormat format) {
    ExportRequest request;
    request.folder = folder;
    request.format = format;
    request.checkpointHash = "c0ffee";
    return request;
}

inline ResolvedPlan plainPlan(const Checkpoint& checkpoint) {
    return resolvePlan(checkpoint.spec, QuantPlan(), nullptr, nullptr, "").value();
}

inline ResolvedSite& siteIn(ResolvedPlan& plan, SiteId site) {
    return plan.sites[static_cast<std::size_t>(site.index())];
}

/// Every linear of every layer with the same weight quantization.
inline ResolvedPlan quantizedPlan(const Checkpoint& checkpoint, const WeightQuantization& how) {
    ResolvedPlan plan = plainPlan(checkpoint);
    for (const SiteId site : checkpoint.spec.sites()) {
        siteIn(plan, site).weight = how;
    }
    return plan;
}

/// Smoothing factors 0.5, 1.5, 2.5 … at a site.
inline void smooth(const Checkpoint& checkpoint, ResolvedPlan& plan, SiteId site) {
    for (int j = 0; j < checkpoint.spec.inputs(site.linear); ++j) {
        siteIn(plan, site).smoothing.push_back(0.5f + static_cast<float>(j));
    }
}

inline Json jsonFile(const std::filesystem::path& path) {
    return Json::parse(readFile(path).value());
}

inline bool mentions(const std::vector<std::string>& sentences, const char* words) {
    for (const std::string& sentence : sentences) {
        if (sentence.find(words) != std::string::npos) {
            return true;
        }
    }
    return false;
}

inline std::vector<std::string> entries(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

} // namespace mambascope::test
