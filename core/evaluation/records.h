// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/evaluation/tasks.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// A data file cut into lines: without byte order mark, carriage returns and empty lines at the end.
struct LineFile {
    std::filesystem::path path;
    std::string text;
    std::vector<std::string_view> lines; ///< into text
    BrokenLines broken = BrokenLines::Refuse;

    /// Unreadable if the line is no UTF-8 or longer than 16 MiB.
    Result<std::string_view> line(std::size_t row) const;
};
/// Unreadable if the file cannot be read or is empty.
Result<LineFile> readLines(const std::filesystem::path& path, BrokenLines broken);

/// What a reader makes of a file.
struct LoadedItems {
    std::vector<TaskItem> items;
    std::string note;
    std::string secondFile = {};           ///< content of the label file, for the hash
    std::vector<std::string> leftOut = {}; ///< TaskData::leftOut
};

/// The note, and how many lines were left out.
std::string noteOf(const LoadedItems& loaded);

/// Items 0 to `count` − 1, whose indices are set. What `makeItem` fails with ends the reading or is left out,
/// as the file says; Unreadable if nothing remains.
Result<LoadedItems> readItems(
    const LineFile& file, std::size_t count, const std::function<Result<TaskItem>(std::size_t)>& makeItem);

/// "FILE, line 12: complaint." Rows count from 0, lines from 1.
Error brokenLine(const std::filesystem::path& file, std::size_t row, const std::string& complaint);

/// One JSON object of a data file. The first complaint is kept in `error`; what is read after it is of no
/// use.
class Record {
public:
    Record(const Json& json, const std::filesystem::path& file, std::size_t row)
        : m_json(json)
        , m_file(file)
        , m_row(row) {}

    bool has(const char* name) const { return m_json.contains(name); }
    std::string text(const char* name);
    std::vector<std::string> texts(const char* name, std::size_t count);
    /// A whole number, or the same as a string, from `first` to `first + count − 1`; returned from 0.
    int label(const char* name, int count, int first = 0);
    void complain(const std::string& complaint);

    const Json& json() const { return m_json; }
    std::size_t row() const { return m_row; }
    std::optional<Error> error;

private:
    const Json* find(const char* name);
    const Json& m_json;
    const std::filesystem::path& m_file;
    std::size_t m_row;
};

/// Reads every line as a JSON object and makes an item of it.
Result<LoadedItems>
readJsonItems(const LineFile& file, const std::function<TaskItem(Record&)>& makeItem);

/// Whole number in a string of digits.
std::optional<int> parseDigits(std::string_view text);

} // namespace mambascope
