// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mambascope {

/// What the GPT-2 pattern tells apart: \p{L}, \p{N}, \s (White_Space) and the rest.
enum class CharacterClass : std::uint8_t { Letter, Number, Space, Other };
CharacterClass characterClass(char32_t c);

/// One code point and how many bytes it takes.
struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0; ///< 0: no valid sequence starts here
};
/// The code point that starts at `position` (< text.size()). Overlong forms, surrogates, values above
/// U+10FFFF and truncated sequences are invalid.
CodePoint codePointAt(std::string_view text, std::size_t position);
void appendUtf8(std::string& text, char32_t c);
std::u32string toCodePoints(std::string_view text); ///< invalid bytes become U+FFFD
std::string toUtf8(std::u32string_view text);

bool isValidUtf8(std::string_view text);
/// Every maximal part of an invalid sequence replaced by one U+FFFD (Unicode 3.9, table 3-8).
std::string replaceInvalidUtf8(std::string_view text);

/// Whether a quick look tells that valid UTF-8 is in normal form C already: true for most texts of most
/// scripts, false for some that are, too.
bool isCertainlyNfc(std::string_view text);
/// Normal form C of valid UTF-8 (Unicode 3.11), in n log n whatever marks there are.
std::string toNfc(std::string_view text);

/// Unicode general category as utf8proc numbers it.
int generalCategory(char32_t c);

} // namespace mambascope
