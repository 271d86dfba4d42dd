// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/engine/fake_engine.h"

#include "core/base/file.h"
#include "core/base/hash.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace mambascope::test {
namespace {

constexpr std::size_t kScoresPerBatch = 4;

/// A number in [0, 1) that depends on all arguments (splitmix64's finalizer).
double mixed(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    std::uint64_t x = a * 0x9e3779b97f4a7c15u + b * 0xbf58476d1ce4e5b9u + c * 0x94d049bb133111ebu;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>((x ^ (x >> 31)) >> 11) / 9007199254740992.0; // 2^53
}

using Words = std::map<std::string, int, std::less<>>;

Words parseWords(const std::string& text) {
    Words words;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string word = text.substr(at, end - at);
        const std::size_t equals = word.find('=');
        words[word.substr(0, equals)] =
            equals == std::string::npos ? 1 : std::atoi(word.c_str() + equals + 1);
        at = end + 1;
    }
    return words;
}

class FakeEngine : public Engine {
public:
    Result<EngineInfo> info() override {
        return EngineInfo{"fake", MAMBASCOPE_VERSION, "no tensors", {{"cpu", "Made-up processor", 1 << 30}}};
    }
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
    int word(std::string_view name, int otherwise = 0) const {
        const auto found = m_words.find(name);
        return found == m_words.end() ? otherwise : found->second;
    }
    /// Takes the time of a batch and does what the model's name asks for. False: stop.
    bool batch(const Job& job);
    Result<void> ready() const;
    Score scoreOf(const ScoreRequest& request) const;
    std::vector<float> row(std::span<const std::int32_t> sequence, int width, std::uint64_t salt) const;
    ChannelStatistics statistics(SiteId site, Side side, std::int64_t tokens) const;

    Words m_words;
    std::optional<LoadedModel> m_model;
    std::uint64_t m_salt = 0; ///< of the plan that is set
    int m_batches = 0;
};

Result<void> FakeEngine::ready() const {
    return m_model ? Result<void>() : Result<void>(Error::usage("No model is loaded."));
}

bool FakeEngine::batch(const Job& job) {
    if (job.stopRequested() && word("deaf") == 0) {
        return false;
    }
    ++m_batches;
    if (word("chatty") != 0) {
        std::printf("a library prints %d\n", m_batches);
        std::fflush(stdout);
        std::fprintf(stderr, "a library complains %d\n", m_batches);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(word("batch")));
    if (m_batches == word("throw")) {
        throw std::runtime_error("shapes do not match\nframe #0: somewhere");
    }
    if (m_batches == word("bad-alloc")) {
        throw std::bad_alloc();
    }
    if (m_batches == word("abort")) {
        std::fprintf(stderr, "about to abort\n");
        std::abort();
    }
    if (m_batches == word("exit")) {
        std::fprintf(stderr, "about to leave\n");
        ::_exit(7);
    }
    return true;
}

Result<LoadedModel> FakeEngine::load(const LoadRequest& request, const Job& job) {
    const Words words = parseWords(request.model);
    if (words.contains("missing")) {
        return Error{
            ErrorCode::Unreadable, "The checkpoint does not exist.", "Check its path.", request.model};
    }
    m_words = words;
    m_batches = 0;
    m_salt = 0;
    LoadedModel model;
    model.spec.layers = word("layers", 4);
    model.spec.hidden = 16;
    model.spec.inner = word("inner", 64);
    model.spec.state = 4;
    model.spec.dtRank = 2;
    model.spec.convKernel = 4;
    model.spec.vocabulary = word("vocabulary", 1024);
    model.name = request.model.substr(0, request.model.find(','));
    model.path = "/models/" + model.name;
    model.hash = contentHash(request.model);
    model.warnings = {"This model is made up."};
    model.device = request.device == "auto" ? "cpu" : request.device;
    model.deviceName = "Made-up processor";
    model.dtype = request.dtype;
    model.hasTokenizer = !words.contains("no-tokenizer");
    for (int layer = 0; layer < model.spec.layers; ++layer) {
        job.report(
            "Loading", static_cast<std::uint64_t>(layer + 1), static_cast<std::uint64_t>(model.spec.layers));
    }
    m_model = model;
    return model;
}

Result<std::string> FakeEngine::tokenizerJson() {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    if (!m_model->hasTokenizer) {
        return Error::unreadable("The checkpoint has no tokenizer.json.");
    }
    return readFile(sourceFolder() / "resources" / "demo" / "tokenizer.json");
}

