// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/structure/rules.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace mambascope::test {
namespace fs = std::filesystem;
namespace {

constexpr std::array kFolders{"core", "ui", "app", "plugins", "tests", "resources", "packaging", "cmake"};
constexpr std::size_t kLargestText = 1 << 20; ///< larger files are data
constexpr int kMostLines = 500;

struct Include {
    int line;
    bool system;
    std::string name;
};

std::vector<Include> includesOf(const std::string& text) {
    static const std::regex kInclude("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]");
    std::vector<Include> includes;
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (std::smatch match; std::regex_search(line, match, kInclude)) {
            includes.push_back({number, match[1] == "<", match[2]});
        }
    }
    return includes;
}

bool isCode(std::string_view path) {
    for (const char* ending : {".h", ".cpp", ".cu", ".cuh", ".cmake", "CMakeLists.txt", ".py", ".sh"}) {
        if (path.ends_with(ending)) {
            return true;
        }
    }
    return false;
}

void addFile(const fs::path& root, const fs::path& path, std::vector<SourceFile>& files) {
    std::error_code error;
    if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kLargestText) {
        return;
    }
    std::ifstream stream(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.find('\0') == std::string::npos) {
        files.push_back({path.lexically_relative(root).generic_string(), std::move(text)});
    }
}

std::string at(const SourceFile& file, int line) {
    return file.path + ":" + std::to_string(line) + ": ";
}

} // namespace

