// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/tokenizer/tokenizer.h"

#include <filesystem>
#include <memory>

namespace mambascope {

/// The tokenizer of the model that `engine` has loaded: that of the file `chosen`, if one is named, which has to fit the
/// model's vocabulary; else the checkpoint's, read on the engine's side. Unreadable if the checkpoint has none.
Result<std::shared_ptr<const Tokenizer>>
tokenizerOf(Engine& engine, const LoadedModel& model, const std::filesystem::path& chosen);

} // namespace mambascope
