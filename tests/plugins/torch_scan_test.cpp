// SPDX-License-Identifier: GPL-3.0-or-later
// Low bits for what the scan reads and for its state.
#include "tests/plugins/engine_support.h"
#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

void models() {
    QTest::addColumn<QString>("model");
    for (const char* fixture : {"hf-f32", "hf-odd", "falcon-mamba", "mamba2"}) {
        QTest::newRow(fixture) << QString::fromStdString((test::fixtureFolder() / fixture).string());
    }
    QTest::newRow("demo") << QStringLiteral("demo");
}

QuantPlan scanPlan(int scanBits, int stateBits, ActivationScale scale) {
    QuantPlan plan;
    plan.defaults.scanBits = scanBits;
    plan.defaults.stateBits = stateBits;
    plan.defaults.activationScale = scale;
    return plan;
}

std::vector<float> logitsUnder(TorchEngine& engine, const QuantPlan& plan) {
    return engine.applyPlan(plan, calibrationOf(engine), {}).ok() ? logitsOf(engine) : std::vector<float>();
}

} // namespace

class TorchScanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fewerBitsChangeMore_data() { models(); }
    void fewerBitsChangeMore() {
        QFETCH(QString, model);
        const auto engine = engineFor(model.toStdString());
        QVERIFY(engine);
        const std::vector<float> floats = logitsOf(*engine);
        const auto changed = [&](int scanBits, int stateBits) {
            return relativeDifference(
                logitsUnder(*engine, scanPlan(scanBits, stateBits, ActivationScale::Token)), floats);
        };
        const double scan8 = changed(8, kBitsOff), scan3 = changed(3, kBitsOff);
        const double state8 = changed(kBitsOff, 8), state2 = changed(kBitsOff, 2);
        qInfo("scan 8 bits %.1e, 3 bits %.1e; state 8 bits %.1e, 2 bits %.1e", scan8, scan3, state8, state2);
        QVERIFY(scan8 > 0 && scan3 > 2 * scan8);
        QVERIFY(state8 > 0 && state2 > 2 * state8);
    }

    void deltaAsTheOutputOfItsLinear() {
        // Δ is dt_proj's output: the scan's quantizer and the output's are the same, with the same static scale.
        const auto engine = engineFor("demo");
        QuantPlan scan, output;
        scan.linears[2].scanBits = 5;
        output.linears[2].activationBits = 5;
        output.linears[2].activationSide = ActivationSide::Output;
        QCOMPARE(logitsUnder(*engine, scan), logitsUnder(*engine, output));
        QVERIFY(logitsUnder(*engine, scan) != logitsUnder(*engine, QuantPlan()));
    }

    void uAsTheInputOfItsLinear() {
        // With ssm_input the scan's u has the integers of x_proj's input: those that its own bits give it.
        const auto engine = engineFor("demo");
        QuantPlan both;
        both.ssmInput = true;
        both.linears[1].activationBits = 6;
        QuantPlan scan = both;
        scan.linears[1].scanBits = 6; // and B and C
        QuantPlan onlyBAndC = scan;
        onlyBAndC.ssmInput = false;
        QVERIFY(logitsUnder(*engine, both) != logitsUnder(*engine, scan));
        QCOMPARE(logitsUnder(*engine, onlyBAndC), logitsUnder(*engine, scan));
    }

    void scoresDoNotDependOnBatchForkingOrThreads_data() { models(); }
    void scoresDoNotDependOnBatchForkingOrThreads() {
        QFETCH(QString, model);
        const auto engine = engineFor(model.toStdString(), 2), alone = engineFor(model.toStdString(), 1);
        QVERIFY(engine && alone);
        const auto context = someTokens(37, 1);
        const std::vector<ScoreRequest> requests{
            {context, someTokens(5, 4)}, {context, someTokens(9, 5)}, {someTokens(90, 2), someTokens(17, 8)}};
        for (const QuantPlan& plan :
             {scanPlan(kBitsOff, 4, ActivationScale::Static), scanPlan(6, 8, ActivationScale::Token),
              scanPlan(8, 8, ActivationScale::Dynamic)}) {
            QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
            QVERIFY(alone->applyPlan(plan, nullptr, {}).ok());
            std::vector<Score> singly;
            for (const ScoreRequest& request : requests) {
                singly.push_back(alone->score({&request, 1}, {}, {}).value().front());
            }
            QVERIFY(engine->score(requests, {}, {}).value() == singly);
        }
    }

    void generationContinuesTheSameState() {
        // Greedy tokens come one at a time from a carried state; the logits of the whole text, run at once, agree
        // with every one of them.
        const auto engine = engineFor("demo");
        QVERIFY(engine->applyPlan(scanPlan(kBitsOff, 3, ActivationScale::Static), nullptr, {}).ok());
        auto tokens = someTokens(12, 3);
        const auto appended = engine->generate({tokens, 10}, {}).value();
        tokens.insert(tokens.end(), appended.begin(), appended.end());
        const ForwardResult all = engine->forward({{tokens}, false}, {}).value();
        const auto width = static_cast<std::ptrdiff_t>(all.vocabulary);
        for (std::size_t i = 0; i < appended.size(); ++i) {
            const auto row = all.logits[0].begin() + static_cast<std::ptrdiff_t>(11 + i) * width;
            QCOMPARE(appended[i], static_cast<std::int32_t>(std::max_element(row, row + width) - row));
        }
    }
};

QTEST_APPLESS_MAIN(TorchScanTest)
#include "torch_scan_test.moc"
