// SPDX-License-Identifier: GPL-3.0-or-later
// Files that users bring along: activation scales of other tools, the Hugging Face cache, tokenizers.
#include "core/model/site.h"
#include "tests/e2e/files.h"
#include "tests/e2e/programs.h"
#include "tests/support/hub.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::test;

class CliFilesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Shares of channels above mean + 6 standard deviations, all layers together, in hundredths of a per
    /// cent: in, x, dt, out (reference facts, section 2).
    void outliersOfThePublishedScales_data() {
        QTest::addColumn<QList<int>>("shares");
        QTest::newRow("mamba-790m-hf.pt") << QList<int>{54, 45, 13, 22};
        QTest::newRow("mamba-1.4b-hf.pt") << QList<int>{43, 50, 11, 18};
        QTest::newRow("mamba-2.8b-hf.pt") << QList<int>{31, 54, 15, 21};
    }

    void outliersOfThePublishedScales() {
        QFETCH(QList<int>, shares);
        const auto data = sharedData();
        const auto scales = data.value_or("") / "act-scales" / QTest::currentDataTag();
        if (!data || !std::filesystem::exists(scales)) {
            QSKIP("The published activation scales are not on this machine.");
        }
        const TemporaryFolder out;
        const QString calibration = inFolder(out, "c.safetensors");
        QCOMPARE(
            cli({"import-scales", QString::fromStdString(scales.string()), "-o", calibration}).exitCode, 0);
        // The imported file and the scales themselves say the same.
        const Outcome imported = cli({"outliers", calibration});
        const Outcome direct = cli({"outliers", QString::fromStdString(scales.string())});
        QVERIFY2(imported.exitCode == 0, imported.err.constData());
        QCOMPARE(direct.out, imported.out);
        std::array<double, 4> outliers{}, channels{};
        const Json sites = imported.json()["sites"];
        for (const auto& [name, site] : sites.items()) {
            const auto id = parseSite(name.substr(0, name.rfind('.')));
            QVERIFY2(id.has_value(), name.c_str());
            outliers[static_cast<std::size_t>(id->linear)] += static_cast<double>(site["outliers"].size());
            channels[static_cast<std::size_t>(id->linear)] += site["channels"].get<double>();
        }
        for (std::size_t i = 0; i < 4; ++i) {
            QCOMPARE(
                static_cast<int>(std::lround(outliers[i] / channels[i] * 10'000)),
                shares[static_cast<int>(i)]);
        }
        for (const char* rule : {"all-elements", "llm-int8"}) {
            const Outcome refused = cli({"outliers", calibration, "--rule", rule});
            QVERIFY2(refused.err.contains("is not possible here, because it needs"), refused.err.constData());
            const Json site = refused.json()["sites"]["layers.7.in_proj.input"];
            QVERIFY(!site["possible"].get<bool>());
            QVERIFY(site["outliers"].empty());
            QVERIFY(site["why"].get<std::string>().find("because") != std::string::npos);
        }
    }

    void infoListsTheCache() {
        const TemporaryFolder home;
        const Variable variable("HF_HUB_CACHE", home.path());
        const auto whole = putIntoCache(home.path(), "models--state-spaces--tiny", "1");
        std::filesystem::copy(
            fixtureFolder() / "ssm-original", whole, std::filesystem::copy_options::recursive);
        const auto partial = putIntoCache(home.path(), "models--state-spaces--partial", "1");
        putBlob(partial, "config.json", "c", R"({"model_type": "mamba"})");
        const Outcome info = cli({"info", "--cache"});
        QVERIFY2(info.exitCode == 0, info.err.constData());
        const Json json = info.json();
        QCOMPARE(json["cache"].get<std::string>(), home.path().string());
        QCOMPARE(json["models"].size(), std::size_t{2});
        QCOMPARE(json["models"][0]["name"].get<std::string>(), std::string("state-spaces/tiny"));
        QCOMPARE(json["models"][0]["kind"].get<std::string>(), std::string("Mamba"));
        QVERIFY(json["models"][0]["openable"].get<bool>());
        QVERIFY(!json["models"][1]["openable"].get<bool>());
        QVERIFY(json["models"][1]["why"].get<std::string>().find("no weights") != std::string::npos);
        // What it calls the model can be opened.
        const auto model = QString::fromStdString(json["models"][0]["model"].get<std::string>());
        QCOMPARE(cli({"info", model}).json()["folder"].get<std::string>(), whole.string());
        QVERIFY(cli({"info", "--help"}).out.contains("--cache"));
        QCOMPARE(cli({"info"}).exitCode, 2);
        QCOMPARE(cli({"info", "demo", "--cache"}).exitCode, 2);
    }

    /// make-model's smallest has 512 rows and no tokenizer; the demo's tokenizer has 4096 ids.
    void aTokenizerCanBeNamed() {
        const TemporaryFolder out;
        const Variable noCache("HF_HUB_CACHE", out.path() / "empty");
        const QString demo =
            QString::fromStdString((sourceFolder() / "resources/demo/tokenizer.json").string());
        // The demo's own weights without its tokenizer.
        const auto bare = out.path() / "bare";
        std::filesystem::create_directories(bare);
        for (const char* name : {"config.json", "model.safetensors"}) {
            std::filesystem::copy_file(sourceFolder() / "resources/demo" / name, bare / name);
        }
        const QString model = QString::fromStdString(bare.string());
        const QStringList generate{"generate", model, "--text", "Anya took", "-n", "4", "--json"};
        const Outcome without = cli(generate);
        QCOMPARE(without.exitCode, 3);
        QVERIFY2(without.err.contains("--tokenizer FILE"), without.err.constData());
        const Outcome with = cli(QStringList(generate) << "--tokenizer" << demo);
        QVERIFY2(with.exitCode == 0, with.err.constData());
        QCOMPARE(with.out, cli({"generate", "demo", "--text", "Anya took", "-n", "4", "--json"}).out);
        QCOMPARE(
            cli({"tokenize", model, "--text", "Anya took", "--tokenizer", demo}).out,
            cli({"tokenize", "demo", "--text", "Anya took"}).out);
        QCOMPARE(cli({"tokenize", model, "--text", "Anya took"}).exitCode, 3);
        // 512 rows: most of its ids are no row.
        const QString tiny = inFolder(out, "tiny");
        QCOMPARE(cli({"make-model", "--like", "mamba-tiny", "--seed", "0", "-o", tiny}).exitCode, 0);
        const Outcome refused = cli({"--tokenizer", demo, "generate", tiny, "--text", "Anya", "-n", "1"});
        QCOMPARE(refused.exitCode, 3);
        QVERIFY2(
            refused.err.contains("4096 token ids") && refused.err.contains("512 rows"),
            refused.err.constData());
        QCOMPARE(cli({"tokenize", demo, "--text", "Anya", "--tokenizer", demo}).exitCode, 2);
    }
};

QTEST_APPLESS_MAIN(CliFilesTest)
#include "cli_files_test.moc"
