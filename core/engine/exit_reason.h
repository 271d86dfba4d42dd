// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/engine_command.h"

#include <optional>
#include <string>
#include <vector>

namespace mambascope {

std::string joinedLines(const std::vector<std::string>& lines);

/// How the conversation with an engine stood when its process ended.
enum class ConversationStage {
    NotGreeted, ///< nothing had come from it
    Between,    ///< its last message was whole
    InAMessage  ///< only a part of one had come
};

/// The EngineLost that says why an engine ended: `status` as waitpid() gives it (none if it still runs, and
/// has only closed its output), and the last lines of its standard error. What ssh and a shell say by their
/// status (255, 126, 127) is told in their words.
Error exitReason(
    const EngineCommand& command, std::optional<int> status, ConversationStage stage,
    const std::vector<std::string>& lastLines);

} // namespace mambascope
