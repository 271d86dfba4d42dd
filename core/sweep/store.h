// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"

#include <filesystem>
#include <optional>
#include <string>

namespace mambascope {

/// Everything that determines one task's result of one plan.
struct SweepKey {
    std::string checkpointHash, calibrationHash, planHash; ///< calibrationHash: empty if the plan needs none
    std::string task, dataHash;
    int limit = 0;
    std::int64_t seed = 0;
    std::string engine, dtype, device; ///< device: its kind ("cpu", "cuda"), not its number

    std::string hash() const; ///< content hash of all of it
};

/// Finished results in a folder, one file each, named by the key's hash and written atomically: a file that
/// is there is whole.
class SweepStore {
public:
    explicit SweepStore(std::filesystem::path folder)
        : m_folder(std::move(folder)) {}

    /// Nothing if there is none, or if what is there cannot be read as one (it is then made again).
    std::optional<TaskResult> find(const SweepKey& key) const;
    /// Without its duration, so that the file depends on the key alone.
    Result<void> save(const SweepKey& key, const TaskResult& task) const;

private:
    std::filesystem::path fileOf(const SweepKey& key) const;
    std::filesystem::path m_folder;
};

} // namespace mambascope
