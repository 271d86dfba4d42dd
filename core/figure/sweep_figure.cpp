// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/sweep_figure.h"

#include "core/base/csv.h"
#include "core/base/normal.h"
#include "core/base/number_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace mambascope {
namespace {

/// One row of the sweep's table.
struct Row {
    std::string plan, checkpoint;
    double parameters = 0;
    Json settings; ///< the plan without its name
    Json tasks;    ///< by name
};

double numberAt(const Json& json, const char* name) {
    const auto it = json.is_object() ? json.find(name) : json.end();
    return it != json.end() && it->is_number() ? it->get<double>() : std::nan("");
}

std::string textAt(const Json& json, const char* name) {
    const auto it = json.is_object() ? json.find(name) : json.end();
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const Json& memberOf(const Json& json, const char* name) {
    static const Json kNothing;
    const auto it = json.is_object() ? json.find(name) : json.end();
    return it != json.end() ? *it : kNothing;
}

std::vector<Row> rowsOf(const Json& results) {
    std::vector<Row> rows;
    for (const Json& checkpoint : memberOf(results, "checkpoints")) {
        for (const Json& plan : memberOf(checkpoint, "plans")) {
            Row row{
                textAt(plan, "plan_name"), textAt(checkpoint, "name"), numberAt(checkpoint, "parameters"),
                memberOf(plan, "plan"), memberOf(plan, "tasks")};
            if (row.settings.is_object() && row.tasks.is_object() && !row.tasks.empty()) {
                row.settings.erase("name");
                rows.push_back(std::move(row));
            }
        }
    }
    return rows;
}

/// A task's published metric.
struct Accuracy {
    double value = 0, standardError = 0, low = 0, high = 0; ///< shares
};

std::optional<Accuracy> accuracyOf(const Row& row, const std::string& task) {
    const Json& json = memberOf(row.tasks, task.c_str());
    const std::string metric = textAt(json, "metric");
    const Json& interval = memberOf(json, (metric + "_interval").c_str());
    const double value = numberAt(json, metric.c_str());
    if (!std::isfinite(value) || !interval.is_array() || interval.size() != 2 || !interval[0].is_number() ||
        !interval[1].is_number()) {
        return std::nullopt;
    }
    return Accuracy{
        value, numberAt(json, (metric + "_stderr").c_str()), interval[0].get<double>(),
        interval[1].get<double>()};
}

std::optional<Accuracy> averageOf(const Row& row) {
    double sum = 0, variance = 0;
    int count = 0;
    for (const auto& [name, json] : row.tasks.items()) {
        if (const auto accuracy = accuracyOf(row, name)) {
            sum += accuracy->value;
            variance += accuracy->standardError * accuracy->standardError;
            ++count;
        }
    }
    if (count == 0) {
        return std::nullopt;
    }
    const double mean = sum / count, half = kNormal95 * std::sqrt(variance) / count;
    return Accuracy{mean, half / kNormal95, mean - half, mean + half};
}

/// What the horizontal axis shows.
enum class Axis { Parameters, Alpha, Bits, Granularity, Tasks };

const char* settingOf(Axis axis) {
    return axis == Axis::Alpha ? "alpha" : axis == Axis::Bits ? "w_bits" : "w_granularity";
}

/// The row's value of a setting that the whole model has; null if it is switched off or means nothing.
Json settingOf(const Row& row, Axis axis) {
    const Json& defaults = memberOf(row.settings, "defaults");
    const Json& value = memberOf(defaults, settingOf(axis));
    const bool noWeights = axis == Axis::Granularity && !memberOf(defaults, "w_bits").is_number();
    const bool number = axis != Axis::Granularity;
    return noWeights || (number && !value.is_number()) ? Json() : value;
}

Axis axisOf(const std::vector<Row>& rows) {
    std::set<double> sizes;
    std::set<Json> alphas, bits, granularities;
    for (const Row& row : rows) {
        sizes.insert(row.parameters);
        alphas.insert(settingOf(row, Axis::Alpha));
        bits.insert(settingOf(row, Axis::Bits));
        granularities.insert(settingOf(row, Axis::Granularity));
    }
    for (std::set<Json>* values : {&alphas, &bits, &granularities}) {
        values->erase(Json());
    }
    return sizes.size() > 1           ? Axis::Parameters
           : alphas.size() > 2        ? Axis::Alpha
           : bits.size() > 2          ? Axis::Bits
           : granularities.size() > 1 ? Axis::Granularity
                                      : Axis::Tasks;
}

/// The words that all names begin with; the first name if there are none.
std::string commonWords(const std::vector<const Row*>& rows) {
    const std::string& first = rows.front()->plan;
    std::size_t length = first.size();
    for (const Row* row : rows) {
        const auto differs = std::mismatch(first.begin(), first.end(), row->plan.begin(), row->plan.end());
        std::size_t same = static_cast<std::size_t>(differs.first - first.begin());
        const auto endsWord = [](const std::string& name, std::size_t at) {
            return at == name.size() || name[at] == ' ';
        };
        while (same > 0 && !(endsWord(first, same) && endsWord(row->plan, same))) {
            --same;
        }
        length = std::min(length, same);
    }
    return length > 0 ? first.substr(0, length) : first;
}

/// "2.8M", "1.4B".
std::string sizeText(double parameters) {
    const bool billions = parameters >= 1e9;
    const double value = parameters / (billions ? 1e9 : 1e6);
    return shortestText(value < 100 ? std::round(value * 10) / 10 : std::round(value)) + (billions ? "B" : "M");
}

/// Rows that lie on one line, or a single one that is a reference.
struct Group {
    std::string name;
    std::vector<const Row*> rows;
    bool reference = false;
};

std::vector<Group> groupsBySetting(const std::vector<Row>& rows, Axis axis) {
    std::vector<std::pair<std::string, Group>> groups; // by all that is not on the axis
    for (const Row& row : rows) {
        Json rest = row.settings;
        const bool varies = !settingOf(row, axis).is_null();
        if (varies) {
            rest["defaults"].erase(settingOf(axis));
        }
        const std::string key = row.checkpoint + '\n' + (varies ? "x" : row.plan) + rest.dump();
        auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == key; });
        if (group == groups.end()) {
            groups.emplace_back(key, Group{});
            group = std::prev(groups.end());
        }
        group->second.rows.push_back(&row);
    }
    std::vector<Group> result;
    for (auto& [key, group] : groups) {
        group.reference = group.rows.size() == 1;
        group.name = commonWords(group.rows);
        result.push_back(std::move(group));
    }
    return result;
}

