// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/client.h"

#include "core/engine/codec.h"
#include "core/engine/connection.h"
#include "core/engine/fields.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <vector>

namespace mambascope {
namespace {

using namespace std::chrono_literals;
using protocol::Connection;
using protocol::Fields;

/// Adds the time it lives to `seconds`.
class Stopwatch {
public:
    explicit Stopwatch(double& seconds)
        : m_seconds(seconds) {}
    ~Stopwatch() {
        m_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begin).count();
    }

private:
    double& m_seconds;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

bool same(std::span<const ScoreRequest> a, std::span<const ScoreRequest> b) {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(), [](const ScoreRequest& x, const ScoreRequest& y) {
            return x.context == y.context && x.continuation == y.continuation;
        });
}

} // namespace

struct EngineClient::Impl {
    struct Announced {
        std::uint64_t id;
        std::vector<ScoreRequest> requests;
    };

    std::unique_ptr<Connection> connection;
    std::deque<Announced> announced; ///< scoring that has been begun
    /// What every caller asks next after a load, asked with it: one way there and back instead of three.
    std::optional<std::uint64_t> infoAhead, tokenizerAhead;
    std::set<std::string> uploaded; ///< calibrations that the engine holds, as far as is known
    std::weak_ptr<const CalibrationSnapshot> lastCalibration;
    std::string lastHash; ///< of lastCalibration

    /// Sends `args` and turns the answer into a T; an answer that is none ends the connection.
    template <class T>
    Result<T> ask(const char* op, Json args, const Job& job = {}, const Connection::Partial& onPartial = {}) {
        auto answer = call(op, std::move(args), job, onPartial);
        if (!answer.ok()) {
            return answer.error();
        }
        return understood(protocol::unpack<T>(answer.value()));
    }

    /// Scoring that was announced would hold up what is asked now, and is forgotten.
    Result<Json> call(const char* op, Json args, const Job& job, const Connection::Partial& onPartial = {}) {
        forgetAnnounced();
        return connection->call(op, std::move(args), job, onPartial);
    }

    void forgetAnnounced() {
        for (const Announced& entry : announced) {
            connection->abandon(entry.id);
        }
        announced.clear();
    }

    Result<Json> finishAhead(std::optional<std::uint64_t>& ahead, const char* op, const Job& job) {
        if (!ahead) {
            return call(op, Json::object(), job);
        }
        const std::uint64_t id = *std::exchange(ahead, std::nullopt);
        return connection->finish(id, job, {});
    }

    void forgetAhead() {
        for (auto* ahead : {&infoAhead, &tokenizerAhead}) {
            if (*ahead) {
                connection->abandon(**ahead);
                ahead->reset();
            }
        }
    }

    Result<std::uint64_t> beginScore(std::span<const ScoreRequest> requests);

    template <class T>
    Result<T> understood(Result<T> value) {
        return value.ok() ? std::move(value) : Result<T>(connection->fail(value.error()));
    }

    const std::string& hashOf(const std::shared_ptr<const CalibrationSnapshot>& calibration) {
        if (lastHash.empty() || lastCalibration.lock() != calibration) {
            lastHash = calibrationHash(*calibration);
            lastCalibration = calibration;
        }
        return lastHash;
    }

    Result<void> upload(const CalibrationSnapshot& calibration, const std::string& hash, const Job& job);
    Result<Json> askWithCalibration(
        const char* op, Json args, const std::shared_ptr<const CalibrationSnapshot>& calibration,
        const Job& job);
};

Result<void>
EngineClient::Impl::upload(const CalibrationSnapshot& calibration, const std::string& hash, const Job& job) {
    auto packed = protocol::packCalibration(calibration);
    if (!packed.ok()) {
        return packed.error();
    }
    Json args = std::move(packed).value();
    args["hash"] = hash;
    auto answer = call("upload", std::move(args), job);
    if (!answer.ok()) {
        return answer.error();
    }
    uploaded.insert(hash);
    return {};
}

Result<std::uint64_t> EngineClient::Impl::beginScore(std::span<const ScoreRequest> requests) {
    Json packed;
    {
        const Stopwatch packing(connection->traffic().packSeconds);
        packed = protocol::packScoreRequests(requests);
    }
    return connection->begin("score", std::move(packed));
}

/// The engine keeps only the last few calibrations and says when it has dropped the one that is named.
Result<Json> EngineClient::Impl::askWithCalibration(
    const char* op, Json args, const std::shared_ptr<const CalibrationSnapshot>& calibration,
    const Job& job) {
    const std::string hash = calibration ? hashOf(calibration) : std::string();
    args["calibration"] = hash;
    for (int attempt = 0;; ++attempt) {
        if (calibration && !uploaded.contains(hash)) {
            if (auto sent = upload(*calibration, hash, job); !sent.ok()) {
                return sent.error();
            }
        }
        auto answer = call(op, args, job);
        if (!answer.ok() || !answer.value().contains("unknownCalibration")) {
            return answer;
        }
        uploaded.erase(hash);
        if (attempt == 1 || !calibration) {
            return connection->fail(Error::failed("The engine does not keep the calibration it was sent."));
        }
    }
}

