// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/tensor.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace mambascope {

/// Opens what torch.save wrote: a dictionary of tensors, also one that lies under "state_dict" or "model", in
/// the zip format (PyTorch 1.6 and later) or the one before it. Runs no code: see unpickle() for what a
/// pickle may contain, and ZipArchive for the archive. Tensors are views into the mapping; only those that
/// are not contiguous there, or big-endian, are copied. Unreadable, each with its own sentence, if anything
/// is missing, truncated, reaches beyond its storage or contradicts itself.
Result<TensorFile> openPyTorch(const std::filesystem::path& path);

/// The same from memory that outlives the result (used by tests and fuzzers).
Result<TensorFile> parsePyTorch(std::span<const std::byte> file, std::string_view what);

/// Opens all shards named by a pytorch_model.bin.index.json, under the rules of openShardedSafetensors.
Result<TensorFile> openShardedPyTorch(const std::filesystem::path& indexFile);

/// Whether the name ends as files of torch.save do: .bin, .pt or .pth.
bool isPyTorchName(const std::filesystem::path& path);

} // namespace mambascope
