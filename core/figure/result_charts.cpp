// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/result_charts.h"

#include "core/figure/captions.h"
#include "core/figure/search_trace_sites.h"
#include "core/quantization/search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

namespace mambascope {
namespace {

constexpr double kPerCent = 100, kMebibyte = 1024.0 * 1024.0;

/// Mean of the sites that have one.
std::optional<double> meanAlpha(const ModelSpec& spec, const QuantPlan& plan) {
    double sum = 0;
    int count = 0;
    for (const SiteId site : spec.sites()) {
        if (const auto alpha = plan.at(site).alpha) {
            sum += *alpha;
            ++count;
        }
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

ChartPanel accuracyPanel(
    const std::string& title, const std::string& xLabel, std::span<const ResultRun> runs,
    const std::function<std::optional<double>(const ResultRun&)>& x, const std::string& whyEmpty) {
    ChartPanel panel;
    panel.title = title;
    panel.x.label = xLabel;
    panel.y.label = "accuracy, %";
    ChartSeries series{"runs", ChartKind::Points, Linear::OutProj, {}};
    for (const ResultRun& run : runs) {
        if (const auto at = x(run)) {
            series.points.push_back(
                {*at, kPerCent * run.accuracy, *at, kPerCent * run.low, kPerCent * run.high, run.label});
        }
    }
    if (series.points.empty()) {
        panel.emptyText = whyEmpty;
        return panel;
    }
    std::ranges::stable_sort(series.points, {}, &ChartPoint::x);
    panel.subtitle = counted(series.points.size(), "run");
    panel.series.push_back(std::move(series));
    panel.x.range = rangeOfX(panel, 0.12); // room for the labels beside the points
    panel.y.range = rangeOfY(panel, 0.08);
    return panel;
}

ChartPanel
tracePanel(Linear linear, std::span<const TracedSite> sites, const std::vector<std::string>& candidates) {
    ChartPanel panel;
    panel.title = std::string(linearName(linear));
    panel.x = {"layer", AxisScale::Linear, {}, true};
    panel.y = {"error", AxisScale::Log, {}};
    ChartSeries all{"best to worst", ChartKind::Ribbon, linear, {}};
    ChartSeries chosen{"chosen", ChartKind::Line, linear, {}};
    const Linear contrast = linear == Linear::XProj ? Linear::InProj : Linear::XProj;
    ChartSeries last{candidates.back(), ChartKind::Line, contrast, {}};
    for (const TracedSite& site : sites) {
        if (site.site.linear != linear || !std::isfinite(site.errors[site.chosen])) {
            continue;
        }
        const auto layer = static_cast<double>(site.site.layer);
        double low = std::numeric_limits<double>::infinity(), high = -low;
        for (const double error : site.errors) {
            if (std::isfinite(error)) {
                low = std::min(low, error);
                high = std::max(high, error);
            }
        }
        const double best = site.errors[site.chosen];
        const std::string& name = candidates[site.chosen];
        all.points.push_back({layer, best, layer, low, high, name});
        chosen.points.push_back({layer, best, layer, {}, {}, name});
        if (std::isfinite(site.errors.back())) {
            last.points.push_back({layer, site.errors.back(), layer, {}, {}, candidates.back()});
        }
    }
    if (chosen.points.empty()) {
        panel.emptyText = "Not searched";
        return panel;
    }
    panel.subtitle = counted(chosen.points.size(), "site");
    panel.series = {std::move(all), std::move(chosen), std::move(last)};
    panel.x.range = rangeOfX(panel, 0.02);
    panel.y.range = rangeOfY(panel, 0.08);
    return panel;
}

} // namespace

double weightBytes(const ModelSpec& spec, const QuantPlan& plan) {
    constexpr double kBitsToAByte = 8;
    QuantPlan groups; // what the plan's groups that are no site get, as if it were a site's
    groups.defaults = plan.groupSettings();
    const double groupBits = averageWeightBits(spec, groups);
    const double table = static_cast<double>(spec.vocabulary) * spec.hidden;
    double bits = averageWeightBits(spec, plan) * static_cast<double>(siteWeightCount(spec));
    const bool sharedTable = spec.tiedHead && plan.groups.head;
    bits += table * (plan.groups.embedding || sharedTable ? groupBits : static_cast<double>(kBitsOff));
    if (!spec.tiedHead) {
        bits += table * (plan.groups.head ? groupBits : static_cast<double>(kBitsOff));
    }
    return bits / kBitsToAByte;
}

Chart resultChart(const ModelSpec& spec, std::span<const ResultRun> runs, const std::string& conditions) {
    Chart chart;
    chart.title = "Accuracy of the runs";
    chart.caption = "Mean accuracy of the tasks over what the plan does to the weights, and over the "
                    "migration strength of "
                    "SmoothQuant. Bars: 95 % intervals. " +
                    conditions;
    chart.panels = {
        accuracyPanel(
            "weight bits", "mean bits of the linears' weights", runs,
            [&](const ResultRun& run) { return averageWeightBits(spec, run.plan); }, "No run yet"),
        accuracyPanel(
            "size", "linears, embedding and head, MiB", runs,
            [&](const ResultRun& run) { return weightBytes(spec, run.plan) / kMebibyte; }, "No run yet"),
        accuracyPanel(
            "migration strength", "mean α of the smoothed sites", runs,
            [&](const ResultRun& run) { return meanAlpha(spec, run.plan); }, "No run smooths")};
    return chart;
}

Result<Chart> searchTraceChart(const Json& trace, const std::string& what) {
    const Error wrong = Error::unreadable(
        what + " is not the trace of a search over α or bits.", "mambascope-cli search --trace writes one.");
    const auto traced = tracedChoice(trace);
    if (!traced) {
        return wrong;
    }
    const auto& [candidates, sites] = *traced;
    Chart chart;
    chart.title = "Search · " + what;
    chart.caption = "Error of every site's output by layer: of the candidate that was chosen, of \"" +
                    candidates.back() + "\", and the range of all " +
                    counted(candidates.size(), "candidate") + ".";
    for (const Linear linear : kLinears) {
        if (std::ranges::any_of(sites, [linear](const TracedSite& site) { return site.site.linear == linear; })) {
            chart.panels.push_back(tracePanel(linear, sites, candidates));
        }
    }
    return chart;
}

} // namespace mambascope
