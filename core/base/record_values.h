// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <optional>
#include <string>
#include <utility>

/// Members of searches and sweeps, which are kept as they were written: nothing in them is certain to be
/// there.
namespace mambascope::record {

/// The member, or null.
const OrderedJson& member(const OrderedJson& json, const char* name);
/// The member if it is an object, else an empty one.
const OrderedJson& object(const OrderedJson& json, const char* name);
/// Its number; NaN if it has none.
double number(const OrderedJson& json, const char* name);
/// Its whole number; 0 if it has none.
std::int64_t whole(const OrderedJson& json, const char* name);
/// Its text; empty if it has none.
std::string text(const OrderedJson& json, const char* name);
/// Two numbers, {low, high}.
std::optional<std::pair<double, double>> bounds(const OrderedJson& json, const char* name);

/// For what reads JSON whose members have no order. Text that is no UTF-8 is replaced.
Json unordered(const OrderedJson& json);

} // namespace mambascope::record
