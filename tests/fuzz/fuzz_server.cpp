// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever comes from a client, given to the engine's side: every request is answered or refused. Requests that
// would write files, or walk through those of the machine that fuzzes, are left out.
#include "core/engine/dispatcher.h"
#include "core/engine/fields.h"
#include "core/engine/protocol.h"
#include "tests/fuzz/framed_pieces.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace mambascope;

/// Answers every request with something of its size.
class SmallEngine : public Engine {
public:
    Result<EngineInfo> info() override { return EngineInfo{"small", "1", "none", {{"cpu", "none", 1}}}; }
    Result<LoadedModel> load(const LoadRequest& request, const Job&) override {
        LoadedModel model;
        model.name = request.model;
        return model;
    }
    Result<std::string> tokenizerJson() override { return std::string("{}"); }
    Result<WeightStatistics> weightStatistics(const Job&) override { return WeightStatistics{{{1.0f}}}; }
    Result<CalibrationSnapshot> calibrate(const CalibrationRequest& request, const Job&) override {
        CalibrationSnapshot snapshot;
        snapshot.source = request.source;
        return snapshot;
    }
    Result<std::vector<std::string>> applyPlan(
        const QuantPlan& plan, std::shared_ptr<const CalibrationSnapshot> calibration, const Job&) override {
        return std::vector<std::string>{planHash(plan), calibration ? "calibrated" : ""};
    }
    Result<SiteErrors>
    siteErrors(const SiteErrorRequest& request, std::shared_ptr<const CalibrationSnapshot>, const Job&) override {
        return SiteErrors{std::vector<std::vector<double>>(request.plans.size(), {0.5})};
    }
    Result<ForwardResult> forward(const ForwardRequest& request, const Job&) override {
        ForwardResult result;
        result.vocabulary = 1;
        for (const auto& sequence : request.sequences) {
            result.logits.emplace_back(sequence.size(), 0.5f);
        }
        return result;
    }
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job&) override {
        std::vector<Score> scores(requests.size());
        if (sink) {
            sink(0, scores);
        }
        return scores;
    }
    Result<std::vector<std::int32_t>> generate(const GenerateRequest& request, const Job&) override {
        return request.prompt;
    }
    Result<ExportReport> exportCheckpoint(
        const ExportRequest& request, std::shared_ptr<const CalibrationSnapshot>, const Job&) override {
        return ExportReport{{request.folder.string()}, {planHash(request.plan)}, 1};
    }
    Result<OrderedJson> bench(const BenchRequest& request, const Job&) override {
        return OrderedJson{{"batch", request.batch}};
    }
};

bool touchesFiles(std::string_view op) {
    constexpr std::array<std::string_view, 6> kOps{"listFolder",  "cachedModels",   "describeModel",
                                                   "tokenizerOf", "checkNewFolder", "makeModel"};
    return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

void take(protocol::Dispatcher& dispatcher, const Json& message) {
    std::string op;
    std::int64_t id = 0;
    protocol::Fields fields(message, "request");
    fields.integer("id", id, 1).text("op", op, 64);
    const Json* args = fields.map("args");
    if (!fields.ok() || touchesFiles(op)) {
        return;
    }
    const auto answer = dispatcher.run(op, *args, {}, [](const Json& partial) {
        (void)protocol::frame(partial, protocol::FrameKind::Message);
    });
    if (answer.ok()) {
        (void)protocol::frame(answer.value(), protocol::FrameKind::Message);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    protocol::FrameBuffer buffer;
    buffer.append(test::framedPieces({data, size}));
    protocol::Dispatcher dispatcher([] { return Result<std::unique_ptr<Engine>>(std::make_unique<SmallEngine>()); });
    bool greeted = false;
    while (true) {
        const auto message = buffer.next(greeted ? protocol::kMaxFrameBytes : protocol::kMaxHelloBytes);
        if (!message.ok() || !message.value()) {
            return 0;
        }
        if (!greeted && !protocol::checkHello(*message.value(), "client").ok()) {
            return 0;
        }
        if (greeted) {
            take(dispatcher, *message.value());
        }
        greeted = true;
    }
}
