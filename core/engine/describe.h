// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/evaluation/evaluator.h"

#include <string>
#include <string_view>

namespace mambascope {

/// "torch 0.1.0 (libtorch 1.13.1)": what results are filed under.
std::string engineName(const EngineInfo& info);

/// Fills in what evaluate() leaves to its caller: model, plan, engine, tokenizer. `calibrationHash` is empty if
/// the plan needs no calibration. Window and command line describe a run alike, so that each finds the
/// other's.
void describeRun(
    EvaluationResult& result, const LoadedModel& model, const EngineInfo& info, const QuantPlan& plan,
    const std::string& calibrationHash, const Tokenizer& tokenizer);

/// A request to calibrate on running text, with its source. Fails as calibrationWindows() does.
Result<CalibrationRequest> textCalibration(
    const Tokenizer& tokenizer, std::string_view text, std::string_view textName,
    const WindowRequest& windows);

} // namespace mambascope
