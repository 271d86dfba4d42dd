// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"

#include <span>
#include <string>

namespace mambascope {

/// One JSON line per item that is right (published metric) in one of two results and wrong in the other:
/// task, index, change
/// ("gained" or "lost"), metric, gold, pred and baseline_pred, context (or contexts, where every choice has
/// its own), choices as they are scored, scores and baseline_scores. Tasks in the order of `result`, items by
/// index. `data` holds the texts: the tasks that `result` was made from.
std::string flipsToJsonLines(
    const EvaluationResult& result, const EvaluationResult& baseline, std::span<const TaskData> data);

} // namespace mambascope
