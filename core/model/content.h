// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/result.h"
#include "core/model/model.h"

#include <string>
#include <vector>

namespace mambascope {

/// What one reading of all weights says about them.
struct CheckpointContent {
    std::string hash; ///< checkpointHash()
    std::vector<std::string> warnings;
};

/// Reads every weight once: the hash, and a warning if some are NaN or infinite. Such a checkpoint opens all
/// the same, because its user wants to see which layers are broken. Cancelled if the job is stopped.
Result<CheckpointContent> readContent(const Checkpoint& checkpoint, const Job& job);

/// The warning from the first 4 KiB of each tensor alone, for those who must not read gigabytes: a training
/// run that diverged leaves NaN everywhere, but a single bad value may be missed.
std::vector<std::string> glanceAtValues(const Checkpoint& checkpoint);

} // namespace mambascope