std::vector<SourceFile> sourceFiles(const fs::path& root) {
    std::vector<SourceFile> files;
    for (const auto& entry : fs::directory_iterator(root)) {
        addFile(root, entry.path(), files);
    }
    for (const char* folder : kFolders) {
        for (auto entry = fs::recursive_directory_iterator(root / folder);
             entry != fs::recursive_directory_iterator(); ++entry) {
            const std::string name = entry->path().filename().string();
            if (entry->is_directory() && (name.starts_with('.') || name == "__pycache__")) {
                entry.disable_recursion_pending();
                continue;
            }
            addFile(root, entry->path(), files);
        }
    }
    std::sort(
        files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

std::string moduleOf(std::string_view path) {
    const std::size_t first = path.find('/');
    if (first == std::string_view::npos) {
        return {};
    }
    const std::string_view top = path.substr(0, first);
    if (top != "core" && top != "app" && top != "plugins") {
        return std::string(top);
    }
    return std::string(path.substr(0, path.find('/', first + 1)));
}

const std::set<std::string>& allowedIncludes(const std::string& module) {
    static const std::set<std::string> kCore{"core/base",       "core/checkpoint",  "core/tokenizer",
                                             "core/model",      "core/calibration", "core/quantization",
                                             "core/evaluation", "core/engine",      "core/session",
                                             "core/figure",     "core/report",      "core/sweep",
                                             "core/search"};
    static const std::map<std::string, std::set<std::string>> kAllowed = [] {
        std::map<std::string, std::set<std::string>> allowed{
            {"core/base", {}},
            {"core/checkpoint", {"core/base"}},
            {"core/tokenizer", {"core/base"}},
            {"core/model", {"core/base", "core/checkpoint"}},
            {"core/calibration", {"core/base", "core/checkpoint", "core/model"}},
            {"core/quantization", {"core/base", "core/checkpoint", "core/model", "core/calibration"}},
            {"core/evaluation", {"core/base", "core/tokenizer"}},
            {"core/session",
             {"core/base", "core/checkpoint", "core/model", "core/calibration", "core/quantization",
              "core/evaluation"}},
            {"core/figure", {"core/base", "core/model", "core/calibration", "core/quantization"}},
            {"core/report",
             {"core/base", "core/checkpoint", "core/model", "core/calibration", "core/quantization",
              "core/evaluation", "core/session", "core/figure"}},
            {"ui", kCore},
            {"app/cli", kCore},
            {"app/engine", kCore},
        };
        std::set<std::string> engine = kCore;
        engine.erase("core/session");
        engine.erase("core/figure");
        engine.erase("core/report");
        engine.erase("core/sweep");
        engine.erase("core/search");
        allowed["core/engine"] = engine;
        std::set<std::string> sweep = engine;
        sweep.insert("core/engine");
        allowed["core/sweep"] = sweep;
        allowed["core/search"] = sweep;
        std::set<std::string> gui = kCore;
        gui.insert("ui");
        allowed["app/gui"] = gui;
        std::set<std::string> tests = gui;
        tests.insert("plugins/torch");
        allowed["tests"] = tests;
        return allowed;
    }();
    const auto found = kAllowed.find(module);
    if (found != kAllowed.end()) {
        return found->second;
    }
    static const std::set<std::string> kNone;
    return module.starts_with("plugins/") ? kCore : kNone;
}

std::vector<std::string> includeArrowViolations(const SourceFile& file) {
    if (!file.path.ends_with(".h") && !file.path.ends_with(".cpp") && !file.path.ends_with(".cu")) {
        return {};
    }
    const std::string from = moduleOf(file.path);
    std::vector<std::string> complaints;
    for (const Include& include : includesOf(file.text)) {
        const std::string to = moduleOf(include.name);
        const bool ours = std::any_of(kFolders.begin(), kFolders.end(), [&](const char* folder) {
            return include.name.starts_with(std::string(folder) + "/");
        });
        if (ours && to != from && !allowedIncludes(from).contains(to)) {
            complaints.push_back(
                at(file, include.line) + from + " may not include " + to + " (" + include.name + ")");
        }
        if (!ours && !include.system && include.name.find("..") != std::string::npos) {
            complaints.push_back(
                at(file, include.line) + "includes are written from the root, not " + include.name);
        }
    }
    return complaints;
}

std::vector<std::string> ownHeaderViolations(const SourceFile& file, const std::set<std::string>& paths) {
    if (!file.path.ends_with(".cpp")) {
        return {};
    }
    const std::string header = file.path.substr(0, file.path.size() - 4) + ".h";
    const std::vector<Include> includes = includesOf(file.text);
    if (!paths.contains(header) || (!includes.empty() && includes.front().name == header)) {
        return {};
    }
    return {file.path + ": does not include " + header + " before all others"};
}

std::vector<std::string> foreignLibraryViolations(const SourceFile& file) {
    static const std::regex kQt("^(Q[A-Za-z]\\w*(/.*)?|q[a-z]+\\.h|qcustomplot.*)$");
    static const std::regex kTorch("^(torch|ATen|c10|caffe2)/.*$");
    std::vector<std::string> complaints;
    if (!isCode(file.path)) {
        return complaints;
    }
    const std::string module = moduleOf(file.path);
    for (const Include& include : includesOf(file.text)) {
        if (std::regex_match(include.name, kQt) && module != "ui" && module != "app/gui" &&
            module != "tests") {
            complaints.push_back(
                at(file, include.line) + "Qt (" + include.name + ") belongs in ui, app/gui and tests");
        }
        if (std::regex_match(include.name, kTorch) && module != "plugins/torch") {
            complaints.push_back(
                at(file, include.line) + "torch (" + include.name + ") belongs in plugins/torch");
        }
    }
    return complaints;
}

std::vector<std::string> lengthViolations(const SourceFile& file) {
    const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
    if (!isCode(file.path) || lines <= kMostLines) {
        return {};
    }
    return {
        file.path + ": " + std::to_string(lines) + " lines; split it (at most " + std::to_string(kMostLines) +
        ")"};
}

std::vector<std::string> licenceViolations(const SourceFile& file) {
    if (!isCode(file.path)) {
        return {};
    }
    std::istringstream lines(file.text);
    std::string line;
    for (int number = 0; number < 2 && std::getline(lines, line);
         ++number) { // a script's first line is its interpreter
        if (line.find("SPDX-License-Identifier: GPL-3.0-or-later") != std::string::npos) {
            return {};
        }
    }
    return {file.path + ": no SPDX line at the top"};
}

std::vector<std::string> machinePathViolations(const SourceFile& file) {
    static const std::regex kMachinePath(
        "(^|[^A-Za-z0-9._/-])/(home|root|work|Users|tmp/b-)[A-Za-z0-9_-]*/[A-Za-z0-9]");
    std::vector<std::string> complaints;
    std::istringstream lines(file.text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (line.size() < 2000 && std::regex_search(line, kMachinePath)) { // longer ones are data
            complaints.push_back(at(file, number) + "a path of somebody's machine: " + line);
        }
    }
    return complaints;
}

} // namespace mambascope::test
