// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/checkpoint_check.h"

#include "core/model/content.h"
#include "core/model/locate.h"

namespace mambascope {

Result<void> checkCheckpoint(const CheckpointReference& reference, const Job& job) {
    if (const auto found = locateCheckpoint(reference.path); !found.ok()) {
        return Error{
            ErrorCode::Unreadable,
            "The checkpoint of this session is not at " + reference.path + " any more.",
            "If it was moved, open the session in the window and choose where it is now; if it lies on an "
            "engine's "
            "machine, check it there.",
            found.error().message};
    }
    const Result<std::shared_ptr<const Checkpoint>> checkpoint = openCheckpoint(reference.path);
    if (!checkpoint.ok()) {
        return checkpoint.error();
    }
    const Result<CheckpointContent> content = readContent(*checkpoint.value(), job);
    if (!content.ok()) {
        return content.error();
    }
    if (content.value().hash != reference.hash) {
        return Error{
            ErrorCode::Unreadable,
            "The checkpoint at " + reference.path +
                " is not the one this session is about any more: its weights "
                "differ.",
            "What was measured stays. Put the right checkpoint back, or begin a new session with this one.",
            "expected " + reference.hash + ", found " + content.value().hash};
    }
    return {};
}

} // namespace mambascope
