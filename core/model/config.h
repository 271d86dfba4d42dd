// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/model/model.h"

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// What config.json says. Nothing here is believed where a tensor says something else.
struct ModelConfig {
    Json json;
    Architecture architecture = Architecture::Mamba1;
    bool huggingFace = true; ///< false: the layout of state-spaces (d_model, n_layer, ssm_cfg)
    std::optional<int> layers;
    std::optional<bool> tiedHead;
    float normEpsilon = 1e-5f;
    float mixerNormEpsilon = 1e-6f;    ///< FalconMamba
    std::optional<int> groups, states; ///< Mamba-2: the tensors only tell their product
    float dtMin = 0, dtMax = std::numeric_limits<float>::infinity(); ///< Mamba-2
    bool gatedNorm = true;                                           ///< Mamba-2
    bool residualInFp32 = true;
    std::vector<std::string> warnings;
};

/// Reads config.json and decides whether its architecture can be opened. Accepts the bare Infinity and NaN
/// that Python writes. Unreadable if the file is missing or damaged, or describes another architecture (which
/// is named).
Result<ModelConfig> readConfig(const std::filesystem::path& file);

/// What `config` says against the tensors, and what it leaves to them.
struct ConfigFindings {
    std::vector<std::string> warnings; ///< a sentence for every contradiction
    std::vector<std::string> inferred; ///< "state_size 16": what the tensors decided in silence
};
ConfigFindings compareConfig(const ModelConfig& config, const ModelSpec& spec);

} // namespace mambascope
