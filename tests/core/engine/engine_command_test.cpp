// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/client.h"

#include <QTest>

using namespace mambascope;

class EngineCommandTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void splitsWordsAsAShellDoes_data();
    void splitsWordsAsAShellDoes();
    void refusesWhatIsNoCommand_data();
    void refusesWhatIsNoCommand();
    void standardTakesTheEnvironment();
};

void EngineCommandTest::splitsWordsAsAShellDoes_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<QStringList>("words"); // what `printf '%s\n' LINE` prints in a POSIX shell
    QTest::newRow("one word") << "mambascope-engine" << QStringList{"mambascope-engine"};
    QTest::newRow("remote") << "ssh  gpu-host\tmambascope-engine"
                            << QStringList{"ssh", "gpu-host", "mambascope-engine"};
    QTest::newRow("single quotes") << R"('/a b/c' 'x\y')" << QStringList{"/a b/c", R"(x\y)"};
    QTest::newRow("double quotes") << R"("a b" "c\"d" "e\f" "\$g")"
                                   << QStringList{"a b", "c\"d", R"(e\f)", "$g"};
    QTest::newRow("backslash") << R"(a\ b c\\d)" << QStringList{"a b", R"(c\d)"};
    QTest::newRow("pieces join") << R"(a'b c'"d e"f)" << QStringList{"ab cd ef"};
    QTest::newRow("empty argument") << "run '' \"\"" << QStringList{"run", "", ""};
    QTest::newRow("nothing is expanded") << "run $HOME *" << QStringList{"run", "$HOME", "*"};
}

void EngineCommandTest::splitsWordsAsAShellDoes() {
    QFETCH(QString, line);
    QFETCH(QStringList, words);
    QStringList got;
    const EngineCommand command = EngineCommand::parse(line.toStdString()).value();
    for (const std::string& word : command.arguments) {
        got.append(QString::fromStdString(word));
    }
    QCOMPARE(got, words);
}

void EngineCommandTest::refusesWhatIsNoCommand_data() {
    QTest::addColumn<QString>("line");
    QTest::newRow("empty") << "";
    QTest::newRow("blanks") << " \t ";
    QTest::newRow("empty program") << "'' --x";
    QTest::newRow("open single quote") << "run 'abc";
    QTest::newRow("open double quote") << "run \"abc\\\"";
}

void EngineCommandTest::refusesWhatIsNoCommand() {
    QFETCH(QString, line);
    const auto parsed = EngineCommand::parse(line.toStdString());
    QCOMPARE(parsed.error().code, ErrorCode::Usage);
    QVERIFY(!parsed.error().hint.empty());
}

void EngineCommandTest::standardTakesTheEnvironment() {
    const QByteArray before = qgetenv("MAMBASCOPE_ENGINE");
    qputenv("MAMBASCOPE_ENGINE", "ssh host 'my engine'");
    QCOMPARE(EngineCommand::standard().arguments, (std::vector<std::string>{"ssh", "host", "my engine"}));
    qunsetenv("MAMBASCOPE_ENGINE");
    // Nothing lies beside this test program, so the name is left to PATH.
    QCOMPARE(EngineCommand::standard().arguments, std::vector<std::string>{"mambascope-engine"});
    qputenv("MAMBASCOPE_ENGINE", before);
}

QTEST_APPLESS_MAIN(EngineCommandTest)
#include "engine_command_test.moc"
