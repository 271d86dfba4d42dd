// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "plugins/torch/forward.h"
#include "plugins/torch/scoring.h"

namespace mambascope {

/// The engine of this plugin: Mamba, FalconMamba and Mamba-2 on the processor or a GPU.
class TorchEngine final : public Engine {
public:
    Result<EngineInfo> info() override;
    Result<LoadedModel> load(const LoadRequest& request, const Job& job) override;
    Result<std::string> tokenizerJson() override;
    Result<WeightStatistics> weightStatistics(const Job& job) override;
    Result<CalibrationSnapshot> calibrate(const CalibrationRequest& request, const Job& job) override;
    Result<std::vector<std::string>> applyPlan(
        const QuantPlan& plan, std::shared_ptr<const CalibrationSnapshot> calibration,
        const Job& job) override;
    Result<SiteErrors> siteErrors(
        const SiteErrorRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration,
        const Job& job) override;
    Result<ForwardResult> forward(const ForwardRequest& request, const Job& job) override;
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) override;
    Result<std::vector<std::int32_t>> generate(const GenerateRequest& request, const Job& job) override;
    Result<ExportReport> exportCheckpoint(
        const ExportRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration,
        const Job& job) override;
    Result<OrderedJson> bench(const BenchRequest& request, const Job& job) override;

    /// For tests: how many tokens one pass of score() takes.
    void setScoringLimits(const ScoringLimits& limits) { m_limits = limits; }
    /// For tests: what score() keeps; null if it keeps nothing.
    const ResidualStore* residuals() const { return m_residuals.get(); }

private:
    Result<LoadedModel> loadChecked(const LoadRequest& request, const Job& job);
    Result<CalibrationSnapshot> calibrateChecked(const CalibrationRequest& request, const Job& job);
    Result<void> runWindows(
        const ModelWeights& weights, const CalibrationRequest& request, CalibrationSnapshot& snapshot,
        const Job& job);
    Result<ResolvedPlan>
    resolve(const QuantPlan& plan, const CalibrationSnapshot* calibration, const Job& job);
    Result<SiteErrors> siteErrorsChecked(
        const SiteErrorRequest& request, const CalibrationSnapshot* calibration, const Job& job);
    Result<ForwardResult> forwardChecked(const ForwardRequest& request, const Job& job);
    Result<std::vector<std::int32_t>> generateChecked(const GenerateRequest& request, const Job& job);
    Result<void> requireModel() const;
    /// Runs `work`; if there is not enough device memory for it, again without what score() keeps.
    template <class F>
    auto withMemory(F work) -> decltype(work()) {
        try {
            return work();
        } catch (const DeviceOutOfMemory&) {
            if (!m_residuals || !m_residuals->yield()) {
                throw;
            }
        }
        return work();
    }
    /// Usage if a sequence is empty or holds an id outside the vocabulary.
    Result<void> checkTokens(std::span<const std::int32_t> tokens, const char* what) const;

    // In this order: what is released last comes first.
    std::unique_ptr<Backend> m_backend;
    std::shared_ptr<const Checkpoint> m_checkpoint;
    std::shared_ptr<const ModelWeights> m_weights;
    std::unique_ptr<ForwardPass> m_pass;
    std::unique_ptr<ResidualStore> m_residuals;
    std::optional<WeightStatistics> m_statistics; ///< computed when a plan first needs them
    LoadedModel m_model;
    int m_threads = 1;
    ScoringLimits m_limits;
};

} // namespace mambascope
