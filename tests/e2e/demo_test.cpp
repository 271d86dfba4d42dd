// SPDX-License-Identifier: GPL-3.0-or-later
// The main job on the demo model through the programs, against the figures of an independent implementation
// (tests/golden/demo_expected.json): calibrate, find outliers, evaluate plans, export, read the export again.
#include "core/checkpoint/safetensors.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QFile>
#include <QtTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::test;

class DemoTest : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder;
    Json m_expected;
    QString m_calibration;

    QString path(const QString& name) const {
        return QString::fromStdString(m_folder.path().string()) + u'/' + name;
    }

    /// Evaluates a plan on all six tasks, or the baseline for an empty name.
    Json evaluate(const QString& preset) {
        // The expected figures are a processor's.
        QStringList arguments{"--device", "cpu", "evaluate", "demo"};
        if (!preset.isEmpty()) {
            const Outcome made = cli({"plan", "new", "--force", "--preset", preset, "-o", path("plan.json")});
            if (made.exitCode != 0) {
                qWarning("%s", made.err.constData());
                return {};
            }
            arguments << "--plan" << path("plan.json") << "--calibration" << m_calibration;
        }
        const Outcome outcome = cli(arguments);
        if (outcome.exitCode != 0) {
            qWarning("%s", outcome.err.constData());
            return {};
        }
        return outcome.json();
    }

