// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"

namespace mambascope::ui {

/// One task of an evaluation under way.
struct LiveTask {
    TaskLabel label;
    TaskMetrics metrics; ///< running or complete
};

} // namespace mambascope::ui
