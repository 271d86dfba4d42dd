// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/tasks.h"

#include "core/base/hash.h"
#include "core/evaluation/loaders.h"
#include "core/evaluation/random.h"
#include "core/evaluation/text.h"

#include <algorithm>
#include <numeric>

namespace mambascope {
namespace {

struct TaskInfo {
    Task task;
    std::string_view name, displayName, metric;
    double chance;
    std::vector<const char*> files; ///< in a folder of the task's name
    std::vector<const char*>
        flatFiles; ///< directly in the data folder: names that say which task they are of
    Result<LoadedItems> (*load)(const LineFile&);
};

const TaskInfo& info(Task task) {
    static const std::array<TaskInfo, 9> kInfos{{
        {Task::Lambada,
         "lambada",
         "LAMBADA",
         "acc",
         0.0,
         {"lambada_test.jsonl", "lambada_test_en.jsonl", "test.jsonl"},
         {"lambada_test.jsonl", "lambada.jsonl"},
         loadLambada},
        {Task::HellaSwag,
         "hellaswag",
         "HellaSwag",
         "acc_norm",
         0.25,
         {"hellaswag_val.jsonl", "val.jsonl", "validation.jsonl", "hellaswag_val_full.txt",
          "hellaswag_val_sample1000.jsonl", "hellaswag_val_prepared1000.jsonl",
          "hellaswag_val_prepared.jsonl"},
         {"hellaswag_val.jsonl", "hellaswag_val_full.txt", "hellaswag.jsonl"},
         loadHellaSwag},
        {Task::Piqa,
         "piqa",
         "PIQA",
         "acc",
         0.5,
         {"valid.jsonl", "dev.jsonl", "validation.jsonl"},
         {"piqa_valid.jsonl", "piqa.jsonl"},
         loadPiqa},
        {Task::WinoGrande,
         "winogrande",
         "WinoGrande",
         "acc",
         0.5,
         {"dev.jsonl", "validation.jsonl", "val.jsonl"},
         {"winogrande_dev.jsonl", "winogrande.jsonl"},
         loadWinoGrande},
        {Task::Rte,
         "rte",
         "RTE",
         "acc",
         0.5,
         {"val.jsonl", "validation.jsonl", "dev.jsonl", "dev.tsv"},
         {"rte_val.jsonl", "rte.jsonl"},
         loadRte},
        {Task::Copa,
         "copa",
         "COPA",
         "acc",
         0.5,
         {"val.jsonl", "validation.jsonl", "copa-dev.xml"},
         {"copa_val.jsonl", "copa-dev.xml", "copa.jsonl"},
         loadCopa},
        {Task::FileChoice, "file-choice", "Choice", "acc", 0.0, {}, {}, nullptr},
        {Task::FileChoiceNorm, "file-choice-norm", "Choice", "acc_norm", 0.0, {}, {}, nullptr},
        {Task::FileGreedy, "file-greedy", "Continuation", "acc", 0.0, {}, {}, nullptr},
    }};
    return kInfos[static_cast<std::size_t>(task)];
}

} // namespace

std::string_view taskName(Task task) {
    return info(task).name;
}

std::string_view taskDisplayName(Task task) {
    return info(task).displayName;
}

double chanceLevel(Task task) {
    return info(task).chance;
}

std::string_view publishedMetric(Task task) {
    return info(task).metric;
}

bool isGreedyTask(Task task) {
    return task == Task::Lambada || task == Task::FileGreedy;
}

bool hasNormMetric(Task task) {
    return task == Task::HellaSwag || task == Task::Piqa || task == Task::FileChoice ||
           task == Task::FileChoiceNorm;
}

std::optional<Task> parseTask(std::string_view text) {
    std::string name(text);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const Task task : kTasks) {
        if (name == taskName(task)) {
            return task;
        }
    }
    return name == "lambada_openai" ? std::optional(Task::Lambada) : std::nullopt;
}

Result<std::vector<Task>> parseTaskList(std::string_view text) {
    if (trimmed(text) == "all") {
        return std::vector<Task>(kTasks.begin(), kTasks.end());
    }
    std::vector<Task> tasks;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t comma = std::min(text.find(',', start), text.size());
        const std::string_view name = trimmed(text.substr(start, comma - start));
        const auto task = parseTask(name);
        if (!task) {
            return Error::usage(
                "There is no task \"" + std::string(name) + "\".",
                "Tasks are lambada, hellaswag, piqa, winogrande, rte and copa, separated by commas, or all.");
        }
        if (std::find(tasks.begin(), tasks.end(), *task) == tasks.end()) {
            tasks.push_back(*task);
        }
        start = comma + 1;
    }
    return tasks;
}

std::vector<std::filesystem::path> taskFiles(Task task, const std::filesystem::path& folder) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder, ignored)) {
        return {folder};
    }
    std::vector<std::filesystem::path> files;
    for (const char* name : info(task).files) {
        files.push_back(folder / info(task).name / name);
    }
    for (const char* name : info(task).flatFiles) {
        files.push_back(folder / name);
    }
    return files;
}

Result<TaskData> loadTask(Task task, const std::filesystem::path& folder, BrokenLines broken) {
    if (info(task).load == nullptr) {
        return Error::usage("A task file does not lie in a data folder.", "Name the file itself.");
    }
    const auto files = taskFiles(task, folder);
    std::error_code ignored;
    const auto found = std::find_if(
        files.begin(), files.end(), [&](const auto& file) { return std::filesystem::exists(file, ignored); });
    if (found == files.end()) {
        return Error::unreadable(
            "There is no data for " + std::string(taskDisplayName(task)) + " in " + folder.string() + ".",
            "It is looked for in " + files.front().string() + ", among others.");
    }
    auto file = readLines(*found, broken);
    if (!file.ok()) {
        return file.error();
    }
    auto loaded = info(task).load(file.value());
    if (!loaded.ok()) {
        return loaded.error();
    }
    LoadedItems items = std::move(loaded).value();
    ContentHasher hasher;
    hasher.add(file.value().text);
    hasher.add(items.secondFile);
    std::string note = noteOf(items);
    return TaskData{
        task, *found, hasher.digest(), std::move(note), std::move(items.items), nullptr, std::move(items.leftOut)};
}

std::vector<int> itemOrder(int count, int limit, std::int64_t seed) {
    std::vector<int> order(static_cast<std::size_t>(std::max(count, 0)));
    std::iota(order.begin(), order.end(), 0);
    SplitMix random(static_cast<std::uint64_t>(seed));
    const std::size_t wanted =
        limit > 0 ? std::min(order.size(), static_cast<std::size_t>(limit)) : order.size();
    // Fisher–Yates from the front: the first n of a longer run are the n of a shorter one.
    for (std::size_t i = 0; i < wanted; ++i) {
        std::swap(order[i], order[i + random.below(order.size() - i)]);
    }
    order.resize(wanted);
    return order;
}

} // namespace mambascope
