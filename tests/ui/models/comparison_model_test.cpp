// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/models/handmade.h"
#include "ui/models/comparison_model.h"
#include "ui/models/flips_model.h"
#include "ui/models/outliers_model.h"
#include "ui/models/palette_model.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr auto kQtTest = QAbstractItemModelTester::FailureReportingMode::QtTest;

/// Ten items: the baseline has 0 to 5 right, the other run 2 to 7; so 6 and 7 are gained, 0 and 1 lost. The
/// scores of the gold answer 0 against the other one: -1 and -2, but item 7 of the other run has 3 and -2.
std::shared_ptr<const ComparedRuns> tenItems() {
    const auto baseline = test::piqaRun(1, QuantPlan(), {1, 1, 1, 1, 1, 1, 0, 0, 0, 0});
    const auto other = test::piqaRun(2, presetPlan("W8A8 input").value(), {0, 0, 1, 1, 1, 1, 1, 1, 0, 0});
    EvaluationResult changed = *other.result;
    changed.tasks[0].items[7].scores = {3.0, -2.0};
    auto compared = compareForDisplay(*baseline.result, changed, 2, {}, {});
    return std::make_shared<const ComparedRuns>(std::move(compared).value());
}

QString shown(const QAbstractItemModel& model, int row, int column) {
    return model.data(model.index(row, column), Qt::DisplayRole).toString();
}

} // namespace

class ComparisonModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
    void showsTheTasksOfBothRuns();
    void listsWhatFlipped();
    void describesAFlipWithItsTexts();
    void listsOutliersWithTheirRecurrence();
    void findsCommands();
};

