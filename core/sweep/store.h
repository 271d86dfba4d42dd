// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/result_key.h"

#include <filesystem>
#include <optional>
#include <string>

namespace mambascope {

/// Finished results in a folder, one file each, named by the key's hash and written atomically: a file that
/// is there is whole. The key's device is its kind ("cpu", "cuda"), not its number.
class SweepStore {
public:
    explicit SweepStore(std::filesystem::path folder)
        : m_folder(std::move(folder)) {}

    /// Nothing if there is none, or if what is there cannot be read as one (it is then made again).
    std::optional<TaskResult> find(const ResultKey& key) const;
    /// Without its duration, so that the file depends on the key alone.
    Result<void> save(const ResultKey& key, const TaskResult& task) const;

private:
    std::filesystem::path fileOf(const ResultKey& key) const;
    std::filesystem::path m_folder;
};

} // namespace mambascope
