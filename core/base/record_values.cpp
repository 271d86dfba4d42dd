// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/record_values.h"

#include <cmath>

namespace mambascope::record {

const OrderedJson& member(const OrderedJson& json, const char* name) {
    static const OrderedJson kNothing;
    const auto found = json.is_object() ? json.find(name) : json.end();
    return json.is_object() && found != json.end() ? *found : kNothing;
}

const OrderedJson& object(const OrderedJson& json, const char* name) {
    static const OrderedJson kEmpty = OrderedJson::object();
    const OrderedJson& value = member(json, name);
    return value.is_object() ? value : kEmpty;
}

double number(const OrderedJson& json, const char* name) {
    const OrderedJson& value = member(json, name);
    return value.is_number() ? value.get<double>() : std::nan("");
}

std::int64_t whole(const OrderedJson& json, const char* name) {
    const OrderedJson& value = member(json, name);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::string text(const OrderedJson& json, const char* name) {
    const OrderedJson& value = member(json, name);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::pair<double, double>> bounds(const OrderedJson& json, const char* name) {
    const OrderedJson& value = member(json, name);
    if (!value.is_array() || value.size() != 2 || !value[0].is_number() || !value[1].is_number()) {
        return std::nullopt;
    }
    return std::pair(value[0].get<double>(), value[1].get<double>());
}

Json unordered(const OrderedJson& json) {
    return Json::parse(json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

} // namespace mambascope::record
