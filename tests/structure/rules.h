// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope::test {

/// A file of the source tree: its path from the root, with '/', and what it holds.
struct SourceFile {
    std::string path;
    std::string text;
};

/// Every text file below the source folders and in the root itself; build folders and hidden ones left out.
std::vector<SourceFile> sourceFiles(const std::filesystem::path& root);

/// The folder that the arrows are about: "core/session", "ui", "plugins/torch", "app/cli", "tests", …
std::string moduleOf(std::string_view path);

/// Which modules a module may include, besides itself.
const std::set<std::string>& allowedIncludes(const std::string& module);

// Each gives its complaints about one file, a line each; none if the file keeps the rule.
std::vector<std::string> includeArrowViolations(const SourceFile& file);
/// A source that does not include its own header before all others, which shows that the header needs none.
std::vector<std::string> ownHeaderViolations(const SourceFile& file, const std::set<std::string>& paths);
std::vector<std::string>
foreignLibraryViolations(const SourceFile& file);                   ///< Qt and torch where they do not belong
std::vector<std::string> lengthViolations(const SourceFile& file);  ///< more than 500 lines of code
std::vector<std::string> licenceViolations(const SourceFile& file); ///< no SPDX line at the top
std::vector<std::string> machinePathViolations(const SourceFile& file); ///< a folder of somebody's machine

} // namespace mambascope::test
