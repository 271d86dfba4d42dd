// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"
#include "ui/commands/plan_edit.h"
#include "ui/commands/plan_editor.h"

#include <QSignalSpy>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

std::string text(const QuantPlan& plan) {
    return toJson(plan).dump();
}

SitePatch weightBits(int bits) {
    SitePatch patch;
    patch.weightBits = bits;
    return patch;
}

SitePatch alpha(double value) {
    SitePatch patch;
    patch.alpha = std::optional<double>(value);
    return patch;
}

const PlanTarget kOutOfLayer7 = PlanTarget::at({7, Linear::OutProj});

} // namespace

class PlanEditorTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void aSiteFollowsWhatIsAboveIt();
    void aSettingLikeTheOneAboveIsNotKept();
    void clearingASiteGivesItBack();
    void undoRestoresThePlanByteForByte();
    void theSamePlanIsNoEdit();
    void editsOfOneGestureAreOneEntry();
    void anotherSettingOrGestureIsAnotherEntry();
    void aGestureThatEndsWhereItBeganLeavesNothing();
    void anEditInAnswerToAnEditIsRefused();
    void anotherSessionHasNoHistory();
    void aReadOnlySessionSaysSo();
    void undoAndRedoSayWhatTheyDo();
    void aGestureThatLeavesNothingKeepsWhatWasUndone();
    void planGetsTheNameOfThePresetThatDoesTheSame();

private:
    std::size_t edits() const { return m_session->planHistory().value().size(); }

    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<PlanEditor> m_editor;
};

void PlanEditorTest::init() {
    m_folder = std::make_unique<test::TemporaryFolder>();
    Result<std::unique_ptr<Session>> session = Session::create(m_folder->path() / "plan.mscope", false);
    QVERIFY(session.ok());
    m_session = std::move(session).value();
    m_editor = std::make_unique<PlanEditor>();
    m_editor->setSession(m_session.get());
}

void PlanEditorTest::cleanup() {
    m_editor.reset();
    m_session.reset();
    m_folder.reset();
}

void PlanEditorTest::aSiteFollowsWhatIsAboveIt() {
    QuantPlan plan = withSettings({}, {PlanTarget::model()}, weightBits(8));
    QCOMPARE(settingsAt(plan, kOutOfLayer7).weightBits, 8);
    plan = withSettings(plan, {PlanTarget::every(Linear::OutProj)}, weightBits(6));
    QCOMPARE(settingsAt(plan, kOutOfLayer7).weightBits, 6);
    plan = withSettings(plan, {kOutOfLayer7}, weightBits(4));
    QCOMPARE(settingsAt(plan, kOutOfLayer7).weightBits, 4);
    QCOMPARE(inheritedAt(plan, kOutOfLayer7).weightBits, 6);
    // What the table shows is what the engine is told.
    QCOMPARE(plan.at({7, Linear::OutProj}).weightBits, 4);
    QCOMPARE(plan.at({6, Linear::OutProj}).weightBits, 6);
    QCOMPARE(plan.at({7, Linear::InProj}).weightBits, 8);
    // A new default leaves the narrower levels alone.
    plan = withSettings(plan, {PlanTarget::model()}, weightBits(3));
    QCOMPARE(plan.at({7, Linear::OutProj}).weightBits, 4);
    QCOMPARE(plan.at({7, Linear::InProj}).weightBits, 3);
}

void PlanEditorTest::aSettingLikeTheOneAboveIsNotKept() {
    QuantPlan plan = withSettings({}, {PlanTarget::model()}, weightBits(8));
    plan = withSettings(plan, {kOutOfLayer7}, weightBits(4));
    QCOMPARE(plan.sites.size(), std::size_t{1});
    plan = withSettings(plan, {kOutOfLayer7}, weightBits(8));
    QVERIFY(plan.sites.empty());
    // Both at once: the site compares itself with the new default.
    plan = withSettings(plan, {kOutOfLayer7, PlanTarget::model()}, weightBits(5));
    QVERIFY(plan.sites.empty());
    QCOMPARE(plan.at({7, Linear::OutProj}).weightBits, 5);
}

