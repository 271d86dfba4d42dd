// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/calibration/calibration.h"
#include "core/session/session.h"

#include <string>

namespace mambascope {

/// What was searched, from which plan, and on what.
struct SearchSetup {
    std::string target; ///< "alpha", "bits" or "sensitivity"
    CheckpointReference checkpoint;
    QuantPlan plan;
    std::string calibrationHash; ///< empty if there was none
    std::string textName;        ///< of the file; empty if it is not known
    WindowRequest windows;
};

/// The trace of a search, as `search --trace` writes it and sessions keep it: the setup, and then the members
/// of `measured`.
OrderedJson searchTrace(const SearchSetup& setup, const OrderedJson& measured);

} // namespace mambascope
