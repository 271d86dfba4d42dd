// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/text.h"

#include "core/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace mambascope {
namespace {

struct TitleCase {
    char32_t character;
    const char32_t* title;
};

/// Characters whose title case is longer than one character (Unicode SpecialCasing.txt, unconditional
/// mappings).
constexpr TitleCase kTitleCases[] = {
    {0x00DF, U"Ss"},
    {0x0149, U"\u02BCN"},
    {0x01F0, U"J\u030C"},
    {0x0390, U"\u0399\u0308\u0301"},
    {0x03B0, U"\u03A5\u0308\u0301"},
    {0x0587, U"\u0535\u0582"},
    {0x1E96, U"H\u0331"},
    {0x1E97, U"T\u0308"},
    {0x1E98, U"W\u030A"},
    {0x1E99, U"Y\u030A"},
    {0x1E9A, U"A\u02BE"},
    {0x1F50, U"\u03A5\u0313"},
    {0x1F52, U"\u03A5\u0313\u0300"},
    {0x1F54, U"\u03A5\u0313\u0301"},
    {0x1F56, U"\u03A5\u0313\u0342"},
    {0x1FB2, U"\u1FBA\u0345"},
    {0x1FB4, U"\u0386\u0345"},
    {0x1FB6, U"\u0391\u0342"},
    {0x1FB7, U"\u0391\u0342\u0345"},
    {0x1FC2, U"\u1FCA\u0345"},
    {0x1FC4, U"\u0389\u0345"},
    {0x1FC6, U"\u0397\u0342"},
    {0x1FC7, U"\u0397\u0342\u0345"},
    {0x1FD2, U"\u0399\u0308\u0300"},
    {0x1FD3, U"\u0399\u0308\u0301"},
    {0x1FD6, U"\u0399\u0342"},
    {0x1FD7, U"\u0399\u0308\u0342"},
    {0x1FE2, U"\u03A5\u0308\u0300"},
    {0x1FE3, U"\u03A5\u0308\u0301"},
    {0x1FE4, U"\u03A1\u0313"},
    {0x1FE6, U"\u03A5\u0342"},
    {0x1FE7, U"\u03A5\u0308\u0342"},
    {0x1FF2, U"\u1FFA\u0345"},
    {0x1FF4, U"\u038F\u0345"},
    {0x1FF6, U"\u03A9\u0342"},
    {0x1FF7, U"\u03A9\u0342\u0345"},
    {0xFB00, U"Ff"},
    {0xFB01, U"Fi"},
    {0xFB02, U"Fl"},
    {0xFB03, U"Ffi"},
    {0xFB04, U"Ffl"},
    {0xFB05, U"St"},
    {0xFB06, U"St"},
    {0xFB13, U"\u0544\u0576"},
    {0xFB14, U"\u0544\u0565"},
    {0xFB15, U"\u0544\u056B"},
    {0xFB16, U"\u054E\u0576"},
    {0xFB17, U"\u0544\u056D"},
};

constexpr char32_t kCapitalSigma = 0x03A3;
constexpr char32_t kFinalSigma = 0x03C2;
constexpr char32_t kCapitalDottedI = 0x0130;

std::u32string titleCase(char32_t c) {
    const auto* it = std::find_if(
        std::begin(kTitleCases), std::end(kTitleCases), [c](const TitleCase& t) { return t.character == c; });
    if (it != std::end(kTitleCases)) {
        return it->title;
    }
    return std::u32string(1, static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))));
}

std::u32string lowerCase(char32_t c) {
    if (c == kCapitalDottedI) {
        return U"i\u0307";
    }
    return std::u32string(1, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

/// Unicode property Cased: letters with case, and the letter-like numbers and symbols of
/// Other_Uppercase/Lowercase.
bool isCased(char32_t c) {
    switch (generalCategory(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return true;
    default:
        return c == 0xAA || c == 0xBA || (c >= 0x2160 && c <= 0x217F) || (c >= 0x24B6 && c <= 0x24E9) ||
               (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
               (c >= 0x1F170 && c <= 0x1F189);
    }
}

/// Unicode property Case_Ignorable (section 3.13, D136).
bool isCaseIgnorable(char32_t c) {
    constexpr char32_t kInsideWords[] = {0x27,   0x2E,   0x3A,   0xB7,   0x387,  0x55F,
                                         0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                         0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
    switch (generalCategory(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return true;
    default:
        return std::find(std::begin(kInsideWords), std::end(kInsideWords), c) != std::end(kInsideWords);
    }
}

/// Whether the sigma at `i` ends a word: letters with case in front of it, none behind.
bool isFinalSigma(const std::u32string& text, std::size_t i) {
    std::size_t before = i;
    while (before > 0 && isCaseIgnorable(text[before - 1])) {
        --before;
    }
    std::size_t behind = i + 1;
    while (behind < text.size() && isCaseIgnorable(text[behind])) {
        ++behind;
    }
    return before > 0 && isCased(text[before - 1]) && !(behind < text.size() && isCased(text[behind]));
}

std::string withFirst(std::string_view text, std::u32string (*change)(char32_t)) {
    if (text.empty()) {
        return {};
    }
    const CodePoint first = codePointAt(text, 0);
    if (first.length == 0) {
        return std::string(text);
    }
    return toUtf8(change(first.value)) + std::string(text.substr(first.length));
}

std::size_t leadingSpace(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const CodePoint c = codePointAt(text, i);
        if (c.length == 0 || !isPythonSpace(c.value)) {
            break;
        }
        i += c.length;
    }
    return i;
}

} // namespace

bool isPythonSpace(char32_t c) {
    return (c >= 0x1C && c <= 0x1F) || characterClass(c) == CharacterClass::Space;
}

std::size_t trailingSpace(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0) {
        std::size_t start = end - 1;
        while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) {
            --start;
        }
        const CodePoint c = codePointAt(text, start);
        if (c.length == 0 || !isPythonSpace(c.value)) {
            break;
        }
        end = start;
    }
    return text.size() - end;
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(leadingSpace(text));
    text.remove_suffix(trailingSpace(text));
    return text;
}

std::size_t spaceRuns(std::string_view text) {
    std::size_t runs = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t space = leadingSpace(text.substr(i));
        if (space > 0) {
            ++runs;
            i += space;
        } else {
            i += std::max<std::size_t>(1, codePointAt(text, i).length);
        }
    }
    return runs;
}

int codePointCount(std::string_view text) {
    return static_cast<int>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string capitalized(std::string_view text) {
    const std::u32string points = toCodePoints(text);
    std::u32string result;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (i == 0) {
            result += titleCase(points[i]);
        } else if (points[i] == kCapitalSigma && isFinalSigma(points, i)) {
            result += kFinalSigma;
        } else {
            result += lowerCase(points[i]);
        }
    }
    return toUtf8(result);
}

std::string withUpperFirst(std::string_view text) {
    return withFirst(text, titleCase);
}

std::string withLowerFirst(std::string_view text) {
    return withFirst(text, lowerCase);
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string result;
    result.reserve(text.size());
    std::size_t done = 0;
    for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, done)) {
        result += text.substr(done, at - done);
        result += to;
        done = at + from.size();
    }
    result += text.substr(done);
    return result;
}

} // namespace mambascope
