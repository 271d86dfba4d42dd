// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"
#include "tests/ui/models/handmade.h"
#include "ui/commands/plan_editor.h"
#include "ui/docks/plan_table.h"
#include "ui/models/plan_model.h"
#include "ui/models/plan_values.h"
#include "ui/theme/theme.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

std::string text(const QuantPlan& plan) {
    return toJson(plan).dump();
}

} // namespace

class PlanModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { m_theme = std::make_unique<Theme>(qApp); }
    void init();
    void cleanup();
    void showsOneLayerOrAll();
    void anEditReachesTheSessionAndUndoTakesItBack();
    void ownSettingsAreMarked();
    void valuesThatMeanNothingAreRefused();
    void everyChoiceOfEveryColumnIsAccepted();
    void severalRowsAreOneStep();
    void scanAndStateAreSetWhereTheyBelong();
    void zeroingSaysHowManyChannels();
    void anotherLayerKeepsTheRows();
    void theListEditsTheWholeSelection();
    void steppingAlphaIsOneStep();
    void spaceTogglesZeroing();
    void deleteClears();
    void whatIsCopiedCanBePasted();
    void aSpreadsheetsCellsArePastedInOneStep();
    void cellsThatMeanNothingAreNotPasted();
    void fillsDownByKeyboard();

private:
    std::size_t edits() const { return m_session->planHistory().value().size(); }
    QModelIndex at(int row, int column) const { return m_model->index(row, column); }

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<PlanEditor> m_editor;
    std::unique_ptr<PlanModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

