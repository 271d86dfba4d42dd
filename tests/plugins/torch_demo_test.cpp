// SPDX-License-Identifier: GPL-3.0-or-later
// The demo model against tests/golden/demo_expected.json, which an independent fp32 implementation computed
// (see the demo model's README).
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/evaluation/evaluator.h"
#include "core/tokenizer/tokenizer.h"
#include "plugins/torch/engine.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>

using namespace mambascope;

class TorchDemoTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const auto text = readFile(test::goldenFolder() / "demo_expected.json");
        QVERIFY(text.ok());
        m_expected = parseJson(text.value(), "demo_expected.json").value();
        LoadRequest request;
        request.model = "demo";
        request.device = "cpu";
        const auto loaded = m_engine.load(request, {});
        QVERIFY2(loaded.ok(), loaded.ok() ? "" : describe(loaded.error()).c_str());
        m_tokenizer = Tokenizer::fromJson(m_engine.tokenizerJson().value(), "tokenizer.json").value();
        // The first 64 windows of 256 tokens, back to back.
        const auto calibrationText = readFile(demoCalibrationText());
        QVERIFY(calibrationText.ok());
        const std::vector<std::int32_t> tokens = m_tokenizer->encode(calibrationText.value());
        QCOMPARE(
            static_cast<std::int64_t>(tokens.size()),
            m_expected["calibration"]["tokens_in_file"].get<std::int64_t>());
        CalibrationRequest calibration;
        calibration.windows = calibrationWindows(tokens, {64, 256, 0, true}).value();
        auto snapshot = m_engine.calibrate(calibration, {});
        QVERIFY(snapshot.ok());
        m_calibration = std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value());
    }

    void calibration() {
        QCOMPARE(m_calibration->source.tokens, std::int64_t{16384});
        const Json& sites = m_expected["calibration"]["sites"];
        QCOMPARE(sites.size(), static_cast<std::size_t>(m_calibration->spec.siteCount()) * 2);
        for (int i = 0; i < m_calibration->spec.siteCount(); ++i) {
            for (const Side side : {Side::Input, Side::Output}) {
                const SiteId site = SiteId::fromIndex(i);
                checkSite(
                    siteName(site, side), m_calibration->at(site, side), sites.at(siteName(site, side)));
            }
        }
    }

    void tasks_data() {
        QTest::addColumn<QString>("plan");
        QTest::addColumn<QString>("tasks");
        QTest::addColumn<double>("points"); // how far an accuracy may be away; 0: one example
        // Weight-only and zeroing plans agree within one example, plans with quantized activations within 2
        // points (quantization specification, "How close two implementations can be").
        for (const char* plan : {"baseline", "W8 (mlp)", "W4 (mlp)", "zero outliers out"}) {
            QTest::newRow(plan) << QString::fromLatin1(plan) << "all" << 0.0;
        }
        QTest::newRow("W8A8 input token") << "W8A8 input token"
                                          << "all" << 0.02;
        // Nothing can be shared between choices here: two tasks, to keep it short.
        QTest::newRow("W8A8 input dynamic") << "W8A8 input dynamic"
                                            << "rte,copa" << 0.02;
    }
    void tasks() {
        QFETCH(QString, plan);
        QFETCH(QString, tasks);
        QFETCH(double, points);
        QVERIFY(m_engine.applyPlan(planNamed(plan), m_calibration, {}).ok());
        EvaluationRequest request;
        const std::vector<Task> wanted = parseTaskList(tasks.toStdString()).value();
        for (const Task task : wanted) {
            request.tasks.push_back(loadTask(task, demoTasksFolder()).value());
        }
        const auto result = evaluate(m_engine, *m_tokenizer, request, {}, {});
        QVERIFY(result.ok());
        const Json& expected = m_expected["results"][plan.toStdString()];
        for (const TaskResult& task : result.value().tasks) {
            const Json& line = expected[std::string(taskName(task.task))];
            const int n = line["n"].get<int>();
            QCOMPARE(task.metrics.n, n);
            const double allowed = points == 0.0 ? 1.0 : points * n;
            qInfo(
                "%s: %d correct, expected %d", std::string(taskName(task.task)).c_str(), task.metrics.correct,
                line["correct"].get<int>());
            QVERIFY(std::abs(task.metrics.correct - line["correct"].get<int>()) <= allowed);
            if (line.contains("correct_norm")) {
                QVERIFY(std::abs(task.metrics.correctNorm - line["correct_norm"].get<int>()) <= allowed);
            }
            if (line.contains("perplexity")) {
                const double relative = task.metrics.perplexity / line["perplexity"].get<double>() - 1;
                QVERIFY(std::fabs(relative) < (points == 0.0 ? 1e-3 : 1e-2));
            }
        }
    }

private:
    QuantPlan planNamed(const QString& name) {
        QuantPlan plan;
        if (name.startsWith("W8A8 input ")) {
            plan = presetPlan("W8A8 input").value();
            plan.defaults.activationScale =
                name.endsWith("token") ? ActivationScale::Token : ActivationScale::Dynamic;
            return plan;
        }
        return presetPlan(name.toStdString()).value();
    }

    static void
    checkSite(const std::string& name, const ChannelStatistics& statistics, const Json& expected) {
        QVERIFY2(statistics.channels() == expected["channels"].get<int>(), name.c_str());
        const double largest = expected["max_absmax"].get<double>();
        QVERIFY2(std::fabs(static_cast<double>(statistics.largest()) / largest - 1) < 5e-5, name.c_str());
        QVERIFY2(statistics.largestChannel() == expected["max_channel"].get<int>(), name.c_str());
        const double std = expected["std"].get<double>();
        QVERIFY2(std::fabs(statistics.elementStd() / std - 1) < 1e-4, name.c_str());
        QVERIFY2(
            std::fabs(statistics.elementMean() - expected["mean"].get<double>()) < 1e-4 * std, name.c_str());
        const OutlierSet spread = findOutliers(statistics, OutlierRule::ChannelSpread, 6.0);
        QCOMPARE(spread.possible, expected["channel_spread_possible"].get<bool>());
        std::vector<int> channels;
        for (const OutlierChannel& outlier : spread.outliers) {
            channels.push_back(outlier.channel);
        }
        QVERIFY2(channels == expected["outliers_channel_spread"].get<std::vector<int>>(), name.c_str());
        const auto count = [&](OutlierRule rule) {
            return findOutliers(statistics, rule, 6.0).outliers.size();
        };
        QVERIFY2(
            count(OutlierRule::AllElements) == expected["outliers_all_elements"].get<std::size_t>(),
            name.c_str());
        QVERIFY2(count(OutlierRule::Mad) == expected["outliers_mad"].get<std::size_t>(), name.c_str());
    }

    Json m_expected;
    TorchEngine m_engine;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::shared_ptr<const CalibrationSnapshot> m_calibration;
};

QTEST_APPLESS_MAIN(TorchDemoTest)
#include "torch_demo_test.moc"
