// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace mambascope::protocol {

/// Runs one request after the other on an engine that it makes when the first one needs it. Answers are the
/// maps that the client reads. Everything that the engine throws becomes an error.
class Dispatcher {
public:
    using Factory = std::function<Result<std::unique_ptr<Engine>>()>;
    using PartialSink = std::function<void(Json partial)>;

    explicit Dispatcher(Factory factory)
        : m_factory(std::move(factory)) {}

    Result<Json> run(const std::string& op, const Json& args, const Job& job, const PartialSink& onPartial);

    /// What the last run() took, without reading the request, packing the answer and sending partial results.
    double computeSeconds() const { return m_computeSeconds; }

private:
    using Calibration = std::shared_ptr<const CalibrationSnapshot>;
    using Operation =
        Result<Json> (Dispatcher::*)(const Json& args, const Job& job, const PartialSink& onPartial);

    Result<Json>
    runUnguarded(const std::string& op, const Json& args, const Job& job, const PartialSink& onPartial);
    Result<Json> info(const Json&, const Job&, const PartialSink&);
    Result<Json> load(const Json&, const Job&, const PartialSink&);
    Result<Json> tokenizer(const Json&, const Job&, const PartialSink&);
    Result<Json> weights(const Json&, const Job&, const PartialSink&);
    Result<Json> upload(const Json&, const Job&, const PartialSink&);
    Result<Json> calibrate(const Json&, const Job&, const PartialSink&);
    Result<Json> apply(const Json&, const Job&, const PartialSink&);
    Result<Json> siteErrors(const Json&, const Job&, const PartialSink&);
    Result<Json> forward(const Json&, const Job&, const PartialSink&);
    Result<Json> score(const Json&, const Job&, const PartialSink&);
    Result<Json> generate(const Json&, const Job&, const PartialSink&);
    Result<Json> exportCheckpoint(const Json&, const Job&, const PartialSink&);
    Result<Json> bench(const Json&, const Job&, const PartialSink&);
    Result<Json> listFolder(const Json&, const Job&, const PartialSink&);
    Result<Json> cachedModels(const Json&, const Job&, const PartialSink&);
    Result<Json> describeModel(const Json&, const Job&, const PartialSink&);
    Result<Json> tokenizerOf(const Json&, const Job&, const PartialSink&);
    Result<Json> checkNewFolder(const Json&, const Job&, const PartialSink&);
    Result<Json> makeModel(const Json&, const Job&, const PartialSink&);

    /// What `work` returns; the time it takes counts as computing.
    template <class Work>
    auto timed(Work&& work);

    void keep(std::string hash, Calibration calibration);
    /// The calibration of that hash; null for the empty hash; none if it is not kept (any more).
    std::optional<Calibration> kept(const std::string& hash) const;

    Factory m_factory;
    std::unique_ptr<Engine> m_engine;
    double m_computeSeconds = 0;
    std::deque<std::pair<std::string, Calibration>> m_calibrations; ///< the last few, the newest at the end
};

} // namespace mambascope::protocol
