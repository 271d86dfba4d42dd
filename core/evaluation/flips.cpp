// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/flips.h"

#include "core/evaluation/result_numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace mambascope {
namespace {

bool isNorm(Task task) {
    return publishedMetric(task) == "acc_norm";
}

bool right(const ItemResult& item, Task task) {
    return isNorm(task) ? item.correctNorm : item.correct;
}

int predicted(const ItemResult& item, Task task) {
    return isNorm(task) ? item.predictedNorm : item.predicted;
}

void addTexts(OrderedJson& json, const TaskItem& item) {
    OrderedJson contexts = OrderedJson::array(), choices = OrderedJson::array();
    bool same = true;
    for (const TaskItem::Choice& choice : item.choices) {
        same &= choice.context == item.choices.front().context;
        contexts.push_back(choice.context);
        choices.push_back(choice.continuation);
    }
    if (same && !item.choices.empty()) {
        json["context"] = item.choices.front().context;
    } else {
        json["contexts"] = std::move(contexts);
    }
    json["choices"] = std::move(choices);
}

OrderedJson
flipJson(const TaskResult& task, const ItemResult& now, const ItemResult& before, const TaskItem* item) {
    OrderedJson json{
        {"task", task.name()},
        {"index", now.index},
        {"change", right(now, task.task) ? "gained" : "lost"},
        {"metric", publishedMetric(task.task)},
        {"gold", now.gold}};
    if (isGreedyTask(task.task)) {
        json["greedy"] = now.greedy;
        json["baseline_greedy"] = before.greedy;
    } else {
        json["pred"] = predicted(now, task.task);
        json["baseline_pred"] = predicted(before, task.task);
    }
    if (item != nullptr) {
        addTexts(json, *item);
    }
    json["scores"] = jsonReals(now.scores);
    json["baseline_scores"] = jsonReals(before.scores);
    return json;
}

std::map<int, const ItemResult*> byIndex(const TaskResult& task) {
    std::map<int, const ItemResult*> items;
    for (const ItemResult& item : task.items) {
        items[item.index] = &item;
    }
    return items;
}

/// The gold choice's score, less the best other one's if there are others.
double lead(std::span<const double> scores, int gold) {
    const auto at = static_cast<std::size_t>(gold);
    if (at >= scores.size()) {
        return 0;
    }
    double other = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < scores.size(); ++i) {
        other = i == at ? other : std::max(other, scores[i]);
    }
    return scores.size() == 1 ? scores[at] : scores[at] - other;
}

Flip flipOf(const TaskResult& task, const ItemResult& now, const ItemResult& before) {
    const bool greedy = isGreedyTask(task.task);
    Flip flip;
    flip.task = task.task;
    flip.taskName = task.name();
    flip.index = now.index;
    flip.gold = now.gold;
    flip.gained = right(now, task.task);
    flip.before = greedy ? static_cast<int>(before.greedy) : predicted(before, task.task);
    flip.now = greedy ? static_cast<int>(now.greedy) : predicted(now, task.task);
    flip.scoresBefore = before.scores;
    flip.scoresNow = now.scores;
    const double change = lead(now.scores, now.gold) - lead(before.scores, before.gold);
    flip.change = std::isfinite(change) ? change : 0;
    return flip;
}

} // namespace

std::vector<Flip> findFlips(const EvaluationResult& result, const EvaluationResult& baseline) {
    std::vector<Flip> flips;
    for (const TaskResult& task : result.tasks) {
        const TaskResult* other = baseline.counterpart(task);
        if (other == nullptr || other->dataHash != task.dataHash) {
            continue;
        }
        const std::map<int, const ItemResult*> before = byIndex(*other);
        for (const auto& [index, now] : byIndex(task)) {
            const auto it = before.find(index);
            if (it != before.end() && right(*now, task.task) != right(*it->second, task.task)) {
                flips.push_back(flipOf(task, *now, *it->second));
            }
        }
    }
    std::stable_sort(flips.begin(), flips.end(), [](const Flip& a, const Flip& b) {
        return std::abs(a.change) > std::abs(b.change);
    });
    return flips;
}

std::string flipsToJsonLines(
    const EvaluationResult& result, const EvaluationResult& baseline, std::span<const TaskData> data) {
    std::string lines;
    for (const TaskResult& task : result.tasks) {
        const TaskResult* other = baseline.counterpart(task);
        if (other == nullptr) {
            continue;
        }
        std::map<int, const TaskItem*> texts;
        for (const TaskData& candidate : data) {
            if (candidate.task == task.task && candidate.name() == task.name()) {
                for (const TaskItem& item : candidate.items) {
                    texts[item.index] = &item;
                }
            }
        }
        const std::map<int, const ItemResult*> before = byIndex(*other);
        for (const auto& [index, now] : byIndex(task)) {
            const auto it = before.find(index);
            if (it == before.end() || right(*now, task.task) == right(*it->second, task.task)) {
                continue;
            }
            const auto text = texts.find(index);
            const OrderedJson line =
                flipJson(task, *now, *it->second, text == texts.end() ? nullptr : text->second);
            lines += line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
        }
    }
    return lines;
}

} // namespace mambascope
