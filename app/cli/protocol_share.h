// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/engine/client.h"

namespace mambascope::cli {

/// What the way to the engine costs an evaluation: made-up requests are scored as six tasks would be, and the
/// time that the engine says it computed is held against the time that passed from the first request to the
/// last answer. `share` is the part in which the engine did not compute, from 0 to 1; `round_trips` are the
/// requests that found it idle; the seconds of packing and unpacking are this side's, and partly overlap with
/// the engine's work. Takes about five seconds beyond one small call that measures the speed.
Result<OrderedJson> protocolShare(EngineClient& engine, const LoadedModel& model, const Job& job);

} // namespace mambascope::cli
