// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace mambascope::test {
namespace fs = std::filesystem;

fs::path sourceFolder() {
    return MAMBASCOPE_SOURCE_DIR;
}

fs::path goldenFolder() {
    return sourceFolder() / "tests" / "golden";
}

fs::path fixtureFolder() {
    return goldenFolder() / "fixtures";
}

std::optional<fs::path> sharedData() {
    const char* set = std::getenv("MAMBASCOPE_SHARED_DATA");
    const fs::path folder = set != nullptr ? fs::path(set) : sourceFolder().parent_path() / "shared" / "data";
    std::error_code error;
    if (fs::is_directory(folder, error)) {
        return folder;
    }
    return std::nullopt;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "mambascope-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    m_path = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::permissions(m_path, fs::perms::owner_all, fs::perm_options::add, ignored);
    fs::remove_all(m_path, ignored);
}

} // namespace mambascope::test
