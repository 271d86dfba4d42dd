// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/models/handmade.h"
#include "ui/models/layers_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

class LayersModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsOutliersOfEverySite();
    void saysWhereTheRuleCannotFlagAnything();
    void knowsNothingWithoutCalibration();
    void anotherRuleChangesCountsButNoRows();
};

namespace {

QString shown(const LayersModel& model, int layer, int column) {
    return model.data(model.index(layer, column), Qt::DisplayRole).toString();
}

} // namespace

void LayersModelTest::countsOutliersOfEverySite() {
    LayersModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setContent(2, test::smallCalibration(), Side::Input, OutlierRule::ChannelSpread, 6);
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(shown(model, 1, LayersModel::FirstSiteColumn + 3), QStringLiteral("1"));
    QCOMPARE(shown(model, 1, LayersModel::FirstSiteColumn), QStringLiteral("·"));
    QCOMPARE(shown(model, 0, LayersModel::FirstSiteColumn + 3), QStringLiteral("·"));
    QCOMPARE(shown(model, 1, LayersModel::LargestColumn), QStringLiteral("100"));
    QCOMPARE(model.outlierCount(), 1);
    const QString tip = model.data(model.index(1, LayersModel::LargestColumn), Qt::ToolTipRole).toString();
    QVERIFY2(tip.contains(QStringLiteral("layers.1.out_proj.input, channel 5")), qPrintable(tip));
}

void LayersModelTest::saysWhereTheRuleCannotFlagAnything() {
    LayersModel model;
    model.setContent(2, test::smallCalibration(), Side::Input, OutlierRule::ChannelSpread, 6);
    // dt_proj has 3 input channels; channel-spread with k = 6 needs 38.
    QCOMPARE(shown(model, 0, LayersModel::FirstSiteColumn + 2), QStringLiteral("–"));
    QVERIFY(
        !model.data(model.index(0, LayersModel::FirstSiteColumn + 2), Qt::ToolTipRole).toString().isEmpty());
}

void LayersModelTest::knowsNothingWithoutCalibration() {
    LayersModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setContent(3, nullptr, Side::Input, OutlierRule::ChannelSpread, 6);
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(shown(model, 2, LayersModel::LayerColumn), QStringLiteral("2"));
    QVERIFY(shown(model, 2, LayersModel::FirstSiteColumn).isEmpty());
    model.setContent(0, nullptr, Side::Input, OutlierRule::ChannelSpread, 6);
    QCOMPARE(model.rowCount(), 0);
}

void LayersModelTest::anotherRuleChangesCountsButNoRows() {
    LayersModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setContent(2, test::smallCalibration(), Side::Input, OutlierRule::ChannelSpread, 6);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    // 48 channels of which one stands out: it is √47 = 6.86 standard deviations away, so k = 7 flags nothing.
    model.setContent(2, test::smallCalibration(), Side::Input, OutlierRule::ChannelSpread, 7);
    QCOMPARE(model.outlierCount(), 0);
    QCOMPARE(reset.count(), 0); // the selection stays
    QCOMPARE(changed.count(), 1);
}

QTEST_APPLESS_MAIN(LayersModelTest)
#include "layers_model_test.moc"
