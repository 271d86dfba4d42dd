// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/weight_rows.h"

#include "plugins/torch/cpu/parallel.h"

#include <algorithm>

namespace mambascope {

void shareScale(SiteWeight& weight, int threads) {
    if (!weight.sharesScale()) {
        return;
    }
    std::vector<float> absmax(static_cast<std::size_t>(weight.outputs()));
    parallelFor(weight.outputs(), threadsFor(weight.outputs() * weight.inputs(), threads), [&](std::int64_t i) {
        thread_local std::vector<float> scratch;
        scratch.resize(static_cast<std::size_t>(weight.inputs()));
        absmax[static_cast<std::size_t>(i)] = weight.absmax(i, scratch);
    });
    weight.setAbsmax(absmax.empty() ? 0.0f : *std::max_element(absmax.begin(), absmax.end()));
}

std::vector<float> allRows(SiteWeight& weight, int threads) {
    shareScale(weight, threads);
    const auto inputs = static_cast<std::size_t>(weight.inputs());
    std::vector<float> values(static_cast<std::size_t>(weight.outputs()) * inputs);
    parallelFor(weight.outputs(), threadsFor(weight.outputs() * weight.inputs(), threads), [&](std::int64_t i) {
        weight.row(i, std::span(values).subspan(static_cast<std::size_t>(i) * inputs, inputs));
    });
    return values;
}

} // namespace mambascope
