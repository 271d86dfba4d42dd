// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/pattern.h"

#include "core/tokenizer/unicode.h"

#include <array>
#include <cstdint>

namespace mambascope {
namespace {

/// What a byte stands for by itself; those of other characters than ASCII stand for nothing.
constexpr std::uint8_t kNotAscii = 0xff;
const auto kByteClasses = [] {
    std::array<std::uint8_t, 256> classes{};
    classes.fill(kNotAscii);
    for (char32_t c = 0; c < 128; ++c) {
        classes[c] = static_cast<std::uint8_t>(characterClass(c));
    }
    return classes;
}();

std::uint8_t byteClass(std::string_view text, std::size_t position) {
    return kByteClasses[static_cast<std::uint8_t>(text[position])];
}

struct Character {
    CharacterClass kind = CharacterClass::Other;
    std::size_t length = 1;
};

Character characterAt(std::string_view text, std::size_t position) {
    if (const std::uint8_t kind = byteClass(text, position); kind != kNotAscii) {
        return {static_cast<CharacterClass>(kind), 1};
    }
    const CodePoint c = codePointAt(text, position);
    return {characterClass(c.value), c.length == 0 ? 1 : c.length};
}

std::size_t runEnd(std::string_view text, std::size_t position, CharacterClass kind) {
    while (true) {
        while (position < text.size() && byteClass(text, position) == static_cast<std::uint8_t>(kind)) {
            ++position;
        }
        if (position == text.size() || byteClass(text, position) != kNotAscii) {
            return position;
        }
        const Character c = characterAt(text, position);
        if (c.kind != kind) {
            return position;
        }
        position += c.length;
    }
}

/// Bytes of the contraction that starts with the quote at `start`, 0 if there is none.
std::size_t contractionLength(std::string_view text, std::size_t start) {
    const std::string_view behind = text.substr(start + 1, 2);
    if (behind.empty()) {
        return 0;
    }
    switch (behind[0]) {
    case 's':
    case 't':
    case 'm':
    case 'd':
        return 2;
    default:
        return behind == "re" || behind == "ve" || behind == "ll" ? 3 : 0;
    }
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
