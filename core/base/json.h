// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace mambascope {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Parses JSON without exceptions. `what` names the input in the error ("config.json"). Refuses nesting
/// deeper than `maxDepth` before it recurses. Comments are accepted only with `allowComments`. Errors name
/// line and column.
Result<Json>
parseJson(std::string_view text, std::string_view what, bool allowComments = false, int maxDepth = 64);

} // namespace mambascope
