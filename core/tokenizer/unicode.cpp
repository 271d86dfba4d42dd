// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace mambascope {
namespace {

constexpr bool isWhiteSpace(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

constexpr CharacterClass asciiClass(char32_t c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        return CharacterClass::Letter;
    }
    if (c >= '0' && c <= '9') {
        return CharacterClass::Number;
    }
    return isWhiteSpace(c) ? CharacterClass::Space : CharacterClass::Other;
}

constexpr auto kAsciiClasses = [] {
    std::array<CharacterClass, 128> classes{};
    for (char32_t c = 0; c < 128; ++c) {
        classes[c] = asciiClass(c);
    }
    return classes;
}();

std::uint8_t byteAt(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

bool isContinuation(std::uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}

/// Which second bytes may follow a lead byte: excludes overlong forms, surrogates and values above U+10FFFF.
bool isSecondByte(std::uint8_t lead, std::uint8_t second) {
    switch (lead) {
    case 0xE0:
        return second >= 0xA0 && second <= 0xBF;
    case 0xED:
        return second >= 0x80 && second <= 0x9F;
    case 0xF0:
        return second >= 0x90 && second <= 0xBF;
    case 0xF4:
        return second >= 0x80 && second <= 0x8F;
    default:
        return isContinuation(second);
    }
}

std::size_t sequenceLength(std::uint8_t lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return 3;
    }
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/// Bytes of the well-formed beginning of the sequence at `position`, at least 1.
std::size_t maximalPart(std::string_view text, std::size_t position) {
    const std::uint8_t lead = byteAt(text, position);
    const std::size_t length = std::min(sequenceLength(lead), text.size() - position);
    std::size_t n = 1;
    while (n < length) {
        const std::uint8_t byte = byteAt(text, position + n);
        if (n == 1 ? !isSecondByte(lead, byte) : !isContinuation(byte)) {
            break;
        }
        ++n;
    }
    return n;
}

std::size_t skipAscii(std::string_view text, std::size_t i) {
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, 8);
        if ((word & 0x8080808080808080u) != 0) {
            break;
        }
    }
    while (i < text.size() && byteAt(text, i) < 0x80) {
        ++i;
    }
    return i;
}

std::size_t skipNonAscii(std::string_view text, std::size_t i) {
    while (i < text.size() && byteAt(text, i) >= 0x80) {
        ++i;
    }
    return i;
}

/// Blocks whose characters are in normal form C whatever other characters of these blocks or of ASCII stand
/// beside them: none of them combines with what is in front of it, none has another form (NFC_Quick_Check=Yes
/// and combining class 0 in Unicode's data). Chosen for the texts there are, not complete.
constexpr std::array<std::pair<char32_t, char32_t>, 16> kStableBlocks{{
    {0x0000, 0x02FF}, // Latin
    {0x038A, 0x0482}, // Greek, Cyrillic
    {0x048A, 0x052F},
    {0x05D0, 0x05EA}, // Hebrew, Arabic letters
    {0x0620, 0x064A},
    {0x2010, 0x2027}, // punctuation, currency, letterlike symbols, arrows, mathematics
    {0x2030, 0x205E},
    {0x20A0, 0x20BF},
    {0x2190, 0x22FF},
    {0x2500, 0x27BF}, // boxes, shapes, dingbats
    {0x3001, 0x3029}, // Chinese and Japanese punctuation, kana
    {0x3041, 0x3096},
    {0x30A1, 0x30FE},
    {0x4E00, 0x9FFF}, // ideographs
    {0xAC00, 0xD7A3}, // Hangul
    {0xFF01, 0xFF60}, // wide forms
}};

bool isStable(char32_t c) {
    for (const auto& [first, last] : kStableBlocks) {
        if (c <= last) {
            return c >= first;
        }
    }
    return false;
}

/// The canonical decomposition, marks in canonical order (Unicode 3.11, D108 and D109).
std::vector<utf8proc_int32_t> decomposed(std::string_view text) {
    std::vector<utf8proc_int32_t> points;
    std::array<utf8proc_int32_t, 32> parts{}; // the longest canonical decomposition has 4
    int boundary = 0;
    for (const char32_t c : toCodePoints(text)) {
        const auto n = utf8proc_decompose_char(
            static_cast<utf8proc_int32_t>(c), parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
            static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &boundary);
        points.insert(points.end(), parts.begin(), parts.begin() + std::max<utf8proc_ssize_t>(n, 0));
    }
    const auto combiningClass = [](utf8proc_int32_t c) {
        return utf8proc_get_property(c)->combining_class;
    };
    const auto isStarter = [&](utf8proc_int32_t c) {
        return combiningClass(c) == 0;
    };
    for (auto marks = points.begin(); marks != points.end();) {
        marks = std::find_if_not(marks, points.end(), isStarter);
        const auto end = std::find_if(marks, points.end(), isStarter);
        std::stable_sort(marks, end, [&](utf8proc_int32_t a, utf8proc_int32_t b) {
            return combiningClass(a) < combiningClass(b);
        });
        marks = end;
    }
    return points;
}

