// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// What the header of a safetensors file says of one tensor; nothing is checked against the data yet.
struct HeaderEntry {
    std::string name;
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct SafetensorsHeader {
    std::vector<HeaderEntry> tensors; ///< in file order
    std::map<std::string, std::string> metadata;
};

/// Reads the JSON of a header. Unreadable, with the tensor's name, if it is not JSON, has another structure
/// than the format allows, names a tensor twice, more than 100 000 of them or one by more than 4096 bytes, or
/// holds a number that is not a 64-bit unsigned integer.
/// `what` names the file.
Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::string_view what);

/// A name as it may stand in a message: in quotes, without control characters, not longer than a line.
std::string quotedName(std::string_view name);

} // namespace mambascope
