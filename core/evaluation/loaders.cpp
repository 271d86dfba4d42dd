// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/loaders.h"

#include "core/evaluation/text.h"

#include <map>

namespace mambascope {
namespace {

TaskItem lambadaItem(Record& record) {
    const std::string text = record.text("text");
    if (!record.error && text.empty()) {
        record.complain("the text is empty");
    }
    const std::size_t space = text.rfind(' ');
    const bool one = space == std::string::npos;
    const std::string word = one ? text : text.substr(space + 1);
    return {0, 0, {{one ? std::string() : text.substr(0, space), " " + word, codePointCount(word)}}};
}

TaskItem winoGrandeItem(Record& record) {
    const std::string sentence = record.text("sentence");
    const std::string options[] = {record.text("option1"), record.text("option2")};
    TaskItem item{0, record.label("answer", 2, 1), {}};
    const std::size_t blank = sentence.find('_');
    if (blank == std::string::npos) {
        record.complain("the sentence has no blank (_)");
        return item;
    }
    const std::string after(trimmed(std::string_view(sentence).substr(blank + 1)));
    for (const std::string& option : options) {
        item.choices.push_back({sentence.substr(0, blank) + option, " " + after, codePointCount(after)});
    }
    return item;
}

TaskItem rteItem(const std::string& premise, const std::string& hypothesis, int gold) {
    return choiceItem(
        premise + "\nQuestion: " + hypothesis + " True or False?\nAnswer:", {"True", "False"}, gold);
}

TaskItem rteJsonItem(Record& record) {
    const bool glue = record.has("sentence1");
    const std::string premise = record.text(glue ? "sentence1" : "premise");
    const std::string hypothesis = record.text(glue ? "sentence2" : "hypothesis");
    const Json& json = record.json();
    const auto label = json.find("label");
    if (label != json.end() && *label == "entailment") {
        return rteItem(premise, hypothesis, 0);
    }
    if (label != json.end() && *label == "not_entailment") {
        return rteItem(premise, hypothesis, 1);
    }
    if (label != json.end() && label->is_string()) {
        record.complain("the label is neither \"entailment\" nor \"not_entailment\"");
    }
    return rteItem(premise, hypothesis, record.label("label", 2));
}

std::vector<std::string_view> cells(std::string_view line) {
    std::vector<std::string_view> result;
    for (;;) {
        const std::size_t tab = line.find('\t');
        result.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) {
            return result;
        }
        line.remove_prefix(tab + 1);
    }
}

Result<LoadedItems> loadRteTable(const LineFile& file) {
    std::map<std::string_view, std::size_t> columns;
    for (const std::string_view name : cells(file.lines.front())) {
        columns.emplace(name, columns.size());
    }
    for (const char* name : {"sentence1", "sentence2", "label"}) {
        if (!columns.contains(name)) {
            return brokenLine(file.path, 0, "the table has no column \"" + std::string(name) + "\"");
        }
    }
    return readItems(file, file.lines.size() - 1, [&](std::size_t item) -> Result<TaskItem> {
        const std::size_t row = item + 1;
        const Result<std::string_view> line = file.line(row);
        if (!line.ok()) {
            return line.error();
        }
        const auto values = cells(line.value());
        if (values.size() != columns.size()) {
            return brokenLine(
                file.path, row,
                "the line has " + std::to_string(values.size()) + " columns instead of " +
                    std::to_string(columns.size()));
        }
        const std::string_view label = values[columns["label"]];
        if (label != "entailment" && label != "not_entailment") {
            return brokenLine(file.path, row, "the label is neither \"entailment\" nor \"not_entailment\"");
        }
        return rteItem(
            std::string(values[columns["sentence1"]]), std::string(values[columns["sentence2"]]),
            label == "entailment" ? 0 : 1);
    });
}

TaskItem copaJsonItem(Record& record) {
    const std::string premise = record.text("premise");
    const std::string question = record.text("question");
    const std::string first = record.text("choice1");
    const std::string second = record.text("choice2");
    const int gold = record.label("label", 2);
    if (question != "cause" && question != "effect") {
        record.complain("the question is neither \"cause\" nor \"effect\"");
    }
    return copaItem(premise, question == "cause", first, second, gold);
}

TaskItem piqaItem(Record& record, int gold) {
    return choiceItem(
        "Question: " + record.text("goal") + "\nAnswer:", {record.text("sol1"), record.text("sol2")}, gold);
}

/// "valid.jsonl" → "valid-labels.lst" beside it.
std::filesystem::path labelFile(const std::filesystem::path& file) {
    return file.parent_path() / (file.stem().string() + "-labels.lst");
}

} // namespace

TaskItem choiceItem(const std::string& context, const std::vector<std::string>& choices, int gold) {
    TaskItem item{0, gold, {}};
    for (const std::string& choice : choices) {
        item.choices.push_back({context, " " + choice, codePointCount(choice)});
    }
    return item;
}

TaskItem
copaItem(std::string_view premise, bool isCause, std::string_view first, std::string_view second, int gold) {
    std::string context(trimmed(premise));
    while (!context.empty() && (static_cast<unsigned char>(context.back()) & 0xC0) == 0x80) {
        context.pop_back();
    }
    if (!context.empty()) {
        context.pop_back();
    }
    context += isCause ? " because" : " therefore";
    return choiceItem(context, {std::string(" ") + withLowerFirst(first), std::string(" ") + withLowerFirst(second)}, gold);
}

Result<LoadedItems> loadLambada(const LineFile& file) {
    return readJsonItems(file, lambadaItem);
}

Result<LoadedItems> loadWinoGrande(const LineFile& file) {
    return readJsonItems(file, winoGrandeItem);
}

Result<LoadedItems> loadRte(const LineFile& file) {
    if (file.path.extension() == ".tsv") {
        return loadRteTable(file);
    }
    return readJsonItems(file, rteJsonItem);
}

Result<LoadedItems> loadCopa(const LineFile& file) {
    if (file.path.extension() == ".xml") {
        return loadCopaXml(file);
    }
    return readJsonItems(file, copaJsonItem);
}

Result<LoadedItems> loadPiqa(const LineFile& file) {
    const auto path = labelFile(file.path);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return readJsonItems(file, [](Record& record) {
            if (!record.has("label")) {
                record.complain("the item has no label, and there is no label file beside the data");
            }
            return piqaItem(record, record.label("label", 2));
        });
    }
    const auto labels = readLines(path, file.broken);
    if (!labels.ok()) {
        return labels.error();
    }
    const LineFile& list = labels.value();
    if (list.lines.size() != file.lines.size()) {
        return Error::unreadable(
            path.string() + " has " + std::to_string(list.lines.size()) + " labels for the " +
                std::to_string(file.lines.size()) + " items of " + file.path.filename().string() + ".",
            "Take both files from the same release of PIQA.");
    }
    Result<LoadedItems> loaded = readJsonItems(file, [&](Record& record) {
        const auto gold = parseDigits(trimmed(list.lines[record.row()]));
        if (!gold || *gold > 1) {
            record.error = brokenLine(path, record.row(), "the label is neither 0 nor 1");
        }
        return piqaItem(record, gold.value_or(0));
    });
    if (loaded.ok()) {
        loaded.value().secondFile = list.text;
    }
    return loaded;
}

} // namespace mambascope