std::vector<Group> groupsByPlan(const std::vector<Row>& rows) {
    std::vector<Group> groups;
    for (const Row& row : rows) {
        auto group =
            std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.name == row.plan; });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), Group{row.plan, {}, false});
        }
        group->rows.push_back(&row);
    }
    return groups;
}

class Builder {
public:
    Builder(const Json& results, std::vector<Row> rows)
        : m_results(results)
        , m_rows(std::move(rows))
        , m_axis(axisOf(m_rows)) {}

    SweepFigure build() {
        m_figure.title = textAt(m_results, "title");
        const bool byPlan = m_axis == Axis::Parameters || m_axis == Axis::Tasks;
        m_groups = byPlan ? groupsByPlan(m_rows) : groupsBySetting(m_rows, m_axis);
        for (const Group& group : m_groups) {
            if (group.reference) {
                m_figure.references.push_back(group.name);
            }
        }
        describeAxis();
        if (m_axis == Axis::Tasks) {
            m_figure.panels.push_back(tasksPanel());
        } else {
            addPanels();
        }
        describe();
        return std::move(m_figure);
    }

private:
    /// In the order of the papers' tables, then by name.
    std::vector<std::string> tasks() const {
        constexpr std::array<std::string_view, 6> kOrder{"lambada",    "hellaswag", "piqa",
                                                         "winogrande", "rte",       "copa"};
        std::vector<std::string> names;
        for (const auto& [name, json] : m_rows.front().tasks.items()) {
            names.push_back(name);
        }
        std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
            const auto place = [&](const std::string& name) {
                return std::pair(std::find(kOrder.begin(), kOrder.end(), name), name);
            };
            return place(a) < place(b);
        });
        return names;
    }

    std::string titleOf(const std::string& task) const {
        const Json& json = memberOf(m_rows.front().tasks, task.c_str());
        const std::string title = textAt(json, "title");
        return title.empty() ? task : title;
    }

    void describeAxis() {
        switch (m_axis) {
        case Axis::Parameters:
            m_figure.xLabel = "parameters";
            m_figure.xScale = AxisScale::Log;
            for (const Row& row : m_rows) {
                m_figure.ticks.emplace_back(row.parameters, sizeText(row.parameters));
            }
            std::sort(m_figure.ticks.begin(), m_figure.ticks.end());
            m_figure.ticks.erase(
                std::unique(m_figure.ticks.begin(), m_figure.ticks.end()), m_figure.ticks.end());
            break;
        case Axis::Alpha:
            m_figure.xLabel = "migration strength α";
            break;
        case Axis::Bits:
            m_figure.xLabel = "bits of the weights";
            break;
        case Axis::Granularity:
            m_figure.xLabel = "weights to a scale";
            for (const Row& row : m_rows) {
                const Json value = settingOf(row, m_axis);
                if (value.is_string() && categoryOf(value) < 0) {
                    m_figure.categories.push_back(granularityText(value));
                }
            }
            break;
        case Axis::Tasks:
            break;
        }
    }

    /// "group:128" is 128.
    static std::string granularityText(const Json& granularity) {
        const auto text = granularity.get<std::string>();
        return text.substr(text.find(':') + 1);
    }

    int categoryOf(const Json& granularity) const {
        const auto& all = m_figure.categories;
        const auto it = std::find(all.begin(), all.end(), granularityText(granularity));
        return it == all.end() ? -1 : static_cast<int>(it - all.begin());
    }

    double xOf(const Row& row) const {
        if (m_axis == Axis::Parameters) {
            return row.parameters;
        }
        const Json value = settingOf(row, m_axis);
        return value.is_string() ? categoryOf(value) : value.is_number() ? value.get<double>() : 0.0;
    }

    static AccuracyPoint pointOf(double x, const Accuracy& accuracy, const Row& row) {
        return {x, 100 * accuracy.value, 100 * accuracy.low, 100 * accuracy.high, row.plan};
    }

    /// An empty task stands for the average.
    AccuracyPanel panelOf(const std::string& task) const {
        AccuracyPanel panel;
        for (const Group& group : m_groups) {
            AccuracySeries series{group.name, true, {}};
            for (const Row* row : group.rows) {
                if (const auto accuracy = task.empty() ? averageOf(*row) : accuracyOf(*row, task)) {
                    series.points.push_back(pointOf(xOf(*row), *accuracy, *row));
                }
            }
            std::stable_sort(series.points.begin(), series.points.end(), [](const auto& a, const auto& b) {
                return a.x < b.x;
            });
            panel.series.push_back(std::move(series));
        }
        return panel;
    }

    void addPanels() {
        AccuracyPanel average = panelOf("");
        average.title = "Average";
        m_figure.panels.push_back(std::move(average));
        for (const std::string& task : tasks()) {
            AccuracyPanel panel = panelOf(task);
            const Json& json = memberOf(m_rows.front().tasks, task.c_str());
            panel.title = titleOf(task) + " (" + textAt(json, "metric") + ")";
            if (const double chance = numberAt(json, "chance"); chance > 0) {
                panel.chance = 100 * chance;
            }
            m_figure.panels.push_back(std::move(panel));
        }
    }

    AccuracyPanel tasksPanel() {
        AccuracyPanel panel;
        const std::vector<std::string> names = tasks();
        for (const std::string& task : names) {
            m_figure.categories.push_back(titleOf(task));
        }
        m_figure.categories.push_back("Average");
        for (const Group& group : m_groups) {
            AccuracySeries series{group.name, false, {}};
            for (const Row* row : group.rows) {
                for (std::size_t i = 0; i <= names.size(); ++i) {
                    const auto accuracy = i < names.size() ? accuracyOf(*row, names[i]) : averageOf(*row);
                    if (accuracy) {
                        series.points.push_back(pointOf(static_cast<double>(i), *accuracy, *row));
                    }
                }
            }
            panel.series.push_back(std::move(series));
        }
        return panel;
    }

    void describe() {
        std::set<std::string> checkpoints;
        for (const Row& row : m_rows) {
            checkpoints.insert(row.checkpoint);
        }
        std::string names;
        for (const std::string& name : checkpoints) {
            names += (names.empty() ? "" : ", ") + name;
        }
        const double limit = numberAt(m_results, "limit");
        m_figure.caption = "Zero-shot accuracy of " + names + " with 95 % intervals (Wilson; of the average, ±1.96 "
                           "standard errors), " +
                           (limit > 0 ? shortestText(limit) + " items a task" : std::string("all items")) +
                           ", seed " + shortestText(numberAt(m_results, "seed")) + ".";
        if (m_axis != Axis::Tasks) {
            m_figure.caption += " Dotted: guessing.";
        }
    }

    const Json& m_results;
    std::vector<Row> m_rows;
    Axis m_axis;
    std::vector<Group> m_groups;
    SweepFigure m_figure;
};

} // namespace

