// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine promises whatever the model: same plan, same number; and what it refuses.
#include "core/base/file.h"
#include "tests/plugins/engine_support.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace mambascope;
using namespace mambascope::test;

namespace {

std::filesystem::path tiny() {
    return test::fixtureFolder() / "hf-f32";
}

/// A row for one fixture of every architecture.
void architectures() {
    QTest::addColumn<QString>("fixture");
    for (const char* fixture : {"hf-f32", "falcon-mamba", "mamba2"}) {
        QTest::newRow(fixture) << QString::fromLatin1(fixture);
    }
}

std::filesystem::path fixtureOfRow() {
    QFETCH(QString, fixture);
    return test::fixtureFolder() / fixture.toStdString();
}

/// Three contexts; the first has four continuations, the second one, the third two of one token.
std::vector<ScoreRequest> someRequests() {
    const auto a = someTokens(37, 1), b = someTokens(90, 2), c = someTokens(1, 3);
    return {{a, someTokens(5, 4)},  {a, someTokens(9, 5)}, {a, someTokens(1, 6)}, {a, someTokens(2, 7)},
            {b, someTokens(17, 8)}, {c, someTokens(1, 9)}, {c, someTokens(1, 10)}};
}

QuantPlan activations(ActivationScale scale, ActivationSide side) {
    QuantPlan plan;
    plan.defaults.weightBits = 8;
    plan.defaults.activationBits = 8;
    plan.defaults.activationSide = side;
    plan.defaults.activationScale = scale;
    return plan;
}

} // namespace

class TorchEngineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void scoresDoNotDependOnBatchForkingOrThreads_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<int>("scale");
        QTest::addColumn<int>("side");
        for (const char* fixture : {"hf-f32", "falcon-mamba", "mamba2"}) {
            const QString name = QString::fromLatin1(fixture);
            QTest::addRow("%s, baseline", fixture) << name << -1 << 0;
            for (const ActivationScale scale :
                 {ActivationScale::Static, ActivationScale::Token, ActivationScale::Dynamic}) {
                for (const ActivationSide side :
                     {ActivationSide::Input, ActivationSide::Output, ActivationSide::Both}) {
                    QTest::addRow(
                        "%s, %s %s", fixture, std::string(activationScaleName(scale)).c_str(),
                        std::string(activationSideName(side)).c_str())
                        << name << static_cast<int>(scale) << static_cast<int>(side);
                }
            }
        }
    }
    void scoresDoNotDependOnBatchForkingOrThreads() {
        QFETCH(int, scale);
        QFETCH(int, side);
        const auto engine = engineFor(fixtureOfRow(), 2), alone = engineFor(fixtureOfRow(), 1);
        QVERIFY(engine && alone);
        if (scale >= 0) {
            const QuantPlan plan =
                activations(static_cast<ActivationScale>(scale), static_cast<ActivationSide>(side));
            const auto calibration = calibrationOf(*engine);
            QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
            QVERIFY(alone->applyPlan(plan, calibration, {}).ok());
        }
        const std::vector<ScoreRequest> requests = someRequests();
        const std::vector<Score> together = engine->score(requests, {}, {}).value();
        std::vector<Score> singly; // one request a call: no batch, no shared context
        for (const ScoreRequest& request : requests) {
            singly.push_back(alone->score({&request, 1}, {}, {}).value().front());
        }
        QVERIFY(together == singly);
        engine->setScoringLimits({1, 1});
        std::vector<Score> streamed;
        const auto sink = [&](std::size_t first, std::span<const Score> scores) {
            QCOMPARE(first, streamed.size());
            streamed.insert(streamed.end(), scores.begin(), scores.end());
        };
        QVERIFY(engine->score(requests, sink, {}).value() == together);
        QVERIFY(streamed == together);
    }

    void scoreIsTheLogSoftmaxOfForward() {
        const auto engine = engineFor(tiny());
        const ScoreRequest request{someTokens(20, 40), someTokens(6, 41)};
        std::vector<std::int32_t> input = request.context;
        input.insert(input.end(), request.continuation.begin(), request.continuation.end() - 1);
        const std::vector<float> logits = engine->forward({{input}, false}, {}).value().logits.front();
        double expected = 0;
        for (std::size_t k = 0; k < 6; ++k) {
            const float* row = logits.data() + (19 + k) * 256;
            double sum = 0;
            for (int v = 0; v < 256; ++v) {
                sum += std::exp(static_cast<double>(row[v]));
            }
            expected += static_cast<double>(row[request.continuation[k]]) - std::log(sum);
        }
        const Score score = engine->score({&request, 1}, {}, {}).value().front();
        QVERIFY(std::fabs(score.logLikelihood - expected) < 1e-5);
    }

    void calibrationDoesNotSeeThePlanNorTheThreads() {
        const auto engine = engineFor(tiny(), 2), other = engineFor(tiny(), 1);
        const auto before = calibrationOf(*engine);
        QVERIFY(
            engine->applyPlan(activations(ActivationScale::Static, ActivationSide::Both), before, {}).ok());
        const std::vector<float> planned = logitsOf(*engine);
        QVERIFY(*calibrationOf(*engine) == *before);
        QVERIFY(*calibrationOf(*other) == *before);
        QCOMPARE(logitsOf(*engine), planned); // and the plan is still set
    }

    void plansCanBeSwitched() {
        const auto engine = engineFor(tiny());
        const std::vector<float> baseline = logitsOf(*engine);
        const auto calibration = calibrationOf(*engine);
        QuantPlan all;
        all.defaults.weightBits = 4;
        all.groups = ParameterGroups::all();
        QVERIFY(engine->applyPlan(all, nullptr, {}).ok());
        const std::vector<float> four = logitsOf(*engine);
        QVERIFY(relativeDifference(baseline, four) > 1e-3);
        QVERIFY(
            engine->applyPlan(activations(ActivationScale::Static, ActivationSide::Input), calibration, {})
                .ok());
        QVERIFY(engine->applyPlan(all, nullptr, {}).ok());
        QCOMPARE(logitsOf(*engine), four);
        QVERIFY(engine->applyPlan({}, nullptr, {}).ok());
        QCOMPARE(logitsOf(*engine), baseline);
    }

    void aPlanThatFailsLeavesTheOldOne() {
        const auto engine = engineFor(tiny());
        const std::vector<float> before = logitsOf(*engine);
        const auto failed =
            engine->applyPlan(activations(ActivationScale::Static, ActivationSide::Input), nullptr, {});
        QVERIFY(!failed.ok());
        QVERIFY(failed.error().code == ErrorCode::Usage);
        QCOMPARE(logitsOf(*engine), before);
    }

    void smoothingAloneChangesNothing_data() { architectures(); }
    void smoothingAloneChangesNothing() {
        // The identity X·Wᵀ = (X/s)·(W·s)ᵀ, up to rounding (quantization specification, SmoothQuant).
        // The bound is the fixtures' own: what another order of rounding may do to their logits.
        const auto engine = engineFor(fixtureOfRow());
        const std::vector<float> before = logitsOf(*engine);
        for (const double alpha : {0.0, 0.5, 1.0}) {
            QuantPlan plan;
            plan.defaults.alpha = alpha;
            QVERIFY(engine->applyPlan(plan, calibrationOf(*engine), {}).ok());
            const double difference = relativeDifference(before, logitsOf(*engine));
            qInfo("alpha %.1f: %.1e of the largest logit", alpha, difference);
            QVERIFY(difference <= 5e-5);
            QVERIFY(difference > 0); // it did run
        }
    }

    void smoothingSurvivesTheExport_data() { architectures(); }
    void smoothingSurvivesTheExport() {
        // Folded into the norms where that is exact, divided out of the columns elsewhere; same bound as
        // above.
        const auto engine = engineFor(fixtureOfRow());
        const std::vector<float> before = logitsOf(*engine);
        const test::TemporaryFolder folder;
        ExportRequest request;
        request.folder = folder.path() / "smoothed";
        request.plan.defaults.alpha = 0.5;
        const auto report = engine->exportCheckpoint(request, calibrationOf(*engine), {});
        QVERIFY2(report.ok(), report.ok() ? "" : describe(report.error()).c_str());
        const auto exported = engineFor(request.folder);
        QVERIFY(exported);
        const double difference = relativeDifference(before, logitsOf(*exported));
        qInfo("%.1e of the largest logit", difference);
        QVERIFY(difference <= 5e-5);
        // Eight bits a channel of the smoothed weights: far from the float weights, so the fold must be
        // right.
        request.folder = folder.path() / "quantized";
        request.plan.defaults.weightBits = 4;
        QVERIFY(engine->applyPlan(request.plan, calibrationOf(*engine), {}).ok());
        const std::vector<float> quantized = logitsOf(*engine);
        QVERIFY(relativeDifference(before, quantized) > 1e-2);
        QVERIFY(engine->exportCheckpoint(request, calibrationOf(*engine), {}).ok());
        QVERIFY(relativeDifference(quantized, logitsOf(*engineFor(request.folder))) <= 5e-5);
    }

    void exportedWeightsGiveTheSameLogits_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<bool>("packed");
        for (const auto& entry : std::filesystem::directory_iterator(test::fixtureFolder())) {
            if (entry.is_directory()) {
                const std::string name = entry.path().filename().string();
                QTest::addRow("%s, hf", name.c_str()) << QString::fromStdString(name) << false;
                QTest::addRow("%s, compressed-tensors", name.c_str()) << QString::fromStdString(name) << true;
            }
        }
    }
    void exportedWeightsGiveTheSameLogits() {
        QFETCH(bool, packed);
        const auto engine = engineFor(fixtureOfRow());
        QuantPlan plan;
        plan.defaults.weightBits = 4;
        plan.groups = ParameterGroups::all();
        QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
        const test::TemporaryFolder folder;
        ExportRequest request;
        request.folder = folder.path() / "w4";
        request.plan = plan;
        request.format = packed ? ExportFormat::CompressedTensors : ExportFormat::HuggingFace;
        const auto report = engine->exportCheckpoint(request, nullptr, {});
        QVERIFY2(report.ok(), report.ok() ? "" : describe(report.error()).c_str());
        const auto exported = engineFor(request.folder);
        QVERIFY(exported);
        QCOMPARE(logitsOf(*exported), logitsOf(*engine));
    }

    void zeroingAChannelIsZeroingTheWeightsColumn() {
        const auto engine = engineFor(tiny());
        const std::vector<float> before = logitsOf(*engine);
        // Calibration in which channel 7 of every in_proj input stands far out of the 64, so that the rule
        // takes it.
        CalibrationSnapshot marked = *calibrationOf(*engine);
        for (int layer = 0; layer < marked.spec.layers; ++layer) {
            auto& absmax =
                marked.sites[static_cast<std::size_t>(SiteId{layer, Linear::InProj}.index())][0].absmax;
            std::fill(absmax.begin(), absmax.end(), 1.0f);
            absmax[7] = 1000.0f;
        }
        const auto calibration = std::make_shared<const CalibrationSnapshot>(marked);
        QuantPlan plan;
        plan.linears[0].zeroOutliers = true;
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        const std::vector<float> zeroed = logitsOf(*engine);
        QVERIFY(relativeDifference(before, zeroed) > 1e-4);
        // The exporter zeroes the columns of the weight instead.
        const test::TemporaryFolder folder;
        ExportRequest request;
        request.folder = folder.path() / "zeroed";
        request.plan = plan;
        QVERIFY(engine->exportCheckpoint(request, calibration, {}).ok());
        const auto exported = engineFor(request.folder);
        QVERIFY(exported);
        QVERIFY(relativeDifference(zeroed, logitsOf(*exported)) < 1e-6);
    }

    void settingsOfLinearsThatAreNotThere() {
        const auto engine = engineFor(test::fixtureFolder() / "mamba2");
        const std::vector<float> before = logitsOf(*engine);
        QuantPlan plan;
        plan.linears[static_cast<std::size_t>(Linear::XProj)].weightBits = 4;
        const auto warnings = engine->applyPlan(plan, nullptr, {});
        QVERIFY(warnings.ok());
        QCOMPARE(warnings.value().size(), std::size_t{1});
        QVERIFY(warnings.value().front().find("a Mamba-2 block has no x_proj") != std::string::npos);
        QCOMPARE(logitsOf(*engine), before);
        plan.sites[{0, Linear::DtProj}].weightBits = 4;
        const auto refused = engine->applyPlan(plan, nullptr, {});
        QVERIFY(refused.error().code == ErrorCode::Usage);
        QVERIFY(refused.error().message.find("has no dt_proj") != std::string::npos);
    }

    void theBoundsOfTheTimeStepAreKept() {
        // With both bounds at 0 the scan's state never leaves 0 and its output is D · u: another model.
        const test::TemporaryFolder folder;
        std::filesystem::copy(test::fixtureFolder() / "mamba2", folder.path() / "m");
        const std::filesystem::path file = folder.path() / "m" / "config.json";
        Json config = Json::parse(readFile(file).value());
        config["time_step_limit"] = {0.0, 1e30};
        QVERIFY(writeFile(file, config.dump(), true).ok());
        const std::vector<float> unbounded = logitsOf(*engineFor(test::fixtureFolder() / "mamba2"));
        QCOMPARE(logitsOf(*engineFor(folder.path() / "m")), unbounded);
        config["time_step_limit"] = {0.0, 0.0};
        QVERIFY(writeFile(file, config.dump(), true).ok());
        QVERIFY(relativeDifference(unbounded, logitsOf(*engineFor(folder.path() / "m"))) > 1e-3);
    }

    void siteErrorsOfPlans_data() { architectures(); }
    void siteErrorsOfPlans() {
        const auto engine = engineFor(fixtureOfRow());
        const auto calibration = calibrationOf(*engine);
        SiteErrorRequest request;
        request.windows = {someTokens(64, 70), someTokens(33, 71)};
        QuantPlan smooth;
        smooth.defaults.alpha = 0.5;
        request.plans = {QuantPlan{}, smooth};
        for (const int bits : {8, 4, 2}) {
            request.plans.emplace_back().defaults.weightBits = bits;
        }
        request.plans.push_back(activations(ActivationScale::Token, ActivationSide::Both));
        request.plans.emplace_back().defaults.weightFormat = NumberFormat::MxFp4;
        const std::vector<float> before = logitsOf(*engine);
        const auto errors = engine->siteErrors(request, calibration, {});
        QVERIFY2(errors.ok(), errors.ok() ? "" : describe(errors.error()).c_str());
        const auto& relative = errors.value().relative;
        QCOMPARE(relative.size(), request.plans.size());
        const ModelSpec& spec = calibration->spec;
        for (int i = 0; i < spec.siteCount(); ++i) {
            const SiteId site = SiteId::fromIndex(i);
            const auto at = [&](std::size_t plan) {
                return relative[plan][static_cast<std::size_t>(i)];
            };
            QCOMPARE(at(0), 0.0);
            if (!spec.has(site.linear)) {
                QCOMPARE(at(4), 0.0);
                continue;
            }
            QVERIFY(at(1) < 1e-11); // the identity of smoothing, squared
            // Uniform noise of a step's width is a 12th of its square: four bits fewer are 2^8 times the
            // error.
            QVERIFY(at(2) > 0 && at(2) < at(3) && at(3) < at(4));
            QVERIFY(at(3) / at(2) > 64 && at(3) / at(2) < 1024);
            QVERIFY(at(5) > at(2) * 0.5 && at(5) < 0.1);
            QVERIFY(at(6) > at(2) && at(6) < at(4));
        }
        QCOMPARE(logitsOf(*engine), before); // no plan was set
        QVERIFY(engine->siteErrors({}, nullptr, {}).error().code == ErrorCode::Usage);
        request.windows = {{256}};
        QVERIFY(engine->siteErrors(request, calibration, {}).error().code == ErrorCode::Usage);
    }

    void generationContinuesFromTheState_data() { architectures(); }
    void generationContinuesFromTheState() {
        // Each step from the carried state gives the argmax that a run over everything gives.
        const auto engine = engineFor(fixtureOfRow());
        std::vector<std::int32_t> sequence = someTokens(11, 50);
        const auto appended = engine->generate({sequence, 8}, {}).value();
        for (const std::int32_t token : appended) {
            const std::vector<float> logits = engine->forward({{sequence}, false}, {}).value().logits.front();
            const auto last = logits.end() - 256;
            QCOMPARE(token, static_cast<std::int32_t>(std::max_element(last, logits.end()) - last));
            sequence.push_back(token);
        }
    }

    void refusals() {
        TorchEngine empty;
        QVERIFY(empty.forward({}, {}).error().code == ErrorCode::Usage);
        QVERIFY(empty.tokenizerJson().error().code == ErrorCode::Usage);
        for (const char* device : {"cuda:7", "tpu"}) {
            LoadRequest request;
            request.model = tiny().string();
            request.device = device;
            QVERIFY(empty.load(request, {}).error().code == ErrorCode::Usage);
        }
        LoadRequest half;
        half.model = tiny().string();
        half.dtype = "f16";
        QVERIFY(empty.load(half, {}).error().code == ErrorCode::Usage);
        LoadRequest missing;
        missing.model = (test::fixtureFolder() / "no such model").string();
        QVERIFY(empty.load(missing, {}).error().code == ErrorCode::Unreadable);
        const auto engine = engineFor(tiny());
        QVERIFY(engine->forward({{{256}}, false}, {}).error().code == ErrorCode::Usage); // ids end at 255
        QVERIFY(engine->forward({{{}}, false}, {}).error().code == ErrorCode::Usage);
        QVERIFY(engine->tokenizerJson().error().code == ErrorCode::Unreadable);
        const ScoreRequest noContext{{}, {1}};
        QVERIFY(engine->score({&noContext, 1}, {}, {}).error().code == ErrorCode::Usage);
        QVERIFY(engine->calibrate({}, {}).error().code == ErrorCode::Usage);
    }

    void cancelling() {
        const auto engine = engineFor(tiny());
        std::stop_source source;
        // After the first window: 300 tokens a window are a pass each.
        Job job{source.get_token(), [&](const Progress& progress) {
                    if (progress.phase == "Calibrating" && progress.done == 1) {
                        source.request_stop();
                    }
                }};
        CalibrationRequest request;
        request.windows = {
            someTokens(300, 60), someTokens(300, 61), someTokens(300, 62), someTokens(300, 63)};
        const auto partial = engine->calibrate(request, job);
        QVERIFY(partial.ok());
        QVERIFY(partial.value().source.partial);
        QCOMPARE(partial.value().source.samples, 2); // the stop came while the second one ran
        QCOMPARE(partial.value().source.tokens, std::int64_t{600});
        QVERIFY(engine->calibrate(request, job).error().code == ErrorCode::Cancelled);
        QVERIFY(engine->score(someRequests(), {}, job).error().code == ErrorCode::Cancelled);
        QVERIFY(engine->forward({{someTokens(3, 1)}, false}, job).error().code == ErrorCode::Cancelled);
    }

    void benchNamesWhatItMeasured_data() { architectures(); }
    void benchNamesWhatItMeasured() {
        const auto engine = engineFor(fixtureOfRow());
        const auto result = engine->bench({1, 32, 3}, {});
        QVERIFY(result.ok());
        const OrderedJson& json = result.value();
        QCOMPARE(json.at("rounds_seconds").at("forward").size(), std::size_t{3});
        QVERIFY(json.at("ratio").get<double>() > 0);
        QVERIFY(json.at("peak_memory_bytes").get<std::int64_t>() > 0);
        QVERIFY(engine->bench({0, 32, 3}, {}).error().code == ErrorCode::Usage);
    }
};

QTEST_APPLESS_MAIN(TorchEngineTest)
#include "torch_engine_test.moc"