Result<WeightStatistics> FakeEngine::weightStatistics(const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    WeightStatistics all;
    for (int index = 0; index < m_model->spec.siteCount(); ++index) {
        if (index % 4 == 0 && !batch(job)) {
            return Error::cancelled();
        }
        const SiteId site = SiteId::fromIndex(index);
        auto& columns = all.columnAbsmax.emplace_back(m_model->spec.inputs(site.linear));
        for (std::size_t i = 0; i < columns.size(); ++i) {
            columns[i] = static_cast<float>(0.1 + mixed(static_cast<std::uint64_t>(index), i, 1));
        }
    }
    return all;
}

ChannelStatistics FakeEngine::statistics(SiteId site, Side side, std::int64_t tokens) const {
    const auto channels = static_cast<std::size_t>(m_model->spec.channels(site.linear, side));
    const bool outlier = site.linear == Linear::OutProj && side == Side::Input;
    const std::size_t outlierChannel = static_cast<std::size_t>(site.layer * 7) % channels;
    ChannelStatistics result;
    result.histogram.assign(kHistogramBins, 0);
    for (std::size_t i = 0; i < channels; ++i) {
        const double u = mixed(static_cast<std::uint64_t>(site.index()), i, side == Side::Input ? 2 : 3);
        const auto largest = static_cast<float>(outlier && i == outlierChannel ? 40.0 : 1.0 + 0.5 * u);
        result.absmax.push_back(largest);
        result.min.push_back(-largest);
        result.max.push_back(0.5f * largest);
        result.mean.push_back(static_cast<float>(0.1 * (u - 0.5)));
        result.m2.push_back(0.04f * largest * largest);
        result.above6.push_back(largest >= 6 ? tokens : 0);
        result.histogram[static_cast<std::size_t>(histogramBin(largest))] += tokens;
    }
    return result;
}

Result<CalibrationSnapshot> FakeEngine::calibrate(const CalibrationRequest& request, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    CalibrationSnapshot snapshot;
    snapshot.spec = m_model->spec;
    snapshot.source = request.source;
    snapshot.source.samples = 0;
    for (const auto& window : request.windows) {
        if (!batch(job)) {
            snapshot.source.partial = true;
            break;
        }
        ++snapshot.source.samples;
        snapshot.source.tokens += static_cast<std::int64_t>(window.size());
        job.report(
            "Calibrating", static_cast<std::uint64_t>(snapshot.source.samples), request.windows.size());
    }
    if (snapshot.source.samples == 0) {
        return snapshot.source.partial ? Error::cancelled()
                                       : Error::usage("There is nothing to calibrate on.");
    }
    snapshot.source.checkpointHash = m_model->hash;
    snapshot.source.checkpointName = m_model->name;
    snapshot.source.engine = "fake " MAMBASCOPE_VERSION;
    snapshot.source.dtype = m_model->dtype;
    for (int index = 0; index < m_model->spec.siteCount(); ++index) {
        const SiteId site = SiteId::fromIndex(index);
        snapshot.sites.push_back(
            {statistics(site, Side::Input, snapshot.source.tokens),
             statistics(site, Side::Output, snapshot.source.tokens)});
    }
    return snapshot;
}

Result<std::vector<std::string>> FakeEngine::applyPlan(
    const QuantPlan& plan, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    if (plan.needsCalibration(m_model->spec.layers) && !calibration) {
        return Error::usage("The plan needs a calibration.", "Calibrate first.");
    }
    if (!batch(job)) {
        return Error::cancelled();
    }
    const std::string determined = planHash(plan) + (calibration ? calibrationHash(*calibration) : "");
    m_salt = plan.isBaseline(m_model->spec.layers)
                 ? 0
                 : std::strtoull(contentHash(determined).substr(0, 15).c_str(), nullptr, 16);
    std::vector<std::string> warnings{"The plan was set."};
    if (calibration) {
        warnings.push_back(
            "It uses a calibration of " + std::to_string(calibration->source.tokens) + " tokens.");
    }
    return warnings;
}

std::vector<float>
FakeEngine::row(std::span<const std::int32_t> sequence, int width, std::uint64_t salt) const {
    std::vector<float> values;
    values.reserve(sequence.size() * static_cast<std::size_t>(width));
    for (const std::int32_t token : sequence) {
        for (int i = 0; i < width; ++i) {
            values.push_back(static_cast<float>(
                mixed(static_cast<std::uint64_t>(token), static_cast<std::uint64_t>(i), salt + m_salt) -
                0.5));
        }
    }
    return values;
}

Result<ForwardResult> FakeEngine::forward(const ForwardRequest& request, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    ForwardResult result;
    result.vocabulary = m_model->spec.vocabulary;
    result.hidden = m_model->spec.hidden;
    result.hiddenStates.resize(request.hidden ? static_cast<std::size_t>(m_model->spec.layers + 2) : 0);
    for (const auto& sequence : request.sequences) {
        if (!batch(job)) {
            return Error::cancelled();
        }
        result.logits.push_back(row(sequence, result.vocabulary, 0));
        for (std::size_t depth = 0; depth < result.hiddenStates.size(); ++depth) {
            result.hiddenStates[depth].push_back(row(sequence, result.hidden, depth + 1));
        }
        job.report("Running", result.logits.size(), request.sequences.size());
    }
    return result;
}