Result<SweepFigure> sweepFigure(const Json& results, std::string_view what) {
    std::vector<Row> rows = rowsOf(results);
    if (rows.empty()) {
        return Error::unreadable(
            std::string(what) + " holds no results of a sweep.",
            "Name the results.json that mambascope-cli sweep has written.");
    }
    return Builder(results, std::move(rows)).build();
}

AxisRange accuracyRange(const SweepFigure& figure) {
    double low = 100, high = 0;
    for (const AccuracyPanel& panel : figure.panels) {
        for (const AccuracySeries& series : panel.series) {
            for (const AccuracyPoint& point : series.points) {
                low = std::min(low, point.low);
                high = std::max(high, point.high);
            }
        }
    }
    low = std::max(0.0, std::floor(low / 10) * 10);
    high = std::min(100.0, std::ceil(high / 10) * 10);
    return low < high ? AxisRange{low, high} : AxisRange{0, 100};
}

AxisRange horizontalRange(const SweepFigure& figure, const AccuracyPanel& panel) {
    if (!figure.categories.empty()) {
        return {-0.5, static_cast<double>(figure.categories.size()) - 0.5};
    }
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const AccuracySeries& series : panel.series) {
        for (const AccuracyPoint& point : series.points) {
            if (!isReference(figure, series)) {
                low = std::min(low, point.x);
                high = std::max(high, point.x);
            }
        }
    }
    if (!(low < high)) {
        return {0, 1};
    }
    if (figure.xScale == AxisScale::Log) {
        const double margin = std::pow(high / low, 0.06);
        return {low / margin, high * margin};
    }
    const double margin = 0.05 * (high - low);
    return {low - margin, high + margin};
}

