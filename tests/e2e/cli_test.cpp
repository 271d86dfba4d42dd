// SPDX-License-Identifier: GPL-3.0-or-later
// The command line contract: what the verbs print and write, and how they refuse bad input.
#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "core/quantization/plan.h"
#include "tests/e2e/files.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <cmath>
#include <cstring>

using namespace mambascope;
using namespace mambascope::test;

namespace {

QString fixture(const char* name) {
    return QString::fromStdString((fixtureFolder() / name).string());
}

QStringList entries(const TemporaryFolder& folder) {
    return QDir(QString::fromStdString(folder.path().string()))
        .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

} // namespace

class CliTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void helpAndVersionNeedNoEngine() {
        qputenv("MAMBASCOPE_ENGINE", "/nonexistent/engine");
        QCOMPARE(cli({"--help"}).exitCode, 0);
        QCOMPARE(cli({"--version"}).out, QByteArray("mambascope-cli " MAMBASCOPE_VERSION "\n"));
        qputenv("MAMBASCOPE_ENGINE", program("mambascope-engine").toUtf8());
    }

    void infoOfTheDemo() {
        const Outcome info = cli({"info", "demo"});
        QCOMPARE(info.exitCode, 0);
        const Json json = info.json();
        // resources/demo/config.json, and 2.8 million parameters as its README says.
        QCOMPARE(json["spec"]["layers"].get<int>(), 8);
        QCOMPARE(json["spec"]["hidden"].get<int>(), 192);
        QCOMPARE(json["dtype"].get<std::string>(), std::string("BF16"));
        QVERIFY(std::abs(json["parameters"].get<double>() - 2.8e6) < 0.05e6);
    }

    void tokenizeIsUndoneByDetokenize() {
        const QString text = QStringLiteral("Anya took the ring and Karl took the mirror.");
        const Outcome tokens = cli({"tokenize", "demo", "--text", text});
        QCOMPARE(tokens.exitCode, 0);
        QStringList ids;
        const Json tokenIds = tokens.json()["ids"];
        for (const Json& id : tokenIds) {
            ids << QString::number(id.get<int>());
        }
        const Outcome back = cli({"detokenize", "demo", "--ids", ids.join(u',')});
        QCOMPARE(QString::fromStdString(back.json()["text"].get<std::string>()), text);
    }

    void logitsEqualTransformers_data() {
        QTest::addColumn<QString>("folder");
        for (const char* name :
             {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd", "ssm-original", "ssm-original-legacy",
              "ssm-original-f16-shared", "falcon-mamba", "mamba2"}) {
            QTest::newRow(name) << fixture(name);
        }
    }