EngineClient::EngineClient(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl)) {
}

EngineClient::~EngineClient() = default;

Result<std::unique_ptr<EngineClient>>
EngineClient::speakingOver(Result<std::unique_ptr<Connection>> connection) {
    if (!connection.ok()) {
        return connection.error();
    }
    auto impl = std::make_unique<Impl>();
    impl->connection = std::move(connection).value();
    return std::unique_ptr<EngineClient>(new EngineClient(std::move(impl)));
}

Result<std::unique_ptr<EngineClient>> EngineClient::start(const EngineCommand& command) {
    return speakingOver(Connection::open(command));
}

Result<std::unique_ptr<EngineClient>>
EngineClient::over(int readFrom, int writeTo, const EnginePatience& patience) {
    return speakingOver(Connection::over(FileDescriptor(readFrom), FileDescriptor(writeTo), patience));
}

int EngineClient::processId() const {
    return m_impl->connection->processId();
}

EngineTraffic EngineClient::traffic() const {
    return m_impl->connection->traffic();
}

Result<EngineInfo> EngineClient::info() {
    auto answer = m_impl->finishAhead(m_impl->infoAhead, "info", {});
    return answer.ok() ? m_impl->understood(protocol::unpack<EngineInfo>(answer.value()))
                       : Result<EngineInfo>(answer.error());
}

Result<EngineInfo> EngineClient::waitUntilReady(const Job& job) {
    return m_impl->ask<EngineInfo>("info", Json::object(), job);
}

Result<LoadedModel> EngineClient::load(const LoadRequest& request, const Job& job) {
    m_impl->forgetAnnounced();
    m_impl->forgetAhead();
    Connection& connection = *m_impl->connection;
    if (job.stopRequested()) {
        return Error::cancelled();
    }
    const auto load = connection.begin("load", protocol::pack(request));
    if (!load.ok()) {
        return load.error();
    }
    for (const auto& [op, ahead] :
         {std::pair("info", &m_impl->infoAhead), std::pair("tokenizer", &m_impl->tokenizerAhead)}) {
        if (const auto id = connection.begin(op, Json::object()); id.ok()) {
            *ahead = id.value();
        }
    }
    auto answer = connection.finish(load.value(), job, {});
    if (!answer.ok()) {
        m_impl->forgetAhead();
        return answer.error();
    }
    return m_impl->understood(protocol::unpack<LoadedModel>(answer.value()));
}

Result<std::string> EngineClient::tokenizerJson() {
    auto answer = m_impl->finishAhead(m_impl->tokenizerAhead, "tokenizer", {});
    if (!answer.ok()) {
        return answer.error();
    }
    std::string text;
    Fields fields(answer.value(), "tokenizer");
    fields.text("text", text);
    return m_impl->understood(fields.result(std::move(text)));
}

Result<WeightStatistics> EngineClient::weightStatistics(const Job& job) {
    return m_impl->ask<WeightStatistics>("weights", Json::object(), job);
}

Result<CalibrationSnapshot> EngineClient::calibrate(const CalibrationRequest& request, const Job& job) {
    auto answer = m_impl->call("calibrate", protocol::pack(request), job);
    if (!answer.ok()) {
        return answer.error();
    }
    std::string hash;
    Fields fields(answer.value(), "calibration");
    fields.text("hash", hash, 64);
    if (!fields.ok()) {
        return m_impl->connection->fail(fields.error());
    }
    m_impl->uploaded.insert(hash);
    return m_impl->understood(protocol::unpack<CalibrationSnapshot>(answer.value()));
}

Result<std::vector<std::string>> EngineClient::applyPlan(
    const QuantPlan& plan, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    auto answer = m_impl->askWithCalibration("apply", {{"plan", protocol::pack(plan)}}, calibration, job);
    if (!answer.ok()) {
        return answer.error();
    }
    std::vector<std::string> warnings;
    Fields fields(answer.value(), "answer");
    fields.texts("warnings", warnings);
    return m_impl->understood(fields.result(std::move(warnings)));
}

Result<SiteErrors> EngineClient::siteErrors(
    const SiteErrorRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    auto answer =
        m_impl->askWithCalibration("siteErrors", {{"request", protocol::pack(request)}}, calibration, job);
    if (!answer.ok()) {
        return answer.error();
    }
    auto errors = m_impl->understood(protocol::unpack<SiteErrors>(answer.value()));
    if (errors.ok() && errors.value().relative.size() != request.plans.size()) {
        return m_impl->connection->fail(
            Error::failed("The number of plans that were measured is not the number of those sent."));
    }
    return errors;
}

