// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/sharded_writer.h"

#include "core/base/json.h"

#include <algorithm>
#include <cstdio>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWhole = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

using Shard = std::vector<TensorToWrite>;

struct Shards {
    std::vector<Shard> shards;
    std::uint64_t bytes = 0; ///< of all tensors
};

/// Fills one shard after the other.
Result<Shards> cut(const std::vector<TensorToWrite>& tensors, std::uint64_t limit) {
    Shards result;
    result.shards.emplace_back();
    std::uint64_t used = 0;
    for (const TensorToWrite& tensor : tensors) {
        const Result<std::uint64_t> size = dataSize(tensor);
        if (!size.ok()) {
            return size.error();
        }
        if (used > 0 && size.value() > limit - std::min(used, limit)) {
            result.shards.emplace_back();
            used = 0;
        }
        result.shards.back().push_back(tensor);
        used += size.value();
        result.bytes += size.value();
    }
    return result;
}

std::string shardName(std::size_t index, std::size_t count) {
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return name;
}

} // namespace

Result<std::vector<std::string>> writeShardedSafetensors(
    const fs::path& folder, const std::vector<TensorToWrite>& tensors,
    const std::map<std::string, std::string>& metadata, std::int64_t shardBytes) {
    if (shardBytes <= 0) {
        return Error::usage("A shard needs a size of at least one byte.");
    }
    const Result<Shards> cutUp = cut(tensors, static_cast<std::uint64_t>(shardBytes));
    if (!cutUp.ok()) {
        return cutUp.error();
    }
    const std::vector<Shard>& shards = cutUp.value().shards;
    std::vector<std::string> files;
    OrderedJson map = OrderedJson::object();
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const std::string name = shards.size() == 1 ? kWhole : shardName(i, shards.size());
        if (auto state = writeSafetensors(folder / name, shards[i], metadata, false); !state.ok()) {
            return state.error();
        }
        files.push_back(name);
        for (const TensorToWrite& tensor : shards[i]) {
            map.get_ref<OrderedJson::object_t&>().push_back({tensor.name, name});
        }
    }
    if (shards.size() > 1) {
        const OrderedJson index{{"metadata", {{"total_size", cutUp.value().bytes}}}, {"weight_map", map}};
        if (auto state = writeFile(folder / kIndex, index.dump(2) + "\n", false); !state.ok()) {
            return state.error();
        }
        files.emplace_back(kIndex);
    }
    return files;
}

} // namespace mambascope
