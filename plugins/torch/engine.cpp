// SPDX-License-Identifier: GPL-3.0-or-later
// Loading, plans and export; what runs the model is in engine_run.cpp.
#include "plugins/torch/engine.h"

#include "core/base/file.h"
#include "core/model/content.h"
#include "core/model/hub_cache.h"
#include "core/quantization/export.h"
#include "plugins/torch/bench.h"
#include "plugins/torch/device.h"
#include "plugins/torch/guard.h"
#include "plugins/torch/torch_runtime.h"

#include <algorithm>

namespace mambascope {

namespace {

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// What score() may keep: by itself an eighth of the memory, and not more than 4 GiB.
std::int64_t reuseBytes(const LoadRequest& request, const DeviceInfo& device) {
    constexpr std::int64_t kMost = std::int64_t{4} << 30, kUnknown = std::int64_t{1} << 30;
    if (request.reuseMegabytes >= 0) {
        return std::int64_t{request.reuseMegabytes} << 20;
    }
    return device.memoryBytes > 0 ? std::min(device.memoryBytes / 8, kMost) : kUnknown;
}

} // namespace

Result<void> TorchEngine::requireModel() const {
    if (!m_weights) {
        return Error::usage("No model is loaded.", "Load a checkpoint first.");
    }
    return {};
}

Result<EngineInfo> TorchEngine::info() {
    return guarded([]() -> Result<EngineInfo> {
        return EngineInfo{"torch", MAMBASCOPE_VERSION, torchruntime::version(), availableDevices()};
    });
}

Result<LoadedModel> TorchEngine::load(const LoadRequest& request, const Job& job) {
    return guarded([&] { return loadChecked(request, job); });
}

Result<LoadedModel> TorchEngine::loadChecked(const LoadRequest& request, const Job& job) {
    Result<std::shared_ptr<const Checkpoint>> opened = openCheckpoint(request.model);
    if (!opened.ok()) {
        return opened.error();
    }
    const std::shared_ptr<const Checkpoint> checkpoint = opened.value();
    const int threads = resolveThreads(request.threads);
    Result<OpenedDevice> device = openDevice(request.device, threads, request.dtype);
    if (!device.ok()) {
        return device.error();
    }
    const Result<CheckpointContent> content = readContent(*checkpoint, job);
    if (!content.ok()) {
        return content.error();
    }
    Backend& backend = *device.value().backend;
    // The old model goes first: two may not fit.
    m_residuals.reset();
    m_pass.reset();
    m_weights.reset();
    m_checkpoint.reset();
    m_statistics.reset();
    m_backend.reset();
    torchruntime::setThreads(threads);
    Result<std::shared_ptr<const ModelWeights>> weights =
        prepareWeights(*checkpoint, baselinePlan(checkpoint->spec), nullptr, backend, job, "Loading");
    if (!weights.ok()) {
        return weights.error();
    }
    m_backend = std::move(device.value().backend);
    m_checkpoint = checkpoint;
    m_weights = weights.value();
    m_pass = std::make_unique<ForwardPass>(checkpoint->spec, *m_backend);
    m_threads = threads;
    if (const std::int64_t bytes = reuseBytes(request, device.value().info); bytes > 0) {
        m_residuals = std::make_unique<ResidualStore>(*m_backend, checkpoint->spec, bytes);
        m_residuals->setPlan(m_weights->plan);
    }
    m_limits = {};
    m_limits.batchTokens = m_backend->passTokens(m_pass->bytesPerToken(), m_limits.batchTokens);
    const std::filesystem::path folder = std::filesystem::absolute(checkpoint->folder).lexically_normal();
    const std::filesystem::path named = folder.has_filename() ? folder : folder.parent_path();
    m_model = LoadedModel{
        checkpoint->spec,
        checkpointName(named),
        named.string(),
        content.value().hash,
        joined(checkpoint->warnings, content.value().warnings),
        device.value().info.id,
        device.value().info.name,
        request.dtype,
        !checkpoint->tokenizerFile.empty()};
    return m_model;
}

Result<std::string> TorchEngine::tokenizerJson() {
    return guarded([&]() -> Result<std::string> {
        if (const Result<void> model = requireModel(); !model.ok()) {
            return model.error();
        }
        if (m_checkpoint->tokenizerFile.empty()) {
            return Error::unreadable(
                "The checkpoint has no tokenizer.json.",
                "Put the model's tokenizer.json into the checkpoint's folder.");
        }
        return readFile(m_checkpoint->tokenizerFile);
    });
}

Result<WeightStatistics> TorchEngine::weightStatistics(const Job& job) {
    return guarded([&]() -> Result<WeightStatistics> {
        if (const Result<void> model = requireModel(); !model.ok()) {
            return model.error();
        }
        if (!m_statistics) {
            Result<WeightStatistics> statistics = mambascope::weightStatistics(*m_checkpoint, job);
            if (!statistics.ok()) {
                return statistics;
            }
            m_statistics = std::move(statistics).value();
        }
        return *m_statistics;
    });
}

Result<ResolvedPlan>
TorchEngine::resolve(const QuantPlan& plan, const CalibrationSnapshot* calibration, const Job& job) {
    if (const Result<void> model = requireModel(); !model.ok()) {
        return model.error();
    }
    bool smoothing = false;
    for (int i = 0; i < m_checkpoint->spec.siteCount(); ++i) {
        smoothing = smoothing || plan.at(SiteId::fromIndex(i)).alpha.has_value();
    }
    if (smoothing) {
        if (const Result<WeightStatistics> statistics = weightStatistics(job); !statistics.ok()) {
            return statistics.error();
        }
    }
    return resolvePlan(
        m_checkpoint->spec, plan, calibration, m_statistics ? &*m_statistics : nullptr, m_model.hash);
}

Result<std::vector<std::string>> TorchEngine::applyPlan(
    const QuantPlan& plan, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    return guarded([&]() -> Result<std::vector<std::string>> {
        Result<ResolvedPlan> resolved = resolve(plan, calibration.get(), job);
        if (!resolved.ok()) {
            return resolved.error();
        }
        Result<std::shared_ptr<const ModelWeights>> weights = withMemory([&] {
            return prepareWeights(
                *m_checkpoint, resolved.value(), m_weights.get(), *m_backend, job, "Quantizing weights");
        });
        if (!weights.ok()) {
            return weights.error();
        }
        m_weights = weights.value();
        if (m_residuals) {
            m_residuals->setPlan(m_weights->plan);
        }
        m_backend->forgetRepeated();
        return resolved.value().warnings;
    });
}

Result<ExportReport> TorchEngine::exportCheckpoint(
    const ExportRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    return guarded([&]() -> Result<ExportReport> {
        Result<ResolvedPlan> resolved = resolve(request.plan, calibration.get(), job);
        if (!resolved.ok()) {
            return resolved.error();
        }
        return exportModel(
            *m_checkpoint, resolved.value(), request, calibration ? &calibration->source : nullptr, job);
    });
}

Result<OrderedJson> TorchEngine::bench(const BenchRequest& request, const Job& job) {
    return guarded([&]() -> Result<OrderedJson> {
        if (const Result<void> model = requireModel(); !model.ok()) {
            return model.error();
        }
        if (m_residuals) {
            m_residuals->clear(); // it measures memory, too
        }
        return benchModel({m_model, *m_checkpoint, *m_weights, *m_pass, *m_backend, m_threads}, request, job);
    });
}

} // namespace mambascope
