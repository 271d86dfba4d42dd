// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/results.h"

#include "core/evaluation/comparison.h"
#include "core/report/html.h"
#include "core/session/session_diff.h"

#include <algorithm>

namespace mambascope {
namespace {

using html::element;
using html::text;

std::string percent(double share) {
    return html::number(100 * share, 2);
}

/// "64.95 63.6–66.2", with the interval in a line of its own where a row is a run, and the number of items if
/// it is not that of the others.
std::string shareCell(const TaskResult& task, RunsAre runsAre, int items) {
    const double p = task.metrics.published(task.task);
    const Interval interval = wilsonInterval(p, task.metrics.n);
    std::string cell = percent(p) + (runsAre == RunsAre::Rows ? "<br/>" : " ") + "<span class=\"faint\">" +
                       html::number(100 * interval.low, 1) + "–" + html::number(100 * interval.high, 1) +
                       "</span>";
    if (task.metrics.n != items) {
        cell += (runsAre == RunsAre::Rows ? "<br/>of " : " of ") + std::to_string(task.metrics.n);
    }
    if (task.metrics.nonfinite > 0) {
        cell += " (" + std::to_string(task.metrics.nonfinite) + " not finite)";
    }
    return cell;
}

std::string runName(const Run& run) {
    const std::string& plan = run.result->planName;
    return "run " + std::to_string(run.id) + ": " + (plan.empty() ? std::string("unnamed plan") : plan) +
           (run.result->partial ? " (stopped)" : "");
}

template <class Cell>
std::vector<std::string>
row(const std::vector<Run>& runs, const std::string& task, std::string head, Cell&& cell) {
    std::vector<std::string> cells{std::move(head)};
    int most = 0;
    for (const Run& run : runs) {
        const TaskResult* found = run.result->find(task);
        most = std::max(most, found == nullptr ? 0 : found->metrics.n);
    }
    cells.push_back(std::to_string(most));
    for (const Run& run : runs) {
        const TaskResult* found = run.result->find(task);
        cells.push_back(found == nullptr ? std::string("–") : cell(*found, most));
    }
    return most == 0 ? std::vector<std::string>() : cells;
}

std::vector<std::vector<std::string>> transposed(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::vector<std::string>> columns(rows.front().size());
    for (const std::vector<std::string>& row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            columns[i].push_back(row[i]);
        }
    }
    return columns;
}

std::string resultTable(const std::vector<Run>& runs, RunsAre runsAre) {
    std::vector<std::string> heads{"task", "items"};
    for (const Run& run : runs) {
        heads.push_back(text(runName(run)));
    }
    const std::string between = runsAre == RunsAre::Rows ? "<br/>" : ", "; // columns are narrower than rows
    std::vector<std::vector<std::string>> rows;
    std::vector<const EvaluationResult*> results;
    for (const Run& run : runs) {
        results.push_back(run.result.get());
    }
    for (const TaskLabel& task : taskLabels(results)) {
        const std::string metric(publishedMetric(task.task));
        rows.push_back(
            row(runs, task.name, text(task.title) + between + text(metric),
                [&](const TaskResult& found, int items) { return shareCell(found, runsAre, items); }));
        if (isGreedyTask(task.task)) {
            rows.push_back(
                row(runs, task.name, text(task.title) + between + "perplexity",
                    [](const TaskResult& found, int) { return html::number(found.metrics.perplexity, 2); }));
        }
    }
    std::erase_if(rows, [](const auto& cells) { return cells.empty(); });
    std::vector<std::string> averages{"average", ""};
    for (const Run& run : runs) {
        averages.push_back(percent(run.result->average()));
    }
    rows.push_back(std::move(averages));
    if (runsAre == RunsAre::Rows) {
        heads.front() = "run";
        rows.insert(rows.begin(), heads);
        rows = transposed(rows);
        heads = std::move(rows.front());
        rows.erase(rows.begin());
    }
    return html::table(heads, rows);
}

/// Three decimals, and never a 0 that is none.
std::string probability(double p) {
    return p < 0.001 ? "&lt; 0.001" : html::number(p, 3);
}

std::string differenceTable(const RunDifference& difference) {
    std::vector<std::vector<std::string>> rows;
    for (const TaskDifference& task : difference.tasks) {
        const PairedComparison& paired = task.paired;
        if (paired.common == 0) {
            continue;
        }
        rows.push_back(
            {text(task.label.title), std::to_string(paired.common), html::signedNumber(100 * paired.delta, 2),
             std::to_string(paired.gained), std::to_string(paired.lost), probability(task.p)});
    }
    if (rows.size() > 1 && difference.averageDelta) {
        rows.push_back({"average", "", html::signedNumber(100 * *difference.averageDelta, 2), "", "", ""});
    }
    return html::table({"task", "common items", "difference, points", "gained", "lost", "McNemar p"}, rows);
}

/// What one run changed against the baseline.
Result<std::string> comparison(const Session& session, const Run& baseline, const Run& run) {
    const auto difference = compareRuns(session, baseline.id, run.id);
    if (!difference.ok()) {
        return difference.error();
    }
    std::string content = element("h3", text(runName(run)));
    content += html::list(difference.value().plan);
    content += differenceTable(difference.value());
    if (!difference.value().conditions.empty()) {
        content +=
            element("p", "Also different:", "class=\"caption\"") + html::list(difference.value().conditions);
    }
    return content;
}

/// What people wrote about runs.
std::string noteTable(const std::vector<Run>& runs) {
    std::vector<std::vector<std::string>> rows;
    for (const Run& run : runs) {
        if (!run.note.empty()) {
            rows.push_back({text(runName(run)), html::verbatim(run.note)});
        }
    }
    return html::table({"run", "note"}, rows);
}

/// Whether what stands side by side was measured on the same items.
std::string itemsSentence(const std::vector<Run>& runs) {
    const EvaluationResult& first = *runs.front().result;
    for (const Run& run : runs) {
        const EvaluationResult& other = *run.result;
        for (const TaskResult& task : other.tasks) {
            if (const TaskResult* same = first.find(task.name());
                same != nullptr && !sharesAllItems(other, task, first)) {
                return "The runs were not all measured on the same items: compare them by the differences "
                       "below, which are "
                       "over the items that two runs have in common.";
            }
        }
    }
    return {};
}

} // namespace

