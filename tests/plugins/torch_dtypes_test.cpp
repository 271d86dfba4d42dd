// SPDX-License-Identifier: GPL-3.0-or-later
// The engine in bf16 and int8 on the processor: how far from fp32 it may be, and what does not change.
#include "core/model/model.h"
#include "plugins/torch/device.h"
#include "tests/plugins/engine_support.h"
#include "tests/plugins/golden.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::test;

namespace {

/// ‖a − b‖ / ‖b‖
double relativeDistance(const std::vector<float>& a, const std::vector<float>& b) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        difference += d * d;
        size += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return std::sqrt(difference / size);
}

void fixtures() {
    QTest::addColumn<QString>("fixture");
    for (const char* name :
         {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd", "falcon-mamba", "mamba2"}) {
        QTest::newRow(name) << QString::fromLatin1(name);
    }
}

} // namespace

class TorchDtypesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void budgets_data() { fixtures(); }
    void budgets() {
        // The bounds that cpu_backend.h derives. Those of int8 hold to first order, layer by layer: fixtures have random
        // weights, which amplify from layer to layer what a layer adds.
        QFETCH(QString, fixture);
        const std::filesystem::path folder = fixtureFolder() / fixture.toStdString();
        const Golden golden{openSafetensors(folder / "golden.safetensors").value()};
        const std::vector<float> logits = golden.floats("logits"), first = golden.floats("hidden.0");
        const Result<std::shared_ptr<const Checkpoint>> checkpoint = openCheckpoint(folder);
        QVERIFY(checkpoint.ok());
        const ModelSpec& spec = checkpoint.value()->spec;
        for (const std::string dtype : {"bf16", "int8"}) {
            const auto engine = engineFor(folder, 2, dtype);
            QVERIFY(engine);
            const auto result = engine->forward({golden.sequences(), true}, {});
            QVERIFY(result.ok());
            const double distance = relativeDistance(joined(result.value().logits), logits);
            const double layer = relativeDistance(joined(result.value().hiddenStates.front()), first);
            const double bf16 = (20 * spec.layers + 2) * 0x1p-9;
            // absmax of a token is √C times its root mean square at most.
            const double ofLayer = 20 * 0x1p-9 + (10 * std::sqrt(spec.hidden) + 2 * std::sqrt(spec.inner)) / 254;
            const double budget = dtype == "bf16" ? bf16 : spec.layers * ofLayer;
            qInfo("%s %.3f, budget %.3f; first layer %.3f", dtype.c_str(), distance, budget, layer);
            QVERIFY(distance <= budget);
            QVERIFY(layer <= (dtype == "bf16" ? bf16 / spec.layers : ofLayer));
            QVERIFY(distance > 1e-4); // else it was not that dtype
        }
    }

    void scoresDoNotDependOnBatchForkingOrThreads_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<bool>("planned");
        for (const char* fixture : {"hf-f32", "falcon-mamba", "mamba2"}) {
            for (const char* dtype : {"bf16", "int8"}) {
                for (const bool planned : {false, true}) {
                    QTest::addRow("%s %s%s", fixture, dtype, planned ? " W8A8" : "")
                        << QString::fromLatin1(fixture) << QString::fromLatin1(dtype) << planned;
                }
            }
        }
    }
    void scoresDoNotDependOnBatchForkingOrThreads() {
        QFETCH(QString, fixture);
        QFETCH(QString, dtype);
        QFETCH(bool, planned);
        const std::filesystem::path folder = fixtureFolder() / fixture.toStdString();
        const auto engine = engineFor(folder, 2, dtype.toStdString());
        const auto alone = engineFor(folder, 1, dtype.toStdString());
        QVERIFY(engine && alone);
        if (planned) {
            const QuantPlan plan = presetPlan("W8A8 input").value();
            const auto calibration = calibrationOf(*engine, {someTokens(64, 20), someTokens(33, 21)});
            QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
            QVERIFY(alone->applyPlan(plan, calibration, {}).ok());
        }
        const auto a = someTokens(37, 1), b = someTokens(90, 2);
        const std::vector<ScoreRequest> requests{
            {a, someTokens(5, 4)}, {a, someTokens(9, 5)}, {a, someTokens(1, 6)}, {b, someTokens(17, 8)}};
        const std::vector<Score> together = engine->score(requests, {}, {}).value();
        std::vector<Score> singly;
        for (const ScoreRequest& request : requests) {
            singly.push_back(alone->score({&request, 1}, {}, {}).value().front());
        }
        QVERIFY(together == singly);
    }

    void calibrationIsThatOfTheModel() {
        // bf16 and int8 have their own activations; a plan that is set does not change them.
        const auto engine = engineFor(fixtureFolder() / "hf-f32", 2, "int8");
        const auto before = calibrationOf(*engine, {someTokens(50, 3)});
        QVERIFY(engine->applyPlan(presetPlan("W8A8 input").value(), before, {}).ok());
        QVERIFY(*calibrationOf(*engine, {someTokens(50, 3)}) == *before);
    }

    void integersAreFakeQuantization() {
        // W8A8 of every linear: integers on one side, their multiples of Δ in fp32 on the other. Both have the same
        // input in the first layer, so its output differs by the rounding of sums alone; further on, an input that
        // lay at the edge between two integers may become the other one.
        const std::filesystem::path folder = "demo";
        const auto floats = engineFor(folder), integers = engineFor(folder, 2, "int8");
        QVERIFY(floats && integers);
        const auto calibration = calibrationOf(*floats, {someTokens(256, 5, 500), someTokens(256, 6, 500)});
        const ForwardRequest request{{someTokens(200, 7, 500)}, true};
        const auto baseline = floats->forward(request, {});
        QVERIFY(baseline.ok());
        for (const char* preset : {"W8A8 input", "SmoothQuant W8A8 α=0.5"}) {
            const QuantPlan plan = presetPlan(preset).value();
            QVERIFY(floats->applyPlan(plan, calibration, {}).ok());
            QVERIFY(integers->applyPlan(plan, calibration, {}).ok());
            const auto expected = floats->forward(request, {}), got = integers->forward(request, {});
            QVERIFY(expected.ok() && got.ok());
            const auto distance = [&](const ForwardResult& a, std::size_t depth) {
                return relativeDistance(
                    a.hiddenStates[depth].front(), expected.value().hiddenStates[depth].front());
            };
            const std::size_t last = expected.value().hiddenStates.size() - 1;
            const double ofFirst = distance(got.value(), 0), ofLast = distance(got.value(), last);
            const double ofPlan = distance(baseline.value(), last);
            qInfo("%s: %.1e after the first layer, %.1e at the end, the plan's own %.1e", preset, ofFirst, ofLast, ofPlan);
            QVERIFY(ofFirst < 1e-6);
            QVERIFY(ofLast < ofPlan / 2); // a few integers became their neighbours
        }
    }

    void dtypesThatAreNotThere() {
        for (const char* dtype : {"f16", "tf32", "fp4"}) {
            const auto opened = openDevice("cpu", 1, dtype);
            QVERIFY(!opened.ok());
            QVERIFY(opened.error().code == ErrorCode::Usage);
            QVERIFY(opened.error().message.find(dtype) != std::string::npos);
        }
    }
};

QTEST_APPLESS_MAIN(TorchDtypesTest)
#include "torch_dtypes_test.moc"
