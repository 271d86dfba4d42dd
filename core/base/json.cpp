// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include <algorithm>
#include <optional>
#include <string>

namespace mambascope {
namespace {

/// "line 3, column 7: " of a byte position (0-based; columns count bytes).
std::string lineAndColumn(std::string_view text, std::size_t position) {
    const std::string_view before = text.substr(0, std::min(position, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t lineStart = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - lineStart + 1) +
           ": ";
}

std::size_t endOfString(std::string_view text, std::size_t quote) {
    std::size_t i = quote + 1;
    while (i < text.size() && text[i] != '"') {
        i += text[i] == '\\' ? 2 : 1;
    }
    return i;
}

std::size_t endOfComment(std::string_view text, std::size_t slash) {
    const bool block = text.substr(slash, 2) == "/*";
    const std::size_t end = text.find(block ? "*/" : "\n", slash + 2);
    return end == std::string_view::npos ? text.size() : end + (block ? 1 : 0);
}

/// Position of the first bracket that is nested too deeply. Knows only strings, comments and brackets, so
/// that it can run before a parser allocates anything.
std::optional<std::size_t> firstTooDeep(std::string_view text, bool allowComments, int maxDepth) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            i = endOfString(text, i);
        } else if (c == '/' && allowComments) {
            i = endOfComment(text, i);
        } else if (c == '{' || c == '[') {
            if (++depth > maxDepth) {
                return i;
            }
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return std::nullopt;
}

/// The parser's own reason without its prefix ("[json.exception…] parse error at line 1, column 2: "),
/// printable.
std::string reason(std::string text) {
    if (const std::size_t at = text.find("parse error"); at != std::string::npos) {
        const std::size_t colon = text.find(": ", at);
        text = colon == std::string::npos ? text.substr(at) : text.substr(colon + 2);
    } else if (const std::size_t bracket = text.find("] "); bracket != std::string::npos) {
        text = text.substr(bracket + 2);
    }
    // What was read last is quoted as it is, and may be anything but text.
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    constexpr std::size_t kLongest = 200;
    return text.size() <= kLongest ? text : text.substr(0, kLongest) + "…";
}

/// `where` ends in ": " or is empty.
Error notJson(std::string_view what, const std::string& where, const std::string& why) {
    return Error::unreadable(
        std::string(what) + " is not valid JSON: " + where + why + ".", "Correct it, or get the file again.");
}

} // namespace

Result<Json> parseJson(std::string_view text, std::string_view what, bool allowComments, int maxDepth) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    if (const auto position = firstTooDeep(text, allowComments, maxDepth)) {
        return notJson(
            what, lineAndColumn(text, *position),
            "it is nested deeper than " + std::to_string(maxDepth) + " levels");
    }
    try {
        return Json::parse(text.begin(), text.end(), nullptr, true, allowComments);
    } catch (const Json::parse_error& error) {
        return notJson(what, lineAndColumn(text, error.byte == 0 ? 0 : error.byte - 1), reason(error.what()));
    } catch (const Json::exception& error) {
        return notJson(what, "", reason(error.what()));
    }
}

} // namespace mambascope