void PlanEditorTest::clearingASiteGivesItBack() {
    const QuantPlan above = withSettings({}, {PlanTarget::every(Linear::OutProj)}, alpha(0.5));
    const QuantPlan own = withSettings(above, {kOutOfLayer7}, alpha(0.9));
    QVERIFY(own != above);
    QVERIFY(withoutSettings(own, {kOutOfLayer7}) == above);
    QVERIFY(withoutSettings(above, {PlanTarget::every(Linear::OutProj)}) == QuantPlan());
}

void PlanEditorTest::undoRestoresThePlanByteForByte() {
    const std::string before = text(m_session->plan());
    m_editor->edit(withSettings(m_editor->plan(), {kOutOfLayer7}, weightBits(4)), QStringLiteral("W bits"));
    const std::string after = text(m_session->plan());
    QVERIFY(before != after);
    QCOMPARE(edits(), std::size_t{1});
    m_editor->undo();
    QCOMPARE(text(m_session->plan()), before);
    m_editor->redo();
    QCOMPARE(text(m_session->plan()), after);
}

void PlanEditorTest::theSamePlanIsNoEdit() {
    QSignalSpy changed(m_editor.get(), &PlanEditor::planChanged);
    m_editor->edit(m_editor->plan(), QStringLiteral("nothing"));
    QCOMPARE(edits(), std::size_t{0});
    QCOMPARE(changed.count(), 0);
}

void PlanEditorTest::editsOfOneGestureAreOneEntry() {
    const std::string before = text(m_session->plan());
    m_editor->beginGesture();
    for (const double value : {0.05, 0.1, 0.15, 0.2}) {
        m_editor->edit(
            withSettings(m_editor->plan(), {kOutOfLayer7}, alpha(value)), QStringLiteral("α"),
            QStringLiteral("alpha"));
    }
    m_editor->endGesture();
    QCOMPARE(edits(), std::size_t{1});
    QCOMPARE(m_session->plan().at({7, Linear::OutProj}).alpha.value(), 0.2);
    m_editor->undo();
    QCOMPARE(text(m_session->plan()), before);
}

void PlanEditorTest::anotherSettingOrGestureIsAnotherEntry() {
    const auto edit = [this](double value, const char* key) {
        m_editor->edit(
            withSettings(m_editor->plan(), {kOutOfLayer7}, alpha(value)), QStringLiteral("α"),
            QString::fromLatin1(key));
    };
    m_editor->beginGesture();
    edit(0.1, "alpha");
    edit(0.2, "other");
    QCOMPARE(edits(), std::size_t{2});
    m_editor->endGesture();
    m_editor->beginGesture();
    edit(0.3, "other");
    QCOMPARE(edits(), std::size_t{3});
    m_editor->endGesture();
    edit(0.4, "other"); // outside a gesture nothing merges
    edit(0.5, "other");
    QCOMPARE(edits(), std::size_t{5});
}

void PlanEditorTest::aGestureThatEndsWhereItBeganLeavesNothing() {
    m_editor->beginGesture();
    const QuantPlan start = m_editor->plan();
    m_editor->edit(
        withSettings(start, {kOutOfLayer7}, alpha(0.1)), QStringLiteral("α"), QStringLiteral("alpha"));
    m_editor->edit(start, QStringLiteral("α"), QStringLiteral("alpha"));
    m_editor->endGesture();
    QCOMPARE(edits(), std::size_t{0});
    QVERIFY(m_session->plan() == start);
}

void PlanEditorTest::anEditInAnswerToAnEditIsRefused() {
    connect(m_editor.get(), &PlanEditor::planChanged, this, [this] {
        m_editor->edit(
            withSettings(m_editor->plan(), {PlanTarget::model()}, weightBits(2)), QStringLiteral("echo"));
    });
    m_editor->edit(withSettings(m_editor->plan(), {kOutOfLayer7}, weightBits(4)), QStringLiteral("W bits"));
    QCOMPARE(edits(), std::size_t{1});
    QCOMPARE(m_session->plan().defaults.weightBits, kBitsOff);
    m_editor->undo();
    QVERIFY(m_session->plan() == QuantPlan());
}

