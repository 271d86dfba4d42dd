// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sweep/runner.h"

#include <span>
#include <string>

namespace mambascope {

/// A sweep's results in the forms it is kept in. All of them depend on nothing but the arguments: no times,
/// no dates. Every row is compared, paired and on the same items, with the first plan of its own checkpoint;
/// a metric is only ever compared with itself.

/// results.json: recipe, item set, and per checkpoint and plan what toJson() says of a result.
OrderedJson sweepJson(const SweepRequest& request, std::span<const SweepGroup> groups);
/// table.csv, one line a checkpoint, plan, task and metric: value, standard error, 95 % interval, difference
/// with bootstrap interval, gained, lost, McNemar's p, and the printed value of the same metric where there
/// is one. Shares, not per cent.
std::string sweepCsv(const SweepRequest& request, std::span<const SweepGroup> groups);
/// table.md: plans as rows, tasks as columns.
std::string sweepMarkdown(const SweepRequest& request, std::span<const SweepGroup> groups);
/// table.tex: the same with LaTeX's booktabs.
std::string sweepLatex(const SweepRequest& request, std::span<const SweepGroup> groups);

} // namespace mambascope
