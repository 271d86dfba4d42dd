// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <functional>
#include <memory>
#include <string>

namespace mambascope::test {

/// A checkpoint of two layers; `hash` tells one from another.
CheckpointReference exampleCheckpoint(const std::string& hash);
/// Statistics for every site of it, each number different; `seed` tells one snapshot from another.
std::shared_ptr<const CalibrationSnapshot>
exampleCalibration(const CheckpointReference& checkpoint, int seed);
/// A result with two tasks of `items` items each; among them an infinite perplexity and scores that are no
/// numbers.
std::shared_ptr<const EvaluationResult>
exampleResult(const std::string& modelHash, const QuantPlan& plan, int items);
/// W8A8 on everything, with a site that differs.
QuantPlan examplePlan(double alpha);

/// "" if both hold the same, items included (NaN equals NaN), else what differs.
std::string difference(const EvaluationResult& a, const EvaluationResult& b);

/// Runs `work` in a child process and returns what it returned; "signal N" if it died. With `unprivileged`
/// root becomes nobody first, for whom file permissions count.
std::string inChild(const std::function<std::string()>& work, bool unprivileged = false);

/// What SQLite's integrity check says of a file: "ok" if it finds nothing.
std::string integrity(const std::filesystem::path& path);

/// Every file in the folder of `path`, with size and content hash, to see whether something was written.
std::string listing(const std::filesystem::path& folder);

} // namespace mambascope::test
