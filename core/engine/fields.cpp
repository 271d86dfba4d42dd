// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/fields.h"

#include <cstring>

namespace mambascope::protocol {
namespace {

template <class Number>
bool copyNumbers(const Json& json, std::vector<Number>& out) {
    if (!json.is_binary() || json.get_binary().size() % sizeof(Number) != 0) {
        return false;
    }
    const auto& bytes = json.get_binary();
    out.resize(bytes.size() / sizeof(Number));
    if (!bytes.empty()) {
        std::memcpy(out.data(), bytes.data(), bytes.size());
    }
    return true;
}

} // namespace

Fields::Fields(const Json& json, std::string what)
    : m_json(json)
    , m_what(std::move(what)) {
    if (!json.is_object()) {
        m_error = Error::failed("The " + m_what + " is damaged: it is no map.");
    }
}

void Fields::fail(const char* key, const char* why) {
    if (ok()) {
        m_error = Error::failed("The " + m_what + " is damaged: field “" + key + "” " + why + ".");
    }
}

const Json* Fields::find(const char* key) {
    if (!ok()) {
        return nullptr;
    }
    const auto found = m_json.find(key);
    if (found == m_json.end()) {
        fail(key, "is missing");
        return nullptr;
    }
    return &*found;
}

Fields& Fields::text(const char* key, std::string& out, std::size_t maxBytes) {
    if (const Json* json = find(key)) {
        const auto* string = json->get_ptr<const std::string*>();
        if (string == nullptr) {
            fail(key, "is no text");
        } else if (string->size() > maxBytes) {
            fail(key, "is too long");
        } else {
            out = *string;
        }
    }
    return *this;
}

Fields& Fields::texts(const char* key, std::vector<std::string>& out) {
    if (const Json* json = list(key)) {
        for (const Json& entry : *json) {
            const auto* string = entry.get_ptr<const std::string*>();
            if (string == nullptr) {
                fail(key, "holds something else than texts");
                return *this;
            }
            out.push_back(*string);
        }
    }
    return *this;
}

Fields& Fields::boolean(const char* key, bool& out) {
    if (const Json* json = find(key)) {
        if (json->is_boolean()) {
            out = json->get<bool>();
        } else {
            fail(key, "is neither true nor false");
        }
    }
    return *this;
}

Fields& Fields::number(const char* key, double& out) {
    if (const Json* json = find(key)) {
        if (json->is_number()) {
            out = json->get<double>();
        } else {
            fail(key, "is no number");
        }
    }
    return *this;
}

bool Fields::readInteger(const char* key, std::int64_t& out, std::int64_t least, std::int64_t most) {
    const Json* json = find(key);
    if (json == nullptr) {
        return false;
    }
    if (!json->is_number_integer()) {
        fail(key, "is no integer");
        return false;
    }
    const bool tooLarge =
        json->is_number_unsigned() &&
        json->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    out = tooLarge ? 0 : json->get<std::int64_t>();
    if (tooLarge || out < least || out > most) {
        fail(key, "is out of range");
        return false;
    }
    return true;
}

template <class Number>
Fields& Fields::numbers(const char* key, std::vector<Number>& out) {
    if (const Json* json = find(key); json != nullptr && !copyNumbers(*json, out)) {
        fail(key, "is no binary array of its type");
    }
    return *this;
}

template <class Number>
Fields& Fields::arrays(const char* key, std::vector<std::vector<Number>>& out) {
    if (const Json* json = list(key)) {
        out.resize(json->size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (!copyNumbers((*json)[i], out[i])) {
                fail(key, "holds something else than binary arrays of its type");
                return *this;
            }
        }
    }
    return *this;
}

Fields& Fields::ragged(const char* key, std::vector<std::vector<std::int32_t>>& out) {
    std::vector<std::int32_t> flat, lengths;
    numbers(key, flat);
    numbers((std::string(key) + "Lengths").c_str(), lengths);
    if (!ok()) {
        return *this;
    }
    out.resize(lengths.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        if (lengths[i] < 0 || static_cast<std::size_t>(lengths[i]) > flat.size() - at) {
            fail(key, "is shorter than its lengths say");
            return *this;
        }
        const auto begin = flat.begin() + static_cast<std::ptrdiff_t>(at);
        out[i].assign(begin, begin + lengths[i]);
        at += static_cast<std::size_t>(lengths[i]);
    }
    if (at != flat.size()) {
        fail(key, "is longer than its lengths say");
    }
    return *this;
}

const Json* Fields::map(const char* key) {
    const Json* json = find(key);
    if (json != nullptr && !json->is_object()) {
        fail(key, "is no map");
        return nullptr;
    }
    return json;
}

const Json* Fields::list(const char* key) {
    const Json* json = find(key);
    if (json != nullptr && !json->is_array()) {
        fail(key, "is no list");
        return nullptr;
    }
    return json;
}

template <class Number>
Json binary(std::span<const Number> values) {
    std::vector<std::uint8_t> bytes(values.size_bytes());
    if (!bytes.empty()) {
        std::memcpy(bytes.data(), values.data(), bytes.size());
    }
    return Json::binary(std::move(bytes));
}

void putRagged(Json& json, const std::string& key, std::span<const std::span<const std::int32_t>> pieces) {
    std::vector<std::int32_t> flat, lengths;
    lengths.reserve(pieces.size());
    for (const auto piece : pieces) {
        flat.insert(flat.end(), piece.begin(), piece.end());
        lengths.push_back(static_cast<std::int32_t>(piece.size()));
    }
    json[key] = binary(flat);
    json[key + "Lengths"] = binary(lengths);
}

template Fields& Fields::numbers(const char*, std::vector<std::uint8_t>&);
template Fields& Fields::numbers(const char*, std::vector<std::int32_t>&);
template Fields& Fields::numbers(const char*, std::vector<std::int64_t>&);
template Fields& Fields::numbers(const char*, std::vector<float>&);
template Fields& Fields::numbers(const char*, std::vector<double>&);
template Fields& Fields::arrays(const char*, std::vector<std::vector<float>>&);
template Fields& Fields::arrays(const char*, std::vector<std::vector<double>>&);
template Json binary(std::span<const std::uint8_t>);
template Json binary(std::span<const std::int32_t>);
template Json binary(std::span<const std::int64_t>);
template Json binary(std::span<const float>);
template Json binary(std::span<const double>);

} // namespace mambascope::protocol
