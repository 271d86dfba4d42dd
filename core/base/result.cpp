// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/result.h"

#include <algorithm>

namespace mambascope {

int exitStatus(const Error& error) {
    switch (error.code) {
    case ErrorCode::Cancelled:
        return 130;
    case ErrorCode::Usage:
        return 2;
    case ErrorCode::Unreadable:
        return 3;
    case ErrorCode::Failed:
    case ErrorCode::EngineLost:
    case ErrorCode::OutOfMemory:
    case ErrorCode::ReadOnly:
        break;
    }
    return 1;
}

std::string describe(const Error& error) {
    std::string text = error.message;
    if (!error.hint.empty()) {
        text += (text.empty() ? "" : " ") + error.hint;
    }
    if (!error.context.empty()) {
        text += (text.empty() ? "(" : " (") + error.context + ")";
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return text;
}

} // namespace mambascope
