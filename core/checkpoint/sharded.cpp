// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/checkpoint/pytorch.h"
#include "core/checkpoint/safetensors.h"
#include "core/checkpoint/safetensors_header.h"

#include <set>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestIndex = 2u << 20; ///< that of a Mamba model has some ten thousand bytes

/// Tensor name → shard file name.
using WeightMap = std::map<std::string, std::string>;

/// A shard is a plain file name: an index must not be able to make the program read anything outside its
/// folder.
bool isPlainName(std::string_view name) {
    return !name.empty() && name != "." && name.find("..") == std::string_view::npos &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

Error badIndex(const fs::path& indexFile, const std::string& why) {
    return Error::unreadable(indexFile.string() + " " + why + ".", "The file is damaged; download it again.");
}

Result<WeightMap> readIndex(const fs::path& indexFile) {
    const Result<std::string> text = readFile(indexFile, kLargestIndex);
    if (!text.ok()) {
        return text.error();
    }
    const Result<Json> json = parseJson(text.value(), indexFile.string());
    if (!json.ok()) {
        return json.error();
    }
    if (!json.value().is_object() || !json.value().contains("weight_map") ||
        !json.value()["weight_map"].is_object() || json.value()["weight_map"].empty()) {
        return badIndex(indexFile, "has no \"weight_map\" that says which shard holds which tensor");
    }
    WeightMap map;
    for (const auto& [tensor, shard] : json.value()["weight_map"].items()) {
        if (!shard.is_string() || !isPlainName(shard.get_ref<const std::string&>())) {
            return badIndex(
                indexFile, "names a shard for " + quotedName(tensor) + " that is not a plain file name (" +
                               quotedName(shard.is_string() ? shard.get<std::string>() : "") + ")");
        }
        map.emplace(tensor, shard.get<std::string>());
    }
    return map;
}

std::set<std::string> shardNames(const WeightMap& map) {
    std::set<std::string> names;
    for (const auto& [tensor, shard] : map) {
        names.insert(shard);
    }
    return names;
}

/// Reads the tensors of one shard.
using ShardParser = Result<TensorFile> (*)(std::span<const std::byte> file, std::string_view what);

/// Adds all tensors of a shard and remembers in `holder` which shard they came from.
Result<void> addShard(
    const fs::path& folder, const std::string& shard, ShardParser parse, TensorFile& all, WeightMap& holder) {
    std::error_code ignored;
    if (!fs::exists(folder / shard, ignored)) {
        return Error::unreadable(
            "The shard " + shard + " is missing from " + folder.string() + ".",
            "Download the rest of the model.");
    }
    const auto file = MappedFile::open(folder / shard);
    if (!file.ok()) {
        return file.error();
    }
    const auto tensors =
        std::make_shared<const Result<TensorFile>>(parse(file.value()->bytes(), (folder / shard).string()));
    if (!tensors->ok()) {
        return tensors->error();
    }
    for (const auto& [name, view] : tensors->value().tensors()) {
        if (const auto [at, added] = holder.emplace(name, shard); !added) {
            return Error::unreadable(
                "The shards " + at->second + " and " + shard + " in " + folder.string() +
                    " both hold the tensor " + quotedName(name) + ".",
                "Files of different models may be mixed; download the model again.");
        }
        all.add(name, view);
    }
    if (all.metadata().empty()) {
        all.setMetadata(tensors->value().metadata());
    }
    all.keepAlive(file.value());
    all.keepAlive(tensors); // may own copies of tensors
    return {};
}

Result<TensorFile> openShards(const fs::path& indexFile, ShardParser parse) {
    const Result<WeightMap> map = readIndex(indexFile);
    if (!map.ok()) {
        return map.error();
    }
    TensorFile all;
    WeightMap holder;
    for (const std::string& shard : shardNames(map.value())) {
        if (Result<void> added = addShard(indexFile.parent_path(), shard, parse, all, holder); !added.ok()) {
            return added.error();
        }
    }
    for (const auto& [tensor, shard] : map.value()) {
        const auto found = holder.find(tensor);
        if (found == holder.end() || found->second != shard) {
            return badIndex(
                indexFile,
                "says that " + shard + " holds the tensor " + quotedName(tensor) + ", but it does not");
        }
    }
    return all;
}

} // namespace

Result<std::vector<fs::path>> shardFiles(const fs::path& indexFile) {
    const Result<WeightMap> map = readIndex(indexFile);
    if (!map.ok()) {
        return map.error();
    }
    std::vector<fs::path> files;
    for (const std::string& shard : shardNames(map.value())) {
        files.push_back(indexFile.parent_path() / shard);
    }
    return files;
}

Result<TensorFile> openShardedSafetensors(const fs::path& indexFile) {
    return openShards(indexFile, parseSafetensors);
}

Result<TensorFile> openShardedPyTorch(const fs::path& indexFile) {
    return openShards(indexFile, parsePyTorch);
}

} // namespace mambascope
