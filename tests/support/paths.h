// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>

namespace mambascope::test {

/// Root of the source tree.
std::filesystem::path sourceFolder();
/// tests/golden: data that the tests bring along.
std::filesystem::path goldenFolder();
/// Tiny random checkpoints of every layout with the outputs of transformers.
std::filesystem::path fixtureFolder();
/// The public data sets, where this machine has them (MAMBASCOPE_SHARED_DATA, else ../shared/data beside the source tree).
/// Tests that need them QSKIP with a line that says so.
std::optional<std::filesystem::path> sharedData();

/// A fresh folder below the test's home, removed at the end of its life.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

} // namespace mambascope::test
