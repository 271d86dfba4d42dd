// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/model/model.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// What config.json says. Nothing here is believed where a tensor says something else.
struct ModelConfig {
    Json json;
    bool huggingFace = true; ///< false: the layout of state-spaces (d_model, n_layer, ssm_cfg)
    std::optional<int> layers;
    std::optional<bool> tiedHead;
    float normEpsilon = 1e-5f;
    bool residualInFp32 = true;
    std::vector<std::string> warnings;
};

/// Reads config.json and decides whether its architecture can be opened. Accepts the bare Infinity and NaN
/// that Python writes. Unreadable if the file is missing or damaged, or describes another architecture (which
/// is named).
Result<ModelConfig> readConfig(const std::filesystem::path& file);

/// A sentence for every key that contradicts the tensors.
std::vector<std::string> contradictions(const ModelConfig& config, const ModelSpec& spec);

} // namespace mambascope
