// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/engine/client.h"
#include "core/engine/plugin.h"
#include "tests/support/paths.h"

#include <QProcess>
#include <QTest>

#include <cstring>
#include <elf.h>
#include <random>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

fs::path plugin(const std::string& name) {
    return fs::path(FAKE_PLUGINS) / name / (name + ".so");
}

std::string refusal(const fs::path& file) {
    const auto engine = loadEnginePlugin(file);
    return engine.ok() ? std::string() : describe(engine.error());
}

std::span<const std::byte> asBytes(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

} // namespace

class PluginTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void metadataAreReadWithoutLoading();
    void anEngineIsLoadedAndWorks();
    void refusesWhatIsNoEnginePlugin();
    void theRightPluginIsFound();
    void damagedFilesNeverCrash();
    void theEngineProgramServesAPlugin();
    void theEngineProgramSaysWhatIsMissing();
    void theEngineProgramsOptions();
};

void PluginTest::metadataAreReadWithoutLoading() {
    const PluginMetadata metadata = readPluginMetadata(plugin("fake_plugin")).value();
    QCOMPARE(metadata.name, std::string("fake"));
    QCOMPARE(metadata.version, std::string("1.2.3"));
    QCOMPARE(metadata.api, kEngineApiVersion);
    QCOMPARE(metadata.kind, std::string("engine"));
    QCOMPARE(readPluginMetadata(plugin("fake_plugin_of_tomorrow")).value().api, 999);
}

void PluginTest::anEngineIsLoadedAndWorks() {
    auto engine = loadEnginePlugin(plugin("fake_plugin"));
    QVERIFY2(engine.ok(), engine.ok() ? "" : describe(engine.error()).c_str());
    QCOMPARE(engine.value()->info().value().name, std::string("fake"));
}

void PluginTest::refusesWhatIsNoEnginePlugin() {
    QVERIFY(refusal(plugin("fake_plugin_of_tomorrow")).find("API version 999") != std::string::npos);
    QVERIFY(refusal(plugin("fake_exporter")).find("kind “exporter”") != std::string::npos);
    QVERIFY(
        refusal(FAKE_ENGINE).find("no plugin of mambascope") != std::string::npos); // ELF without the section
    QVERIFY(refusal(test::goldenFolder() / "demo_expected.json").find("no ELF file") != std::string::npos);
    QVERIFY(!refusal("/no/such/file.so").empty());
    QVERIFY(!refusal(FAKE_PLUGINS).empty()); // a folder
    const test::TemporaryFolder folder;
    QVERIFY(writeFile(folder.path() / "empty.so", "", false).ok());
    QVERIFY(!refusal(folder.path() / "empty.so").empty());
}

void PluginTest::theRightPluginIsFound() {
    const std::vector<fs::path> folders{
        "/no/such/folder", plugin("fake_exporter").parent_path(),
        plugin("fake_plugin_of_tomorrow").parent_path(), plugin("fake_plugin").parent_path()};
    QCOMPARE(findEnginePlugin(folders).value().file.string(), plugin("fake_plugin").string());
    QCOMPARE(pluginFiles(folders).size(), std::size_t{3});
    const auto none = findEnginePlugin({folders[0], folders[2]});
    QCOMPARE(none.error().code, ErrorCode::Unreadable);
    QVERIFY(
        none.error().hint.find("API version 999") !=
        std::string::npos); // why the one that is there is refused
    QVERIFY(none.error().hint.find("/no/such/folder") != std::string::npos);
    QVERIFY(none.error().hint.find("MAMBASCOPE_PLUGIN_PATH") != std::string::npos);

    qputenv("MAMBASCOPE_PLUGIN_PATH", "/one::/two");
    const auto standard = pluginFolders();
    QCOMPARE(standard[0].string(), std::string("/one"));
    QCOMPARE(standard[1].string(), std::string("/two"));
    qunsetenv("MAMBASCOPE_PLUGIN_PATH");
}

void PluginTest::damagedFilesNeverCrash() {
    const std::string whole = readFile(plugin("fake_plugin")).value();
    QVERIFY(elfSection(asBytes(whole), ".mambascope").ok());
    Elf64_Ehdr header;
    std::memcpy(&header, whole.data(), sizeof header);
    std::mt19937 random(7); // fixed, so that a failure can be repeated
    std::string damaged = whole;
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        // The header and the section table are what the reader follows.
        const bool inHeader = random() % 2 == 0;
        const std::size_t begin = inHeader ? 0 : header.e_shoff;
        const std::size_t size = inHeader ? sizeof header : header.e_shnum * sizeof(Elf64_Shdr);
        for (int i = 0; i < 8; ++i) {
            damaged[begin + random() % size] = static_cast<char>(random());
        }
        const std::size_t kept = random() % 4 == 0 ? random() % damaged.size() : damaged.size();
        refused += elfSection(asBytes(damaged).first(kept), ".mambascope").ok() ? 0 : 1;
        whole.copy(damaged.data() + begin, size, begin);
    }
    QVERIFY(refused > 500);
}

void PluginTest::theEngineProgramServesAPlugin() {
    auto client = EngineClient::start({{ENGINE_PROGRAM, "--plugin", plugin("fake_plugin").string()}});
    QVERIFY(client.ok());
    QCOMPARE(client.value()->info().value().name, std::string("fake"));
    QVERIFY(client.value()->load({"tiny,chatty"}, {}).ok());
    QCOMPARE(client.value()->generate({{1}, 5}, {}).value().size(), std::size_t{5});
}

void PluginTest::theEngineProgramSaysWhatIsMissing() {
    auto client =
        EngineClient::start({{ENGINE_PROGRAM, "--plugin", plugin("fake_plugin_of_tomorrow").string()}});
    const auto error = client.value()->info().error();
    QCOMPARE(error.code, ErrorCode::Usage);
    QVERIFY(error.message.find("API version 999") != std::string::npos);
}

void PluginTest::theEngineProgramsOptions() {
    const auto run = [](const QStringList& arguments, QByteArray* output, const QString& pluginPath = {}) {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("MAMBASCOPE_PLUGIN_PATH", pluginPath);
        process.setProcessEnvironment(environment);
        process.start(ENGINE_PROGRAM, arguments);
        process.closeWriteChannel();
        process.waitForFinished();
        *output = process.readAllStandardOutput() + process.readAllStandardError();
        return process.exitCode();
    };
    QByteArray output;
    QCOMPARE(run({"--version"}, &output), 0);
    QCOMPARE(output.trimmed(), QByteArray("mambascope-engine " MAMBASCOPE_VERSION));
    QCOMPARE(run({"--help"}, &output), 0);
    QVERIFY(output.contains("--list-plugins"));
    QCOMPARE(run({"--dance"}, &output), 2);
    QCOMPARE(
        run({"--list-plugins"}, &output, QString::fromStdString(plugin("fake_exporter").parent_path())), 0);
    QVERIFY(output.contains("kind exporter"));
    QCOMPARE(run({}, &output), 0); // the client is gone at once
}

QTEST_APPLESS_MAIN(PluginTest)
#include "plugin_test.moc"
