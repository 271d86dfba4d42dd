// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json_members.h"

#include <algorithm>

namespace mambascope {
namespace {

std::string inQuotes(std::string_view name) {
    return std::string("\"").append(name).append("\"");
}

} // namespace

JsonMembers::JsonMembers(const Json& json, std::string what, std::initializer_list<std::string_view> known)
    : m_json(json)
    , m_what(std::move(what)) {
    if (!json.is_object()) {
        complain("this is not a JSON object.");
        return;
    }
    for (const auto& [key, value] : json.items()) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            std::string names;
            for (const std::string_view name : known) {
                names += (names.empty() ? "" : ", ") + std::string(name);
            }
            complain(inQuotes(key) + " is not known here.");
            m_error->hint = "Known are " + names + ".";
            return;
        }
    }
}

const Json* JsonMembers::find(const char* name) const {
    const auto it = m_json.is_object() ? m_json.find(name) : m_json.end();
    return it == m_json.end() ? nullptr : &*it;
}

const Json* JsonMembers::require(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) {
        complain(inQuotes(name) + " is missing.");
    }
    return value;
}

std::string JsonMembers::text(const char* name) {
    const Json* value = require(name);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
        complain(inQuotes(name) + " is not a text.");
        return {};
    }
    return value->get<std::string>();
}

std::string JsonMembers::text(const char* name, std::string_view fallback) {
    const Json* value = find(name);
    if (value != nullptr && !value->is_string()) {
        complain(inQuotes(name) + " is not a text.");
    }
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(fallback);
}

std::int64_t
JsonMembers::integer(const char* name, std::int64_t smallest, std::int64_t largest, std::int64_t fallback) {
    const Json* value = find(name);
    if (value == nullptr) {
        return fallback;
    }
    // An unsigned number beyond int64 reads as a negative one; it is out of any range all the same.
    const bool huge =
        value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    const std::int64_t number = value->is_number_integer() && !huge ? value->get<std::int64_t>() : 0;
    if (!value->is_number_integer() || huge || number < smallest || number > largest) {
        complain(
            inQuotes(name) + " is not a whole number from " + std::to_string(smallest) + " to " +
            std::to_string(largest) + ".");
        return fallback;
    }
    return number;
}

std::vector<std::string> JsonMembers::texts(const char* name) {
    const Json* value = find(name);
    std::vector<std::string> list;
    if (value == nullptr) {
        return list;
    }
    const bool good =
        value->is_array() && !value->empty() &&
        std::all_of(value->begin(), value->end(), [](const Json& entry) { return entry.is_string(); });
    if (!good) {
        complain(inQuotes(name) + " is not a list of texts.");
        return list;
    }
    for (const Json& entry : *value) {
        list.push_back(entry.get<std::string>());
    }
    return list;
}

void JsonMembers::complain(const std::string& sentence) {
    if (!m_error) {
        m_error = Error::unreadable(m_what + ": " + sentence);
    }
}

} // namespace mambascope
