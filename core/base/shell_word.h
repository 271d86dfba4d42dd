// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace mambascope {

/// A word of a command line for a POSIX shell, quoted if it has to be.
std::string shellWord(const std::string& word);

} // namespace mambascope
