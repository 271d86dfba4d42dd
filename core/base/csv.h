// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace mambascope {

/// A text as a field of a CSV line, in quotes whatever it holds; quotes in it are doubled (RFC 4180).
std::string csvQuoted(std::string_view text);
/// The same, in quotes only if it has to be: with a comma, a quote or a line's end in it.
std::string csvField(std::string_view text);

} // namespace mambascope
