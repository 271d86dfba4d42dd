// SPDX-License-Identifier: GPL-3.0-or-later
// Calibrations and activation scales without the checkpoint they belong to, and tokenizers that are chosen.
#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "tests/ui/window/bench.h"
#include "ui/window/session_files.h"

#include <QSettings>
#include <QSignalSpy>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 20000; ///< ms

/// Activation scales of the shape of the fake engine's models; channel 3 of layer 2's out_proj is 500.
QString saveScales(const test::TemporaryFolder& folder, int layers = 4) {
    const std::array<std::pair<const char*, std::int64_t>, 4> linears{
        {{"in_proj", 16}, {"x_proj", 64}, {"dt_proj", 2}, {"out_proj", 64}}};
    std::vector<TensorToWrite> tensors;
    for (int layer = 0; layer < layers; ++layer) {
        for (const auto& [name, channels] : linears) {
            std::vector<float> values(static_cast<std::size_t>(channels), 1.0f);
            if (layer == 2 && std::string_view(name) == "out_proj") {
                values[3] = 500;
            }
            tensors.push_back(floatTensor(
                "backbone.layers." + std::to_string(layer) + ".mixer." + name, {channels},
                std::move(values)));
        }
    }
    const auto file = folder.path() / "my-scales.safetensors";
    const Result<void> written = writeSafetensors(file, tensors, {}, true);
    return written.ok() ? QString::fromStdString(file.string()) : QString();
}

} // namespace

class CalibrationAloneTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void scalesOpenWithoutACheckpoint();
    void jobsSayThatTheyNeedTheModel();
    void scalesAttachToTheCheckpointOpenedNext();
    void scalesOfAnotherShapeDoNotAttach();
    void aCalibrationFileOpensAloneAndAttachesToItsCheckpointOnly();
    void openingScalesBesideAFittingCheckpointAddsThem();
    void scalesBesideAnotherCheckpointAreShownAlone();
    void scalesAreShownThoughTheirCheckpointIsMissing();
    void closingLeavesNothingOpen();
    void whatIsNoCalibrationSaysSo();
    void aChosenTokenizerIsRememberedAndTheJobGoesOn();
    void aTokenizerThatDoesNotFitIsRefused();

private:
    void start();
    void open(const char* model);
    const Notice& lastNotice() const { return m_notices.back(); }

    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::vector<Notice> m_notices;
};

void CalibrationAloneTest::initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
}

void CalibrationAloneTest::init() {
    QSettings().clear();
    m_warnings = std::make_unique<test::WarningCollector>();
    m_folder = std::make_unique<test::TemporaryFolder>();
    start();
}

void CalibrationAloneTest::start() {
    m_workspace.reset();
    m_notices.clear();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    connect(m_workspace.get(), &Workspace::noticed, this, [this](const Notice& notice) {
        m_notices.push_back(notice);
    });
}

void CalibrationAloneTest::cleanup() {
    m_workspace.reset();
    m_folder.reset();
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
}

void CalibrationAloneTest::open(const char* model) {
    m_workspace->openCheckpoint(QString::fromLatin1(model));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->opening().isEmpty(), kPatience);
}

void CalibrationAloneTest::scalesOpenWithoutACheckpoint() {
    QSignalSpy changed(m_workspace.get(), &Workspace::sessionChanged);
    m_workspace->open(saveScales(*m_folder));
    QVERIFY(m_notices.empty());
    QVERIFY(changed.count() > 0);
    QVERIFY(m_workspace->calibrationAlone());
    QVERIFY(m_workspace->session() == nullptr && m_workspace->checkpoint() == nullptr);
    QCOMPARE(m_workspace->spec()->layers, 4);
    QCOMPARE(m_workspace->calibration()->source.checkpointName, std::string("my-scales"));
    QCOMPARE(m_workspace->view().data().layer, 2); // where the outlier is
    QCOMPARE(
        recentFiles().value(0),
        QString::fromStdString((m_folder->path() / "my-scales.safetensors").string()));
    // From the list of recent files it opens again.
    start();
    m_workspace->open(recentFiles().value(0));
    QVERIFY(m_workspace->calibrationAlone());
}

