// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

namespace mambascope {

std::string csvQuoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char letter : text) {
        quoted.append(letter == '"' ? 2 : 1, letter);
    }
    return quoted + '"';
}

std::string csvField(std::string_view text) {
    return text.find_first_of(",\"\r\n") == std::string_view::npos ? std::string(text) : csvQuoted(text);
}

} // namespace mambascope