bool isReference(const SweepFigure& figure, const AccuracySeries& series) {
    return std::ranges::find(figure.references, series.name) != figure.references.end();
}

double besides(const SweepFigure& figure, const AccuracyPanel& panel, std::size_t series) {
    if (figure.categories.empty()) {
        return 0;
    }
    int place = 0, count = 0;
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        const bool beside = !isReference(figure, panel.series[i]);
        place += beside && i < series ? 1 : 0;
        count += beside ? 1 : 0;
    }
    return count > 1 ? 0.6 * (place / (count - 1.0) - 0.5) : 0;
}

std::string figureToCsv(const SweepFigure& figure) {
    std::string text = "panel,series,x,plan,accuracy,low,high\n";
    for (const AccuracyPanel& panel : figure.panels) {
        for (const AccuracySeries& series : panel.series) {
            for (const AccuracyPoint& point : series.points) {
                const auto place = static_cast<std::size_t>(point.x);
                const bool reference = isReference(figure, series);
                const std::string x = reference                   ? std::string()
                                      : figure.categories.empty() ? shortestText(point.x)
                                                                  : csvQuoted(figure.categories.at(place));
                text += csvQuoted(panel.title) + "," + csvQuoted(series.name) + "," + x + "," +
                        csvQuoted(point.plan) + "," + shortestText(point.y) + "," + shortestText(point.low) +
                        "," + shortestText(point.high) + "\n";
            }
        }
    }
    return text;
}

} // namespace mambascope
