// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mambascope;
    const Result<QuantPlan> plan = parsePlan({reinterpret_cast<const char*>(data), size}, "input");
    if (!plan.ok()) {
        return 0;
    }
    // What was accepted has to survive its own file.
    const Result<QuantPlan> again = parsePlan(toJson(plan.value()).dump(), "again");
    if (!again.ok() || !(again.value() == plan.value()) ||
        planHash(again.value()) != planHash(plan.value())) {
        std::abort();
    }
    (void)planSummary(plan.value());
    (void)planDiff(QuantPlan{}, plan.value(), 3);
    return 0;
}
