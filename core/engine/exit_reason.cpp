// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/exit_reason.h"

#include <csignal>
#include <cstring>
#include <sys/wait.h>

namespace mambascope {
namespace {

constexpr int kSshFailed = 255;
constexpr int kShellNotFound = 127;
constexpr int kShellNotExecutable = 126;
constexpr const char* kStartsAgain = "The next job starts it again.";

std::string signalText(int number) {
    const char* name = sigabbrev_np(number);
    return "signal " + std::to_string(number) +
           (name != nullptr ? std::string(" (SIG") + name + ")" : std::string());
}

const char* signalHint(int number) {
    switch (number) {
    case SIGKILL:
        return "Out of memory? The system ends processes that way when memory runs out: try a smaller model "
               "or batch.";
    case SIGABRT:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
        return "This is a fault in the engine; its last lines are in the details. The next job starts it "
               "again.";
    default:
        return kStartsAgain;
    }
}

std::string quoted(const std::vector<std::string>& lastLines) {
    return lastLines.empty() ? std::string() : ": “" + lastLines.back() + "”";
}

/// ssh's own failures; also what it makes of a remote program that a signal ended.
Error sshFailed(bool greeted, const std::vector<std::string>& lastLines) {
    Error error{ErrorCode::EngineLost, {}, {}, joinedLines(lastLines)};
    if (greeted) {
        error.message = "The connection to the engine's machine was lost (ssh" + quoted(lastLines) + ").";
        error.hint =
            "Check the network, and whether the engine ran out of memory there. The next job starts it "
            "again.";
    } else {
        error.message = "ssh could not start the engine" + quoted(lastLines) + ".";
        error.hint =
            "Try the engine command in a terminal: it has to work there without a question (keys in an "
            "agent, a host that is known).";
    }
    return error;
}

/// What a shell, here or behind ssh, says of a program that is not there or cannot be run.
Error notRun(const EngineCommand& command, int status, const std::vector<std::string>& lastLines) {
    const std::string where = command.isSsh() ? " on the other machine" : "";
    return {
        ErrorCode::EngineLost,
        (status == kShellNotFound ? "The engine program was not found" : "The engine program cannot be run") +
            where + quoted(lastLines) + ".",
        "Install mambascope-engine there, or name it with its full path in the engine command.",
        joinedLines(lastLines)};
}

} // namespace

std::string joinedLines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

Error exitReason(
    const EngineCommand& command, std::optional<int> status, ConversationStage stage,
    const std::vector<std::string>& lastLines) {
    Error error{ErrorCode::EngineLost, "The engine closed its connection.", {}, joinedLines(lastLines)};
    const bool greeted = stage != ConversationStage::NotGreeted;
    const std::string when = greeted ? "" : " before it was ready";
    if (status && WIFSIGNALED(*status)) {
        error.message = std::string(command.isSsh() ? "The connection to the engine (ssh)" : "The engine") +
                        " was ended by " + signalText(WTERMSIG(*status)) + when + ".";
        error.hint = command.isSsh() ? kStartsAgain : signalHint(WTERMSIG(*status));
    } else if (status && WIFEXITED(*status) && command.isSsh() && WEXITSTATUS(*status) == kSshFailed) {
        return sshFailed(greeted, lastLines);
    } else if (
        status && !greeted &&
        (WEXITSTATUS(*status) == kShellNotFound || WEXITSTATUS(*status) == kShellNotExecutable)) {
        return notRun(command, WEXITSTATUS(*status), lastLines);
    } else if (status && WEXITSTATUS(*status) != 0) {
        error.message = "The engine ended with status " + std::to_string(WEXITSTATUS(*status)) + when + ".";
        error.hint = lastLines.empty() ? kStartsAgain : "Its last words: " + lastLines.back();
    } else {
        error.message = stage == ConversationStage::InAMessage
                            ? "The engine closed its connection in the middle of a message."
                            : "The engine closed its connection" + when + ".";
        error.hint = greeted ? kStartsAgain : "Check that the engine command starts mambascope-engine.";
    }
    return error;
}

} // namespace mambascope