Score FakeEngine::scoreOf(const ScoreRequest& request) const {
    Score score;
    for (const std::int32_t token : request.continuation) {
        score.logLikelihood -= 0.01 + mixed(
                                          static_cast<std::uint64_t>(token),
                                          static_cast<std::uint64_t>(request.context.back()), m_salt);
    }
    score.greedy = mixed(request.context.size(), request.continuation.size(), m_salt) < 0.5;
    return score;
}

Result<SiteErrors> FakeEngine::siteErrors(
    const SiteErrorRequest& request, std::shared_ptr<const CalibrationSnapshot>, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    SiteErrors errors;
    for (const QuantPlan& plan : request.plans) {
        if (!batch(job)) {
            return Error::cancelled();
        }
        // As if 0.3 were the best α everywhere and every bit halved the error.
        std::vector<double>& ofPlan =
            errors.relative.emplace_back(static_cast<std::size_t>(m_model->spec.siteCount()));
        for (const SiteId site : m_model->spec.sites()) {
            const SiteSettings settings = plan.at(site);
            const double alpha = settings.alpha.value_or(0.9) - 0.3;
            ofPlan[static_cast<std::size_t>(site.index())] =
                alpha * alpha + std::exp2(-settings.weightBits) * static_cast<double>(request.windows.size());
        }
    }
    return errors;
}

Result<std::vector<Score>>
FakeEngine::score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    std::vector<Score> scores;
    while (scores.size() < requests.size()) {
        if (!batch(job)) {
            return Error::cancelled();
        }
        const std::size_t first = scores.size();
        for (std::size_t i = first; i < std::min(first + kScoresPerBatch, requests.size()); ++i) {
            scores.push_back(scoreOf(requests[i]));
        }
        if (sink) {
            sink(first, std::span(scores).subspan(first));
        }
        job.report("Scoring", scores.size(), requests.size());
    }
    return scores;
}

Result<std::vector<std::int32_t>> FakeEngine::generate(const GenerateRequest& request, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    std::vector<std::int32_t> tokens;
    while (tokens.size() < static_cast<std::size_t>(request.count)) {
        if (!batch(job)) {
            return Error::cancelled();
        }
        const std::int32_t last =
            !tokens.empty() ? tokens.back() : (request.prompt.empty() ? 0 : request.prompt.back());
        tokens.push_back(
            static_cast<std::int32_t>(mixed(static_cast<std::uint64_t>(last), tokens.size(), m_salt) * 1000));
    }
    return tokens;
}

Result<ExportReport> FakeEngine::exportCheckpoint(
    const ExportRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    if (auto loaded = ready(); !loaded.ok()) {
        return loaded.error();
    }
    for (int layer = 0; layer < m_model->spec.layers; ++layer) {
        if (!batch(job)) {
            return Error::cancelled();
        }
        job.report(
            "Exporting", static_cast<std::uint64_t>(layer + 1),
            static_cast<std::uint64_t>(m_model->spec.layers));
    }
    // What it was asked for, so that a test sees that everything arrived. It writes nothing.
    ExportReport report;
    report.files = {(request.folder / "model.safetensors").string()};
    report.notes = {
        planHash(request.plan),
        request.calibrationHash,
        request.checkpointHash,
        request.overwrite ? "overwrite" : "keep",
        request.dtype ? std::string(dtypeName(*request.dtype)) : std::string("none"),
        calibration ? calibrationHash(*calibration) : std::string("none"),
        std::string(exportFormatName(request.format)) + " " + request.ggufType + " " +
            std::to_string(request.shardBytes)};
    report.bytes = std::int64_t{1} << 40;
    return report;
}

Result<OrderedJson> FakeEngine::bench(const BenchRequest& request, const Job& job) {
    if (!batch(job)) {
        return Error::cancelled();
    }
    // Keys that an ordinary map would sort otherwise.
    return OrderedJson{
        {"tokens_per_second", 1000.5},
        {"batch", request.batch},
        {"length", request.length},
        {"repeat", request.repeat}};
}

} // namespace

std::unique_ptr<Engine> makeFakeEngine() {
    return std::make_unique<FakeEngine>();
}

std::function<Result<std::unique_ptr<Engine>>()> fakeEngineFactory() {
    return [] {
        return Result<std::unique_ptr<Engine>>(makeFakeEngine());
    };
}

} // namespace mambascope::test