void PlanEditorTest::anotherSessionHasNoHistory() {
    m_editor->edit(withSettings(m_editor->plan(), {kOutOfLayer7}, weightBits(4)), QStringLiteral("W bits"));
    Result<std::unique_ptr<Session>> other = Session::create(m_folder->path() / "other.mscope", false);
    QVERIFY(other.ok());
    m_editor->setSession(other.value().get());
    QVERIFY(!m_editor->canUndo());
    QVERIFY(m_editor->plan() == QuantPlan());
    m_editor->setSession(nullptr);
    m_editor->edit(withSettings({}, {kOutOfLayer7}, weightBits(4)), QStringLiteral("nowhere"));
    QVERIFY(!m_editor->canUndo());
    QVERIFY(m_editor->plan() == QuantPlan());
    m_editor->setSession(m_session.get());
    QCOMPARE(m_editor->undoText(), QStringLiteral("W bits"));
}

void PlanEditorTest::aReadOnlySessionSaysSo() {
    // The session is open for writing already, so that the second one reads only.
    Result<std::unique_ptr<Session>> second = Session::open(m_folder->path() / "plan.mscope");
    QVERIFY(second.ok());
    QVERIFY(second.value()->readOnly());
    m_editor->setSession(second.value().get());
    QSignalSpy failed(m_editor.get(), &PlanEditor::failed);
    m_editor->edit(withSettings({}, {kOutOfLayer7}, weightBits(4)), QStringLiteral("W bits"));
    QCOMPARE(failed.count(), 1);
    QCOMPARE(edits(), std::size_t{0});
    QVERIFY(m_editor->plan() == QuantPlan());
    m_editor->setSession(nullptr);
}

void PlanEditorTest::undoAndRedoSayWhatTheyDo() {
    QVERIFY(m_editor->undoText().isEmpty() && m_editor->redoText().isEmpty());
    QSignalSpy changed(m_editor.get(), &PlanEditor::planChanged);
    m_editor->undo();
    m_editor->redo();
    QCOMPARE(changed.count(), 0);
    m_editor->edit(withSettings({}, {kOutOfLayer7}, weightBits(4)), QStringLiteral("W bits"));
    QCOMPARE(m_editor->undoText(), QStringLiteral("W bits"));
    QVERIFY(!m_editor->canRedo());
    m_editor->undo();
    QCOMPARE(m_editor->redoText(), QStringLiteral("W bits"));
    QVERIFY(!m_editor->canUndo());
    QCOMPARE(changed.count(), 2);
}

void PlanEditorTest::aGestureThatLeavesNothingKeepsWhatWasUndone() {
    m_editor->edit(withSettings({}, {kOutOfLayer7}, weightBits(4)), QStringLiteral("W bits"));
    m_editor->undo();
    m_editor->beginGesture();
    for (const double value : {0.1, 0.2}) {
        m_editor->edit(
            withSettings({}, {kOutOfLayer7}, alpha(value)), QStringLiteral("α"), QStringLiteral("alpha"));
    }
    m_editor->edit({}, QStringLiteral("α"), QStringLiteral("alpha"));
    m_editor->endGesture();
    QVERIFY(m_editor->plan() == QuantPlan());
    QCOMPARE(m_editor->redoText(), QStringLiteral("W bits"));
}

void PlanEditorTest::planGetsTheNameOfThePresetThatDoesTheSame() {
    SitePatch patch;
    patch.weightBits = 8;
    patch.activationBits = 8;
    const QuantPlan byHand = renamed(withSettings({}, {PlanTarget::model()}, patch));
    QCOMPARE(byHand.name, std::string("W8A8 input"));
    QVERIFY(byHand == presetPlan("W8A8 input").value());
    QVERIFY(renamed(withSettings(byHand, {kOutOfLayer7}, weightBits(5))).name.empty());
}

QTEST_APPLESS_MAIN(PlanEditorTest)
#include "plan_editor_test.moc"
