// SPDX-License-Identifier: GPL-3.0-or-later
// Exports and sessions as a user makes them.
#include "tests/e2e/files.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

QStringList entries(const TemporaryFolder& folder) {
    return QDir(QString::fromStdString(folder.path().string()))
        .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

Json fileJson(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? Json::parse(file.readAll().toStdString()) : Json();
}

QString presetFile(const TemporaryFolder& folder, const char* preset) {
    const QString plan = inFolder(folder, "plan.json");
    QFile::remove(plan);
    cli({"plan", "new", "--preset", preset, "-o", plan});
    return plan;
}

/// Log-likelihoods of thirty LAMBADA items of the demo.
Json lambada(const QStringList& model, const QString& result) {
    cli(QStringList{"evaluate"} + model +
        QStringList{
            "--tasks", "lambada", "--limit", "30", "--data",
            QString::fromStdString((sourceFolder() / "resources" / "demo" / "tasks").string()), "-o",
            result});
    const Json json = fileJson(result);
    return json.contains("tasks") ? json["tasks"]["lambada"] : Json();
}

} // namespace

class ExportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anIntegerExportEvaluatesLikeItsPlan_data() {
        QTest::addColumn<QString>("preset");
        QTest::newRow("8 bits") << QString("W8 (mlp)");
        QTest::newRow("4 bits") << QString("W4 (mlp)");
    }
    void anIntegerExportEvaluatesLikeItsPlan() {
        QFETCH(QString, preset);
        const TemporaryFolder out;
        const QString plan = presetFile(out, qPrintable(preset));
        const QString folder = inFolder(out, "quantized");
        const Outcome exported =
            cli({"export", "demo", "--format", "compressed-tensors", "--plan", plan, "-o", folder});
        QVERIFY2(exported.exitCode == 0, exported.err.constData());
        QCOMPARE(exported.json()["format"].get<std::string>(), std::string("compressed-tensors"));
        const Json direct = lambada({"demo", "--plan", plan}, inFolder(out, "direct.json"));
        const Json reopened = lambada({folder}, inFolder(out, "reopened.json"));
        QVERIFY(direct.contains("items"));
        QVERIFY(reopened["items"] == direct["items"]); // every log-likelihood, bit for bit
        const Json base = lambada({"demo"}, inFolder(out, "base.json"));
        QVERIFY(base["items"] != direct["items"]);
        // The plan comes back out of the export, for the original checkpoint.
        const Json again =
            lambada({"demo", "--plan", folder + "/mambascope.json"}, inFolder(out, "again.json"));
        QVERIFY(again["items"] == direct["items"]);
    }

    void shardsAndACard() {
        const TemporaryFolder out;
        const QString folder = inFolder(out, "quantized");
        const Outcome exported = cli(
            {"export", "demo", "--plan", presetFile(out, "W8 (all)"), "--max-shard-size", "4MB", "-o",
             folder});
        QVERIFY2(exported.exitCode == 0, exported.err.constData());
        const Json index = fileJson(folder + "/model.safetensors.index.json");
        // 2.8 million parameters of 4 bytes.
        QVERIFY(index["metadata"]["total_size"].get<double>() > 11e6);
        QVERIFY(QFile::exists(folder + "/model-00003-of-00003.safetensors"));
        const Outcome info = cli({"info", folder});
        QVERIFY2(info.exitCode == 0, info.err.constData());
        QFile card(folder + "/README.md");
        QVERIFY(card.open(QIODevice::ReadOnly));
        const QByteArray text = card.readAll();
        QVERIFY2(
            text.contains("mambascope-cli export demo --format hf --plan mambascope.json -o quantized"),
            text.constData());
        QVERIFY2(text.contains("W8; weights of all groups"), text.constData());
    }

    void aGgufIsWritten() {
        const TemporaryFolder out;
        const QString folder = inFolder(out, "gguf");
        const Outcome exported = cli(
            {"export", "demo", "--format", "gguf", "--type", "q4_0", "--plan", presetFile(out, "W4 (mlp)"),
             "-o", folder});
        QVERIFY2(exported.exitCode == 0, exported.err.constData());
        QFile file(folder + "/model.gguf");
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.read(4), QByteArray("GGUF"));
        QVERIFY(file.size() < 3'000'000); // 4.5 bits for most of 2.8 million values, and the tokenizer
    }

    void theDiskIsFull() {
        const TemporaryFolder out;
        const QString folder = inFolder(out, "quantized");
        QProcess process;
        // The limit is inherited by the engine, which writes.
        process.start(
            "/bin/bash",
            {"-c", "ulimit -f 2000; exec \"$0\" export demo -o \"$1\"", program("mambascope-cli"), folder});
        QVERIFY(process.waitForFinished(300000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 1);
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains("quantized/model.safetensors cannot be written"), said.constData());
        QVERIFY2(entries(out).isEmpty(), qPrintable(entries(out).join(u' ')));
    }

    void aSessionIsComparedAndReported() {
        const TemporaryFolder out;
        const QString session = inFolder(out, "s.mscope");
        const QStringList evaluate{"evaluate", "demo", "--tasks",   "lambada,copa",
                                   "--limit",  "20",   "--session", session};
        QCOMPARE(cli(evaluate).exitCode, 0);
        QCOMPARE(cli(evaluate + QStringList{"--plan", presetFile(out, "W4 (mlp)")}).exitCode, 0);
        const Json list = cli({"session", session, "list"}).json();
        QCOMPARE(list["runs"].size(), 2UL);
        const Outcome diff = cli({"session", session, "diff", "baseline", "last"});
        QVERIFY2(diff.exitCode == 0, diff.err.constData());
        const Json json = diff.json();
        QCOMPARE(json["tasks"]["lambada"]["common"].get<int>(), 20);
        QCOMPARE(json["plan"].size(), 1UL);
        QVERIFY(json["plan"][0].get<std::string>().find("4") != std::string::npos);
        QCOMPARE(cli({"session", session, "diff", "1", "9"}).exitCode, 2);
        const QString page = inFolder(out, "report.html");
        QCOMPARE(cli({"session", session, "report", "-o", page}).exitCode, 0);
        QCOMPARE(cli({"session", session, "report", "-o", page}).exitCode, 2); // not without --force
        QFile file(page);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("McNemar"));
    }
};

QTEST_GUILESS_MAIN(ExportTest)
#include "export_test.moc"
