// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/figure/chart.h"

#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// What a chart shows of a search.
enum class SearchView {
    Alpha,       ///< a panel a linear: the error of its output over α, of one layer, in the range of all layers
    Errors,      ///< searchTraceChart(): over the layers, the error of what was chosen, and of other candidates
    Bits,        ///< the bits of every site, as bars
    Budget,      ///< the divergence of allocations from float weights over their average bits
    Sensitivity, ///< what every site adds to the loss alone, and what the plan saves without it, as bars
};

/// How the bars of sites follow each other.
enum class SiteOrder { Depth, Size };

/// A search's trace and how it is to be shown.
struct SearchChartRequest {
    SearchView view = SearchView::Errors;
    SiteOrder order = SiteOrder::Depth; ///< Bits and Sensitivity
    int layer = 0; ///< Alpha: of a layer that the trace does not have only the range is shown
    /// Budget: of these, those that start from the same plan on the same text are shown too.
    std::span<const Json> searches = {};
};

/// What can be shown of a trace, the best to begin with first; nothing if it is no trace.
std::vector<SearchView> searchViews(const Json& trace);

/// `trace` is searchTrace(). Errors are relative to the unquantized output, Σ (y′ − y)² / Σ y²; losses and
/// divergences in nats a token. Unreadable, with `what` as its name, if it is none, or has not what the view
/// shows.
Result<Chart> searchChart(const Json& trace, const std::string& what, const SearchChartRequest& request);

} // namespace mambascope
