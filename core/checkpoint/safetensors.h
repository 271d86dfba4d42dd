// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/checkpoint/tensor.h"

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// Opens one safetensors file (8-byte little-endian header length, JSON header, data; see the safetensors
/// README). Nothing is copied: the views point into the mapping. Unreadable, each with its own sentence, if
/// the header length exceeds the file or 100 MB, the JSON is damaged, a name occurs twice, ranges overlap,
/// leave holes or exceed the data, a shape does not fit its range, or a dtype is none of DType (the sentence
/// names tensor and type: 8-bit floats, complex numbers, …).
Result<TensorFile> openSafetensors(const std::filesystem::path& path);

/// The same from memory that outlives the result (used by tests and fuzzers).
Result<TensorFile> parseSafetensors(std::span<const std::byte> file, std::string_view what);

/// Opens all shards named by a model.safetensors.index.json. Shard names with a path separator or ".." are
/// refused; so are a missing shard and a tensor that the index names but no shard holds.
Result<TensorFile> openShardedSafetensors(const std::filesystem::path& indexFile);

/// The shard files that an index names, sorted, without opening them. Refuses what openShardedSafetensors
/// refuses.
Result<std::vector<std::filesystem::path>> shardFiles(const std::filesystem::path& indexFile);

/// One tensor to be written. `produce` is called once, when its turn comes, and has to return
/// product(shape) · elementSize(dtype) bytes: so only one tensor at a time is in memory.
struct TensorToWrite {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::function<Result<std::vector<std::byte>>()> produce;
};

/// Writes a safetensors file atomically (temporary name, sync, rename). The data begins at a multiple of 8
/// bytes and larger element types come first (otherwise in the given order), so that every tensor is aligned
/// to its elements. The same input gives the same bytes. Fails, leaving nothing behind, if a producer fails
/// or gives another number of bytes than its shape needs; Usage if a name occurs twice or is not UTF-8.
Result<void> writeSafetensors(
    const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
    const std::map<std::string, std::string>& metadata, bool overwrite);

/// A tensor of values that are already in memory.
TensorToWrite floatTensor(std::string name, std::vector<std::int64_t> shape, std::vector<float> values);
TensorToWrite intTensor(std::string name, std::vector<std::int64_t> shape, std::vector<std::int64_t> values);

} // namespace mambascope
