// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/search_trace.h"

namespace mambascope {

OrderedJson searchTrace(
    std::string_view target, const CheckpointReference& checkpoint, const QuantPlan& plan,
    const WindowRequest& windows, const OrderedJson& measured) {
    OrderedJson trace{
        {"format", 1},
        {"target", target},
        {"model", {{"name", checkpoint.name}, {"hash", checkpoint.hash}}},
        {"plan_hash", planHash(plan)},
        {"windows", windows.samples},
        {"length", windows.length},
        {"seed", windows.seed}};
    if (windows.contiguous) {
        trace["contiguous"] = true;
    }
    trace.update(measured);
    return trace;
}

} // namespace mambascope