private Q_SLOTS:
    void initTestCase() {
        QFile file(QString::fromStdString((goldenFolder() / "demo_expected.json").string()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_expected = Json::parse(file.readAll().toStdString());
        m_calibration = path("calibration.safetensors");
        const Outcome outcome = cli(
            {"calibrate", "demo", "--samples", "64", "--length", "256", "--contiguous", "-o", m_calibration,
             "--session", path("demo.mscope")});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    }

    void calibrationFindsTheSameOutliers() {
        for (const char* side : {"input", "output"}) {
            const Json sites = cli({"outliers", m_calibration, "--side", side}).json()["sites"];
            QCOMPARE(sites.size(), std::size_t{32});
            for (const auto& [name, site] : sites.items()) {
                const Json& expected = m_expected["calibration"]["sites"][name];
                std::vector<int> channels;
                for (const Json& outlier : site["outliers"]) {
                    channels.push_back(outlier["channel"].get<int>());
                }
                QCOMPARE(channels, expected["outliers_channel_spread"].get<std::vector<int>>());
                QCOMPARE(site["possible"].get<bool>(), expected["channel_spread_possible"].get<bool>());
            }
        }
    }

    void calibratedMaximaAgree() {
        const TensorFile file = openSafetensors(m_calibration.toStdString()).value();
        double worst = 0;
        for (const auto& [name, expected] : m_expected["calibration"]["sites"].items()) {
            const std::vector<float> absmax = toFloat(*file.find(name + ".absmax")).value();
            const auto largest = std::max_element(absmax.begin(), absmax.end());
            QCOMPARE(static_cast<int>(largest - absmax.begin()), expected["max_channel"].get<int>());
            const double value = expected["max_absmax"].get<double>();
            worst = std::max(worst, std::abs(static_cast<double>(*largest) - value) / value);
        }
        qInfo("largest relative deviation of a site's absmax: %.2e", worst);
        // Two fp32 implementations on an 8-layer model: a few thousand roundings of 6e-8 each.
        QVERIFY(worst < 5e-5);
    }

    void plansComeOutAsExpected_data() {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<bool>("activations");
        QTest::newRow("baseline") << QString() << "baseline" << false;
        QTest::newRow("W8") << "W8 (mlp)"
                            << "W8 (mlp)" << false;
        QTest::newRow("W4") << "W4 (mlp)"
                            << "W4 (mlp)" << false;
        QTest::newRow("zero out") << "zero outliers out"
                                  << "zero outliers out" << false;
        QTest::newRow("zero all") << "zero outliers all"
                                  << "zero outliers all" << false;
        QTest::newRow("W8A8 outputs") << "W8A8 (mlp)"
                                      << "W8A8 (mlp)" << true;
        QTest::newRow("W8A8 inputs") << "W8A8 input"
                                     << "W8A8 input" << true;
        QTest::newRow("SmoothQuant") << "SmoothQuant W8A8 α=0.5"
                                     << "SmoothQuant W8A8 alpha 0.5" << true;
    }

    /// Weight-only and zeroing plans within one example and 0.1 % perplexity; plans with quantized
    /// activations, where a value on a rounding boundary can fall either way, within 2 points.
    void plansComeOutAsExpected() {
        QFETCH(QString, preset);
        QFETCH(QString, expected);
        QFETCH(bool, activations);
        const Json result = evaluate(preset);
        QVERIFY(result.is_object());
        const Json& golden = m_expected["results"][expected.toStdString()];
        for (const auto& [task, numbers] : result["tasks"].items()) {
            const int n = golden[task]["n"].get<int>();
            QCOMPARE(numbers["n"].get<int>(), n);
            for (const char* metric : {"acc", "acc_norm"}) {
                if (!golden[task].contains(metric)) {
                    continue;
                }
                const double difference =
                    std::abs(numbers[metric].get<double>() - golden[task][metric].get<double>());
                const double allowed = (activations ? 0.02 : 1.0 / n) + 1e-9;
                QVERIFY2(
                    difference <= allowed, qPrintable(QStringLiteral("%1 %2 differs by %3")
                                                          .arg(QString::fromStdString(task), metric)
                                                          .arg(difference)));
            }
            if (golden[task].contains("perplexity")) {
                const double value = golden[task]["perplexity"].get<double>();
                const double difference = std::abs(numbers["perplexity"].get<double>() / value - 1);
                QVERIFY2(
                    difference <= (activations ? 0.02 : 0.001),
                    qPrintable(QStringLiteral("perplexity differs by %1").arg(difference)));
            }
        }
        qInfo(
            "average %.4f, expected %.4f, %.1f s", result["average"].get<double>(),
            golden["average"].get<double>(), result["seconds"].get<double>());
    }

    /// With A8 switched off only where the outliers are (out_proj of the last three layers and the x_proj
    /// inputs), W8A8 recovers most of what it lost.
    void keepingActivationsWhereItMattersRecovers() {
        QCOMPARE(
            cli({"plan", "new", "--force", "--preset", "W8A8 input", "-o", path("plan.json")}).exitCode, 0);
        QCOMPARE(
            cli({"plan", "set", path("plan.json"), "--layers", "5-7", "--site", "out", "--a-bits", "off"})
                .exitCode,
            0);
        const Outcome outcome =
            cli({"evaluate", "demo", "--plan", path("plan.json"), "--calibration", m_calibration});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        const double collapsed = m_expected["results"]["W8A8 input"]["average"].get<double>();
        const double average = outcome.json()["average"].get<double>();
        qInfo("W8A8 input %.3f, without A8 at out_proj of layers 5-7 %.3f", collapsed, average);
        QVERIFY(average > collapsed + 0.15);
    }

    /// Requests and token totals that the tasks come to (independent count).
    void runsReportTheirTokens() {
        const Json result = evaluate({});
        std::int64_t tokens = 0;
        for (const auto& [task, counts] : m_expected["requests"].items()) {
            tokens += counts["tokens"].get<std::int64_t>();
        }
        QCOMPARE(result["tokens"].get<std::int64_t>(), tokens);
    }

    void exportedCheckpointGivesTheSamePlanLogits() {
        QCOMPARE(
            cli({"plan", "new", "--force", "--preset", "W4 (mlp)", "-o", path("plan.json")}).exitCode, 0);
        const QString folder = path("export");
        const Outcome exported = cli({"export", "demo", "--plan", path("plan.json"), "-o", folder});
        QVERIFY2(exported.exitCode == 0, exported.err.constData());
        const QStringList input{"--text", "Anya took the ring and Karl took the mirror."};
        QCOMPARE(
            cli(QStringList{"logits", "demo", "--plan", path("plan.json"), "-o", path("plan.safetensors")} +
                input)
                .exitCode,
            0);
        QCOMPARE(cli(QStringList{"logits", folder, "-o", path("export.safetensors")} + input).exitCode, 0);
        const std::vector<float> plan =
            toFloat(*openSafetensors(path("plan.safetensors").toStdString()).value().find("logits")).value();
        const std::vector<float> reread =
            toFloat(*openSafetensors(path("export.safetensors").toStdString()).value().find("logits"))
                .value();
        QVERIFY(plan == reread);
    }

    void sessionHoldsTheCalibration() {
        const Json session = cli({"session", path("demo.mscope"), "show"}).json();
        QCOMPARE(session["calibration"]["tokens"].get<int>(), 64 * 256);
        QCOMPARE(cli({"session", path("demo.mscope"), "check"}).exitCode, 0);
    }
};

QTEST_APPLESS_MAIN(DemoTest)
#include "demo_test.moc"
