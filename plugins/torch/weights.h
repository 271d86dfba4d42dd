// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/model/model.h"
#include "core/quantization/resolve.h"
#include "plugins/torch/backend.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace mambascope {

/// One linear layer as a plan wants it.
struct SiteWeights {
    ResolvedSite settings;
    std::shared_ptr<const LinearWeight> weight;
    /// The float weight, unrounded, where the device keeps it; `weight` itself without a plan, unless that is rounded.
    std::shared_ptr<const LinearWeight> plain;
    std::shared_ptr<const DeviceArray> keep;      ///< bit patterns, or none if no channel is zeroed
    std::shared_ptr<const DeviceArray> smoothing; ///< or none
    std::shared_ptr<const DeviceArray> exempt;    ///< bit patterns, or none if every channel is quantized

    Transform input() const;  ///< zero, ÷ smoothing, rotate, quantize
    Transform output() const; ///< quantize
};

/// The parameters of the model in the backend's memory, under one resolved plan. Parts that two plans share
/// are shared.
struct ModelWeights {
    struct Layer {
        std::shared_ptr<const DeviceArray> norm, convBias, dtBias, gatedNorm, inProjBias,
            outProjBias;                         ///< no plan touches these
        std::shared_ptr<const DeviceArray> conv; ///< [kernel, channels]
        /// −exp(A_log) · log2(e) [state, inner] and D [inner]; in Mamba-2 both [heads]
        std::shared_ptr<const DeviceArray> decay, d;
        std::array<SiteWeights, 4> sites; ///< those that the model does not have are empty
    };
    ResolvedPlan plan;
    std::vector<Layer> layers;
    std::shared_ptr<const DeviceArray> finalNorm;
    std::shared_ptr<const DeviceArray> embedding; ///< [vocabulary, hidden]
    std::shared_ptr<const LinearWeight> head;
};

/// A plan that changes nothing.
ResolvedPlan baselinePlan(const ModelSpec& spec);

/// One site as `plan` wants it. What `previous` (may be null) already holds is taken from there.
Result<SiteWeights> prepareSite(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, SiteId site, const SiteWeights* previous,
    Backend& backend);

/// Reads and converts the checkpoint under `plan`. What `previous` (may be null) already holds under the same
/// settings is taken from there. Cancelled leaves no trace.
Result<std::shared_ptr<const ModelWeights>> prepareWeights(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, const ModelWeights* previous, Backend& backend,
    const Job& job, std::string_view phase);

} // namespace mambascope
