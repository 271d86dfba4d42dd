// SPDX-License-Identifier: GPL-3.0-or-later
// The window with an engine that is elsewhere: its command, its folders, its cache, and what goes wrong with
// it.
#include "tests/support/hub.h"
#include "tests/ui/window/bench.h"
#include "ui/dialogs/engine_dialog.h"
#include "ui/dialogs/engine_folder_dialog.h"
#include "ui/window/cache_scan.h"
#include "ui/window/engine_setting.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeWidget>
#include <QtTest>

#include <filesystem>

using namespace mambascope;
using namespace mambascope::test;
using namespace mambascope::ui;
namespace fs = std::filesystem;

namespace {

constexpr int kMost = 10000; // milliseconds

QString far() {
    return QStringLiteral(TROUBLED_LINE " --delay 10 -- " FAKE_ENGINE);
}

ui::WorkspaceOptions farOptions(const TemporaryFolder& folder, const QString& commandLine) {
    const EngineCommand command = engineCommandOf(commandLine).value();
    ui::WorkspaceOptions options{
        engineFactory(command), QString::fromStdString((folder.path() / "sessions").string())};
    options.command = command;
    return options;
}

} // namespace

class EnginePlaceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theCommandIsKept();
    void aConnectionIsTested_data();
    void aConnectionIsTested();
    void aTestCanBeStopped();
    void foldersThereAreBrowsed();
    void aNewFolderThereIsNamed();
    void theCacheThereIsListed();
    void anotherEngineOpensTheCheckpointAgain();
    void failuresAreSaidInTheWindow();
};

void EnginePlaceTest::theCommandIsKept() {
    QVERIFY(storedEngineCommand().isEmpty());
    storeEngineCommand(QStringLiteral("  ssh gpu-host mambascope-engine "));
    QCOMPARE(storedEngineCommand(), QStringLiteral("ssh gpu-host mambascope-engine"));
    QVERIFY(engineCommandOf(storedEngineCommand()).value().isSsh());
    storeEngineCommand(QString());
    QVERIFY(storedEngineCommand().isEmpty());
    QCOMPARE(engineCommandOf(QString()).value().arguments, EngineCommand::standard().arguments);
    QCOMPARE(engineCommandOf(QStringLiteral("ssh 'host")).error().code, ErrorCode::Usage);
}

void EnginePlaceTest::aConnectionIsTested_data() {
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("expected");
    QTest::newRow("an engine") << far() << "Made-up processor";
    QTest::newRow("its version") << far() << "mambascope " MAMBASCOPE_VERSION;
    QTest::newRow("no program") << "nothing-there"
                                << "“nothing-there” was not found";
    QTest::newRow("something else") << "sh -c 'echo Welcome; cat'"
                                    << "“Welcome”";
    QTest::newRow("a program that ends") << "false"
                                         << "ended with status 1 before it was ready";
}

void EnginePlaceTest::aConnectionIsTested() {
    QFETCH(QString, command);
    QFETCH(QString, expected);
    EngineDialog dialog(command);
    auto* answer = dialog.findChild<QLabel*>(QStringLiteral("engineAnswer"));
    auto* test = dialog.findChild<QPushButton*>(QStringLiteral("testConnection"));
    test->click();
    QTRY_VERIFY2_WITH_TIMEOUT(answer->text().contains(expected), qPrintable(answer->text()), kMost);
    QCOMPARE(dialog.commandLine(), command);
    test->click(); // and again
    QTRY_VERIFY2_WITH_TIMEOUT(answer->text().contains(expected), qPrintable(answer->text()), kMost);
}

void EnginePlaceTest::aTestCanBeStopped() {
    EngineDialog dialog(QStringLiteral("sleep 60"));
    auto* answer = dialog.findChild<QLabel*>(QStringLiteral("engineAnswer"));
    auto* test = dialog.findChild<QPushButton*>(QStringLiteral("testConnection"));
    const QString start = test->text();
    test->click();
    QVERIFY(answer->text().contains(QStringLiteral("Waiting")));
    QVERIFY(test->text() != start);
    QElapsedTimer timer;
    timer.start();
    test->click();
    QVERIFY(timer.elapsed() < 5000);
    QCOMPARE(test->text(), start);
    QCOMPARE(answer->text(), QStringLiteral("Stopped."));
    dialog.findChild<QLineEdit*>(QStringLiteral("engineCommand"))->setText(QStringLiteral("ssh 'host"));
    QVERIFY(!test->isEnabled());
    QVERIFY(answer->text().contains(QStringLiteral("not closed")));
}

