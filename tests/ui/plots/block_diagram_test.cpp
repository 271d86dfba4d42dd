// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/plots/handmade_figures.h"
#include "ui/figures/figure_painter.h"
#include "ui/plots/block_diagram.h"

#include <QFontMetricsF>
#include <QSignalSpy>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

ModelSpec specOf(Architecture architecture) {
    ModelSpec spec;
    spec.architecture = architecture;
    spec.layers = 1;
    spec.hidden = 8;
    spec.inner = 16;
    spec.gatedNormGroups = architecture == Architecture::Mamba2 ? 1 : 0;
    return spec;
}

QStringList texts(const DiagramLayout& layout) {
    QStringList texts;
    for (const DiagramBox& box : layout.boxes) {
        texts << box.text;
    }
    return texts;
}

} // namespace

class BlockDiagramTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyArchitectureHasItsSteps() {
        const QRectF area(0, 0, 1200, 200);
        const QFont font;
        QCOMPARE(
            texts(diagramLayout(specOf(Architecture::Mamba1), area, font)).join(u' '),
            QStringLiteral("in_proj conv1d · SiLU x_proj dt_proj selective scan ⊙ out_proj"));
        QCOMPARE(
            texts(diagramLayout(specOf(Architecture::FalconMamba), area, font)).join(u' '),
            QStringLiteral("in_proj conv1d · SiLU x_proj RMSNorm dt_proj selective scan ⊙ out_proj"));
        QCOMPARE(
            texts(diagramLayout(specOf(Architecture::Mamba2), area, font)).join(u' '),
            QStringLiteral("in_proj conv1d · SiLU selective scan ⊙ RMSNorm out_proj"));
    }

    void partsStandApartAndInside() {
        const QFont font;
        for (const Architecture architecture :
             {Architecture::Mamba1, Architecture::FalconMamba, Architecture::Mamba2}) {
            for (const int width : {760, 1000, 2500}) {
                const QRectF area(10, 20, width, diagramHeight(font));
                const DiagramLayout layout = diagramLayout(specOf(architecture), area, font);
                QVERIFY(!layout.boxes.empty());
                double right = area.left();
                for (const DiagramBox& box : layout.boxes) {
                    QVERIFY(area.contains(box.rect));
                    QVERIFY(box.rect.left() > right);
                    right = box.rect.right();
                }
                for (const DiagramLayout::Wire& wire : layout.wires) {
                    for (const QPointF& point : wire.points) {
                        QVERIFY(area.adjusted(-1, -1, 1, 1).contains(point));
                    }
                }
            }
        }
        QVERIFY(diagramLayout(specOf(Architecture::Mamba1), QRectF(0, 0, 200, 200), font).boxes.empty());
    }

    void aClickAsksForThePanel() {
        BlockDiagram diagram;
        diagram.resize(1000, 100);
        QVERIFY(diagram.boxOf(Linear::OutProj).isEmpty()); // nothing to show yet
        diagram.setFigure(
            std::make_shared<const Figure>(test::demoLikeFigure()), specOf(Architecture::Mamba1));
        QSignalSpy asked(&diagram, &BlockDiagram::activated);
        QTest::mouseClick(&diagram, Qt::LeftButton, {}, diagram.boxOf(Linear::OutProj).center().toPoint());
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].value<Linear>(), Linear::OutProj);
        // Beside a box there is nothing.
        QTest::mouseClick(
            &diagram, Qt::LeftButton, {}, diagram.boxOf(Linear::InProj).topRight().toPoint() + QPoint(4, 4));
        QTest::mouseClick(&diagram, Qt::LeftButton, {}, QPoint(2, 2));
        QCOMPARE(asked.count(), 1);
    }

    void filesHaveItWhereTheFigureHas() {
        Figure figure = test::demoLikeFigure();
        const QByteArray without = renderFigure(figure, FigureFormat::Svg, {}).value();
        figure.diagram = specOf(Architecture::Mamba1);
        const QByteArray with = renderFigure(figure, FigureFormat::Svg, {}).value();
        QVERIFY(!without.contains("selective scan"));
        QVERIFY(with.contains("selective scan"));
    }
};

QTEST_MAIN(BlockDiagramTest)
#include "block_diagram_test.moc"
