// SPDX-License-Identifier: GPL-3.0-or-later
// What stands on the disk when an export does not come to its end.
#include "tests/core/quantization/export_fixture.h"

#include <QTest>

#include <csignal>
#include <cstdlib>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> visible(const fs::path& folder) {
    std::vector<std::string> names = entries(folder);
    std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
    return names;
}

/// Runs `work` in a process of its own; its exit status, or −signal.
template <class Work>
int inChild(Work&& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(work());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// An export that is killed when it has come to the third tensor.
int exportUntilKilled(const Checkpoint& source, const ExportRequest& request) {
    return inChild([&] {
        int reports = 0;
        Job job;
        job.onProgress = [&reports](const Progress&) {
            if (++reports == 3) {
                ::raise(SIGKILL);
            }
        };
        return exportModel(source, plainPlan(source), request, nullptr, job).ok() ? 0 : 1;
    });
}

} // namespace

class ExportCrashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aKilledExportIsNowhereToBeSeen_data() {
        QTest::addColumn<int>("format");
        QTest::newRow("hf") << static_cast<int>(ExportFormat::HuggingFace);
        QTest::newRow("gguf") << static_cast<int>(ExportFormat::Gguf);
    }
    void aKilledExportIsNowhereToBeSeen() {
        QFETCH(int, format);
        const auto source = fixture("hf-f32");
        const TemporaryFolder folder;
        ExportRequest request = exportRequest(folder.path() / "out", static_cast<ExportFormat>(format));
        QCOMPARE(exportUntilKilled(*source, request), -SIGKILL);
        QVERIFY(visible(folder.path()).empty());
        QCOMPARE(entries(folder.path()).size(), 1UL); // hidden, and abandoned
        // The next export of the same name finds no obstacle, and clears it away once it cannot be somebody's
        // work.
        const fs::path abandoned = folder.path() / entries(folder.path()).front();
        fs::last_write_time(abandoned, fs::file_time_type::clock::now() - std::chrono::hours(1));
        QVERIFY(exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        QCOMPARE(entries(folder.path()), std::vector<std::string>{"out"});
    }

    void aKilledExportLeavesTheOneBefore() {
        const auto source = fixture("hf-f32");
        const TemporaryFolder folder;
        ExportRequest request = exportRequest(folder.path() / "out", ExportFormat::HuggingFace);
        QVERIFY(exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        const std::string before = readFile(request.folder / "model.safetensors").value();
        request.overwrite = true;
        request.checkpointHash = "second";
        QCOMPARE(exportUntilKilled(*source, request), -SIGKILL);
        QCOMPARE(visible(folder.path()), std::vector<std::string>{"out"});
        QCOMPARE(readFile(request.folder / "model.safetensors").value(), before);
        QVERIFY(readFile(request.folder / "mambascope.json").value().find("c0ffee") != std::string::npos);
    }

    void anotherProcessesWorkIsNotClearedAway() {
        const auto source = fixture("hf-f32");
        const TemporaryFolder folder;
        const ExportRequest request = exportRequest(folder.path() / "out", ExportFormat::HuggingFace);
        bool other = false;
        Job job;
        job.onProgress = [&](const Progress&) {
            if (!other) {
                other = true;
                const fs::path mine = folder.path() / entries(folder.path()).front();
                fs::last_write_time(mine, fs::file_time_type::clock::now() - std::chrono::hours(1));
                // Old, but its maker still holds it.
                QCOMPARE(
                    inChild([&] {
                        return exportModel(*source, plainPlan(*source), request, nullptr, {}).ok() ? 0 : 1;
                    }),
                    0);
            }
        };
        const auto report = exportModel(*source, plainPlan(*source), request, nullptr, job);
        // Both could work; the second to finish finds the name taken and loses nothing of the first.
        QVERIFY(!report.ok());
        QVERIFY(report.error().message.find("exists already") != std::string::npos);
        QCOMPARE(entries(folder.path()), std::vector<std::string>{"out"});
    }

    void aFullDiskIsSaidAndLeavesTheOneBefore_data() {
        QTest::addColumn<int>("format");
        QTest::newRow("hf") << static_cast<int>(ExportFormat::HuggingFace);
        QTest::newRow("gguf") << static_cast<int>(ExportFormat::Gguf);
    }
    void aFullDiskIsSaidAndLeavesTheOneBefore() {
        // A limit on the size of files stands for the end of the space: write() fails in the middle of a
        // tensor.
        QFETCH(int, format);
        const auto source = fixture("hf-f32");
        const TemporaryFolder folder;
        ExportRequest request = exportRequest(folder.path() / "out", static_cast<ExportFormat>(format));
        request.ggufType = "f32";
        QVERIFY(exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        const std::string file =
            format == static_cast<int>(ExportFormat::Gguf) ? "model.gguf" : "model.safetensors";
        const std::string before = readFile(request.folder / file).value();
        request.overwrite = true;
        const fs::path said = folder.path() / "said";
        const int status = inChild([&] {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{before.size() / 2, before.size() / 2};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            const auto report = exportModel(*source, plainPlan(*source), request, nullptr, {});
            return !report.ok() && writeFile(said, report.error().message, false).ok() ? 0 : 1;
        });
        QCOMPARE(status, 0);
        // In the words of the folder that was asked for, not of the hidden one.
        const std::string message = readFile(said).value();
        QVERIFY2(message.find((request.folder / file).string() + " cannot be written") == 0, message.c_str());
        QCOMPARE(readFile(request.folder / file).value(), before);
        fs::remove(said);
        QCOMPARE(entries(folder.path()), std::vector<std::string>{"out"});
    }
};

QTEST_APPLESS_MAIN(ExportCrashTest)
#include "export_crash_test.moc"
