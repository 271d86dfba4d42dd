// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/sweeps.h"

#include "core/figure/sweep_figure.h"
#include "core/report/html.h"
#include "core/base/record_values.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

using html::element;
using html::text;

constexpr double kSignificant = 0.05;

/// A task as a column.
struct Column {
    std::string name, title, metric;
};

std::vector<Column> columnsOf(const OrderedJson& sweep) {
    std::vector<Column> columns;
    for (const OrderedJson& checkpoint : record::member(sweep, "checkpoints")) {
        for (const OrderedJson& plan : record::member(checkpoint, "plans")) {
            const OrderedJson& tasks = record::object(plan, "tasks");
            for (const auto& [name, task] : tasks.items()) {
                if (std::ranges::find(columns, name, &Column::name) == columns.end()) {
                    const std::string title = record::text(task, "title");
                    columns.push_back({name, title.empty() ? name : title, record::text(task, "metric")});
                }
            }
        }
    }
    return columns;
}

std::string share(double value, int decimals = 2) {
    return html::number(100 * value, decimals);
}

/// "<br/>+0.50" with a star where chance alone hardly explains it; nothing without a difference.
std::string differenceLine(double delta, bool significant) {
    return std::isfinite(delta) ? "<br/>" + html::signedNumber(100 * delta, 2) + (significant ? "*" : "")
                                : std::string();
}

std::string taskCell(const OrderedJson& task, const std::string& metric) {
    const double value = record::number(task, metric.c_str());
    if (!std::isfinite(value)) {
        return "–";
    }
    std::string cell = share(value);
    if (const auto interval = record::bounds(task, (metric + "_interval").c_str())) {
        cell += "<br/><span class=\"faint\">" + share(interval->first, 1) + "–" + share(interval->second, 1) +
                "</span>";
    }
    cell += differenceLine(record::number(task, "delta"), record::number(task, "p_mcnemar") < kSignificant);
    if (const auto nonfinite = record::whole(task, "nonfinite"); nonfinite > 0) {
        cell += "<br/>(" + std::to_string(nonfinite) + " not finite)";
    }
    return cell;
}

std::string averageCell(const OrderedJson& plan) {
    const double average = record::number(plan, "average");
    const auto interval = record::bounds(plan, "average_delta_interval");
    return std::isfinite(average)
               ? share(average) + differenceLine(
                                      record::number(plan, "average_delta"),
                                      interval && (interval->first > 0 || interval->second < 0))
               : std::string("–");
}

/// A paper's figures for the row above, each under its own metric.
std::vector<std::string> printedRow(const OrderedJson& plan, const std::vector<Column>& columns, bool many) {
    const OrderedJson& values = record::member(record::member(plan, "printed"), "values");
    if (!values.is_object()) {
        return {};
    }
    std::vector<std::string> row{"<span class=\"faint\">as printed</span>"};
    if (many) {
        row.insert(row.begin(), std::string());
    }
    for (const Column& column : columns) {
        const double value =
            record::number(record::member(values, column.name.c_str()), column.metric.c_str());
        row.push_back("<span class=\"faint\">" + html::number(value, 2) + "</span>");
    }
    row.emplace_back();
    return row;
}

std::string resultTable(const OrderedJson& sweep) {
    const std::vector<Column> columns = columnsOf(sweep);
    const OrderedJson& checkpoints = record::member(sweep, "checkpoints");
    const bool many = checkpoints.size() > 1;
    std::vector<std::string> heads;
    if (many) {
        heads.emplace_back("checkpoint");
    }
    heads.emplace_back("plan");
    for (const Column& column : columns) {
        heads.push_back(text(column.title) + "<br/>" + text(column.metric));
    }
    heads.emplace_back("average");
    std::vector<std::vector<std::string>> rows;
    for (const OrderedJson& checkpoint : checkpoints) {
        for (const OrderedJson& plan : record::member(checkpoint, "plans")) {
            std::vector<std::string>& row = rows.emplace_back();
            if (many) {
                row.push_back(html::verbatim(record::text(checkpoint, "name")));
            }
            row.push_back(html::verbatim(record::text(plan, "plan_name")));
            for (const Column& column : columns) {
                row.push_back(taskCell(
                    record::member(record::member(plan, "tasks"), column.name.c_str()), column.metric));
            }
            row.push_back(averageCell(plan));
            if (auto printed = printedRow(plan, columns, many); !printed.empty()) {
                rows.push_back(std::move(printed));
            }
        }
    }
    return html::table(heads, rows);
}

std::string parameters(const OrderedJson& sweep) {
    const std::int64_t limit = record::whole(sweep, "limit");
    std::vector<std::vector<std::string>> rows{
        {"recipe", html::verbatim(record::text(sweep, "recipe"))},
        {"items", limit > 0 ? std::to_string(limit) + " a task, drawn at random, seed " +
                                  std::to_string(record::whole(sweep, "seed"))
                            : std::string("all")}};
    for (const OrderedJson& checkpoint : record::member(sweep, "checkpoints")) {
        std::string cell = text(record::text(checkpoint, "name"));
        const auto add = [&](const char* before, const char* name) {
            if (const std::string value = record::text(checkpoint, name); !value.empty()) {
                cell += text(before + value);
            }
        };
        add(", computed in ", "dtype");
        add(" on ", "device");
        add(" by ", "engine");
        cell += "<br/><code>" + text(record::text(checkpoint, "hash")) + "</code>";
        rows.push_back({"checkpoint", cell});
        if (const std::string hash = record::text(checkpoint, "calibration_hash"); !hash.empty()) {
            rows.push_back({"its calibration", "<code>" + text(hash) + "</code>"});
        }
    }
    return html::table({}, rows);
}

std::string one(const Record& sweep, const Medium& medium) {
    const std::string title = sweepTitle(sweep);
    std::string content = element("h3", text(title));
    auto figure = sweepFigure(record::unordered(sweep.content), title);
    if (!figure.ok()) {
        return content + element("p", "This record holds no results of a sweep.", "class=\"faint\"");
    }
    content += parameters(sweep.content) + resultTable(sweep.content);
    content += element(
        "p",
        "Shares in per cent; below them their 95 % interval (Wilson), and the paired difference in points to "
        "the "
        "first plan of the same checkpoint. * McNemar's p below 0.05; for the average, a 95 % bootstrap "
        "interval "
        "without 0.",
        "class=\"caption\"");
    std::vector<std::string> notes;
    for (const OrderedJson& note : record::member(sweep.content, "notes")) {
        // One describes the table that the sweep wrote, which has standard errors.
        if (note.is_string() && !note.get_ref<const std::string&>().starts_with("Per cent ±")) {
            notes.push_back(note.get<std::string>());
        }
    }
    figure.value().title = title;
    content += element("figure", medium.figure(std::move(figure).value()));
    return content + (notes.empty() ? std::string() : element("div", html::list(notes), "class=\"caption\""));
}

} // namespace

std::string sweepTitle(const Record& sweep) {
    const std::string title = record::text(sweep.content, "title");
    return "Sweep " + std::to_string(sweep.id) + (title.empty() ? "" : ": " + title);
}

std::string sweepsSection(std::span<const Record> sweeps, const Medium& medium) {
    std::string content;
    for (const Record& sweep : sweeps) {
        content += one(sweep, medium);
    }
    return content;
}

} // namespace mambascope
