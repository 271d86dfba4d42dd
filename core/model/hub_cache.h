// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mambascope {

/// Where the Hugging Face libraries keep what they downloaded: HF_HUB_CACHE, else hub in HF_HOME, else
/// ~/.cache/huggingface/hub, as they decide it themselves. Empty if not even HOME is set. Nothing is ever
/// downloaded.
std::filesystem::path hubCacheFolder();

/// Whether `name` may be the name of a model there: "owner/model".
bool isHubName(std::string_view name);

/// "owner/model" if `folder` is a snapshot in such a cache (…/models--owner--model/snapshots/REVISION), else
/// nothing. Looks at the path only.
std::optional<std::string> hubNameOf(const std::filesystem::path& folder);

/// What people call the checkpoint in `folder`: the model's name if it is a snapshot in the cache (whose own
/// name is a revision), else the folder's name.
std::string checkpointName(const std::filesystem::path& folder);

/// The folder with the files of the model's main revision. Unreadable if the cache does not have it, or only
/// a part.
Result<std::filesystem::path> hubSnapshot(std::string_view name);

/// The tokenizer.json of GPT-NeoX, which the published Mamba models use, if the cache has it and it fits: its
/// ids are rows of the embedding, and no more than 1023 rows (padding) are left over.
std::optional<std::filesystem::path> cachedNeoXTokenizer(int vocabulary);

} // namespace mambascope
