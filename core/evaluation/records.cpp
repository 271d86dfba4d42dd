// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/records.h"

#include "core/base/file.h"
#include "core/evaluation/text.h"
#include "core/tokenizer/unicode.h"

#include <charconv>

namespace mambascope {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 24;

} // namespace

Error brokenLine(const std::filesystem::path& file, std::size_t row, const std::string& complaint) {
    return Error::unreadable(
        file.string() + ", line " + std::to_string(row + 1) + ": " + complaint + ".",
        "Correct or remove the line, or take the file again from the data set's own site.");
}

Result<std::string_view> LineFile::line(std::size_t row) const {
    if (lines[row].size() > kMaxLineBytes) {
        return brokenLine(path, row, "the line is longer than 16 MiB");
    }
    if (!isValidUtf8(lines[row])) {
        return brokenLine(path, row, "the line is not UTF-8 text");
    }
    return lines[row];
}

Result<LineFile> readLines(const std::filesystem::path& path, BrokenLines broken) {
    auto text = readFile(path);
    if (!text.ok()) {
        return text.error();
    }
    LineFile file{path, std::move(text).value(), {}, broken};
    std::string_view rest = file.text;
    if (rest.starts_with("\xEF\xBB\xBF")) {
        rest.remove_prefix(3);
    }
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        file.lines.push_back(line);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    while (!file.lines.empty() && trimmed(file.lines.back()).empty()) {
        file.lines.pop_back();
    }
    if (file.lines.empty()) {
        return Error::unreadable(
            path.string() + " is empty.", "Take the file again from the data set's own site.");
    }
    return file;
}

const Json* Record::find(const char* name) {
    const auto it = m_json.find(name);
    if (it == m_json.end()) {
        complain("the field \"" + std::string(name) + "\" is missing");
        return nullptr;
    }
    return &*it;
}

void Record::complain(const std::string& complaint) {
    if (!error) {
        error = brokenLine(m_file, m_row, complaint);
    }
}

std::string Record::text(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string()) {
        complain("the field \"" + std::string(name) + "\" is not a string");
        return {};
    }
    return value->get<std::string>();
}

std::vector<std::string> Record::texts(const char* name, std::size_t count) {
    const Json* value = find(name);
    std::vector<std::string> result;
    if (value == nullptr) {
        return result;
    }
    const std::string wanted =
        "the field \"" + std::string(name) + "\" is not a list of " + std::to_string(count) + " strings";
    if (!value->is_array() || value->size() != count) {
        complain(wanted);
        return result;
    }
    for (const Json& entry : *value) {
        if (!entry.is_string()) {
            complain(wanted);
            return {};
        }
        result.push_back(entry.get<std::string>());
    }
    return result;
}

int Record::label(const char* name, int count, int first) {
    const Json* value = find(name);
    if (value == nullptr) {
        return 0;
    }
    std::optional<std::int64_t> number;
    if (value->is_number_unsigned()) {
        number = static_cast<std::int64_t>(std::min<std::uint64_t>(value->get<std::uint64_t>(), 1000));
    } else if (value->is_string()) {
        number = parseDigits(value->get_ref<const std::string&>());
    }
    if (!number || *number < first || *number >= first + count) {
        complain(
            "the field \"" + std::string(name) + "\" is not a label from " + std::to_string(first) + " to " +
            std::to_string(first + count - 1));
        return 0;
    }
    return static_cast<int>(*number) - first;
}

std::optional<int> parseDigits(std::string_view text) {
    int value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || text.front() == '-') {
        return std::nullopt;
    }
    return value;
}

std::string noteOf(const LoadedItems& loaded) {
    const std::size_t count = loaded.leftOut.size();
    if (count == 0) {
        return loaded.note;
    }
    const std::string left = std::to_string(count) + (count == 1 ? " broken line was" : " broken lines were") +
                             " left out. The first: " + loaded.leftOut.front();
    return loaded.note.empty() ? left : loaded.note + " " + left;
}

Result<LoadedItems> readItems(
    const LineFile& file, std::size_t count, const std::function<Result<TaskItem>(std::size_t)>& makeItem) {
    LoadedItems loaded;
    loaded.items.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        Result<TaskItem> item = makeItem(i);
        if (item.ok()) {
            item.value().index = static_cast<int>(i);
            loaded.items.push_back(std::move(item).value());
        } else if (file.broken == BrokenLines::Refuse) {
            return item.error();
        } else {
            loaded.leftOut.push_back(item.error().message);
        }
    }
    if (loaded.items.empty() && !loaded.leftOut.empty()) {
        return Error::unreadable(
            "No line of " + file.path.string() + " can be read. " + loaded.leftOut.front(),
            "Take the file again from the data set's own site.");
    }
    return loaded;
}

Result<LoadedItems>
readJsonItems(const LineFile& file, const std::function<TaskItem(Record&)>& makeItem) {
    return readItems(file, file.lines.size(), [&](std::size_t row) -> Result<TaskItem> {
        const Result<std::string_view> line = file.line(row);
        if (!line.ok()) {
            return line.error();
        }
        const Result<Json> json = parseJson(line.value(), file.path.string());
        if (!json.ok()) {
            Error error = brokenLine(file.path, row, "the line is not valid JSON");
            error.context = json.error().message;
            return error;
        }
        if (!json.value().is_object()) {
            return brokenLine(file.path, row, "the line is not a JSON object");
        }
        Record record(json.value(), file.path, row);
        TaskItem item = makeItem(record);
        return record.error ? Result<TaskItem>(*record.error) : Result<TaskItem>(std::move(item));
    });
}

} // namespace mambascope