void ComparisonModelTest::showsTheTasksOfBothRuns() {
    ComparisonModel model;
    const QAbstractItemModelTester tester(&model, kQtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setRuns(tenItems());
    QCOMPARE(model.rowCount(), 1); // no average of one task
    QCOMPARE(shown(model, 0, ComparisonModel::TaskColumn), QStringLiteral("PIQA"));
    QCOMPARE(shown(model, 0, ComparisonModel::FromColumn), QStringLiteral("60.0"));
    QCOMPARE(shown(model, 0, ComparisonModel::ToColumn), QStringLiteral("60.0"));
    QCOMPARE(shown(model, 0, ComparisonModel::DifferenceColumn), QStringLiteral("±0.0"));
    QCOMPARE(shown(model, 0, ComparisonModel::GainedColumn), QStringLiteral("2"));
    QCOMPARE(shown(model, 0, ComparisonModel::LostColumn), QStringLiteral("2"));
    QCOMPARE(shown(model, 0, ComparisonModel::PColumn), QStringLiteral("p = 1.00"));
    // Two of ten either way: the interval holds 0 in its middle.
    const QString interval = shown(model, 0, ComparisonModel::IntervalColumn);
    QVERIFY2(
        interval.startsWith(QStringLiteral("−")) && interval.contains(QStringLiteral(" … +")),
        qPrintable(interval));
    QCOMPARE(model.data(model.index(0, 0), ComparisonModel::ToneRole).toInt(), 0);
    model.setRuns(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void ComparisonModelTest::listsWhatFlipped() {
    FlipsModel model;
    const QAbstractItemModelTester tester(&model, kQtTest);
    model.setRuns(tenItems());
    QCOMPARE(model.rowCount(), 4);
    // Item 7's lead went from 1 to 5; those of the others stayed.
    QCOMPARE(shown(model, 0, FlipsModel::RowColumn), QStringLiteral("7"));
    QCOMPARE(shown(model, 0, FlipsModel::KindColumn), QStringLiteral("gained"));
    QCOMPARE(shown(model, 0, FlipsModel::AnswerColumn), QStringLiteral("B → A"));
    QCOMPARE(shown(model, 0, FlipsModel::ChangeColumn), QStringLiteral("+4.00"));
    QStringList rows;
    for (int row = 0; row < model.rowCount(); ++row) {
        rows << shown(model, row, FlipsModel::RowColumn) + shown(model, row, FlipsModel::KindColumn).left(1);
    }
    QCOMPARE(rows.join(u' '), QStringLiteral("7g 0l 1l 6g"));
}

void ComparisonModelTest::describesAFlipWithItsTexts() {
    auto runs = std::make_shared<ComparedRuns>(*tenItems());
    QVERIFY(runs->missing.find("PIQA") != std::string::npos); // there is no folder
    TaskData data;
    data.task = Task::Piqa;
    for (int index = 0; index < 10; ++index) {
        TaskItem item;
        item.index = index;
        item.choices = {
            {"Goal " + std::to_string(index), " with <salt>", 5},
            {"Goal " + std::to_string(index), " without", 5}};
        data.items.push_back(item);
    }
    runs->texts.emplace("piqa", data);
    FlipsModel model;
    model.setRuns(runs);
    QVERIFY(shown(model, 0, FlipsModel::TextColumn).startsWith(QStringLiteral("Goal 7")));
    const QString html = model.describe(0);
    QVERIFY2(html.contains(QStringLiteral("<p>Goal 7</p>")), qPrintable(html));
    QVERIFY(html.contains(QStringLiteral(" with &lt;salt&gt;"))); // text, not markup
    QVERIFY(html.contains(QStringLiteral("<b>A ✓</b>")));
    QVERIFY(html.contains(QStringLiteral("−1.00")) && html.contains(QStringLiteral("3.00")));
}

void ComparisonModelTest::listsOutliersWithTheirRecurrence() {
    OutliersModel model;
    const QAbstractItemModelTester tester(&model, kQtTest);
    auto snapshot = std::make_shared<CalibrationSnapshot>(*test::smallCalibration());
    snapshot->sites[SiteId{0, Linear::OutProj}.index()][0].absmax[5] = 50; // in both layers
    model.setContent(snapshot, 1, Side::Input, OutlierRule::ChannelSpread, 6);
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(shown(model, 0, OutliersModel::SiteColumn), QStringLiteral("out"));
    QCOMPARE(shown(model, 0, OutliersModel::ChannelColumn), QStringLiteral("5"));
    QCOMPARE(shown(model, 0, OutliersModel::AbsmaxColumn), QStringLiteral("100.0"));
    QCOMPARE(shown(model, 0, OutliersModel::SigmasColumn), QStringLiteral("6.86")); // √47
    QCOMPARE(shown(model, 0, OutliersModel::LayersColumn), QStringLiteral("2"));
    model.setContent(nullptr, 0, Side::Input, OutlierRule::ChannelSpread, 6);
    QCOMPARE(model.rowCount(), 0);
}

void ComparisonModelTest::findsCommands() {
    PaletteModel model;
    const QAbstractItemModelTester tester(&model, kQtTest);
    std::vector<PaletteEntry> entries(3);
    entries[0].title = QStringLiteral("Dark");
    entries[0].place = QStringLiteral("View › Theme");
    entries[1].title = QStringLiteral("Evaluate");
    entries[1].place = QStringLiteral("Model");
    entries[1].why = QStringLiteral("not now");
    entries[2].title = QStringLiteral("Calibrate…");
    entries[2].place = QStringLiteral("Model");
    model.setEntries(entries);
    QCOMPARE(model.rowCount(), 3);
    model.setTyped(QStringLiteral("theme")); // by its place
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(shown(model, 0, 0), QStringLiteral("Dark"));
    model.setTyped(QStringLiteral("model e"));
    QCOMPARE(shown(model, 0, 0), QStringLiteral("Evaluate"));
    QVERIFY(!model.data(model.index(0), PaletteModel::EnabledRole).toBool());
    QCOMPARE(model.data(model.index(0), PaletteModel::PlaceRole).toString(), QStringLiteral("not now"));
    PaletteEntry first;
    first.title = QStringLiteral("Layer 12");
    model.setTyped(QStringLiteral("layer 12"), {first});
    QCOMPARE(shown(model, 0, 0), QStringLiteral("Layer 12"));
}

QTEST_APPLESS_MAIN(ComparisonModelTest)
#include "comparison_model_test.moc"
