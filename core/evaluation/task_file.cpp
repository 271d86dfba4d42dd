// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/task_file.h"

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json_members.h"
#include "core/evaluation/loaders.h"
#include "core/evaluation/template.h"
#include "core/evaluation/text.h"

#include <algorithm>

namespace mambascope {
namespace {

constexpr std::size_t kMaxTaskFile = std::size_t{1} << 20;
constexpr std::size_t kMostChoices = 1000;

/// Where the right choice of an item stands.
struct Gold {
    std::string field;
    int first = 0;                   ///< the number that means the first choice
    std::vector<std::string> labels; ///< or: the label of every choice, in the order of the choices
};

/// A task file, understood.
struct Definition {
    Task kind = Task::FileChoice;
    TaskIdentity identity;
    std::string data;
    std::string delimiter = " ";
    Template context;
    std::vector<Template> choices;
    std::string choiceField; ///< instead of `choices`: a field with the list of texts
    Gold gold;
    Template target; ///< FileGreedy
    Template text;   ///< FileGreedy instead of context and target: its last word is the target
};

bool isName(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    });
}

class DefinitionReader {
public:
    DefinitionReader(const Json& json, const std::string& what)
        : m_what(what)
        , m_members(
              json, what,
              {"format", "name", "title", "data", "metric", "context", "choices", "gold", "target", "text",
               "delimiter"}) {}

    Result<Definition> read() {
        Definition task;
        if (!m_members.error()) {
            readHead(task);
            task.kind == Task::FileGreedy ? readGreedy(task) : readChoice(task);
        }
        if (m_members.error()) {
            return *m_members.error();
        }
        return m_error ? Result<Definition>(*m_error) : Result<Definition>(std::move(task));
    }

private:
    void readHead(Definition& task) {
        if (m_members.require("format") != nullptr) {
            m_members.integer("format", 1, 1, 1);
        }
        task.identity.name = m_members.text("name");
        task.identity.title = m_members.text("title", task.identity.name);
        task.data = m_members.text("data");
        task.delimiter = m_members.text("delimiter", " ");
        if (!isName(task.identity.name)) {
            m_members.complain(
                "\"name\" may hold only letters, digits, '.', '_' and '-', and is not longer than 64.");
        } else if (parseTask(task.identity.name) || task.identity.name == "all") {
            m_members.complain("\"name\" is the name of a built-in task.");
        }
        const std::string metric = m_members.text("metric");
        if (metric != "acc" && metric != "acc_norm" && metric != "greedy") {
            m_members.complain("\"metric\" is none of acc, acc_norm and greedy.");
        }
        task.kind = metric == "greedy"     ? Task::FileGreedy
                    : metric == "acc_norm" ? Task::FileChoiceNorm
                                           : Task::FileChoice;
    }

    void readChoice(Definition& task) {
        refuse({"target", "text"}, "only a task with \"metric\": \"greedy\" has");
        task.context = parsed("context");
        const Json* choices = m_members.require("choices");
        if (choices != nullptr && choices->is_object()) {
            JsonMembers field(*choices, m_what + ", \"choices\"", {"field"});
            task.choiceField = field.text("field");
            take(field);
        } else if (choices != nullptr) {
            for (const std::string& choice : m_members.texts("choices")) {
                task.choices.push_back(parsed("a choice", choice));
            }
            if (task.choices.size() < 2 && !m_members.error()) {
                m_members.complain("\"choices\" has fewer than two choices.");
            }
        }
        readGold(task);
    }

    void readGold(Definition& task) {
        const Json* json = m_members.require("gold");
        if (json == nullptr) {
            return;
        }
        JsonMembers gold(*json, m_what + ", \"gold\"", {"field", "first", "labels"});
        task.gold.field = gold.text("field");
        task.gold.first = static_cast<int>(gold.integer("first", 0, 1000, 0));
        task.gold.labels = gold.texts("labels");
        if (gold.has("labels") && gold.has("first")) {
            gold.complain("\"first\" and \"labels\" exclude each other.");
        }
        if (!task.choices.empty() && !task.gold.labels.empty() &&
            task.gold.labels.size() != task.choices.size()) {
            gold.complain("\"labels\" has not as many labels as there are choices.");
        }
        take(gold);
    }

    void readGreedy(Definition& task) {
        refuse({"choices", "gold"}, "a task with \"metric\": \"greedy\" does not have");
        if (m_members.has("text")) {
            refuse({"context", "target"}, "\"text\" stands for");
            task.text = parsed("text");
            return;
        }
        task.context = parsed("context");
        task.target = parsed("target");
    }

    void refuse(std::initializer_list<const char*> names, const std::string& why) {
        for (const char* name : names) {
            if (m_members.has(name)) {
                m_members.complain(why + " \"" + name + "\".");
            }
        }
    }

    Template parsed(const char* name) {
        return parsed(std::string("\"").append(name).append("\""), m_members.text(name));
    }

    Template parsed(const std::string& what, const std::string& text) {
        Result<Template> result = Template::parse(text, m_what + ": " + what);
        if (!result.ok() && !m_error) {
            m_error = result.error();
        }
        return result.ok() ? std::move(result).value() : Template();
    }

    void take(const JsonMembers& part) {
        if (part.error() && !m_error) {
            m_error = part.error();
        }
    }

    std::string m_what;
    JsonMembers m_members;
    std::optional<Error> m_error;
};

/// The texts of a field with a list; a complaint if it is none.
std::vector<std::string> listOf(Record& record, const std::string& field) {
    const auto value = record.json().find(field);
    if (value == record.json().end()) {
        record.complain("the field \"" + field + "\" is missing");
        return {};
    }
    if (!value->is_array() || value->size() < 2 || value->size() > kMostChoices) {
        record.complain("the field \"" + field + "\" is not a list of two or more texts");
        return {};
    }
    return record.texts(field.c_str(), value->size());
}