Result<ForwardResult> EngineClient::forward(const ForwardRequest& request, const Job& job) {
    auto result = m_impl->ask<ForwardResult>("forward", protocol::pack(request), job);
    if (!result.ok()) {
        return result;
    }
    const ForwardResult& got = result.value();
    bool fits = got.logits.size() == request.sequences.size() && got.hiddenStates.empty() == !request.hidden;
    for (std::size_t i = 0; fits && i < got.logits.size(); ++i) {
        const std::size_t tokens = request.sequences[i].size();
        fits = got.logits[i].size() == tokens * static_cast<std::size_t>(got.vocabulary);
        for (const auto& depth : got.hiddenStates) {
            fits = fits && depth.size() == request.sequences.size() &&
                   depth[i].size() == tokens * static_cast<std::size_t>(got.hidden);
        }
    }
    return fits ? std::move(result)
                : Result<ForwardResult>(m_impl->connection->fail(
                      Error::failed("The forward result does not have the shape of its request.")));
}

Result<std::vector<Score>>
EngineClient::score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) {
    std::size_t received = 0;
    const auto onPartial = [&](const Json& message) -> Result<void> {
        auto block = [&] {
            const Stopwatch unpacking(m_impl->connection->traffic().unpackSeconds);
            return protocol::unpack<protocol::ScoreBlock>(message);
        }();
        if (!block.ok()) {
            return block.error();
        }
        const auto& [first, scores] = block.value();
        if (first != received || scores.size() > requests.size() - received) {
            return Error::failed("Scores came out of their order.");
        }
        received += scores.size();
        if (sink) {
            sink(first, scores);
        }
        return {};
    };
    auto& announced = m_impl->announced;
    if (!announced.empty() && !same(announced.front().requests, requests)) {
        m_impl->forgetAnnounced();
    }
    if (job.stopRequested()) {
        m_impl->forgetAnnounced();
        return Error::cancelled();
    }
    const auto id =
        announced.empty() ? m_impl->beginScore(requests) : Result<std::uint64_t>(announced.front().id);
    if (!id.ok()) {
        return id.error();
    }
    if (!announced.empty()) {
        announced.pop_front();
    }
    auto answer = m_impl->connection->finish(id.value(), job, onPartial);
    if (!answer.ok()) {
        m_impl->forgetAnnounced();
        return answer.error();
    }
    const Stopwatch unpacking(m_impl->connection->traffic().unpackSeconds);
    auto all = m_impl->understood(protocol::unpack<protocol::ScoreBlock>(answer.value()));
    if (!all.ok()) {
        return all.error();
    }
    if (all.value().scores.size() != requests.size()) {
        return m_impl->connection->fail(Error::failed("The number of scores is not the number of requests."));
    }
    return std::move(all).value().scores;
}

void EngineClient::announce(std::span<const ScoreRequest> requests) {
    // A failure shows when the scores are asked for.
    if (const auto id = m_impl->beginScore(requests); id.ok()) {
        m_impl->announced.push_back({id.value(), {requests.begin(), requests.end()}});
    }
}

Result<std::vector<std::int32_t>> EngineClient::generate(const GenerateRequest& request, const Job& job) {
    auto answer = m_impl->call("generate", protocol::pack(request), job);
    if (!answer.ok()) {
        return answer.error();
    }
    std::vector<std::int32_t> tokens;
    Fields fields(answer.value(), "answer");
    fields.numbers("tokens", tokens);
    return m_impl->understood(fields.result(std::move(tokens)));
}

Result<ExportReport> EngineClient::exportCheckpoint(
    const ExportRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    auto answer =
        m_impl->askWithCalibration("export", {{"request", protocol::pack(request)}}, calibration, job);
    if (!answer.ok()) {
        return answer.error();
    }
    return m_impl->understood(protocol::unpack<ExportReport>(answer.value()));
}

Result<FolderListing> EngineClient::listFolder(const std::string& path, const Job& job) {
    return m_impl->ask<FolderListing>("listFolder", {{"path", path}}, job);
}

Result<CachedModels> EngineClient::cachedModels(const Job& job) {
    return m_impl->ask<CachedModels>("cachedModels", Json::object(), job);
}

Result<OrderedJson> EngineClient::describeModel(const std::string& model, bool hash, const Job& job) {
    return m_impl->ask<OrderedJson>("describeModel", {{"path", model}, {"hash", hash}}, job);
}

Result<TokenizerText> EngineClient::tokenizerOf(const std::string& model, const Job& job) {
    return m_impl->ask<TokenizerText>("tokenizerOf", {{"path", model}}, job);
}

Result<std::string> EngineClient::checkNewFolder(const std::string& path, bool overwrite, const Job& job) {
    auto answer = m_impl->call("checkNewFolder", {{"path", path}, {"overwrite", overwrite}}, job);
    if (!answer.ok()) {
        return answer.error();
    }
    std::string folder;
    Fields fields(answer.value(), "answer");
    fields.text("text", folder, 4096);
    return m_impl->understood(fields.result(std::move(folder)));
}

Result<void> EngineClient::makeModel(
    const std::string& like, std::uint64_t seed, const std::string& folder, const Job& job) {
    const auto answer = m_impl->call("makeModel", {{"like", like}, {"seed", seed}, {"path", folder}}, job);
    return answer.ok() ? Result<void>() : Result<void>(answer.error());
}

Result<OrderedJson> EngineClient::bench(const BenchRequest& request, const Job& job) {
    return m_impl->ask<OrderedJson>("bench", protocol::pack(request), job);
}

} // namespace mambascope
