// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/loaders.h"
#include "core/evaluation/text.h"
#include "core/tokenizer/unicode.h"

#include <array>

namespace mambascope {
namespace {

constexpr std::size_t kEndings = 4;

constexpr const char* kTextNote = "Six-line text form of HellaSwag: the leading spaces of its choices are "
                                  "lost, so scores deviate slightly from those of "
                                  "the original data.";

/// Deletes every shortest "[…]" that does not span lines.
std::string withoutTags(std::string_view text) {
    std::string result;
    std::size_t done = 0;
    while (done < text.size()) {
        const std::size_t open = text.find('[', done);
        if (open == std::string_view::npos) {
            break;
        }
        const std::size_t close = text.find_first_of("]\n", open);
        const bool isTag = close != std::string_view::npos && text[close] == ']';
        result += text.substr(done, isTag ? open - done : open + 1 - done);
        done = isTag ? close + 1 : open + 1;
    }
    result += text.substr(std::min(done, text.size()));
    return result;
}

std::string cleaned(std::string_view text) {
    return replaced(withoutTags(replaced(trimmed(text), " [title]", ". ")), "  ", " ");
}

TaskItem jsonItem(Record& record) {
    if (record.has("query")) {
        const std::string query = record.text("query");
        const auto choices = record.texts("choices", kEndings);
        return choiceItem(query, choices, record.label("gold", kEndings));
    }
    const std::string activity = record.text("activity_label");
    const std::string first = record.text("ctx_a");
    const std::string second = record.text("ctx_b");
    std::vector<std::string> endings = record.texts("endings", kEndings);
    for (std::string& ending : endings) {
        ending = cleaned(ending);
    }
    return choiceItem(
        cleaned(activity + ": " + first + " " + capitalized(second)), endings,
        record.label("label", kEndings));
}

/// Bytes of a closing quote or bracket at `position`, 0 if there is none.
std::size_t closerLength(std::string_view text, std::size_t position) {
    constexpr std::array<std::string_view, 8> kClosers{"\"", "'",      ")",      "]",
                                                       "}",  "\u2019", "\u201D", "\u00BB"};
    for (const std::string_view closer : kClosers) {
        if (text.substr(position, closer.size()) == closer) {
            return closer.size();
        }
    }
    return 0;
}

/// The text form left the second part of the context in lower case: the part behind the last complete
/// sentence gets its capital letter back.
std::string withCapital(std::string_view context) {
    const std::size_t stop = context.find_last_of(".!?");
    std::size_t start = stop == std::string_view::npos ? 0 : stop + 1;
    if (start < context.size()) {
        start += closerLength(context, start);
    }
    const std::string_view fragment = context.substr(start);
    const std::string_view words = trimmed(fragment);
    if (words.empty()) {
        return std::string(context);
    }
    start += static_cast<std::size_t>(words.data() - fragment.data());
    return std::string(context.substr(0, start)) + withUpperFirst(context.substr(start));
}

Result<LoadedItems> loadText(const LineFile& file) {
    constexpr std::size_t kLines = kEndings + 2;
    const std::size_t items = (file.lines.size() + kLines - 1) / kLines;
    Result<LoadedItems> loaded = readItems(file, items, [&](std::size_t index) -> Result<TaskItem> {
        const std::size_t row = index * kLines;
        if (row + kLines > file.lines.size()) {
            return brokenLine(
                file.path, file.lines.size() - 1,
                "the file ends inside an item of six lines (context, label, four endings)");
        }
        for (std::size_t k = 0; k < kLines; ++k) {
            if (const auto line = file.line(row + k); !line.ok()) {
                return line.error();
            }
        }
        const auto gold = parseDigits(trimmed(file.lines[row + 1]));
        if (!gold || *gold >= static_cast<int>(kEndings)) {
            return brokenLine(file.path, row + 1, "the label is not a number from 0 to 3");
        }
        std::vector<std::string> endings;
        for (std::size_t k = 0; k < kEndings; ++k) {
            endings.emplace_back(file.lines[row + 2 + k]);
        }
        if (file.lines[row].empty()) {
            return brokenLine(file.path, row, "the context is empty");
        }
        return choiceItem(withCapital(file.lines[row]), endings, *gold);
    });
    if (loaded.ok()) {
        loaded.value().note = kTextNote;
    }
    return loaded;
}

} // namespace

Result<LoadedItems> loadHellaSwag(const LineFile& file) {
    if (file.path.extension() == ".txt") {
        return loadText(file);
    }
    return readJsonItems(file, jsonItem);
}

} // namespace mambascope