void EnginePlaceTest::foldersThereAreBrowsed() {
    const TemporaryFolder home;
    writeText(home.path() / "zoo" / "model" / "config.json", "{}");
    writeText(home.path() / "zoo" / "model" / "model.safetensors", "12345");
    writeText(home.path() / "note.txt", "");
    const QString here = QString::fromStdString(fs::canonical(home.path()).string());
    EngineFolderDialog dialog(
        engineCommandOf(far()).value(), EngineFolderDialog::Purpose::OpenCheckpoint, here, {});
    auto* list = dialog.findChild<QTreeWidget*>(QStringLiteral("folderEntries"));
    auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    QTRY_COMPARE_WITH_TIMEOUT(list->topLevelItemCount(), 2, kMost);
    QVERIFY(!ok->isEnabled());
    Q_EMIT list->itemActivated(list->topLevelItem(0), 0); // the folder "zoo"
    QTRY_COMPARE_WITH_TIMEOUT(dialog.folder(), here + "/zoo", kMost);
    QCOMPARE(list->topLevelItem(0)->text(1), QStringLiteral("Checkpoint"));
    list->topLevelItem(0)->setSelected(true);
    QVERIFY(ok->isEnabled());
    QCOMPARE(dialog.path(), here + "/zoo/model");
    auto* path = dialog.findChild<QLineEdit*>(QStringLiteral("folderPath"));
    path->setText(here + "/nothing");
    QTest::keyClick(path, Qt::Key_Return);
    const auto said = [&] {
        for (const QLabel* label : dialog.findChildren<QLabel*>()) {
            if (label->text().contains(QStringLiteral("There is no folder"))) {
                return true;
            }
        }
        return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(said(), kMost);
    QCOMPARE(dialog.folder(), here + "/zoo"); // what was listed stays
    Q_EMIT list->itemActivated(list->topLevelItem(0), 0);
    QCOMPARE(dialog.result(), static_cast<int>(QDialog::Accepted));
}

void EnginePlaceTest::aNewFolderThereIsNamed() {
    const TemporaryFolder home;
    const QString here = QString::fromStdString(fs::canonical(home.path()).string());
    EngineFolderDialog dialog(
        engineCommandOf(far()).value(), EngineFolderDialog::Purpose::NameNewFolder, here,
        QStringLiteral("tiny-quantized"));
    auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    QTRY_VERIFY_WITH_TIMEOUT(ok->isEnabled(), kMost);
    QCOMPARE(dialog.path(), here + "/tiny-quantized");
}

void EnginePlaceTest::theCacheThereIsListed() {
    const TemporaryFolder cache;
    const Variable variable("HF_HUB_CACHE", cache.path());
    putIntoCache(cache.path(), "models--someone--tiny", "0123");
    writeText(
        cache.path() / "models--someone--tiny/snapshots/0123/config.json", R"({"model_type": "mamba"})");
    CacheScan scan;
    scan.setEngine(engineCommandOf(far()).value());
    scan.start();
    QTRY_VERIFY_WITH_TIMEOUT(scan.models().has_value(), kMost);
    QCOMPARE(scan.models()->models.size(), std::size_t{1});
    QCOMPARE(scan.models()->models.front().name, std::string("someone/tiny"));
    scan.setEngine(engineCommandOf(QStringLiteral("nothing-there")).value());
    QVERIFY(!scan.models().has_value());
    scan.start();
    QTRY_VERIFY_WITH_TIMEOUT(scan.models().has_value(), kMost);
    QVERIFY(scan.models()->trouble.find("nothing-there") != std::string::npos);
}

void EnginePlaceTest::anotherEngineOpensTheCheckpointAgain() {
    const TemporaryFolder folder;
    Workspace workspace(farOptions(folder, far()));
    QVERIFY(workspace.engineElsewhere());
    workspace.openCheckpoint(QStringLiteral("demo"));
    QTRY_VERIFY_WITH_TIMEOUT(workspace.model().has_value(), kMost);
    const std::string hash = workspace.model()->hash;
    QSignalSpy changed(&workspace, &Workspace::engineChanged);
    workspace.setEngine({{FAKE_ENGINE}});
    QCOMPARE(changed.size(), 1);
    QVERIFY(!workspace.model().has_value());
    QStringList texts;
    connect(&workspace, &Workspace::noticed, this, [&](const Notice& notice) { texts << notice.text; });
    QTRY_VERIFY2_WITH_TIMEOUT(workspace.model().has_value(), qPrintable(texts.join(u'\n')), kMost);
    QCOMPARE(workspace.model()->hash, hash);
    QCOMPARE(workspace.checkpoint()->hash, hash);

    // The made-up engine finds other weights under the path that it gave: what a machine with another file
    // there would say.
    workspace.openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(workspace.model()->hash != hash, kMost);
    workspace.setEngine(engineCommandOf(far()).value());
    QTRY_VERIFY_WITH_TIMEOUT(texts.join(u'\n').contains(QStringLiteral("its weights differ")), kMost);
    QVERIFY(!workspace.model().has_value());
}

void EnginePlaceTest::failuresAreSaidInTheWindow() {
    const TemporaryFolder folder;
    Workspace workspace(farOptions(folder, QStringLiteral("sh -c 'echo Welcome; cat'")));
    QStringList texts, hints;
    connect(&workspace, &Workspace::noticed, this, [&](const Notice& notice) {
        texts << notice.text;
        hints << notice.hint;
    });
    const auto sayOf = [&](const QString& command, const QString& expected) {
        texts.clear();
        hints.clear();
        workspace.setEngine(engineCommandOf(command).value());
        workspace.openCheckpoint(QStringLiteral("tiny"));
        QTRY_VERIFY2_WITH_TIMEOUT(texts.join(u'\n').contains(expected), qPrintable(texts.join(u'\n')), kMost);
        QVERIFY(!hints.first().isEmpty());
        QVERIFY(texts.first().contains(QStringLiteral("Your session is intact")));
    };
    sayOf(QStringLiteral("sh -c 'echo Welcome; cat'"), QStringLiteral("“Welcome”"));
    sayOf(QStringLiteral("nothing-there"), QStringLiteral("“nothing-there” was not found"));
    sayOf(
        QStringLiteral(TROUBLED_LINE " --flip-out 80 -- " FAKE_ENGINE), QStringLiteral("damaged on its way"));
    sayOf(
        QStringLiteral(TROUBLED_LINE " --cut-out 100 -- " FAKE_ENGINE),
        QStringLiteral("ended with status 255"));
}

QTEST_MAIN(EnginePlaceTest)
#include "engine_place_test.moc"