void CalibrationAloneTest::jobsSayThatTheyNeedTheModel() {
    m_workspace->open(saveScales(*m_folder));
    m_workspace->calibrate(test::demoCalibration(2));
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 2));
    m_workspace->exportCheckpoint(QStringLiteral("nowhere"), false);
    QVERIFY(m_workspace->jobs().idle());
    QCOMPARE(m_notices.size(), std::size_t{3});
    for (const Notice& notice : m_notices) {
        QVERIFY2(
            notice.text.contains(QStringLiteral("Open the checkpoint that they belong to")),
            qPrintable(notice.text));
    }
}

void CalibrationAloneTest::scalesAttachToTheCheckpointOpenedNext() {
    m_workspace->open(saveScales(*m_folder));
    const std::string hash = m_workspace->calibrationHash();
    open("tiny");
    QVERIFY(!m_workspace->calibrationAlone());
    QVERIFY(m_workspace->session() != nullptr);
    QCOMPARE(m_workspace->calibrationHash(), hash);
    QVERIFY2(lastNotice().text.contains(QStringLiteral("attached to tiny")), qPrintable(lastNotice().text));
    // They are in the session now.
    const QString file = QString::fromStdString(m_workspace->session()->path().string());
    start();
    m_workspace->openSession(file);
    QCOMPARE(m_workspace->calibrationHash(), hash);
    // And a plan that needs them can be evaluated.
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->opening().isEmpty(), kPatience);
    m_workspace->relocateCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("preset"));
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 4));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{2}, kPatience);
    QCOMPARE(m_workspace->session()->runs()[1].result->calibrationHash, hash);
}

void CalibrationAloneTest::scalesOfAnotherShapeDoNotAttach() {
    m_workspace->open(saveScales(*m_folder, 5));
    open("tiny"); // four layers
    QVERIFY(m_workspace->calibration() == nullptr);
    QVERIFY(!m_workspace->calibrationAlone());
    QCOMPARE(lastNotice().severity, Notice::Severity::Warning);
    QVERIFY(lastNotice().text.contains(QStringLiteral("not attached")));
}

void CalibrationAloneTest::aCalibrationFileOpensAloneAndAttachesToItsCheckpointOnly() {
    open("tiny");
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    const auto file = m_folder->path() / "calibration.safetensors";
    QVERIFY(saveCalibration(file, *m_workspace->calibration(), false).ok());
    const std::string hash = m_workspace->calibrationHash();
    for (const auto& [model, attaches] : {std::pair{"tiny", true}, std::pair{"other", false}}) {
        start();
        m_workspace->open(QString::fromStdString(file.string()));
        QVERIFY(m_workspace->calibrationAlone());
        QCOMPARE(m_workspace->calibrationHash(), hash);
        open(model); // both have the same shape, but not the same weights
        QCOMPARE(m_workspace->calibrationHash(), attaches ? hash : std::string());
    }
}

void CalibrationAloneTest::openingScalesBesideAFittingCheckpointAddsThem() {
    open("tiny");
    const auto session = m_workspace->session()->path();
    m_workspace->open(saveScales(*m_folder));
    QVERIFY(m_workspace->calibration() != nullptr);
    QCOMPARE(m_workspace->session()->path(), session);
    QVERIFY(m_workspace->model().has_value());
}

void CalibrationAloneTest::scalesBesideAnotherCheckpointAreShownAlone() {
    open("other,layers=3");
    const QString file = saveScales(*m_folder);
    m_notices.clear();
    m_workspace->importCalibration(file); // into this session: no
    QVERIFY(m_workspace->session() != nullptr);
    QCOMPARE(m_notices.size(), std::size_t{1});
    QVERIFY(m_notices[0].text.contains(QStringLiteral("another checkpoint (my-scales)")));
    m_notices[0].action();
    QVERIFY(m_workspace->calibrationAlone());
    open("other,layers=3");
    m_workspace->open(file); // as a document: yes
    QVERIFY(m_workspace->calibrationAlone());
    QVERIFY(!m_workspace->model().has_value());
}

