// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mambascope {

/// Bytes of a tensor's data; Usage if its shape makes no sense.
Result<std::uint64_t> dataSize(const TensorToWrite& tensor);

/// Writes tensors as `folder`/model.safetensors, or, if their data is more than `shardBytes`, as
/// model-00001-of-0000M.safetensors … with model.safetensors.index.json, as Hugging Face's loaders read them.
/// Tensors stay whole and in the given order, so that a tensor larger than `shardBytes` is a shard of its
/// own. Returns the names of the written files. Fails like writeSafetensors(); files written before stay.
Result<std::vector<std::string>> writeShardedSafetensors(
    const std::filesystem::path& folder, const std::vector<TensorToWrite>& tensors,
    const std::map<std::string, std::string>& metadata, std::int64_t shardBytes);

} // namespace mambascope
