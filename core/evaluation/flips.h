// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"

#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// One JSON line per item that is right (published metric) in one of two results and wrong in the other:
/// task, index, change
/// ("gained" or "lost"), metric, gold, pred and baseline_pred, context (or contexts, where every choice has
/// its own), choices as they are scored, scores and baseline_scores. Tasks in the order of `result`, items by
/// index. `data` holds the texts: the tasks that `result` was made from.
std::string flipsToJsonLines(
    const EvaluationResult& result, const EvaluationResult& baseline, std::span<const TaskData> data);

/// An item that is right in one of two results and wrong in the other, on the published metric.
struct Flip {
    Task task = Task::Lambada;
    std::string taskName; ///< TaskResult::name()
    int index = 0;        ///< row in the data file
    int gold = 0;
    bool gained = false;                         ///< wrong before, right now
    int before = 0, now = 0;                     ///< predicted choices; isGreedyTask(): 1 if greedy, else 0
    std::vector<double> scoresBefore, scoresNow; ///< log-likelihood per choice
    /// By how much the gold choice's lead over the best other one changed, in log-likelihood; for
    /// isGreedyTask() by how much its score did. Lengths, which acc_norm divides by, are not in a result. 0
    /// if a score is not finite.
    double change = 0;
};
/// All of them on the items that both results have, of tasks on the same data; those with the largest
/// |change| first.
std::vector<Flip> findFlips(const EvaluationResult& result, const EvaluationResult& baseline);

} // namespace mambascope
