// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/report.h"

#include "core/calibration/outliers.h"
#include "core/figure/svg.h"
#include "core/report/commands.h"
#include "core/report/html.h"
#include "core/report/medium.h"
#include "core/report/results.h"
#include "core/report/searches.h"
#include "core/report/sweeps.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace mambascope {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --faint: #59626d; --grid: #e0e5ea;
  --band: #e9f0f6; --in: #00845f; --x: #a1508a; --dt: #8f6400; --out: #0072b2; --mark: #d04a00; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --ink: #e8ebef; --faint: #a2abb6; --grid: #2a3038; --band: #1f2a35;
    --in: #2dbd94; --x: #d98bbb; --dt: #dba32f; --out: #56b4e9; --mark: #ff8a4a; } }
@media print { :root { --paper: #ffffff; --ink: #000000; --faint: #444444; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.4rem; } h3 { font-size: 1.05rem; margin-top: 2rem; }
.caption, td, th { font-size: 0.9rem; } .caption, .faint { color: var(--faint); }
figure { margin: 1.2rem 0; } figcaption { margin-top: 0.4rem; } summary { cursor: pointer; }
table { border-collapse: collapse; display: block; overflow-x: auto; } table + table { margin-top: 1.2rem; }
th, td { text-align: left; padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--grid);
  vertical-align: top; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: 0.8rem; border: 1px solid var(--grid); }
code, pre { font: 0.85rem/1.4 monospace; overflow-wrap: anywhere; }
)";

/// Of CSS the printer's text engine knows little: of lengths other than a font's size only pixels.
constexpr const char* kPrintStyle = R"(
body { font-family: sans-serif; font-size: 9pt; color: #1b1f24; }
h1 { font-size: 18pt; margin-bottom: 2px; } h2 { font-size: 13pt; margin-top: 20px; margin-bottom: 5px; }
h3 { font-size: 10pt; margin-top: 14px; margin-bottom: 3px; }
.caption, .faint { color: #59626d; } p.caption { font-size: 8pt; }
table { border-collapse: collapse; margin-top: 4px; margin-bottom: 14px; }
th, td { text-align: left; vertical-align: top; font-size: 8pt; font-weight: normal;
  padding-top: 2px; padding-bottom: 2px; padding-right: 10px; border-bottom: 0.5px solid #c3cad1; }
thead th { color: #59626d; white-space: nowrap; }
code, pre { font-family: monospace; font-size: 7.5pt; } pre { white-space: pre-wrap; }
)";

using html::element;
using html::text;

std::string code(const std::string& content) {
    return "<code>" + text(content) + "</code>";
}

std::string section(const std::string& title, const std::string& content) {
    return content.empty() ? content : element("section", element("h2", text(title)) + content);
}

std::string checkpointSection(const Session& session) {
    const auto& checkpoint = session.checkpoint();
    if (!checkpoint) {
        return element("p", "The session has no checkpoint yet.", "class=\"faint\"");
    }
    const ModelSpec& spec = checkpoint->spec;
    const auto whole = [](std::int64_t value) {
        return std::to_string(value);
    };
    std::string shape = whole(spec.layers) + " layers, width " + whole(spec.hidden) + ", inner width " +
                        whole(spec.inner) + ", " + whole(spec.state) + " states, vocabulary " +
                        whole(spec.vocabulary);
    return html::table(
        {}, {{"name", html::verbatim(checkpoint->name)},
             {"architecture", text(architectureTitle(spec.architecture))},
             {"shape", text(shape)},
             {"parameters", html::number(static_cast<double>(spec.parameterCount()) / 1e6, 1) + " million"},
             {"stored as", text(dtypeName(spec.dtype))},
             {"hash", code(checkpoint->hash)}});
}

/// The outliers at the inputs of one kind of linear, over all layers.
struct OutlierCount {
    int channels = 0, layers = 0;
    std::optional<std::pair<SiteId, int>> largest; ///< the site and channel of the largest one
    float absmax = 0;
    double sigmas = 0;
};

std::vector<std::pair<Linear, OutlierCount>>
countOutliers(const CalibrationSnapshot& calibration, const QuantPlan& plan) {
    std::vector<std::pair<Linear, OutlierCount>> counts;
    for (const Linear linear : calibration.spec.linears()) {
        OutlierCount count;
        for (int layer = 0; layer < calibration.spec.layers; ++layer) {
            const SiteId site{layer, linear};
            const ChannelStatistics& statistics = calibration.at(site, Side::Input);
            if (statistics.channels() == 0) {
                continue;
            }
            const OutlierSet set = findOutliers(statistics, plan.rule, plan.k);
            count.channels += static_cast<int>(set.outliers.size());
            count.layers += set.outliers.empty() ? 0 : 1;
            for (const OutlierChannel& outlier : set.outliers) {
                if (!count.largest || outlier.absmax > count.absmax) {
                    count.largest = {site, outlier.channel};
                    count.absmax = outlier.absmax;
                }
            }
        }
        counts.emplace_back(linear, count);
    }
    return counts;
}

/// The layer of the largest outlier, of any linear; the first if there is none.
int remarkableLayer(const std::vector<std::pair<Linear, OutlierCount>>& counts) {
    int layer = 0;
    float largest = 0;
    for (const auto& [linear, count] : counts) {
        if (count.largest && count.absmax > largest) {
            largest = count.absmax;
            layer = count.largest->first.layer;
        }
    }
    return layer;
}

std::string outlierTable(const std::vector<std::pair<Linear, OutlierCount>>& counts, int layers) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [linear, count] : counts) {
        std::string largest = "–";
        if (count.largest) {
            largest = html::number(static_cast<double>(count.absmax), 1) + " in channel " +
                      std::to_string(count.largest->second) + " of layer " +
                      std::to_string(count.largest->first.layer);
        }
        rows.push_back(
            {text(std::string(linearName(linear)) + " input"), std::to_string(count.channels),
             std::to_string(count.layers) + " of " + std::to_string(layers), text(largest)});
    }
    return html::table({"site", "outlier channels", "layers with any", "largest"}, rows);
}

std::string calibrationSection(const Session& session, const Medium& medium) {
    const auto calibration = session.calibration();
    if (calibration == nullptr) {
        return element("p", "There is no calibration.", "class=\"faint\"");
    }
    const CalibrationSource& source = calibration->source;
    std::vector<std::vector<std::string>> rows{
        {"text", source.textName.empty() ? "token ids" : html::verbatim(source.textName)}};
    if (source.samples > 0) {
        rows.push_back(
            {"windows",
             std::to_string(source.samples) + " of " + std::to_string(source.length) + " tokens, " +
                 (source.contiguous ? std::string("back to back")
                                    : "at random positions, seed " + std::to_string(source.seed))});
    }
    rows.push_back({"hash", code(calibrationHash(*calibration))});
    const auto counts = countOutliers(*calibration, session.plan());
    FigureOptions options;
    options.rule = session.plan().rule;
    options.k = session.plan().k;
    std::string content = html::table({}, rows) + outlierTable(counts, calibration->spec.layers);
    if (calibration->spec.layers > 0) {
        const Figure figure = layerFigure(*calibration, remarkableLayer(counts), options);
        content += element("figure", medium.figure(figure));
    }
    return content;
}

std::string planSection(const Session& session, const Medium& medium) {
    const QuantPlan& plan = session.plan();
    const int layers = session.checkpoint() ? session.checkpoint()->spec.layers : 0;
    std::string content = element("p", element("b", html::verbatim(plan.name)) + text(planSummary(plan)));
    content += html::list(planDiff(QuantPlan(), plan, layers));
    return content + medium.appendix("The plan file", element("pre", text(toJson(plan).dump(2))));
}

std::string titleOf(const Session& session) {
    return session.checkpoint() ? session.checkpoint()->name : session.path().filename().string();
}

Result<std::string> bodyOf(const Session& session, const Medium& medium) {
    const Result<std::string> results = resultsSection(session, medium.runsAre);
    if (!results.ok()) {
        return results.error();
    }
    const auto searches = session.searches();
    if (!searches.ok()) {
        return searches.error();
    }
    const auto sweeps = session.sweeps();
    if (!sweeps.ok()) {
        return sweeps.error();
    }
    std::string body = element("h1", html::verbatim(titleOf(session)));
    body += element(
        "p",
        text("Session " + session.path().filename().string() + ", by mambascope " MAMBASCOPE_VERSION "."),
        "class=\"faint\"");
    body += section("Checkpoint", checkpointSection(session));
    body += section("Results", results.value());
    body += section("Searches", searchesSection(searches.value(), medium));
    body += section("Sweeps", sweepsSection(sweeps.value(), medium));
    body += section("Plan", planSection(session, medium));
    body += section("Calibration", calibrationSection(session, medium));
    if (!session.notes().empty()) {
        body += section("Notes", element("pre", text(session.notes())));
    }
    return body + section(
                      "Make it again",
                      element("pre", text(commandLines(session, searches.value(), sweeps.value()))));
}

} // namespace

