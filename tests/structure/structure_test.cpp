// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/structure/rules.h"
#include "tests/support/paths.h"

#include <QtTest>

using namespace mambascope::test;

namespace {

using Rule = std::vector<std::string> (*)(const SourceFile&);

bool breaks(Rule rule, const std::string& path, const std::string& text) {
    return !rule({path, text}).empty();
}

} // namespace

class StructureTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_files = sourceFiles(sourceFolder());
        // If the walk found nothing, every rule below would hold.
        for (const char* path :
             {"core/base/result.h", "core/session/session.cpp", "app/CMakeLists.txt", "CMakeLists.txt"}) {
            QVERIFY2(
                std::any_of(
                    m_files.begin(), m_files.end(), [&](const SourceFile& f) { return f.path == path; }),
                path);
        }
    }

    void onlyAllowedArrows() { check(includeArrowViolations); }
    void everySourceIncludesItsOwnHeaderFirst() {
        std::set<std::string> paths;
        for (const SourceFile& file : m_files) {
            paths.insert(file.path);
        }
        QStringList complaints;
        for (const SourceFile& file : m_files) {
            for (const std::string& complaint : ownHeaderViolations(file, paths)) {
                complaints << QString::fromStdString(complaint);
            }
        }
        QVERIFY2(complaints.isEmpty(), qPrintable("\n" + complaints.join("\n")));

        const std::set<std::string> pair{"ui/a/a.cpp", "ui/a/a.h"};
        const std::string own = "#include \"ui/a/a.h\"\n";
        QVERIFY(ownHeaderViolations({"ui/a/a.cpp", own + "#include <map>\n"}, pair).empty());
        QVERIFY(!ownHeaderViolations({"ui/a/a.cpp", "#include <map>\n" + own}, pair).empty());
        QVERIFY(!ownHeaderViolations({"ui/a/a.cpp", ""}, pair).empty());
        QVERIFY(ownHeaderViolations({"ui/a/b.cpp", "#include <map>\n"}, pair).empty());
    }
    void qtAndTorchStayWhereTheyBelong() { check(foreignLibraryViolations); }
    void filesAreShort() { check(lengthViolations); }
    void everySourceNamesItsLicence() { check(licenceViolations); }
    void noPathsOfAMachine() { check(machinePathViolations); }

    void theRulesCatchWhatTheyAreFor() {
        QVERIFY(breaks(includeArrowViolations, "core/base/a.cpp", "#include \"core/model/model.h\"\n"));
        QVERIFY(
            breaks(includeArrowViolations, "core/evaluation/a.h", "#include \"core/quantization/plan.h\"\n"));
        QVERIFY(
            breaks(includeArrowViolations, "core/engine/a.cpp", "  # include \"core/session/session.h\"\n"));
        QVERIFY(breaks(includeArrowViolations, "core/model/a.cpp", "#include \"ui/theme/theme.h\"\n"));
        QVERIFY(breaks(includeArrowViolations, "app/cli/a.cpp", "#include \"ui/theme/theme.h\"\n"));
        QVERIFY(breaks(includeArrowViolations, "ui/plots/a.cpp", "#include \"app/gui/options.h\"\n"));
        QVERIFY(breaks(includeArrowViolations, "plugins/torch/a.cpp", "#include \"ui/theme/theme.h\"\n"));
        QVERIFY(breaks(includeArrowViolations, "core/base/a.cpp", "#include \"tests/support/paths.h\"\n"));
        QVERIFY(breaks(includeArrowViolations, "core/model/a.cpp", "#include \"../base/result.h\"\n"));
        QVERIFY(breaks(
            includeArrowViolations, "core/new/a.cpp",
            "#include \"core/base/result.h\"\n")); // not in the list
        QVERIFY(!breaks(
            includeArrowViolations, "core/model/a.cpp", "#include \"core/base/result.h\"\n#include <map>\n"));
        QVERIFY(!breaks(includeArrowViolations, "app/gui/a.cpp", "#include \"ui/theme/theme.h\"\n"));

        QVERIFY(breaks(foreignLibraryViolations, "core/base/a.h", "#include <QString>\n"));
        QVERIFY(breaks(foreignLibraryViolations, "core/figure/a.h", "#include <QtWidgets/QWidget>\n"));
        QVERIFY(breaks(foreignLibraryViolations, "app/cli/a.cpp", "#include <QtGlobal>\n"));
        QVERIFY(breaks(foreignLibraryViolations, "plugins/torch/a.cpp", "#include <QObject>\n"));
        QVERIFY(breaks(foreignLibraryViolations, "core/engine/a.cpp", "#include <torch/torch.h>\n"));
        QVERIFY(breaks(foreignLibraryViolations, "ui/plots/a.cpp", "#include <ATen/ATen.h>\n"));
        QVERIFY(breaks(foreignLibraryViolations, "app/engine/main.cpp", "#include <c10/util/Exception.h>\n"));
        QVERIFY(!breaks(foreignLibraryViolations, "plugins/torch/a.cpp", "#include <torch/torch.h>\n"));
        QVERIFY(!breaks(foreignLibraryViolations, "ui/plots/a.cpp", "#include <QWidget>\n"));

        const std::string line = "int x;\n";
        std::string text;
        for (int i = 0; i < 500; ++i) {
            text += line;
        }
        QVERIFY(!breaks(lengthViolations, "core/base/a.cpp", text));
        QVERIFY(breaks(lengthViolations, "core/base/a.cpp", text + line));
        QVERIFY(!breaks(lengthViolations, "resources/demo/data.json", text + line));

        QVERIFY(breaks(licenceViolations, "core/base/a.cpp", "int x;\n"));
        QVERIFY(!breaks(
            licenceViolations, "packaging/a.sh", "#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\n"));

        for (const std::string folder : {"home/me", "work/main", "root/x", "Users/me", "tmp/b-me"}) {
            QVERIFY(breaks(machinePathViolations, "README.md", "see /" + folder + "/build/out\n"));
        }
        QVERIFY(!breaks(
            machinePathViolations, "README.md", "see https://example.org/home/me/ and $HOME/work/x\n"));
    }

private:
    void check(Rule rule) {
        QStringList complaints;
        for (const SourceFile& file : m_files) {
            for (const std::string& complaint : rule(file)) {
                complaints << QString::fromStdString(complaint);
            }
        }
        QVERIFY2(complaints.isEmpty(), qPrintable("\n" + complaints.join("\n")));
    }

    std::vector<SourceFile> m_files;
};

QTEST_APPLESS_MAIN(StructureTest)
#include "structure_test.moc"
