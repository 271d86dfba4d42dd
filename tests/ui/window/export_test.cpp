// SPDX-License-Identifier: GPL-3.0-or-later
// Exports of the window where the checkpoint lies on this machine.
#include "core/base/file.h"
#include "core/model/content.h"
#include "core/quantization/export_files.h"
#include "tests/ui/window/bench.h"
#include "ui/window/workspace.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 20000; ///< ms

QString qtPath(const std::filesystem::path& path) {
    return QString::fromStdString(path.string());
}

/// Names of everything in a folder, hidden files too.
std::vector<std::string> namesIn(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

} // namespace

class ExportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test")); }

    void init() {
        m_folder = std::make_unique<test::TemporaryFolder>();
        std::filesystem::create_directory(m_folder->path() / "out");
        // The engine refuses what has this name, as one does that has no memory for it.
        m_model = m_folder->path() / "tiny,missing";
        std::filesystem::copy(test::fixtureFolder() / "hf-f32", m_model);
        WorkspaceOptions options = test::fakeOptions(*m_folder);
        options.command = {{"mambascope-engine"}};
        m_workspace = std::make_unique<Workspace>(std::move(options));
        m_notices.clear();
        connect(m_workspace.get(), &Workspace::noticed, this, [this](const Notice& notice) {
            m_notices.push_back(notice);
        });
    }

    void cleanup() {
        m_workspace.reset();
        m_folder.reset();
    }

    void whatTheEngineCannotLoadIsExported() {
        openSession("study");
        QVERIFY(!m_workspace->model());
        QVERIFY(m_workspace->canExport());
        m_workspace->exportCheckpoint(qtPath(m_folder->path() / "out/window"), false);
        QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
        QVERIFY2(m_notices[0].severity == Notice::Severity::Info, qPrintable(m_notices[0].text));
        // The same bytes as the command line writes.
        ExportRequest request;
        std::filesystem::create_directory(m_folder->path() / "other");
        request.folder = m_folder->path() / "other/window"; // the model card has its name
        request.plan = m_workspace->plan();
        QVERIFY(exportFiles(m_model, request, nullptr, {}).ok());
        for (const std::string& name : namesIn(request.folder)) {
            QVERIFY2(
                readFile(request.folder / name).value() ==
                    readFile(m_folder->path() / "out/window" / name).value(),
                name.c_str());
        }
        QCOMPARE(namesIn(m_folder->path() / "out/window").size(), namesIn(request.folder).size());
    }

    void otherWeightsAreNotExportedInItsName() {
        openSession("study", "another hash");
        m_workspace->exportCheckpoint(qtPath(m_folder->path() / "out/window"), false);
        QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
        QVERIFY(m_notices[0].severity == Notice::Severity::Error);
        QVERIFY(namesIn(m_folder->path() / "out").empty());
    }

    void whatIsStoppedLeavesNothing() {
        openSession("study");
        ExportRequest request;
        request.folder = m_folder->path() / "out/window";
        request.plan = m_workspace->plan();
        std::stop_source stop;
        Job job{stop.get_token(), {}};
        int reports = 0;
        job.onProgress = [&](const Progress& progress) {
            // In the middle of the writing.
            if (progress.phase == "writing" && progress.done > 1) {
                ++reports;
                stop.request_stop();
            }
        };
        const auto stopped = exportFiles(m_model, request, nullptr, job);
        QVERIFY(reports > 0);
        QVERIFY(!stopped.ok() && stopped.error().code == ErrorCode::Cancelled);
        QVERIFY(namesIn(m_folder->path() / "out").empty());
    }

    void aSessionIsKnownByItsContent() {
        openSession("study without a suffix");
        QVERIFY(m_workspace->session() != nullptr);
        QCOMPARE(m_workspace->session()->path().filename().string(), std::string("study without a suffix"));
    }

private:
    /// Opens a session of the checkpoint, and waits until the engine has failed to load it.
    void openSession(const char* name, std::string hash = {}) {
        const auto checkpoint = openCheckpoint(m_model).value();
        if (hash.empty()) {
            hash = readContent(*checkpoint, {}).value().hash;
        }
        const auto file = m_folder->path() / name;
        {
            const auto session = Session::create(file, false).value();
            QuantPlan plan;
            plan.name = "W4";
            plan.defaults.weightBits = 4;
            QVERIFY(session->setCheckpoint({m_model.string(), "tiny", hash, checkpoint->spec}).ok());
            QVERIFY(session->setPlan(plan, "W4").ok());
        }
        m_workspace->open(qtPath(file));
        QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
        m_notices.clear();
    }

    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::filesystem::path m_model;
    std::unique_ptr<Workspace> m_workspace;
    std::vector<Notice> m_notices;
};

QTEST_MAIN(ExportTest)
#include "export_test.moc"
