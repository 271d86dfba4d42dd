// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/result.h"
#include "core/session/session.h"

namespace mambascope {

/// Whether the checkpoint that a session is about lies on this machine where the session says, and holds the
/// weights that it was measured with. Reads every weight once. Unreadable, with a sentence for each, if
/// nothing is there any more, if what is there cannot be opened, or if its weights are others; Cancelled if
/// the job is stopped.
Result<void> checkCheckpoint(const CheckpointReference& reference, const Job& job);

} // namespace mambascope
