// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mambascope {

/// How to start an engine process: a program and its arguments ("mambascope-engine", or "ssh", "host",
/// "mambascope-engine").
struct EngineCommand {
    std::vector<std::string> arguments;

    /// Splits a command line as a shell would split words (quotes and backslashes, nothing expanded).
    static Result<EngineCommand> parse(std::string_view commandLine);
    /// MAMBASCOPE_ENGINE if set, else the mambascope-engine beside this program or in its libexec folder.
    static EngineCommand standard();
};

/// An engine in a child process. Every call blocks until its answer is there; progress and partial results
/// arrive on the calling thread meanwhile; a stop request is sent on as a cancel message, and a process that
/// does not obey within 5 s is killed. When the process ends or its stream breaks, the call returns
/// EngineLost with what is known (exit status or signal, last lines of its stderr), and so does every later
/// one: start a new client then. Destruction closes the engine's input and kills it if it has not gone after
/// 2 s. The engine dies with its parent.
class EngineClient : public Engine {
public:
    /// Starts the process; does not wait for it.
    static Result<std::unique_ptr<EngineClient>> start(const EngineCommand& command);
    ~EngineClient() override;

    int processId() const; ///< of the child, for tests

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
    std::unique_ptr<Impl> m_impl;
};

} // namespace mambascope