int goldOf(Record& record, const Gold& gold, std::size_t choices) {
    if (gold.labels.empty()) {
        return record.label(gold.field.c_str(), static_cast<int>(choices), gold.first);
    }
    const std::string label = record.text(gold.field.c_str());
    const auto it = std::find(gold.labels.begin(), gold.labels.end(), label);
    const auto index = static_cast<std::size_t>(it - gold.labels.begin());
    if (index >= choices) {
        record.complain("the field \"" + gold.field + "\" holds none of the labels");
        return 0;
    }
    return static_cast<int>(index);
}

TaskItem choiceItem(const Definition& task, Record& record) {
    const std::string context = task.context.fill(record);
    std::vector<std::string> choices;
    if (task.choiceField.empty()) {
        for (const Template& choice : task.choices) {
            choices.push_back(choice.fill(record));
        }
    } else {
        choices = listOf(record, task.choiceField);
    }
    TaskItem item{0, goldOf(record, task.gold, std::max<std::size_t>(choices.size(), 1)), {}};
    for (const std::string& choice : choices) {
        item.choices.push_back({context, task.delimiter + choice, codePointCount(choice)});
    }
    return item;
}

TaskItem greedyItem(const Definition& task, Record& record) {
    if (task.text.empty()) {
        const std::string target = task.target.fill(record);
        return {0, 0, {{task.context.fill(record), task.delimiter + target, codePointCount(target)}}};
    }
    const std::string text = task.text.fill(record);
    const std::size_t space = text.rfind(' ');
    if (!record.error && (space == std::string::npos || space + 1 == text.size())) {
        record.complain("the text has no last word behind a space");
        return {};
    }
    const std::string word = text.substr(space + 1);
    return {0, 0, {{text.substr(0, space), task.delimiter + word, codePointCount(word)}}};
}

double chanceOf(Task kind, const std::vector<TaskItem>& items) {
    double sum = 0;
    for (const TaskItem& item : items) {
        sum += kind == Task::FileGreedy ? 0.0 : 1.0 / static_cast<double>(item.choices.size());
    }
    return items.empty() ? 0.0 : sum / static_cast<double>(items.size());
}

} // namespace

Result<TaskData> loadTaskFile(const std::filesystem::path& file, BrokenLines broken) {
    Result<std::string> text = readFile(file, kMaxTaskFile);
    if (!text.ok()) {
        return text.error();
    }
    Result<Json> json = parseJson(text.value(), file.string(), true);
    if (!json.ok()) {
        return json.error();
    }
    Result<Definition> read = DefinitionReader(json.value(), file.string()).read();
    if (!read.ok()) {
        return read.error();
    }
    Definition task = std::move(read).value();
    const std::filesystem::path data = file.parent_path() / task.data;
    const Result<LineFile> lines = readLines(data, broken);
    if (!lines.ok()) {
        return lines.error();
    }
    Result<LoadedItems> loaded = readJsonItems(lines.value(), [&](Record& record) {
        return task.kind == Task::FileGreedy ? greedyItem(task, record) : choiceItem(task, record);
    });
    if (!loaded.ok()) {
        return loaded.error();
    }
    LoadedItems items = std::move(loaded).value();
    task.identity.chance = chanceOf(task.kind, items.items);
    std::string note = noteOf(items);
    ContentHasher hasher; // what the task asks decides the result as much as its data
    hasher.add(json.value().dump());
    hasher.add(lines.value().text);
    return TaskData{
        task.kind,
        data,
        hasher.digest(),
        std::move(note),
        std::move(items.items),
        std::make_shared<const TaskIdentity>(std::move(task.identity)),
        std::move(items.leftOut)};
}

namespace {

Result<TaskData> loadNamed(
    std::string_view name, const std::optional<std::filesystem::path>& folder, BrokenLines broken) {
    if (name.ends_with(".json")) {
        return loadTaskFile(std::filesystem::path(std::string(name)), broken);
    }
    const std::optional<Task> task = parseTask(name);
    if (!task) {
        return Error::usage(
            "There is no task \"" + std::string(name) + "\".",
            "Tasks are lambada, hellaswag, piqa, winogrande, rte, copa and task files (*.json), separated by "
            "commas, or all.");
    }
    if (!folder) {
        return Error::usage(
            "There is no data folder.", "Name the folder that holds the tasks' data with --data DIR.");
    }
    return loadTask(*task, *folder, broken);
}

} // namespace

Result<std::vector<TaskData>> loadTasks(
    std::string_view list, const std::optional<std::filesystem::path>& folder, BrokenLines broken) {
    std::vector<std::string_view> names;
    const auto add = [&](std::string_view name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
        }
    };
    for (std::size_t start = 0; start <= list.size();) {
        const std::size_t comma = std::min(list.find(',', start), list.size());
        const std::string_view name = trimmed(list.substr(start, comma - start));
        if (name == "all") {
            std::for_each(kTasks.begin(), kTasks.end(), [&](Task task) { add(taskName(task)); });
        } else {
            add(name);
        }
        start = comma + 1;
    }
    std::vector<TaskData> tasks;
    for (const std::string_view name : names) {
        Result<TaskData> data = loadNamed(name, folder, broken);
        if (!data.ok()) {
            return data.error();
        }
        for (const TaskData& other : tasks) {
            if (other.name() == data.value().name()) {
                return Error::usage(
                    "Two tasks are named \"" + other.name() + "\".",
                    "Give one of the task files another name.");
            }
        }
        tasks.push_back(std::move(data).value());
    }
    return tasks;
}

} // namespace mambascope