Result<std::string> sessionReport(const Session& session) {
    const Medium screen{
        RunsAre::Columns,
        [](const ReportFigure& figure) {
            return std::visit(
                [](const auto& drawn) {
                    return figureToSvg(drawn) +
                           element(
                               "figcaption", element("b", text(drawn.title + ".")) + text(drawn.caption),
                               "class=\"caption\"");
                },
                figure);
        },
        [](const std::string& title, const std::string& content) {
            return element("details", element("summary", text(title)) + content);
        }};
    const Result<std::string> body = bodyOf(session, screen);
    return body.ok()
               ? Result<std::string>(html::page(titleOf(session) + " – mambascope", kStyle, body.value()))
               : body;
}

Result<PrintedReport> printedReport(const Session& session) {
    PrintedReport report{titleOf(session), {}, {}};
    std::string appendices;
    const Medium paper{
        RunsAre::Rows,
        [&report](const ReportFigure& figure) { // which has its title and caption in it
            report.figures.push_back(figure);
            // A paragraph of its own: beside text, Qt makes the text's lines as high as the figure.
            return "<p><img src=\"figure-" + std::to_string(report.figures.size() - 1) + "\"/></p>\n";
        },
        [&appendices](
            const std::string& title, const std::string& content) { // long, and not what one reads first
            appendices += section(title, content);
            return std::string();
        }};
    const Result<std::string> body = bodyOf(session, paper);
    if (!body.ok()) {
        return body.error();
    }
    report.html = html::page(report.title, kPrintStyle, body.value() + appendices);
    return report;
}

} // namespace mambascope
