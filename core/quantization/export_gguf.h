// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/checkpoint/gguf_writer.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/model.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// Writes a model for llama.cpp (architecture "mamba", which FalconMamba belongs to, or "mamba2"; names,
/// shapes and keys are those of its converter's conversion/mamba.py and of its loader's
/// src/models/mamba2.cpp). `tensors` are the exported weights under Hugging Face's names in fp32
/// (exportTensors()). `type` is that of the matrices (in_proj, x_proj, dt_proj, out_proj, embedding, head)
/// whose rows divide into its blocks; other matrices of a block type become F16, everything else is F32.
/// Returns notes, a sentence each. Usage with a sentence for what llama.cpp's architecture does not have: an
/// inner width other than twice the hidden one, biases of the linears, a gated norm of Mamba-2's that is not
/// one a group; Unreadable for a tokenizer that GGUF cannot describe.
Result<std::vector<std::string>> writeGgufModel(
    const std::filesystem::path& path, const Checkpoint& checkpoint, std::string_view type,
    std::vector<TensorToWrite> tensors);

/// The tokenizer of a tokenizer.json (byte-level BPE) as GGUF describes it, for a vocabulary of `rows`
/// tokens: those that the file does not name are unused. Ids of the special tokens come from
/// tokenizer_config.json and config.json, whose contents are given (null if there is none).
Result<GgufMetadata>
ggufTokenizer(std::string_view tokenizerJson, const Json& tokenizerConfig, const Json& config, int rows);

} // namespace mambascope
