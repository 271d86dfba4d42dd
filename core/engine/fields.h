// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace mambascope::protocol {

/// Reads the fields of one received map. Every field is checked for its presence, type and size; the first
/// one that is not as it should be becomes the error, and everything read after it is left alone.
class Fields {
public:
    static constexpr std::size_t kMaxText = std::size_t{1} << 26;

    /// `what` names the map in errors ("load request").
    Fields(const Json& json, std::string what);

    Fields& text(const char* key, std::string& out, std::size_t maxBytes = kMaxText);
    Fields& texts(const char* key, std::vector<std::string>& out);
    Fields& boolean(const char* key, bool& out);
    Fields& number(const char* key, double& out);
    template <class Integer>
    Fields& integer(
        const char* key, Integer& out, std::int64_t least = std::numeric_limits<Integer>::min(),
        std::int64_t most = std::numeric_limits<Integer>::max()) {
        std::int64_t value = 0;
        if (readInteger(key, value, least, most)) {
            out = static_cast<Integer>(value);
        }
        return *this;
    }
    /// A binary array of std::uint8_t, std::int32_t, std::int64_t, float or double.
    template <class Number>
    Fields& numbers(const char* key, std::vector<Number>& out);
    /// A list of binary arrays.
    template <class Number>
    Fields& arrays(const char* key, std::vector<std::vector<Number>>& out);
    /// Two binary arrays, `key` and `keyLengths`: the pieces behind each other, and how long each of them is.
    Fields& ragged(const char* key, std::vector<std::vector<std::int32_t>>& out);

    /// A nested map, or a list; null (and the error set) if there is none. Lives as long as the map.
    const Json* map(const char* key);
    const Json* list(const char* key);

    /// Makes the error "<what>: field <key> <why>", unless there is one already.
    void fail(const char* key, const char* why);
    bool ok() const { return m_error.message.empty(); }
    const Error& error() const { return m_error; }

    template <class T>
    Result<T> result(T value) const {
        return ok() ? Result<T>(std::move(value)) : Result<T>(m_error);
    }

private:
    const Json* find(const char* key);
    bool readInteger(const char* key, std::int64_t& out, std::int64_t least, std::int64_t most);

    const Json& m_json;
    std::string m_what;
    Error m_error;
};

/// The values as a binary array, as Fields::numbers() reads it.
template <class Number>
Json binary(std::span<const Number> values);
template <class Number>
Json binary(const std::vector<Number>& values) {
    return binary(std::span<const Number>(values));
}

/// Puts `key` and `keyLengths` into `json`, as Fields::ragged() reads them.
void putRagged(Json& json, const std::string& key, std::span<const std::span<const std::int32_t>> pieces);

} // namespace mambascope::protocol