void CalibrationAloneTest::scalesAreShownThoughTheirCheckpointIsMissing() {
    m_workspace->open(QStringLiteral("nowhere,missing")); // as two words of a command line
    m_workspace->open(saveScales(*m_folder));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibrationAlone(), kPatience);
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].text, QStringLiteral("The checkpoint does not exist."));
}

void CalibrationAloneTest::closingLeavesNothingOpen() {
    for (const bool alone : {true, false}) {
        alone ? m_workspace->open(saveScales(*m_folder)) : open("tiny");
        QVERIFY(m_workspace->spec() != nullptr);
        m_workspace->closeDocument();
        QVERIFY(m_workspace->spec() == nullptr && m_workspace->calibration() == nullptr);
        QVERIFY(m_workspace->session() == nullptr && !m_workspace->model().has_value());
        QVERIFY(m_workspace->calibrationHash().empty());
    }
    // While a job runs, and while a checkpoint is being opened.
    open("slow,batch=3");
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 0));
    m_workspace->closeDocument();
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle() && m_workspace->running() == nullptr, kPatience);
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    m_workspace->closeDocument();
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
    QTest::qWait(50);
    QVERIFY(m_workspace->session() == nullptr);
}

void CalibrationAloneTest::whatIsNoCalibrationSaysSo() {
    const auto file = m_folder->path() / "notes.pt";
    QVERIFY(writeFile(file, "These are no scales.", true).ok());
    m_workspace->open(QString::fromStdString(file.string()));
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].severity, Notice::Severity::Error);
    QVERIFY(m_workspace->spec() == nullptr);
    QVERIFY(recentFiles().isEmpty());
}

/// The demo's tokenizer has 4096 ids.
void CalibrationAloneTest::aChosenTokenizerIsRememberedAndTheJobGoesOn() {
    const QString file =
        QString::fromStdString((test::sourceFolder() / "resources/demo/tokenizer.json").string());
    open("bare,no-tokenizer,vocabulary=4100");
    m_notices.clear();
    QSignalSpy asked(m_workspace.get(), &Workspace::tokenizerRequested);
    m_workspace->calibrate(test::demoCalibration(2));
    QVERIFY(m_workspace->jobs().idle()); // it did not even begin
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].actionText, QStringLiteral("Choose tokenizer.json…"));
    m_notices[0].action();
    QCOMPARE(asked.count(), 1);
    m_workspace->chooseTokenizer(file);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    // The next time nobody is asked, for an evaluation neither.
    start();
    open("bare,no-tokenizer,vocabulary=4100");
    m_notices.clear();
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 2));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{1}, kPatience);
    for (const Notice& notice : m_notices) { // the fake warns of every plan
        QVERIFY2(!notice.action, qPrintable(notice.text));
    }
    // For another checkpoint somebody is.
    open("naked,no-tokenizer,vocabulary=4100");
    m_notices.clear();
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 2));
    QCOMPARE(m_notices.size(), std::size_t{1});
}

void CalibrationAloneTest::aTokenizerThatDoesNotFitIsRefused() {
    const QString file =
        QString::fromStdString((test::sourceFolder() / "resources/demo/tokenizer.json").string());
    open("bare,no-tokenizer,vocabulary=4095");
    m_notices.clear();
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 2));
    m_workspace->chooseTokenizer(file);
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{2}, kPatience);
    QVERIFY2(
        m_notices[1].text.contains(QStringLiteral("does not belong to this model")),
        qPrintable(m_notices[1].text));
    QVERIFY(m_notices[1].action);
    QVERIFY(m_workspace->session()->runs().empty());
    QVERIFY(chosenTokenizer(m_workspace->model()->hash).isEmpty());
}

QTEST_GUILESS_MAIN(CalibrationAloneTest)
#include "calibration_alone_test.moc"
