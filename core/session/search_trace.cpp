// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/search_trace.h"

namespace mambascope {

OrderedJson searchTrace(const SearchSetup& setup, const OrderedJson& measured) {
    OrderedJson trace{
        {"format", 1},
        {"target", setup.target},
        {"model", {{"name", setup.checkpoint.name}, {"hash", setup.checkpoint.hash}}},
        {"plan_hash", planHash(setup.plan)},
        {"start", toJson(setup.plan)},
        {"calibration_hash", setup.calibrationHash},
        {"text", setup.textName},
        {"windows", setup.windows.samples},
        {"length", setup.windows.length},
        {"seed", setup.windows.seed}};
    if (setup.windows.contiguous) {
        trace["contiguous"] = true;
    }
    trace.update(measured);
    return trace;
}

} // namespace mambascope
