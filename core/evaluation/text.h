// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text as the reference implementation of the tasks (in Python) sees it. All functions take valid UTF-8.
namespace mambascope {

/// Python's str.isspace for one character: Unicode white space and U+001C–U+001F.
bool isPythonSpace(char32_t c);
/// Without the white space at both ends (str.strip).
std::string_view trimmed(std::string_view text);
/// Bytes of the white space at the end.
std::size_t trailingSpace(std::string_view text);
/// Maximal runs of white space.
std::size_t spaceRuns(std::string_view text);
int codePointCount(std::string_view text);

/// str.capitalize: the first character in title case, all others in lower case, with full case mappings (ß →
/// Ss, a sigma at the end of a word → ς).
std::string capitalized(std::string_view text);
/// The first character in title case, the rest as it is.
std::string withUpperFirst(std::string_view text);
/// The first character in lower case, the rest as it is.
std::string withLowerFirst(std::string_view text);

/// str.replace: every occurrence from left to right, without overlaps.
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

} // namespace mambascope
