// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/engine/engine_command.h"
#include "core/engine/files.h"
#include "core/engine/traffic.h"
#include "core/evaluation/score_announcer.h"

#include <memory>
#include <string>
#include <vector>

namespace mambascope {

namespace protocol {
class Connection;
}

/// An engine in a child process. Every call blocks until its answer is there; progress and partial results
/// arrive on the calling thread meanwhile; a stop request is sent on as a cancel message, and a process that
/// does not obey within 5 s is killed. So is one that is silent for longer than its command's patience. When
/// the process ends or its stream breaks, the call returns EngineLost with what is known (exit status or
/// signal, last lines of its stderr), and so does every later one: start a new client then. Destruction
/// closes the engine's input and kills it if it has not gone after 2 s. The engine dies with its parent.
class EngineClient : public Engine, public ScoreAnnouncer {
public:
    /// Starts the process; does not wait for it.
    static Result<std::unique_ptr<EngineClient>> start(const EngineCommand& command);
    /// The client of an engine that somebody else has started, at the other end of two open descriptors, which
    /// it takes.
    static Result<std::unique_ptr<EngineClient>>
    over(int readFrom, int writeTo, const EnginePatience& patience = {});
    ~EngineClient() override;

    int processId() const; ///< of the child, for tests
    /// What the connection has cost so far.
    EngineTraffic traffic() const;

    // Files of the engine's machine, as core/engine/files.h and makeModel() describe them. None of these
    // starts more than the process: no device is touched, and no model need be loaded.
    Result<FolderListing> listFolder(const std::string& path, const Job& job);
    Result<CachedModels> cachedModels(const Job& job);
    Result<OrderedJson> describeModel(const std::string& model, bool hash, const Job& job);
    Result<TokenizerText> tokenizerOf(const std::string& model, const Job& job);
    Result<std::string> checkNewFolder(const std::string& path, bool overwrite, const Job& job);
    Result<void>
    makeModel(const std::string& like, std::uint64_t seed, const std::string& folder, const Job& job);

    void announce(std::span<const ScoreRequest> requests) override;

    Result<EngineInfo> info() override;
    Result<EngineInfo> waitUntilReady(const Job& job) override;
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

private:
    struct Impl;
    explicit EngineClient(std::unique_ptr<Impl> impl);
    static Result<std::unique_ptr<EngineClient>>
    speakingOver(Result<std::unique_ptr<protocol::Connection>> connection);
    std::unique_ptr<Impl> m_impl;
};

} // namespace mambascope
