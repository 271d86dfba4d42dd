// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors_header.h"

#include "core/base/json.h"

#include <set>

namespace mambascope {
namespace {

constexpr std::size_t kMostDimensions = 16;
constexpr std::size_t kMostTensors = 100'000; ///< mamba-2.8b has 643
constexpr std::size_t kLongestName = 4096;

/// Follows the parser's events through the only structure a header may have. Unlike a document tree it sees a
/// key that occurs twice, and it needs no memory for anything but the entries.
class HeaderReader {
public:
    using number_integer_t = Json::number_integer_t;
    using number_unsigned_t = Json::number_unsigned_t;
    using number_float_t = Json::number_float_t;
    using string_t = Json::string_t;
    using binary_t = Json::binary_t;

    SafetensorsHeader header;
    std::string problem;

    bool key(string_t& name) {
        switch (m_place) {
        case Place::Top:
            m_key = name;
            return nameOfTensor();
        case Place::Metadata:
            m_key = name;
            return true;
        case Place::Tensor:
            m_key = name;
            return m_fields.insert(name).second || refuse(tensor() + " has " + quotedName(name) + " twice");
        default:
            return unexpected();
        }
    }

    bool start_object(std::size_t) {
        if (m_place == Place::Start) {
            m_place = Place::Top;
            return true;
        }
        if (m_place != Place::Top) {
            return unexpected();
        }
        if (m_key == "__metadata__") {
            m_place = Place::Metadata;
            return true;
        }
        header.tensors.push_back({.name = m_key});
        m_fields.clear();
        m_offsets = 0;
        m_place = Place::Tensor;
        return true;
    }

    bool end_object() {
        if (m_place == Place::Tensor) {
            for (const char* field : {"dtype", "shape", "data_offsets"}) {
                if (!m_fields.contains(field)) {
                    return refuse(tensor() + " has no \"" + field + "\"");
                }
            }
        }
        m_place = m_place == Place::Top ? Place::End : Place::Top;
        return true;
    }

    bool start_array(std::size_t) {
        if (m_place == Place::Tensor && m_key == "shape") {
            m_place = Place::Shape;
            return true;
        }
        if (m_place == Place::Tensor && m_key == "data_offsets") {
            m_place = Place::Offsets;
            return true;
        }
        return unexpected();
    }

    bool end_array() {
        if (m_place == Place::Offsets && m_offsets != 2) {
            return refuse(tensor() + " does not have two data offsets");
        }
        m_place = Place::Tensor;
        return true;
    }

    bool string(string_t& value) {
        if (m_place == Place::Metadata) {
            header.metadata[m_key] = value;
            return true;
        }
        if (m_place == Place::Tensor && m_key == "dtype") {
            header.tensors.back().dtype = value;
            return true;
        }
        return unexpected();
    }

    bool number_unsigned(number_unsigned_t value) {
        if (m_place == Place::Shape) {
            header.tensors.back().shape.push_back(value);
            return header.tensors.back().shape.size() <= kMostDimensions ||
                   refuse(tensor() + " has more than " + std::to_string(kMostDimensions) + " dimensions");
        }
        if (m_place == Place::Offsets && m_offsets < 2) {
            (m_offsets++ == 0 ? header.tensors.back().begin : header.tensors.back().end) = value;
            return true;
        }
        return m_place == Place::Offsets ? refuse(tensor() + " does not have two data offsets")
                                         : unexpected();
    }

    bool number_integer(number_integer_t) { return notCount(); }
    bool number_float(number_float_t, const string_t&) { return notCount(); }
    bool null() { return unexpected(); }
    bool boolean(bool) { return unexpected(); }
    bool binary(binary_t&) { return unexpected(); }

    bool parse_error(std::size_t position, const std::string&, const Json::exception& error) {
        // The parser refuses numbers beyond a double here, too.
        if (dynamic_cast<const Json::parse_error*>(&error) == nullptr) {
            return notCount();
        }
        return refuse("is not valid JSON (at its byte " + std::to_string(position) + ")");
    }

private:
    enum class Place { Start, Top, Metadata, Tensor, Shape, Offsets, End };

    bool nameOfTensor() {
        if (m_key.size() > kLongestName) {
            return refuse("has a name of " + std::to_string(m_key.size()) + " bytes");
        }
        if (m_names.size() == kMostTensors) {
            return refuse("names more than " + std::to_string(kMostTensors) + " tensors");
        }
        return m_names.insert(m_key).second || refuse("names " + quotedName(m_key) + " twice");
    }

    std::string tensor() const {
        return header.tensors.empty() ? std::string("something")
                                      : "says that " + quotedName(header.tensors.back().name);
    }

    bool refuse(std::string why) {
        problem = std::move(why);
        return false;
    }

    bool notCount() {
        return m_place == Place::Shape || m_place == Place::Offsets
                   ? refuse(tensor() + " has a shape or offset that is not a whole number from 0 to 2^64 - 1")
                   : unexpected();
    }

    bool unexpected() {
        switch (m_place) {
        case Place::Metadata:
            return refuse("has metadata that are not text (" + quotedName(m_key) + ")");
        case Place::Tensor:
        case Place::Shape:
        case Place::Offsets:
            return refuse(tensor() + " has a \"" + m_key + "\" of a kind that the format does not know");
        default:
            return refuse("does not have the structure of a safetensors header");
        }
    }

    Place m_place = Place::Start;
    std::string m_key;
    std::set<std::string> m_names;  ///< of tensors
    std::set<std::string> m_fields; ///< of the current tensor
    int m_offsets = 0;
};

} // namespace

std::string quotedName(std::string_view name) {
    constexpr std::size_t kLongest = 120;
    std::string text = "\"";
    for (const char c : name.substr(0, kLongest)) {
        text += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
    if (name.size() > kLongest) {
        // A cut inside a UTF-8 sequence would make the whole message invalid.
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80u) != 0) {
            text.pop_back();
        }
        text += "...";
    }
    return text + "\"";
}

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::string_view what) {
    HeaderReader reader;
    const bool read = Json::sax_parse(json.begin(), json.end(), &reader);
    if (!read) {
        return Error::unreadable(
            "The header of " + std::string(what) + " " + reader.problem + ".",
            "The file is damaged; download or export it again.");
    }
    return std::move(reader.header);
}

} // namespace mambascope
