// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "plugins/torch/forward.h"

namespace mambascope {

struct BenchSubject {
    const LoadedModel& model;
    const Checkpoint& checkpoint;
    const ModelWeights& weights;
    ForwardPass& pass;
    Backend& backend;
    int threads = 1;
};

/// Tokens per second, medians over rounds; in every round each measurement runs once, one after the other, so
/// that a busy machine slows all of them alike and the ratios hold. The matrix products are those of the
/// linears of one forward pass and nothing else, by oneDNN and by the own kernel; `gemm_tokens_per_second` is
/// the faster of the two.
Result<OrderedJson> benchModel(const BenchSubject& subject, const BenchRequest& request, const Job& job);

} // namespace mambascope
