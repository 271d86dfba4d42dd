// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/search_charts.h"

#include "core/base/number_text.h"
#include "core/figure/captions.h"
#include "core/figure/result_charts.h"
#include "core/figure/search_trace_sites.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace mambascope {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool has(const TracedChoice& choice, Linear linear) {
    return std::ranges::any_of(
        choice.sites, [&](const TracedSite& site) { return site.site.linear == linear; });
}

struct Extremes {
    double low = kInfinity, high = -kInfinity;
    void add(double value) {
        if (std::isfinite(value)) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
};

ChartPanel alphaPanel(Linear linear, int layer, const TracedChoice& choice) {
    ChartPanel panel;
    panel.title = std::string(linearName(linear));
    panel.x = {"α", AxisScale::Linear, {}};
    panel.y = {"error", AxisScale::Log, {}};
    const TracedSite* shown = nullptr;
    for (const TracedSite& site : choice.sites) {
        shown = site.site == SiteId{layer, linear} ? &site : shown;
    }
    ChartSeries all{"all layers", ChartKind::Ribbon, linear, {}};
    ChartSeries one{"layer " + std::to_string(layer), ChartKind::Line, linear, {}};
    for (std::size_t c = 0; c < choice.candidates.size(); ++c) {
        const auto alpha = parseNumber(choice.candidates[c]);
        Extremes range;
        for (const TracedSite& site : choice.sites) {
            range.add(site.site.linear == linear ? site.errors[c] : kInfinity);
        }
        if (!alpha || range.low > range.high) {
            continue;
        }
        all.points.push_back({*alpha, range.high, *alpha, range.low, range.high});
        if (shown != nullptr && std::isfinite(shown->errors[c])) {
            one.points.push_back({*alpha, shown->errors[c], *alpha, {}, {}});
        }
    }
    if (all.points.empty()) {
        panel.emptyText = "Not searched";
        return panel;
    }
    std::ranges::sort(all.points, {}, &ChartPoint::x);
    std::ranges::sort(one.points, {}, &ChartPoint::x);
    panel.series.push_back(std::move(all));
    if (!one.points.empty()) {
        const std::string& chosen = choice.candidates[shown->chosen];
        one.kind = one.points.size() > 1 ? ChartKind::Line : ChartKind::Points;
        panel.series.push_back(std::move(one));
        panel.subtitle = (parseNumber(chosen) ? "α " + chosen : std::string("no smoothing")) + ", error " +
                         rounded(shown->errors[shown->chosen]) + "; without " + rounded(shown->errors.back());
        if (const auto alpha = parseNumber(chosen)) {
            panel.marks.push_back({*alpha, "chosen"});
        }
    }
    panel.x.range = rangeOfX(panel, 0.02);
    panel.y.range = rangeOfY(panel, 0.08);
    return panel;
}

Chart alphaChart(int layer, const TracedChoice& choice) {
    Chart chart;
    chart.caption = "Error of the outputs of layer " + std::to_string(layer) +
                    " over the migration strength α, and the range of all layers.";
    for (const Linear linear : kLinears) {
        if (has(choice, linear)) {
            chart.panels.push_back(alphaPanel(linear, layer, choice));
        }
    }
    return chart;
}

/// A value of a site, to be drawn as a bar.
struct SiteValue {
    SiteId site;
    double value = 0;
};

/// A bar a site: beside each other in their layer, or all by size. Colours are those of the linears.
void addBars(ChartPanel& panel, std::vector<SiteValue> values, SiteOrder order) {
    constexpr double kWidth = 0.8; // of what a layer, or a bar, may take
    std::erase_if(values, [](const SiteValue& value) { return !std::isfinite(value.value); });
    if (values.empty()) {
        panel.emptyText = "Not measured";
        return;
    }
    panel.x = {order == SiteOrder::Depth ? "layer" : "place by size", AxisScale::Linear, {}, true};
    if (order == SiteOrder::Size) {
        std::ranges::stable_sort(values, std::greater{}, &SiteValue::value);
    }
    std::map<Linear, ChartSeries> series;
    for (const SiteValue& value : values) {
        series[value.site.linear] = {
            std::string(linearName(value.site.linear)), ChartKind::Bars, value.site.linear, {}};
    }
    const double width = order == SiteOrder::Depth ? kWidth / static_cast<double>(series.size()) : kWidth;
    for (std::size_t i = 0; i < values.size(); ++i) {
        ChartSeries& mine = series[values[i].site.linear];
        const auto beside =
            static_cast<double>(std::distance(series.begin(), series.find(values[i].site.linear)));
        const double left = order == SiteOrder::Depth ? values[i].site.layer - kWidth / 2 + beside * width
                                                      : static_cast<double>(i + 1) - kWidth / 2;
        mine.points.push_back({left, values[i].value, left + width, {}, {}, siteName(values[i].site)});
    }
    panel.subtitle = counted(values.size(), "site");
    for (auto& [linear, bars] : series) {
        panel.series.push_back(std::move(bars));
    }
    panel.x.range = rangeOfX(panel, 0.01);
    panel.y.range = rangeOfY(panel, 0.06);
    if (panel.y.scale == AxisScale::Linear) { // bars stand on zero
        const bool below = panel.y.range.low < 0 && std::ranges::any_of(values, [](const SiteValue& value) {
                               return value.value < 0;
                           });
        panel.y.range.low = below ? panel.y.range.low : 0;
        panel.y.range.high = std::max(panel.y.range.high, 0.0);
    }
}

Chart bitsChart(const TracedChoice& choice, SiteOrder order) {
    std::vector<SiteValue> values;
    for (const TracedSite& site : choice.sites) {
        values.push_back({site.site, parseNumber(choice.candidates[site.chosen]).value_or(NAN)});
    }
    ChartPanel panel;
    panel.title = "Weight bits";
    panel.y = {"bits", AxisScale::Linear, {}, true};
    addBars(panel, std::move(values), order);
    Chart chart;
    chart.caption = "Bits of every site's weight as the search allocated them.";
    chart.panels.push_back(std::move(panel));
    return chart;
}

Chart sensitivityChart(const std::vector<TracedLoss>& losses, SiteOrder order) {
    std::vector<SiteValue> added, saved;
    for (const TracedLoss& loss : losses) {
        added.push_back({loss.site, loss.added});
        saved.push_back({loss.site, loss.saved});
    }
    Chart chart;
    chart.caption =
        "Mean loss in nats a token: what each site as the plan wants it adds to the unquantized model's, "
        "and what the plan saves with that site left in floats.";
    for (auto& [title, label, values] :
         {std::tuple("One site at a time on", "added loss, nats a token", &added),
          std::tuple("One site at a time off", "saved loss, nats a token", &saved)}) {
        if (std::ranges::none_of(
                *values, [](const SiteValue& value) { return std::isfinite(value.value); })) {
            continue;
        }
        ChartPanel panel;
        panel.title = title;
        panel.y = {label, AxisScale::Linear, {}};
        addBars(panel, std::move(*values), order);
        chart.panels.push_back(std::move(panel));
    }
    return chart;
}

/// Whether two traces are points of one curve: only the budget, and what is chosen from, differ.
bool comparable(const Json& a, const Json& b) {
    return std::ranges::all_of(
        std::array{
            "target", "model", "plan_hash", "calibration_hash", "text", "windows", "length", "seed",
            "contiguous"},
        [&](const char* member) { return a.value(member, Json()) == b.value(member, Json()); });
}

std::optional<Chart> budgetChart(const Json& trace, std::span<const Json> searches) {
    std::map<std::string, ChartSeries> series;
    const auto add = [&](const Json& search) {
        const Json allocations = search.is_object() ? search.value("allocations", Json()) : Json();
        if (!allocations.is_object()) {
            return;
        }
        const Json chosen = search.value("chosen", Json());
        for (const auto& [name, allocation] : allocations.items()) {
            const double bits = tracedNumber(allocation, "average_bits");
            const double divergence = tracedNumber(allocation, "divergence");
            if (std::isfinite(bits) && divergence > 0) {
                ChartSeries& mine = series[name];
                mine.label = name;
                mine.kind = ChartKind::Points;
                mine.points.push_back({bits, divergence, bits, {}, {}, chosen == name ? "chosen" : ""});
            }
        }
    };
    bool among = false;
    for (const Json& search : searches) {
        if (search.is_object() && comparable(search, trace)) {
            among = among || search == trace;
            add(search);
        }
    }
    if (!among) {
        add(trace);
    }
    if (series.empty()) {
        return std::nullopt;
    }
    ChartPanel panel;
    panel.title = "Allocations";
    panel.x = {"average bits of the linears' weights", AxisScale::Linear, {}};
    panel.y = {"divergence, nats a token", AxisScale::Log, {}};
    std::size_t points = 0, colour = 0;
    for (auto& [name, ofName] : series) {
        ofName.colour = kLinears[colour++ % kLinears.size()];
        std::ranges::stable_sort(ofName.points, {}, &ChartPoint::x);
        points += ofName.points.size();
        panel.series.push_back(std::move(ofName));
    }
    panel.subtitle = counted(points, "allocation");
    panel.x.range = rangeOfX(panel, 0.12); // room for the labels
    panel.y.range = rangeOfY(panel, 0.12);
    Chart chart;
    chart.caption =
        "Divergence from the model with float weights, nats a token, over the average bits: of every "
        "allocation that searches from the same plan on the same text have compared.";
    chart.panels.push_back(std::move(panel));
    return chart;
}

std::optional<Chart> chartOf(const Json& trace, const SearchChartRequest& request) {
    if (request.view == SearchView::Sensitivity) {
        const auto losses = tracedLosses(trace);
        return losses ? std::optional(sensitivityChart(*losses, request.order)) : std::nullopt;
    }
    const auto choice = tracedChoice(trace);
    if (!choice) {
        return std::nullopt;
    }
    switch (request.view) {
    case SearchView::Alpha:
        return alphaChart(request.layer, *choice);
    case SearchView::Errors: {
        const auto errors = searchTraceChart(trace, {});
        return errors.ok() ? std::optional(errors.value()) : std::nullopt;
    }
    case SearchView::Bits:
        return bitsChart(*choice, request.order);
    case SearchView::Budget:
        return budgetChart(trace, request.searches);
    case SearchView::Sensitivity:
        break;
    }
    return std::nullopt;
}

} // namespace

std::vector<SearchView> searchViews(const Json& trace) {
    if (tracedLosses(trace)) {
        return {SearchView::Sensitivity};
    }
    const auto choice = tracedChoice(trace);
    if (!choice) {
        return {};
    }
    const Json target = trace.value("target", Json());
    if (target == "alpha") {
        return {SearchView::Alpha, SearchView::Errors};
    }
    if (target != "bits") {
        return {SearchView::Errors};
    }
    std::vector<SearchView> views{SearchView::Bits};
    if (budgetChart(trace, {})) {
        views.push_back(SearchView::Budget);
    }
    views.push_back(SearchView::Errors);
    return views;
}

Result<Chart> searchChart(const Json& trace, const std::string& what, const SearchChartRequest& request) {
    auto chart = chartOf(trace, request);
    if (!chart) {
        return Error::unreadable(
            what + " is not the trace of a search, or has not what is to be shown.",
            "mambascope-cli search --trace writes one.");
    }
    chart->title = "Search · " + what;
    return std::move(*chart);
}

} // namespace mambascope