Result<std::string> resultsSection(const Session& session, RunsAre runsAre) {
    const std::vector<Run>& runs = session.runs();
    if (runs.empty()) {
        return element("p", "There are no results yet.", "class=\"faint\"");
    }
    std::string content = resultTable(runs, runsAre);
    content += element(
        "p",
        "Shares in per cent, behind them their 95 % interval (Wilson). The average is the unweighted mean of "
        "the "
        "tasks that a run has.",
        "class=\"caption\"");
    if (const std::string different = itemsSentence(runs); !different.empty()) {
        content += element("p", text(different), "class=\"caption\"");
    }
    content += noteTable(runs);
    for (const Run& run : runs) {
        for (const TaskResult& task : run.result->tasks) {
            const std::string note =
                task.note.empty() ? "" : element("p", text(task.note), "class=\"caption\"");
            content += content.find(note) == std::string::npos ? note : "";
        }
    }
    const Run* first = session.baseline();
    const RunId baseline = first == nullptr ? 0 : first->id;
    for (const Run& run : runs) {
        if (first == nullptr || run.id == baseline) {
            continue;
        }
        const Result<std::string> compared = comparison(session, *first, run);
        if (!compared.ok()) {
            return compared.error();
        }
        content += compared.value();
    }
    if (first == nullptr) {
        content += element(
            "p", "The session has no complete run without quantization to compare with.",
            "class=\"caption\"");
    }
    return content;
}

} // namespace mambascope
