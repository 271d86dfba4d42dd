// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/evaluation/tasks.h"
#include "tests/support/paths.h"

#include <QString>

#include <stdexcept>
#include <string>
#include <vector>

namespace mambascope::test {

/// A data file in a folder of its own.
class DataFile {
public:
    DataFile(const char* name, const std::string& text)
        : m_path(m_folder.path() / name) {
        if (!writeFile(m_path, text, false).ok()) {
            throw std::runtime_error("cannot write the test's data file");
        }
    }
    const std::filesystem::path& path() const { return m_path; }
    void add(const char* name, const std::string& text) const {
        if (!writeFile(m_folder.path() / name, text, false).ok()) {
            throw std::runtime_error("cannot write the test's data file");
        }
    }

private:
    TemporaryFolder m_folder;
    std::filesystem::path m_path;
};

inline std::vector<TaskItem> load(Task task, const char* name, const std::string& text) {
    const DataFile file(name, text);
    auto data = loadTask(task, file.path());
    if (!data.ok()) {
        throw std::runtime_error(describe(data.error()));
    }
    return std::move(data).value().items;
}

inline TaskItem loadOne(Task task, const Json& line) {
    const auto items = load(task, "data.jsonl", line.dump() + "\n");
    return items.at(0);
}

inline QString complaint(Task task, const char* name, const std::string& text) {
    const DataFile file(name, text);
    const auto data = loadTask(task, file.path());
    if (data.ok() || data.error().code != ErrorCode::Unreadable || data.error().hint.empty()) {
        return "no complaint";
    }
    const std::string path = file.path().string();
    const std::string& message = data.error().message;
    return QString::fromStdString(message.starts_with(path) ? message.substr(path.size()) : message);
}

} // namespace mambascope::test
