// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/calibration/calibration.h"
#include "core/session/session.h"

#include <string_view>

namespace mambascope {

/// The trace of a search, as `search --trace` writes it and sessions keep it: what was searched ("alpha",
/// "bits" or "sensitivity"), from which plan, on which windows of a text, and then the members of `measured`.
OrderedJson searchTrace(
    std::string_view target, const CheckpointReference& checkpoint, const QuantPlan& plan,
    const WindowRequest& windows, const OrderedJson& measured);

} // namespace mambascope
