// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/sensitivity_chart.h"

#include "core/figure/captions.h"
#include "core/model/site.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

/// Nats a token.
struct Sensitivity {
    SiteId site;
    double grows = 0, falls = 0; ///< not finite where a loss is not
};

double lossAt(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? found->get<double>() : std::nan("");
}

void addPoint(ChartSeries& series, int layer, double y) {
    if (std::isfinite(y)) {
        series.points.push_back({static_cast<double>(layer), y, static_cast<double>(layer)});
    }
}

ChartPanel panelOf(Linear linear, const std::vector<Sensitivity>& sites) {
    ChartPanel panel;
    panel.title = std::string(linearName(linear));
    panel.x = {"layer", AxisScale::Linear, {}, true};
    panel.y = {"loss, nats a token", AxisScale::Linear, {}};
    ChartSeries grows{"alone", ChartKind::Line, linear, {}};
    ChartSeries falls{
        "left out", ChartKind::Line, linear == Linear::XProj ? Linear::InProj : Linear::XProj, {}};
    for (const Sensitivity& site : sites) {
        if (site.site.linear == linear) {
            addPoint(grows, site.site.layer, site.grows);
            addPoint(falls, site.site.layer, site.falls);
        }
    }
    if (grows.points.empty() && falls.points.empty()) {
        panel.emptyText = "No finite loss";
        return panel;
    }
    panel.subtitle = counted(std::max(grows.points.size(), falls.points.size()), "site");
    panel.series = {std::move(grows), std::move(falls)};
    panel.x.range = rangeOfX(panel, 0.02);
    panel.y.range = rangeOfY(panel, 0.08);
    panel.y.range.low = std::min(0.0, panel.y.range.low);
    return panel;
}

} // namespace

bool isSensitivityTrace(const Json& trace) {
    const auto target = trace.is_object() ? trace.find("target") : trace.end();
    return trace.is_object() && target != trace.end() && *target == "sensitivity";
}

Result<Chart> sensitivityChart(const Json& trace, const std::string& what) {
    const Error wrong = Error::unreadable(
        what + " is not the trace of a search for sensitive sites.", "mambascope-cli search writes one.");
    if (!trace.is_object() || !trace.contains("sites") || !trace["sites"].is_object() ||
        trace["sites"].empty()) {
        return wrong;
    }
    const double baseline = lossAt(trace, "baseline"), plan = lossAt(trace, "plan");
    std::vector<Sensitivity> sites;
    for (const auto& [name, json] : trace["sites"].items()) {
        const auto site = parseSite(name);
        if (!site || !json.is_object() || !json.contains("only") || !json.contains("without")) {
            return wrong;
        }
        sites.push_back({*site, lossAt(json, "only") - baseline, plan - lossAt(json, "without")});
    }
    std::ranges::sort(sites, {}, &Sensitivity::site);
    Chart chart;
    chart.title = "Search · " + what;
    chart.caption =
        "How much the loss grows if only that site is quantized, and how much the plan's falls if that "
        "site is left out.";
    for (const Linear linear : kLinears) {
        if (std::ranges::any_of(sites, [&](const Sensitivity& site) { return site.site.linear == linear; })) {
            chart.panels.push_back(panelOf(linear, sites));
        }
    }
    return chart;
}

} // namespace mambascope
