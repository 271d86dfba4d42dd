// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/exit_reason.h"

#include <csignal>
#include <cstring>
#include <sys/wait.h>

namespace mambascope {
namespace {

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
        return "The next job starts it again.";
    }
}

} // namespace

std::string joinedLines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

Error exitReason(std::optional<int> status, bool greeted, const std::vector<std::string>& lastLines) {
    Error error{ErrorCode::EngineLost, "The engine closed its connection.", {}, joinedLines(lastLines)};
    const char* when = greeted ? "" : " before it was ready";
    if (status && WIFSIGNALED(*status)) {
        error.message = "The engine was ended by " + signalText(WTERMSIG(*status)) + when + ".";
        error.hint = signalHint(WTERMSIG(*status));
    } else if (status) {
        error.message = "The engine ended with status " + std::to_string(WEXITSTATUS(*status)) + when + ".";
        error.hint = lastLines.empty() ? std::string() : "Its last words: " + lastLines.back();
    }
    return error;
}

} // namespace mambascope
