// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// The six built-in tasks, and what a task file (task_file.h) can describe: multiple choice whose published
/// metric is acc or acc_norm, and a continuation that has to be the model's greedy one.
enum class Task { Lambada, HellaSwag, Piqa, WinoGrande, Rte, Copa, FileChoice, FileChoiceNorm, FileGreedy };

/// The built-in ones.
inline constexpr std::array<Task, 6> kTasks{Task::Lambada,    Task::HellaSwag, Task::Piqa,
                                            Task::WinoGrande, Task::Rte,       Task::Copa};

std::string_view taskName(Task task);        ///< "lambada", "hellaswag", …
std::string_view taskDisplayName(Task task); ///< "LAMBADA", "HellaSwag", …
std::optional<Task> parseTask(std::string_view text);
/// "all", or names separated by commas; Usage names an unknown one.
Result<std::vector<Task>> parseTaskList(std::string_view text);
double chanceLevel(Task task); ///< accuracy of guessing: 0, .25, .5, …; 0 for a task file, whose data decides
/// The task's published metric: "acc_norm" for HellaSwag and FileChoiceNorm, "acc" for all others.
std::string_view publishedMetric(Task task);
bool isGreedyTask(Task task);  ///< one continuation, right if greedy, with a perplexity: LAMBADA, FileGreedy
bool hasNormMetric(Task task); ///< acc and acc_norm are both reported

/// What is known of a task that a file describes.
struct TaskIdentity {
    std::string name;  ///< letters, digits, '.', '_' and '-'; no built-in task's
    std::string title; ///< for people
    double chance = 0; ///< mean over the items of 1 / choices
};

/// One example, ready to be scored: per choice a context and a continuation (texts, before tokenization).
struct TaskItem {
    int index = 0; ///< row in the data file, from 0
    int gold = 0;  ///< for LAMBADA 0
    struct Choice {
        std::string context;
        std::string continuation;
        int length = 0; ///< code points of the choice string, for acc_norm
    };
    std::vector<Choice> choices; ///< LAMBADA: one
};

struct TaskData {
    Task task = Task::Lambada;
    std::filesystem::path file;
    std::string fileHash;
    std::string note; ///< what is special about this form of the data, to be shown with results; may be empty
    std::vector<TaskItem> items;
    std::shared_ptr<const TaskIdentity> identity = nullptr; ///< of a task file; null for the built-in ones
    std::vector<std::string> leftOut = {}; ///< of every broken line that was left out, what is wrong with it

    std::string name() const { return identity ? identity->name : std::string(taskName(task)); }
    std::string title() const { return identity ? identity->title : std::string(taskDisplayName(task)); }
};

/// What becomes of a line of data that cannot be read.
enum class BrokenLines { Refuse, LeaveOut };

/// Where the task's data may lie below `folder`, in the order in which they are tried.
std::vector<std::filesystem::path> taskFiles(Task task, const std::filesystem::path& folder);

/// Reads a task's data in one of its raw formats (evaluation specification, section 4): HellaSwag JSON lines,
/// six-line text (hellaswag_val_full.txt) and prepared lines; COPA JSON lines and XML (copa-dev.xml: items
/// 401–500 are the SuperGLUE validation set and only they are read); RTE of SuperGLUE and GLUE; PIQA with its
/// label file. A broken line is Unreadable: file, line number, and what is wrong with it; or it is left out,
/// which the data's note says.
Result<TaskData> loadTask(
    Task task, const std::filesystem::path& folder, BrokenLines broken = BrokenLines::Refuse);

/// The rows a run uses, in the order it uses them: a random permutation from `seed` (the same on every
/// machine), cut to `limit` (0: all).
std::vector<int> itemOrder(int count, int limit, std::int64_t seed);

} // namespace mambascope
