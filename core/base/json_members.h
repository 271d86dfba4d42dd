// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// Reads a JSON object that people write by hand. Members that are not in `known` are refused by name; every
/// complaint is a sentence that begins with `what` ("my_task.json") and names the member. The first complaint
/// is kept in error() (Unreadable); what is read after it is of no use.
class JsonMembers {
public:
    JsonMembers(const Json& json, std::string what, std::initializer_list<std::string_view> known);

    bool has(const char* name) const { return find(name) != nullptr; }
    const Json* find(const char* name) const; ///< null if there is no such member
    /// Complains if the member is missing.
    const Json* require(const char* name);

    std::string text(const char* name); ///< required, not empty
    std::string text(const char* name, std::string_view fallback);
    std::int64_t
    integer(const char* name, std::int64_t smallest, std::int64_t largest, std::int64_t fallback);
    /// A list of strings, one at least; empty if the member is missing.
    std::vector<std::string> texts(const char* name);

    /// "my_task.json: " + sentence.
    void complain(const std::string& sentence);
    const std::optional<Error>& error() const { return m_error; }

private:
    const Json& m_json;
    std::string m_what;
    std::optional<Error> m_error;
};

} // namespace mambascope
