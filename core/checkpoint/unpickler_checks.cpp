// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/unpickler.h"

#include "core/checkpoint/safetensors_header.h"

#include <algorithm>
#include <string>

namespace mambascope {
namespace {

constexpr std::uint8_t kMostLevels = 64;

struct Visit {
    std::uint32_t value = 0;
    std::size_t next = 0; ///< which item to look at
};

} // namespace

std::string quotedAscii(std::string_view name) {
    std::string text(name.substr(0, 200));
    for (char& c : text) {
        c = c < ' ' || c > '~' ? '?' : c;
    }
    return quotedName(text);
}

bool isUtf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4 || length > text.size() - i) {
            return false;
        }
        std::uint32_t code = lead & (0x7fu >> length);
        for (std::size_t j = 1; j < length; ++j) {
            const auto next = static_cast<unsigned char>(text[i + j]);
            if ((next & 0xc0u) != 0x80u) {
                return false;
            }
            code = (code << 6) | (next & 0x3fu);
        }
        const std::uint32_t smallest = length == 4 ? 0x10000u : length == 3 ? 0x800u : 0x80u;
        if (code < smallest || code > 0x10ffffu || (code >= 0xd800u && code < 0xe000u)) {
            return false;
        }
        i += length;
    }
    return true;
}

std::optional<std::string_view> nestingProblem(const Pickle& pickle) {
    constexpr std::uint8_t kNew = 0, kOpen = 255; // anything between: levels below and with the value
    std::vector<std::uint8_t> levels(pickle.values.size(), kNew);
    std::vector<Visit> path{{pickle.root, 0}};
    levels[pickle.root] = kOpen;
    while (!path.empty()) {
        Visit& visit = path.back();
        const std::vector<std::uint32_t>& items = pickle.at(visit.value).items;
        if (visit.next < items.size()) {
            const std::uint32_t item = items[visit.next++];
            if (levels[item] == kOpen) {
                return "holds a value that contains itself";
            }
            if (levels[item] == kNew) {
                levels[item] = kOpen;
                path.push_back({item, 0});
            }
            continue;
        }
        std::uint8_t deepest = 0;
        for (const std::uint32_t item : items) {
            deepest = std::max(deepest, levels[item]);
        }
        if (deepest >= kMostLevels) {
            return "holds values that are nested deeper than 64 levels";
        }
        levels[visit.value] = static_cast<std::uint8_t>(deepest + 1);
        path.pop_back();
    }
    return std::nullopt;
}

const PickleValue* Pickle::member(const PickleValue& dict, std::string_view key) const {
    const PickleValue* found = nullptr;
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
        const PickleValue& name = at(dict.items[i]);
        if (name.kind == PickleValue::Kind::Text && name.text == key) {
            found = &at(dict.items[i + 1]);
        }
    }
    return found;
}

} // namespace mambascope
