// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/score.h"

#include <span>

namespace mambascope {

/// A scorer that can be told what it will be asked next, so that it need not idle until it is asked.
class ScoreAnnouncer {
public:
    virtual ~ScoreAnnouncer() = default;
    /// score() will be called with these requests, after those announced before. Nothing but time depends on
    /// it: an announcement that does not come true is forgotten.
    virtual void announce(std::span<const ScoreRequest> requests) = 0;
};

} // namespace mambascope
