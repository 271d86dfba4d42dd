// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace mambascope {

/// Where the parts of a checkpoint lie.
struct CheckpointLocation {
    std::filesystem::path folder;
    std::filesystem::path weights; ///< a weights file or an index of shards; empty: still to be looked for
};

/// Finds the folder that `model` stands for (see openCheckpoint). Unreadable if there is nothing.
Result<CheckpointLocation> locateCheckpoint(const std::filesystem::path& model);

/// The weights of a folder: safetensors before PyTorch's files, one file before shards.
Result<std::filesystem::path> findWeights(const std::filesystem::path& folder);

} // namespace mambascope
