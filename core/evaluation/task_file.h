// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/tasks.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace mambascope {

/// Reads a task that a JSON file describes (docs/evaluation.md, section 10) and its data: JSON lines, named
/// relative to the task file. Templates hold `{field}` for a field of the line, verbatim, and `{{` and `}}`
/// for braces; nothing else is computed. Unreadable: an unknown key, by its name; a field that a data line
/// does not have, with the line's number; a template that does not close its brace; and what loadTask()
/// complains about in data.
Result<TaskData>
loadTaskFile(const std::filesystem::path& file, BrokenLines broken = BrokenLines::Refuse);

/// Tasks as the command line names them: built-in names, "all" for all of those, and task files (*.json),
/// separated by commas. Data of the built-in ones is read from `folder`; Usage if one is named and there is
/// no folder, if a name is unknown, or if two tasks have the same name.
Result<std::vector<TaskData>> loadTasks(
    std::string_view list, const std::optional<std::filesystem::path>& folder,
    BrokenLines broken = BrokenLines::Refuse);

} // namespace mambascope
