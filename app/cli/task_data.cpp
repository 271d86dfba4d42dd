// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/task_data.h"

#include "app/cli/context.h"

#include <algorithm>

namespace mambascope::cli {
namespace {

std::string linesText(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " line" : " lines");
}

/// The same error, with another hint if the data can be read without its broken lines.
Error offering(Error error, std::string_view list, const std::optional<std::filesystem::path>& folder) {
    const auto rest = loadTasks(list, folder, BrokenLines::LeaveOut);
    if (!rest.ok()) {
        return error;
    }
    std::size_t broken = 0;
    for (const TaskData& data : rest.value()) {
        broken += data.leftOut.size();
    }
    error.hint = "Correct the data, or go on without " + linesText(broken) + " with --skip-broken.";
    return error;
}

void warnOf(const TaskData& data) {
    constexpr std::size_t kNamed = 5;
    for (std::size_t i = 0; i < std::min(kNamed, data.leftOut.size()); ++i) {
        printWarning("Left out: " + data.leftOut[i]);
    }
    if (data.leftOut.size() > kNamed) {
        printWarning("Left out of " + data.title() + ": " + linesText(data.leftOut.size() - kNamed) + " more.");
    }
}

} // namespace

Result<std::vector<TaskData>>
readTasks(std::string_view list, const std::optional<std::filesystem::path>& folder, bool skipBroken) {
    Result<std::vector<TaskData>> tasks =
        loadTasks(list, folder, skipBroken ? BrokenLines::LeaveOut : BrokenLines::Refuse);
    if (!tasks.ok()) {
        const bool maybeLines = !skipBroken && tasks.error().code == ErrorCode::Unreadable;
        return maybeLines ? offering(tasks.error(), list, folder) : tasks.error();
    }
    std::for_each(tasks.value().begin(), tasks.value().end(), warnOf);
    return tasks;
}

} // namespace mambascope::cli
