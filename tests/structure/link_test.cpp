// SPDX-License-Identifier: GPL-3.0-or-later
// What the built programs load when they start, libraries of libraries included.
#include <QtTest>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace fs = std::filesystem;

namespace {

/// What the dynamic loader would load for `program`; empty if that could not be found out.
std::string loadedLibraries(const fs::path& program) {
    const std::string command = "ldd '" + program.string() + "' 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
    std::string text;
    std::array<char, 4096> buffer;
    while (output && std::fgets(buffer.data(), static_cast<int>(buffer.size()), output.get()) != nullptr) {
        text += buffer.data();
    }
    return text;
}

} // namespace

class LinkTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void programsLoadOnlyWhatTheyMay_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("forbidden");
        const QStringList torch{"libtorch", "libc10", "libQt5"}; // Debian's libtorch brings Qt 5 along
        QTest::newRow("cli") << "mambascope-cli" << (QStringList(torch) << "libQt");
        QTest::newRow("engine") << "mambascope-engine" << (QStringList(torch) << "libQt");
        QTest::newRow("window") << "mambascope" << torch;
    }

    void programsLoadOnlyWhatTheyMay() {
        QFETCH(QString, program);
        QFETCH(QStringList, forbidden);
        const fs::path path =
            fs::path(qEnvironmentVariable("MAMBASCOPE_BIN").toStdString()) / program.toStdString();
        if (!fs::exists(path)) {
            QSKIP(qPrintable(program + " is not part of this build."));
        }
        const std::string libraries = loadedLibraries(path);
        QVERIFY2(libraries.find("libc.so") != std::string::npos, "ldd said nothing");
        for (const QString& library : forbidden) {
            QVERIFY2(
                libraries.find(library.toStdString()) == std::string::npos,
                qPrintable(program + " loads " + library));
        }
    }

    void theCheckSeesQtWhereItIs() {
        // This test itself links Qt: if the search missed that, it would miss everything.
        QVERIFY(loadedLibraries(fs::read_symlink("/proc/self/exe")).find("libQt6Test") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(LinkTest)
#include "link_test.moc"
