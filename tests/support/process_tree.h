// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace mambascope::test {

struct ProcessState {
    int parent = 0;
    char state = '?'; ///< as in /proc: R, S, Z …
};

/// Of a process; parent 0 if there is none.
inline ProcessState processState(int pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(stat, line); // empty, and no exception, if the process has ended meanwhile
    const std::size_t name = line.rfind(')');
    ProcessState found;
    if (name != std::string::npos && name + 4 < line.size()) {
        found.state = line[name + 2];
        found.parent = std::stoi(line.substr(name + 4));
    }
    return found;
}

/// Processes that `parent` has started and that have not been reaped, zombies included.
inline std::vector<int> childrenOf(int parent) {
    std::vector<int> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
            const int pid = std::stoi(name);
            if (processState(pid).parent == parent) {
                children.push_back(pid);
            }
        }
    }
    return children;
}

/// Whether there is such a process that still runs.
inline bool runs(int pid) {
    const ProcessState state = processState(pid);
    return state.parent != 0 && state.state != 'Z';
}

/// Open descriptors of a process; -1 if there is none.
inline int openDescriptors(int pid) {
    std::error_code error;
    const std::filesystem::directory_iterator folder("/proc/" + std::to_string(pid) + "/fd", error);
    return error ? -1 : static_cast<int>(std::distance(begin(folder), end(folder)));
}

/// A line of /proc/PID/status in kB ("VmRSS"), or a count ("Threads"); -1 if there is none.
inline long statusOf(int pid, const std::string& key) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(key + ":")) {
            return std::stol(line.substr(key.size() + 1));
        }
    }
    return -1;
}

} // namespace mambascope::test