/// utf8proc composes; it does not put marks in order because it sorts them in quadratic time.
void appendNfc(std::string& out, std::string_view run) {
    std::vector<utf8proc_int32_t> points = decomposed(run);
    const auto n = utf8proc_normalize_utf32(
        points.data(), static_cast<utf8proc_ssize_t>(points.size()),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    for (utf8proc_ssize_t i = 0; i < n; ++i) {
        appendUtf8(out, static_cast<char32_t>(points[static_cast<std::size_t>(i)]));
    }
}

} // namespace

int generalCategory(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

CharacterClass characterClass(char32_t c) {
    if (c < 128) {
        return kAsciiClasses[c];
    }
    switch (generalCategory(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return CharacterClass::Letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return CharacterClass::Number;
    default:
        return isWhiteSpace(c) ? CharacterClass::Space : CharacterClass::Other;
    }
}

CodePoint codePointAt(std::string_view text, std::size_t position) {
    const std::uint8_t lead = byteAt(text, position);
    if (lead < 0x80) {
        return {lead, 1};
    }
    const std::size_t length = sequenceLength(lead);
    if (length == 0 || maximalPart(text, position) != length) {
        return {};
    }
    char32_t value = lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        value = (value << 6) | (byteAt(text, position + i) & 0x3Fu);
    }
    return {value, length};
}

void appendUtf8(std::string& text, char32_t c) {
    if (c < 0x80) {
        text += static_cast<char>(c);
        return;
    }
    const int tails = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    const char32_t marks[] = {0, 0xC0, 0xE0, 0xF0};
    text += static_cast<char>(marks[tails] | (c >> (6 * tails)));
    for (int i = tails - 1; i >= 0; --i) {
        text += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
    }
}

std::u32string toCodePoints(std::string_view text) {
    std::u32string points;
    points.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint c = codePointAt(text, i);
        points += c.length != 0 ? c.value : U'\uFFFD';
        i += c.length != 0 ? c.length : maximalPart(text, i);
    }
    return points;
}

std::string toUtf8(std::u32string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : text) {
        appendUtf8(out, c);
    }
    return out;
}

bool isValidUtf8(std::string_view text) {
    for (std::size_t i = skipAscii(text, 0); i < text.size(); i = skipAscii(text, i)) {
        const std::size_t length = sequenceLength(byteAt(text, i));
        if (length == 0 || maximalPart(text, i) != length) {
            return false;
        }
        i += length;
    }
    return true;
}

std::string replaceInvalidUtf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t n = maximalPart(text, i);
        if (n == sequenceLength(byteAt(text, i))) {
            out += text.substr(i, n);
        } else {
            out += "\xEF\xBF\xBD";
        }
        i += n;
    }
    return out;
}

bool isCertainlyNfc(std::string_view text) {
    for (std::size_t i = skipAscii(text, 0); i < text.size(); i = skipAscii(text, i)) {
        const CodePoint c = codePointAt(text, i);
        if (c.length == 0 || !isStable(c.value)) {
            return false;
        }
        i += c.length;
    }
    return true;
}

std::string toNfc(std::string_view text) {
    // Nothing composes with an ASCII character that follows it, so text may be cut before every one of them:
    // only a run of other characters and the one ASCII character in front of it have to be looked at
    // together.
    std::string out;
    out.reserve(text.size());
    std::size_t done = 0;
    for (std::size_t start = skipAscii(text, 0); start < text.size();) {
        const std::size_t end = skipNonAscii(text, start);
        if (!isCertainlyNfc(text.substr(start, end - start))) {
            const std::size_t from = start > done ? start - 1 : start;
            out += text.substr(done, from - done);
            appendNfc(out, text.substr(from, end - from));
            done = end;
        }
        start = skipAscii(text, end);
    }
    out += text.substr(done);
    return out;
}

} // namespace mambascope