    void logitsEqualTransformers() {
        QFETCH(QString, folder);
        const TemporaryFolder out;
        const QString file = inFolder(out, "logits.safetensors");
        const QString golden = folder + QStringLiteral("/golden.safetensors");
        const Outcome logits = cli(
            {"logits", folder, "--ids-from", golden + QStringLiteral(":input_ids"), "--hidden", "-o", file});
        QVERIFY2(logits.exitCode == 0, logits.err.constData());
        const TensorFile ours = openSafetensors(file.toStdString()).value();
        const TensorFile theirs = openSafetensors(golden.toStdString()).value();
        const std::vector<float> expected = toFloat(*theirs.find("logits")).value();
        const std::vector<float> actual = toFloat(*ours.find("logits")).value();
        QCOMPARE(ours.find("logits")->shape, theirs.find("logits")->shape);
        float largest = 0;
        float error = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            largest = std::max(largest, std::abs(expected[i]));
            error = std::max(error, std::abs(actual[i] - expected[i]));
        }
        qInfo(
            "%s: largest error %.2e of the largest logit", qPrintable(folder.section(u'/', -1)),
            static_cast<double>(error / largest));
        // The bar that the fixtures' README sets.
        QVERIFY(error <= 5e-5f * largest);
        QCOMPARE(ours.find("hidden.0")->shape, theirs.find("hidden.0")->shape);
    }

    void greedyContinuationEqualsTransformers_data() { logitsEqualTransformers_data(); }

    void greedyContinuationEqualsTransformers() {
        QFETCH(QString, folder);
        const TensorFile golden =
            openSafetensors((folder + QStringLiteral("/golden.safetensors")).toStdString()).value();
        const TensorView* greedy = golden.find("greedy");
        std::vector<std::int64_t> ids(static_cast<std::size_t>(greedy->elementCount()));
        std::memcpy(ids.data(), greedy->bytes.data(), greedy->bytes.size());
        QStringList prompt;
        for (int i = 0; i < 9; ++i) {
            prompt << QString::number(ids[static_cast<std::size_t>(i)]);
        }
        const Outcome generated = cli({"generate", folder, "--ids", prompt.join(u','), "-n", "12", "--json"});
        QVERIFY2(generated.exitCode == 0, generated.err.constData());
        const std::vector<std::int64_t> expected(ids.begin() + 9, ids.end());
        QCOMPARE(generated.json()["ids"].get<std::vector<std::int64_t>>(), expected);
    }

    void plansAreMadeAndEdited() {
        const TemporaryFolder out;
        const QString plan = inFolder(out, "plan.json");
        QCOMPARE(cli({"plan", "new", "--preset", "W8A8 input", "-o", plan}).exitCode, 0);
        QCOMPARE(
            cli({"plan", "set", plan, "--layers", "5-7", "--site", "out", "--a-bits", "off"}).exitCode, 0);
        const Json json = cli({"plan", "show", plan}).json();
        QCOMPARE(json["summary"].is_string(), true);
        QCOMPARE(json["name"].get<std::string>(), std::string("W8A8 input, edited"));
        const QString original = inFolder(out, "original.json");
        QCOMPARE(cli({"plan", "new", "--preset", "W8A8 input", "-o", original}).exitCode, 0);
        const Outcome diff = cli({"plan", "diff", original, plan, "--model-layers", "8"});
        QVERIFY2(diff.out.contains("out_proj") && diff.out.contains("off"), diff.out.constData());
        QVERIFY(cli({"plan", "presets"}).out.contains("W8A8 input\n"));
    }

    void formatsAreSetAndLeft() {
        const TemporaryFolder out;
        const QString plan = inFolder(out, "plan.json");
        QCOMPARE(cli({"plan", "new", "-o", plan}).exitCode, 0);
        QCOMPARE(cli({"plan", "set", plan, "--w-format", "nvfp4", "--a-format", "mxfp4"}).exitCode, 0);
        QVERIFY(cli({"plan", "show", plan}).out.contains("W NVFP4 A MXFP4 (inputs)"));
        const QString result = inFolder(out, "result.json");
        const QStringList evaluation{"evaluate", "demo",   "--tasks", "copa", "--limit",
                                     "10",       "--plan", plan,      "-o",   result};
        QCOMPARE(cli(evaluation).exitCode, 0); // neither format needs a calibration
        QCOMPARE(cli({"plan", "set", plan, "--w-bits", "8"}).exitCode, 0); // bits are those of integers
        QVERIFY(cli({"plan", "show", plan}).out.contains("W8 A MXFP4 (inputs)"));
    }

    void searchesForAlphaAndBits() {
        const TemporaryFolder out;
        const QString calibration = inFolder(out, "c.safetensors"), plan = inFolder(out, "plan.json"),
                      found = inFolder(out, "found.json"), trace = inFolder(out, "trace.json");
        QCOMPARE(
            cli({"calibrate", "demo", "--samples", "4", "--length", "128", "-o", calibration}).exitCode, 0);
        QCOMPARE(cli({"plan", "new", "--preset", "W8A8 input", "-o", plan}).exitCode, 0);
        const QStringList windows{"--samples", "2", "--length", "64"};
        const Outcome alpha =
            cli(QStringList{
                    "search", "demo", "--target", "alpha", "--grid", "0.5,0.8", "--plan", plan,
                    "--calibration", calibration, "-o", found, "--trace", trace} +
                windows);
        QVERIFY2(alpha.exitCode == 0, alpha.err.constData());
        const Json measured = Json::parse(readFile(trace.toStdString()).value());
        QCOMPARE(measured["candidates"], (Json{"0.5", "0.8", "off"}));
        QCOMPARE(measured["sites"].size(), std::size_t{32});
        // out_proj has the demo's outlier channels, which smoothing tames.
        const Json errors = measured["sites"]["layers.2.out_proj"]["errors"];
        QVERIFY(errors[0].get<double>() < errors[2].get<double>());
        QVERIFY(parsePlan(readFile(found.toStdString()).value(), "found").ok());
        const Outcome bits =
            cli(QStringList{"search", "demo", "--target", "bits", "--average-bits", "5"} + windows);
        QVERIFY2(bits.exitCode == 0, bits.err.constData());
        QVERIFY(planFromJson(bits.json(), "bits").ok());
        const Outcome alone = cli(
            QStringList{
                "search", "demo", "--target", "sensitivity", "--one-site", "on", "--plan", plan, "--calibration",
                calibration} +
            windows);
        QVERIFY2(alone.exitCode == 0, alone.err.constData());
        const Json site = alone.json()["sites"]["layers.2.out_proj"];
        QVERIFY(site["only"].is_number() && site["without"].is_null());
        const Outcome both =
            cli({"search", "demo", "--target", "bits", "--average-bits", "5", "--budget-bytes", "1000000"});
        QCOMPARE(both.exitCode, 2);
    }

    void badInputIsRefused_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QByteArray>("sentence");
        const QString demo = QStringLiteral("demo");
        QTest::newRow("no verb") << QStringList{} << 2 << QByteArray("ubcommand");
        QTest::newRow("unknown verb") << QStringList{"frobnicate"} << 2 << QByteArray("frobnicate");
        QTest::newRow("missing folder")
            << QStringList{"info", "/nonexistent/model"} << 3 << QByteArray("/nonexistent/model");
        QTest::newRow("unknown rule")
            << QStringList{"outliers", "x", "--rule", "guess"} << 2 << QByteArray("guess");
        QTest::newRow("bits out of range")
            << QStringList{"plan", "set", "x.json", "--w-bits", "9"} << 3 << QByteArray("x.json");
        QTest::newRow("unknown task")
            << QStringList{"evaluate", demo, "--tasks", "squad"} << 2 << QByteArray("squad");
        QTest::newRow("no data folder")
            << QStringList{"evaluate", fixture("hf-f32")} << 2 << QByteArray("--data");
        QTest::newRow("folder to write to is not there")
            << QStringList{"evaluate", demo, "-o", "/nonexistent/folder/r.json"} << 2
            << QByteArray("/nonexistent/folder");
        QTest::newRow("no calibration text")
            << QStringList{"calibrate", fixture("hf-f32"), "-o", "c.safetensors"} << 2
            << QByteArray("--text");
        QTest::newRow("unknown preset")
            << QStringList{"plan", "new", "--preset", "W3A7"} << 2 << QByteArray("W3A7");
        QTest::newRow("token outside the vocabulary")
            << QStringList{"generate", demo, "--ids", "4096", "-n", "1"} << 2 << QByteArray("4096");
        QTest::newRow("unknown model shape")
            << QStringList{"make-model", "--like", "mamba-9t", "-o", "m"} << 2 << QByteArray("mamba-9t");
        QTest::newRow("no session") << QStringList{"session", "/nonexistent.mscope", "show"} << 3
                                    << QByteArray("nonexistent.mscope");
        QTest::newRow("engine that does not exist")
            << QStringList{"--engine", "/nonexistent/engine", "bench", demo} << 1
            << QByteArray("/nonexistent/engine");
        QTest::newRow("device that does not exist")
            << QStringList{"--device", "tpu", "bench", demo} << 2 << QByteArray("tpu");
    }

    void badInputIsRefused() {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QByteArray, sentence);
        const TemporaryFolder work;
        QDir::setCurrent(QString::fromStdString(work.path().string()));
        const Outcome outcome = cli(arguments);
        QVERIFY2(outcome.err.contains(sentence) || outcome.out.contains(sentence), outcome.err.constData());
        QCOMPARE(outcome.exitCode, exitCode);
        QVERIFY2(entries(work).isEmpty(), "something was left behind");
    }

    void badTextIsRefusedByCalibrate_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("shorter than one window") << QByteArray("Anya took the ring.");
    }

    void badTextIsRefusedByCalibrate() {
        QFETCH(QByteArray, text);
        const TemporaryFolder out;
        const QString file = inFolder(out, "text.txt");
        writeText(file, text);
        const Outcome outcome =
            cli({"calibrate", "demo", "--text", file, "-o", inFolder(out, "calibration.safetensors")});
        QVERIFY2(outcome.err.contains("calibration text"), outcome.err.constData());
        QCOMPARE(outcome.exitCode, 2);
        QCOMPARE(entries(out), QStringList{"text.txt"});
    }

    void brokenTaskLineIsNamed() {
        const TemporaryFolder out;
        QDir(QString::fromStdString(out.path().string())).mkpath(QStringLiteral("rte"));
        writeText(
            inFolder(out, "rte/val.jsonl"), R"({"premise": "A.", "hypothesis": "B.", "label": "entailment"})"
                                            "\n"
                                            R"({"premise": "A.", "label": "entailment"})"
                                            "\n");
        const Outcome outcome = cli(
            {"evaluate", "demo", "--tasks", "rte", "--data", QString::fromStdString(out.path().string())});
        QCOMPARE(outcome.exitCode, 3);
        QVERIFY2(
            outcome.err.contains("val.jsonl") && outcome.err.contains("2") &&
                outcome.err.contains("hypothesis"),
            outcome.err.constData());
    }

    void truncatedWeightsAreRefused() {
        const TemporaryFolder out;
        QVERIFY(QFile::copy(fixture("hf-f32/config.json"), inFolder(out, "config.json")));
        QFile whole(fixture("hf-f32/model.safetensors"));
        QVERIFY(whole.open(QIODevice::ReadOnly));
        writeText(inFolder(out, "model.safetensors"), whole.read(whole.size() / 2));
        const Outcome outcome = cli(
            {"logits", QString::fromStdString(out.path().string()), "--ids", "1", "-o",
             inFolder(out, "logits.safetensors")});
        QVERIFY2(outcome.err.contains("model.safetensors"), outcome.err.constData());
        QCOMPARE(outcome.exitCode, 3);
        QVERIFY(!QFile::exists(inFolder(out, "logits.safetensors")));
    }

    void readOnlySessionIsRefusedBeforeTheWork() {
        const TemporaryFolder out;
        const QString session = inFolder(out, "s.mscope");
        const QString calibration = inFolder(out, "c.safetensors");
        const QStringList calibrate{"calibrate", "demo", "--samples", "1",
                                    "--length",  "16",   "--session", session};
        QCOMPARE(cli(QStringList(calibrate) << "-o" << calibration).exitCode, 0);
        QVERIFY(QFile::setPermissions(session, QFile::ReadOwner));
        const Outcome outcome = cli(QStringList(calibrate) << "-o" << inFolder(out, "second.safetensors"));
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.err.contains("s.mscope"), outcome.err.constData());
        QCOMPARE(entries(out), (QStringList{"c.safetensors", "s.mscope"}));
    }

    void nothingIsOverwrittenWithoutForce() {
        const TemporaryFolder out;
        const QString plan = inFolder(out, "plan.json");
        writeText(plan, "precious");
        QCOMPARE(cli({"plan", "new", "-o", plan}).exitCode, 2);
        QFile file(plan);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("precious"));
        QCOMPARE(cli({"plan", "new", "--force", "-o", plan}).exitCode, 0);
    }
};

QTEST_APPLESS_MAIN(CliTest)
#include "cli_test.moc"
