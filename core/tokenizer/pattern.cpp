// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/pattern.h"

#include "core/tokenizer/unicode.h"

#include <array>

namespace mambascope {
namespace {

struct Character {
    CharacterClass kind = CharacterClass::Other;
    std::size_t length = 1;
};

Character characterAt(std::string_view text, std::size_t position) {
    const CodePoint c = codePointAt(text, position);
    return {characterClass(c.value), c.length == 0 ? 1 : c.length};
}

std::size_t runEnd(std::string_view text, std::size_t position, CharacterClass kind) {
    while (position < text.size()) {
        const Character c = characterAt(text, position);
        if (c.kind != kind) {
            break;
        }
        position += c.length;
    }
    return position;
}

/// Bytes of the contraction at `start`, 0 if there is none.
std::size_t contractionLength(std::string_view text, std::size_t start) {
    constexpr std::array<std::string_view, 7> kContractions{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (const std::string_view contraction : kContractions) {
        if (text.substr(start, contraction.size()) == contraction) {
            return contraction.size();
        }
    }
    return 0;
}

/// \s+(?!\S)|\s+ : a run of white space leaves its last character to the word behind it, unless it is that
/// one alone.
std::size_t spaceEnd(std::string_view text, std::size_t start) {
    std::size_t end = start;
    std::size_t last = start;
    while (end < text.size()) {
        const Character c = characterAt(text, end);
        if (c.kind != CharacterClass::Space) {
            return last > start ? last : end;
        }
        last = end;
        end += c.length;
    }
    return end;
}

} // namespace

std::size_t gpt2WordEnd(std::string_view text, std::size_t start) {
    if (text[start] == '\'') {
        if (const std::size_t length = contractionLength(text, start); length > 0) {
            return start + length;
        }
    }
    const Character first = characterAt(text, start);
    if (first.kind != CharacterClass::Space) {
        return runEnd(text, start + first.length, first.kind);
    }
    if (text[start] == ' ' && start + 1 < text.size()) {
        const Character second = characterAt(text, start + 1);
        if (second.kind != CharacterClass::Space) {
            return runEnd(text, start + 1 + second.length, second.kind);
        }
    }
    return spaceEnd(text, start);
}

} // namespace mambascope
