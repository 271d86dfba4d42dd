// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/flips.h"

#include "core/evaluation/result_numbers.h"

#include <algorithm>
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

} // namespace

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