void PlanModelTest::init() {
    m_folder = std::make_unique<test::TemporaryFolder>();
    Result<std::unique_ptr<Session>> session = Session::create(m_folder->path() / "plan.mscope", false);
    QVERIFY(session.ok());
    m_session = std::move(session).value();
    m_editor = std::make_unique<PlanEditor>();
    m_editor->setSession(m_session.get());
    m_model = std::make_unique<PlanModel>(*m_editor);
    m_tester = std::make_unique<QAbstractItemModelTester>(
        m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    m_model->setSpec(test::smallSpec());
    m_model->setLayer(1);
}

void PlanModelTest::cleanup() {
    m_tester.reset();
    m_model.reset();
    m_editor.reset();
    m_session.reset();
    m_folder.reset();
}

void PlanModelTest::showsOneLayerOrAll() {
    QCOMPARE(m_model->rowCount(), 1 + 4);
    QCOMPARE(at(4, PlanModel::SiteColumn).data().toString(), QStringLiteral("out_proj"));
    m_model->setLayer(std::nullopt);
    QCOMPARE(m_model->rowCount(), 1 + 4 + 2 * 4);
    QCOMPARE(at(12, PlanModel::SiteColumn).data().toString(), QStringLiteral("1 · out_proj"));
    m_model->setSpec(std::nullopt);
    QCOMPARE(m_model->rowCount(), 0);
}

void PlanModelTest::anEditReachesTheSessionAndUndoTakesItBack() {
    const std::string before = text(m_session->plan());
    QVERIFY(m_model->setData(at(4, PlanModel::ActivationBitsColumn), 8, Qt::EditRole));
    QCOMPARE(m_session->plan().at({1, Linear::OutProj}).activationBits, 8);
    QCOMPARE(m_session->plan().at({0, Linear::OutProj}).activationBits, kBitsOff);
    QCOMPARE(at(4, PlanModel::ActivationBitsColumn).data().toString(), QStringLiteral("8"));
    m_editor->undo();
    QCOMPARE(text(m_session->plan()), before);
    QCOMPARE(at(4, PlanModel::ActivationBitsColumn).data().toString(), QStringLiteral("off"));
}

void PlanModelTest::ownSettingsAreMarked() {
    QVERIFY(m_model->setData(at(0, PlanModel::WeightBitsColumn), 8, Qt::EditRole));
    QVERIFY(!at(2, PlanModel::WeightBitsColumn).data(PlanModel::OverriddenRole).toBool());
    QVERIFY(m_model->setData(at(2, PlanModel::WeightBitsColumn), 4, Qt::EditRole));
    QVERIFY(at(2, PlanModel::WeightBitsColumn).data(PlanModel::OverriddenRole).toBool());
    QVERIFY(at(2, PlanModel::WeightBitsColumn).data(Qt::FontRole).value<QFont>().bold());
    QVERIFY(!at(2, PlanModel::ActivationBitsColumn).data(PlanModel::OverriddenRole).toBool());
    QVERIFY(m_model->setData(at(2, PlanModel::WeightBitsColumn), 8, Qt::EditRole));
    QVERIFY(!at(2, PlanModel::WeightBitsColumn).data(PlanModel::OverriddenRole).toBool());
}

void PlanModelTest::valuesThatMeanNothingAreRefused() {
    QVERIFY(!m_model->setData(at(1, PlanModel::WeightBitsColumn), 1, Qt::EditRole));
    QVERIFY(!m_model->setData(at(1, PlanModel::WeightBitsColumn), 9, Qt::EditRole));
    QVERIFY(!m_model->setData(at(1, PlanModel::WeightBitsColumn), QStringLiteral("many"), Qt::EditRole));
    QVERIFY(!m_model->setData(at(1, PlanModel::GranularityColumn), QStringLiteral("group:0"), Qt::EditRole));
    QVERIFY(!m_model->setData(at(1, PlanModel::AlphaColumn), 1.5, Qt::EditRole));
    QVERIFY(!m_model->setData(at(1, PlanModel::AlphaColumn), std::nan(""), Qt::EditRole));
    QVERIFY(!m_model->setData(at(1, PlanModel::SiteColumn), QStringLiteral("x"), Qt::EditRole));
    QVERIFY(m_session->plan() == QuantPlan());
    QCOMPARE(edits(), std::size_t{0});
}

void PlanModelTest::everyChoiceOfEveryColumnIsAccepted() {
    for (int column = 0; column < PlanModel::ColumnCount; ++column) {
        for (const PlanChoice& choice : planChoices(column)) {
            const QModelIndex cell = at(column == PlanModel::StateColumn ? 4 : 3, column);
            QVERIFY(m_model->setData(cell, choice.value, Qt::EditRole));
            QCOMPARE(cell.data(Qt::EditRole), choice.value);
            QCOMPARE(cell.data().toString(), choice.text);
        }
    }
}

void PlanModelTest::severalRowsAreOneStep() {
    const std::string before = text(m_session->plan());
    QVERIFY(m_model->setValues({at(1, PlanModel::AlphaColumn), at(2, PlanModel::AlphaColumn)}, 0.5));
    QCOMPARE(m_session->plan().at({1, Linear::InProj}).alpha.value(), 0.5);
    QCOMPARE(m_session->plan().at({1, Linear::XProj}).alpha.value(), 0.5);
    QVERIFY(!m_session->plan().at({1, Linear::DtProj}).alpha.has_value());
    QCOMPARE(edits(), std::size_t{1});
    m_editor->undo();
    QCOMPARE(text(m_session->plan()), before);
}

void PlanModelTest::scanAndStateAreSetWhereTheyBelong() {
    QVERIFY(m_model->setData(at(0, PlanModel::ScanColumn), 8, Qt::EditRole));
    QVERIFY(m_model->setData(at(4, PlanModel::StateColumn), 4, Qt::EditRole));
    QCOMPARE(at(3, PlanModel::ScanColumn).data().toString(), QStringLiteral("8"));
    QCOMPARE(at(4, PlanModel::StateColumn).data().toString(), QStringLiteral("4"));
    QCOMPARE(m_session->plan().at({1, Linear::OutProj}).stateBits, 4);
    for (const QModelIndex& absent : {at(4, PlanModel::ScanColumn), at(1, PlanModel::StateColumn)}) {
        QVERIFY(!absent.data().isValid());
        QVERIFY(!absent.flags().testFlag(Qt::ItemIsEditable));
        m_model->setData(absent, 2, Qt::EditRole);
    }
    QVERIFY(m_session->plan().sites.at({1, Linear::OutProj}).scanBits == std::nullopt);
    QVERIFY(!m_session->plan().sites.contains({1, Linear::InProj}));
}

void PlanModelTest::zeroingSaysHowManyChannels() {
    QVERIFY(at(4, PlanModel::ZeroColumn).data().toString().isEmpty());
    m_model->setCalibration(test::smallCalibration());
    QCOMPARE(at(4, PlanModel::ZeroColumn).data().toString(), QStringLiteral("1"));
    QCOMPARE(at(1, PlanModel::ZeroColumn).data().toString(), QStringLiteral("0"));
    QCOMPARE(at(0, PlanModel::ZeroColumn).data().toString(), QStringLiteral("1"));
    // The plan's own factor counts; see layers_model_test about 7.
    QuantPlan plan = m_editor->plan();
    plan.k = 7;
    m_editor->edit(plan, QStringLiteral("k"));
    QCOMPARE(at(4, PlanModel::ZeroColumn).data().toString(), QStringLiteral("0"));
}

void PlanModelTest::anotherLayerKeepsTheRows() {
    QVERIFY(m_model->setData(at(4, PlanModel::WeightBitsColumn), 4, Qt::EditRole));
    const QPersistentModelIndex kept = at(4, PlanModel::WeightBitsColumn);
    m_model->setLayer(0);
    QVERIFY(kept.isValid());
    QCOMPARE(kept.data().toString(), QStringLiteral("off"));
    m_model->setLayer(1);
    QCOMPARE(kept.data().toString(), QStringLiteral("4"));
}

void PlanModelTest::theListEditsTheWholeSelection() {
    PlanTable table(*m_model, *m_editor, *m_theme);
    table.show();
    table.selectionModel()->select(
        {at(2, PlanModel::WeightBitsColumn), at(4, PlanModel::WeightBitsColumn)},
        QItemSelectionModel::ClearAndSelect);
    table.setCurrentIndex(QModelIndex());
    table.selectionModel()->setCurrentIndex(
        at(3, PlanModel::WeightBitsColumn), QItemSelectionModel::NoUpdate);
    table.edit(at(3, PlanModel::WeightBitsColumn));
    table.selectionModel()->select(
        QItemSelection(at(2, PlanModel::WeightBitsColumn), at(4, PlanModel::WeightBitsColumn)),
        QItemSelectionModel::ClearAndSelect);
    auto* combo = table.viewport()->findChild<QComboBox*>();
    QVERIFY(combo != nullptr);
    combo->setCurrentIndex(combo->findData(5));
    Q_EMIT combo->activated(combo->currentIndex());
    QCOMPARE(m_session->plan().at({1, Linear::XProj}).weightBits, 5);
    QCOMPARE(m_session->plan().at({1, Linear::DtProj}).weightBits, 5);
    QCOMPARE(m_session->plan().at({1, Linear::OutProj}).weightBits, 5);
    QCOMPARE(m_session->plan().at({1, Linear::InProj}).weightBits, kBitsOff);
    QCOMPARE(edits(), std::size_t{1});
}

void PlanModelTest::steppingAlphaIsOneStep() {
    const std::string before = text(m_session->plan());
    PlanTable table(*m_model, *m_editor, *m_theme);
    table.show();
    table.setCurrentIndex(at(4, PlanModel::AlphaColumn));
    table.edit(at(4, PlanModel::AlphaColumn));
    auto* spin = table.viewport()->findChild<QDoubleSpinBox*>();
    QVERIFY(spin != nullptr);
    QCOMPARE(spin->text(), QStringLiteral("off"));
    for (int step = 0; step < 11; ++step) { // off, 0.00, 0.05 … 0.50
        spin->stepUp();
    }
    QCOMPARE(m_session->plan().at({1, Linear::OutProj}).alpha.value(), 0.5);
    QCOMPARE(edits(), std::size_t{1});
    m_editor->undo();
    QCOMPARE(text(m_session->plan()), before);
}

void PlanModelTest::spaceTogglesZeroing() {
    PlanTable table(*m_model, *m_editor, *m_theme);
    table.show();
    table.setCurrentIndex(at(4, PlanModel::ZeroColumn));
    QTest::keyClick(table.viewport(), Qt::Key_Space);
    QVERIFY(m_session->plan().at({1, Linear::OutProj}).zeroOutliers);
    QTest::keyClick(table.viewport(), Qt::Key_Space);
    QVERIFY(!m_session->plan().at({1, Linear::OutProj}).zeroOutliers);
}

void PlanModelTest::deleteClears() {
    QVERIFY(m_model->setData(at(4, PlanModel::WeightBitsColumn), 4, Qt::EditRole));
    PlanTable table(*m_model, *m_editor, *m_theme);
    table.show();
    table.setCurrentIndex(at(4, PlanModel::WeightBitsColumn));
    QTest::keyClick(&table, Qt::Key_Delete);
    QCOMPARE(planHash(m_session->plan()), planHash(QuantPlan())); // under the name "baseline" now
}

void PlanModelTest::whatIsCopiedCanBePasted() {
    QVERIFY(m_model->setData(at(1, PlanModel::WeightBitsColumn), 4, Qt::EditRole));
    QVERIFY(m_model->setData(at(1, PlanModel::GranularityColumn), QStringLiteral("group:96"), Qt::EditRole));
    QVERIFY(m_model->setData(at(1, PlanModel::ActivationBitsColumn), QStringLiteral("fp8_e4m3"), Qt::EditRole));
    QVERIFY(m_model->setData(at(1, PlanModel::ScaleColumn), QStringLiteral("percentile:99.9"), Qt::EditRole));
    QVERIFY(m_model->setData(at(1, PlanModel::AlphaColumn), 0.35, Qt::EditRole));
    QVERIFY(m_model->setData(at(1, PlanModel::ZeroColumn), Qt::Checked, Qt::CheckStateRole));
    QVERIFY(m_model->setData(at(1, PlanModel::TreatmentColumn), QStringLiteral("rotate"), Qt::EditRole));
    PlanTable table(*m_model, *m_editor, *m_theme);
    table.show();
    table.selectRow(1);
    QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(
        QGuiApplication::clipboard()->text(),
        QStringLiteral("in_proj\t4\tgroup:96\tfp8_e4m3\tinput\tpercentile:99.9\t0.35\ton\trotate\toff\t"));
    table.selectRow(3);
    QTest::keyClick(&table, Qt::Key_V, Qt::ControlModifier);
    QVERIFY(m_session->plan().at({1, Linear::DtProj}) == m_session->plan().at({1, Linear::InProj}));
    QVERIFY(m_session->plan().at({1, Linear::XProj}) == SiteSettings());
    // Into rows that are not neighbours.
    const QModelIndexList apart{at(2, PlanModel::SiteColumn), at(4, PlanModel::SiteColumn)};
    QCOMPARE(m_model->paste(apart, QGuiApplication::clipboard()->text()), QString());
    QVERIFY(m_session->plan().at({1, Linear::XProj}) == m_session->plan().at({1, Linear::OutProj}));
}

void PlanModelTest::aSpreadsheetsCellsArePastedInOneStep() {
    const std::string before = text(m_session->plan());
    // Two lines onto four rows are repeated; what the cells show counts as well as the plan file's words.
    QModelIndexList cells;
    for (int row = 1; row <= 4; ++row) {
        cells.append(at(row, PlanModel::WeightBitsColumn));
    }
    QCOMPARE(m_model->paste(cells, QStringLiteral("8\tGROUP OF 128\r\n\tchannel\r\n")), QString());
    const QuantPlan& plan = m_session->plan();
    for (const auto& [linear, bits, granularity] :
         {std::tuple(Linear::InProj, 8, "group:128"), std::tuple(Linear::XProj, kBitsOff, "channel"),
          std::tuple(Linear::DtProj, 8, "group:128"), std::tuple(Linear::OutProj, kBitsOff, "channel")}) {
        QCOMPARE(plan.at({1, linear}).weightBits, bits);
        QCOMPARE(granularityName(plan.at({1, linear}).weightGranularity), std::string(granularity));
    }
    QCOMPARE(edits(), std::size_t{1});
    m_editor->undo();
    QCOMPARE(text(m_session->plan()), before);
    // One value is for every selected cell; the defaults come first, so that sites follow them.
    cells.append(at(0, PlanModel::WeightBitsColumn));
    QCOMPARE(m_model->paste(cells, QStringLiteral("6")), QString());
    QCOMPARE(m_session->plan().defaults.weightBits, 6);
    QVERIFY(m_session->plan().sites.empty());
}

void PlanModelTest::cellsThatMeanNothingAreNotPasted() {
    const QModelIndexList cell{at(1, PlanModel::WeightBitsColumn)};
    QCOMPARE(m_model->paste(cell, QStringLiteral("8\tno such")), QStringLiteral("“no such” is no value for W scales."));
    QCOMPARE(m_model->paste(cell, QStringLiteral("9")), QStringLiteral("“9” is no value for W bits."));
    QCOMPARE(m_model->paste({at(1, PlanModel::AlphaColumn)}, QStringLiteral("1.5")), QStringLiteral("“1.5” is no value for α."));
    QVERIFY(m_session->plan() == QuantPlan());
    QCOMPARE(edits(), std::size_t{0});
    // Below the last row and behind the last column there is nothing to paste into.
    QCOMPARE(m_model->paste({at(4, PlanModel::StateColumn)}, QStringLiteral("8\t7\n6\t5")), QString());
    QCOMPARE(m_session->plan().at({1, Linear::OutProj}).stateBits, 8);
}

void PlanModelTest::fillsDownByKeyboard() {
    QVERIFY(m_model->setData(at(2, PlanModel::WeightBitsColumn), 3, Qt::EditRole));
    QVERIFY(m_model->setData(at(2, PlanModel::AlphaColumn), 0.5, Qt::EditRole));
    const std::size_t before = edits();
    PlanTable table(*m_model, *m_editor, *m_theme);
    table.show();
    table.selectionModel()->select(
        QItemSelection(at(2, PlanModel::WeightBitsColumn), at(4, PlanModel::AlphaColumn)),
        QItemSelectionModel::ClearAndSelect);
    QTest::keyClick(&table, Qt::Key_D, Qt::ControlModifier);
    for (const Linear linear : {Linear::DtProj, Linear::OutProj}) {
        QVERIFY(m_session->plan().at({1, linear}) == m_session->plan().at({1, Linear::XProj}));
    }
    QCOMPARE(m_session->plan().at({1, Linear::InProj}).weightBits, kBitsOff);
    QCOMPARE(edits(), before + 1);
}

QTEST_MAIN(PlanModelTest)
#include "plan_model_test.moc"
