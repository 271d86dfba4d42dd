// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/searches.h"

#include "core/base/number_text.h"
#include "core/figure/search_charts.h"
#include "core/figure/search_trace_sites.h"
#include "core/quantization/plan.h"
#include "core/report/html.h"
#include "core/base/record_values.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace mambascope {
namespace {

using html::element;
using html::text;

constexpr std::size_t kMostSensitive = 12;

/// What a search found at one site; numbers are not finite where nothing was measured.
struct Site {
    SiteId id;
    std::string chosen;          ///< α or bits
    double error = 0, last = 0;  ///< of what was chosen, and of the last candidate
    double added = 0, saved = 0; ///< sensitivity, nats a token
};

/// A trace, read for its tables.
struct Trace {
    const OrderedJson& json;
    std::string target;
    std::vector<std::string> candidates;
    std::vector<Site> sites; ///< by layer, then linear
};

/// `plain` is the same trace. No sites if it is none.
Trace traceOf(const OrderedJson& json, const Json& plain) {
    Trace trace{json, record::text(json, "target"), {}, {}};
    if (const auto losses = tracedLosses(plain)) {
        for (const TracedLoss& loss : *losses) {
            trace.sites.push_back({loss.site, {}, 0, 0, loss.added, loss.saved});
        }
    } else if (const auto choice = tracedChoice(plain)) {
        trace.candidates = choice->candidates;
        for (const TracedSite& site : choice->sites) {
            trace.sites.push_back(
                {site.site, choice->candidates[site.chosen], site.errors[site.chosen], site.errors.back()});
        }
    }
    return trace;
}

std::string subject(const std::string& target) {
    return target == "alpha"         ? "α of every site"
           : target == "bits"        ? "bits of every site"
           : target == "sensitivity" ? "how sensitive every site is"
                                     : target;
}

/// The plan that the search began with, as far as the trace says.
std::string startOf(const OrderedJson& trace) {
    const OrderedJson& start = record::member(trace, "start");
    if (start.is_object()) {
        if (const auto plan = planFromJson(record::unordered(start), "start"); plan.ok()) {
            const std::string name = plan.value().name, summary = planSummary(plan.value());
            return name.empty() || name == summary ? text(summary) : text(name + ": " + summary);
        }
    }
    return "<code>" + text(record::text(trace, "plan_hash")) + "</code>";
}

std::string windowsOf(const OrderedJson& trace) {
    const std::string name = record::text(trace, "text");
    const bool contiguous = record::member(trace, "contiguous") == OrderedJson(true);
    return std::to_string(record::whole(trace, "windows")) + " windows of " +
           std::to_string(record::whole(trace, "length")) + " tokens" + (name.empty() ? "" : " of " + name) +
           (contiguous ? ", back to back"
                       : ", at random positions, seed " + std::to_string(record::whole(trace, "seed")));
}

std::string parameters(const Trace& trace) {
    std::vector<std::vector<std::string>> rows{
        {"begun with", startOf(trace.json)}, {"measured on", text(windowsOf(trace.json))}};
    if (!trace.candidates.empty()) {
        std::string all;
        for (const std::string& candidate : trace.candidates) {
            all += (all.empty() ? "" : ", ") + candidate;
        }
        rows.push_back({"to choose from", text(all)});
    }
    if (const double budget = record::number(trace.json, "budget_bits"); std::isfinite(budget)) {
        rows.push_back(
            {"bits a weight", html::number(budget, 3) + " at most, " +
                                  html::number(record::number(trace.json, "average_bits"), 3) + " used"});
    }
    if (const std::string hash = record::text(trace.json, "calibration_hash"); !hash.empty()) {
        rows.push_back({"calibration", "<code>" + text(hash) + "</code>"});
    }
    return html::table({}, rows);
}

/// Ways to spend a budget, of which the best one was taken.
std::string allocations(const OrderedJson& trace) {
    std::vector<std::vector<std::string>> rows;
    const OrderedJson& ways = record::object(trace, "allocations");
    const std::string chosen = record::text(trace, "chosen");
    for (const auto& [name, way] : ways.items()) {
        rows.push_back(
            {name == chosen ? element("b", text(name + ", taken")) : text(name),
             html::number(record::number(way, "average_bits"), 3),
             html::number(record::number(way, "loss"), 4),
             html::scientific(record::number(way, "divergence"))});
    }
    return html::table(
        {"allocation", "bits a weight", "loss, nats a token", "divergence, nats a token"}, rows);
}

/// "0.5 at 12, off at 3": candidates by how often they were chosen, in the order of the candidates.
std::string choices(const Trace& trace, Linear linear) {
    std::string all;
    for (const std::string& candidate : trace.candidates) {
        const auto count = std::ranges::count_if(trace.sites, [&](const Site& site) {
            return site.id.linear == linear && site.chosen == candidate;
        });
        if (count > 0) {
            all += (all.empty() ? "" : ", ") + candidate + " at " + std::to_string(count);
        }
    }
    return all;
}

double meanOf(const Trace& trace, Linear linear, double Site::*value) {
    double sum = 0;
    int count = 0;
    for (const Site& site : trace.sites) {
        if (site.id.linear == linear && std::isfinite(site.*value)) {
            sum += site.*value;
            ++count;
        }
    }
    return count > 0 ? sum / count : std::nan("");
}

std::string chosenTable(const Trace& trace) {
    std::vector<std::vector<std::string>> rows;
    for (const Linear linear : kLinears) {
        if (std::ranges::any_of(trace.sites, [&](const Site& site) { return site.id.linear == linear; })) {
            rows.push_back(
                {text(linearName(linear)), text(choices(trace, linear)),
                 html::scientific(meanOf(trace, linear, &Site::error)),
                 html::scientific(meanOf(trace, linear, &Site::last))});
        }
    }
    const bool bits = trace.target == "bits";
    const std::string last = trace.candidates.empty() ? std::string() : trace.candidates.back();
    const std::string against = last == "off" ? "without smoothing" : "with " + last + (bits ? " bits" : "");
    return html::table(
        {"linear", bits ? "bits, and at how many layers" : "α, and at how many layers", "mean error",
         text("mean error " + against)},
        rows);
}

std::string sensitivityTable(const Trace& trace) {
    std::vector<Site> sites = trace.sites;
    std::ranges::stable_sort(sites, [](const Site& a, const Site& b) {
        return a.added > b.added; // a NaN is never the larger one
    });
    sites.resize(std::min(sites.size(), kMostSensitive));
    std::vector<std::vector<std::string>> rows;
    for (const Site& site : sites) {
        rows.push_back(
            {text(siteName(site.id)), html::signedNumber(site.added, 4), html::signedNumber(-site.saved, 4)});
    }
    return element(
               "p", "Loss without quantization " + html::number(record::number(trace.json, "baseline"), 4) +
                        ", with the plan " + html::number(record::number(trace.json, "plan"), 4) +
                        " nats a token. The most sensitive sites, and what they change of the two:") +
           html::table({"site", "quantized alone", "left out of the plan"}, rows);
}

std::string everySite(const Trace& trace) {
    const bool sensitivity = trace.target == "sensitivity";
    std::map<int, std::map<Linear, std::string>> cells;
    for (const Site& site : trace.sites) {
        cells[site.id.layer][site.id.linear] =
            sensitivity
                ? html::signedNumber(site.added, 4) + " <span class=\"faint\">" +
                      html::signedNumber(-site.saved, 4) + "</span>"
                : text(site.chosen) + " <span class=\"faint\">" + html::scientific(site.error) + "</span>";
    }
    std::vector<std::string> heads{"layer"};
    for (const Linear linear : kLinears) {
        heads.emplace_back(linearName(linear));
    }
    std::vector<std::vector<std::string>> rows;
    for (auto& [layer, byLinear] : cells) {
        std::vector<std::string> row{std::to_string(layer)};
        for (const Linear linear : kLinears) {
            row.push_back(byLinear.contains(linear) ? byLinear[linear] : "–");
        }
        rows.push_back(std::move(row));
    }
    const char* caption = sensitivity ? "Change of the loss, nats a token: quantized alone, and left out."
                                      : "What was chosen, and its error.";
    return element("p", caption, "class=\"caption\"") + html::table(heads, rows);
}

std::string one(const Record& search, const Medium& medium) {
    const Json plain = record::unordered(search.content);
    const Trace trace = traceOf(search.content, plain);
    const std::string title = searchTitle(search);
    std::string content = element("h3", text(title));
    const bool sensitivity = trace.target == "sensitivity";
    auto chart = searchChart(plain, title, {sensitivity ? SearchView::Sensitivity : SearchView::Errors});
    if (!chart.ok() || trace.sites.empty()) {
        return content + element("p", "This record is not the trace of a search.", "class=\"faint\"");
    }
    content += parameters(trace) + allocations(search.content);
    content += sensitivity ? sensitivityTable(trace) : chosenTable(trace);
    if (!sensitivity) {
        content += element(
            "p",
            "Errors are those of a linear's output against the unquantized one: the sum of squared "
            "differences "
            "over the sum of squares.",
            "class=\"caption\"");
    }
    chart.value().title = title;
    content += element("figure", medium.figure(std::move(chart).value()));
    return content + medium.appendix("Every site of search " + std::to_string(search.id), everySite(trace));
}

} // namespace

std::string searchTitle(const Record& search) {
    const std::string about = subject(record::text(search.content, "target"));
    return "Search " + std::to_string(search.id) + (about.empty() ? "" : ": " + about);
}

std::string searchesSection(std::span<const Record> searches, const Medium& medium) {
    std::string content;
    for (const Record& search : searches) {
        content += one(search, medium);
    }
    return content;
}

} // namespace mambascope
