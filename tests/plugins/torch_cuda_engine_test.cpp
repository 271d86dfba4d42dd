// SPDX-License-Identifier: GPL-3.0-or-later
// The engine on a GPU: the fixtures' golden outputs and the demo model's expected ones.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/evaluation/evaluator.h"
#include "core/tokenizer/tokenizer.h"
#include "tests/plugins/cuda_support.h"
#include "tests/plugins/golden.h"
#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

class TorchCudaEngineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (availableDevices().size() == 1) {
            QSKIP("there is no CUDA device, or libtorch has no CUDA");
        }
    }

    void bf16StaysInItsBudget_data() {
        QTest::addColumn<QString>("fixture");
        for (const char* name :
             {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd", "falcon-mamba", "mamba2"}) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }
    void bf16StaysInItsBudget() {
        // The bound that cuda_backend.h derives; TF32 rounds only products' operands, to 2^-11 of themselves.
        QFETCH(QString, fixture);
        const std::filesystem::path folder = fixtureFolder() / fixture.toStdString();
        const Golden golden{openSafetensors(folder / "golden.safetensors").value()};
        const std::vector<float> logits = golden.floats("logits");
        double tf32 = 0, bf16 = 0;
        int layers = 0;
        for (const std::string dtype : {"tf32", "bf16"}) {
            const auto engine = engineFor(folder.string(), "cuda:0", dtype);
            QVERIFY(engine);
            const auto result = engine->forward({golden.sequences(), true}, {});
            QVERIFY(result.ok());
            layers = static_cast<int>(result.value().hiddenStates.size()) - 1;
            (dtype == "tf32" ? tf32 : bf16) = relativeDistance(joined(result.value().logits), logits);
            const std::vector<float> hidden = golden.floats("hidden." + std::to_string(layers));
            QVERIFY(
                relativeDistance(joined(result.value().hiddenStates.back()), hidden) <
                (33 * layers + 2) * 0x1p-9);
        }
        const double budget = (33 * layers + 2) * 0x1p-9;
        qInfo("bf16 %.1e, budget %.1e; tf32 %.1e", bf16, budget, tf32);
        QVERIFY(bf16 <= budget);
        QVERIFY(bf16 > 1e-4); // else it was not bf16
        QVERIFY(tf32 <= budget / 4);
    }

    void dtypesThatAreNotThere() {
        const auto half = openDevice("cuda:0", 1, "f16");
        QVERIFY(!half.ok());
        QVERIFY(half.error().code == ErrorCode::Usage);
        QVERIFY(half.error().message.find("f16") != std::string::npos);
        const auto processor = openDevice("cpu", 1, "tf32");
        QVERIFY(!processor.ok());
        QVERIFY(processor.error().code == ErrorCode::Usage);
    }

    void recordedPassesAreTheSame() {
        // The third pass of a shape is a recording, and a plan makes a new one.
        const auto engine = engineFor((fixtureFolder() / "hf-f32").string(), "cuda:0");
        QVERIFY(engine);
        const ForwardRequest request{{someTokens(40, 1), someTokens(23, 2)}, false};
        const auto logits = [&] {
            return joined(engine->forward(request, {}).value().logits);
        };
        const std::vector<float> first = logits();
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(logits(), first);
        }
        QuantPlan plan;
        plan.defaults.weightBits = 4;
        QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
        const std::vector<float> planned = logits();
        QVERIFY(planned != first);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(logits(), planned);
        }
    }

    void fullMemoryHalvesTheBatch() {
        const auto engine = engineFor("demo", "cuda:0");
        QVERIFY(engine);
        std::vector<ScoreRequest> requests;
        for (unsigned i = 0; i < 64; ++i) {
            requests.push_back({someTokens(250, i), someTokens(6, i + 1000)});
        }
        // All memory but 64 MiB, which is less than a pass over all 16384 tokens takes.
        const std::unique_ptr<Backend> gpu = openDevice("cuda:0", 1).value().backend;
        DeviceArray reserve(*gpu, std::int64_t{16} << 20);
        std::vector<DeviceArray> hog;
        for (std::int64_t count = std::int64_t{1} << 32; count >= std::int64_t{1} << 19;) {
            try {
                hog.emplace_back(*gpu, count);
            } catch (const DeviceOutOfMemory&) {
                count /= 2;
            }
        }
        reserve = {};
        std::string phases;
        Job job;
        job.onProgress = [&](const Progress& progress) {
            phases += progress.phase + "\n";
        };
        const auto squeezed = engine->score(requests, {}, job);
        hog.clear();
        QVERIFY2(squeezed.ok(), squeezed.ok() ? "" : squeezed.error().message.c_str());
        QVERIFY2(phases.find("because the GPU's memory is full") != std::string::npos, phases.c_str());
        const auto wide = engine->score(requests, {}, {});
        QVERIFY(wide.ok());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            QVERIFY(std::fabs(wide.value()[i].logLikelihood - squeezed.value()[i].logLikelihood) < 1e-3);
        }
    }

    void goldenFixtures_data() {
        QTest::addColumn<QString>("fixture");
        for (const char* name :
             {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd", "falcon-mamba", "mamba2"}) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }
    void goldenFixtures() {
        QFETCH(QString, fixture);
        const std::filesystem::path folder = fixtureFolder() / fixture.toStdString();
        const auto engine = engineFor(folder.string(), "cuda:0");
        QVERIFY(engine);
        const Golden golden{openSafetensors(folder / "golden.safetensors").value()};
        const auto result = engine->forward({golden.sequences(), true}, {});
        QVERIFY(result.ok());
        const std::vector<float> logits = golden.floats("logits");
        const double difference =
            largestDifference(joined(result.value().logits), logits) / largestMagnitude(logits);
        qInfo("logits: largest difference %.1e of the largest logit", difference);
        QVERIFY(difference <= kTolerance);
        const std::vector<std::int32_t> greedy = golden.integers("greedy"); // 9 tokens of prompt, 12 appended
        const auto generated = engine->generate({{greedy.begin(), greedy.begin() + 9}, 12}, {});
        QVERIFY(generated.ok());
        QCOMPARE(generated.value(), std::vector<std::int32_t>(greedy.begin() + 9, greedy.end()));
    }

    void forkingAndBatchesAgree() {
        const auto engine = engineFor((fixtureFolder() / "hf-f32").string(), "cuda:0");
        QVERIFY(engine);
        const auto a = someTokens(37, 1), b = someTokens(90, 2);
        const std::vector<ScoreRequest> requests{
            {a, someTokens(5, 4)}, {a, someTokens(9, 5)}, {a, someTokens(1, 6)}, {b, someTokens(17, 8)}};
        const std::vector<Score> together = engine->score(requests, {}, {}).value();
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const Score alone = engine->score({&requests[i], 1}, {}, {}).value().front();
            QVERIFY(std::fabs(alone.logLikelihood - together[i].logLikelihood) < 1e-4);
        }
    }

    void rotatedInputsAreTheProcessors() {
        const std::string model = (fixtureFolder() / "hf-odd").string();
        const auto gpu = engineFor(model, "cuda:0"), cpu = engineFor(model, "cpu");
        QVERIFY(gpu && cpu);
        CalibrationRequest request;
        request.windows = {someTokens(64, 1), someTokens(50, 2), someTokens(200, 3)};
        request.source.rotated = true;
        const auto a = gpu->calibrate(request, {}), b = cpu->calibrate(request, {});
        QVERIFY(a.ok() && b.ok());
        for (const SiteId site : a.value().spec.sites()) {
            const std::vector<float>& here = a.value().rotatedInput(site).absmax;
            const std::vector<float>& there = b.value().rotatedInput(site).absmax;
            QCOMPARE(here.size(), static_cast<std::size_t>(a.value().spec.inputs(site.linear)));
            for (std::size_t c = 0; c < here.size(); ++c) {
                QVERIFY(std::fabs(here[c] - there[c]) <= 1e-3f * b.value().rotatedInput(site).largest());
            }
        }
    }

    void demoModel() {
        const auto engine = engineFor("demo", "cuda:0");
        QVERIFY(engine);
        const Json expected =
            parseJson(readFile(goldenFolder() / "demo_expected.json").value(), "demo_expected.json").value();
        const auto tokenizer = Tokenizer::fromJson(engine->tokenizerJson().value(), "tokenizer.json").value();
        CalibrationRequest request; // the first 64 windows of 256 tokens, back to back
        request.windows =
            calibrationWindows(tokenizer->encode(readFile(demoCalibrationText()).value()), {64, 256, 0, true})
                .value();
        const auto snapshot = engine->calibrate(request, {});
        QVERIFY(snapshot.ok());
        for (int i = 0; i < snapshot.value().spec.siteCount(); ++i) {
            for (const Side side : {Side::Input, Side::Output}) {
                const SiteId site = SiteId::fromIndex(i);
                const Json& line = expected["calibration"]["sites"].at(siteName(site, side));
                const ChannelStatistics& statistics = snapshot.value().at(site, side);
                QCOMPARE(statistics.largestChannel(), line["max_channel"].get<int>());
                const double relative =
                    static_cast<double>(statistics.largest()) / line["max_absmax"].get<double>() - 1;
                QVERIFY2(std::fabs(relative) < 1e-4, siteName(site, side).c_str());
            }
        }
        EvaluationRequest tasks;
        const std::vector<Task> all = parseTaskList("all").value();
        for (const Task task : all) {
            tasks.tasks.push_back(loadTask(task, demoTasksFolder()).value());
        }
        const auto result = evaluate(*engine, *tokenizer, tasks, {}, {});
        QVERIFY(result.ok());
        for (const TaskResult& task : result.value().tasks) {
            const Json& line = expected["results"]["baseline"][std::string(taskName(task.task))];
            QCOMPARE(task.metrics.n, line["n"].get<int>());
            qInfo(
                "%s: %d correct, expected %d", std::string(taskName(task.task)).c_str(), task.metrics.correct,
                line["correct"].get<int>());
            QVERIFY(std::abs(task.metrics.correct - line["correct"].get<int>()) <= 1);
        }
    }
};

QTEST_APPLESS_MAIN(TorchCudaEngineTest)
#include "torch_cuda_engine_test.moc"
