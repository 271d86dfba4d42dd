// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/activation_comparison.h"

#include "core/calibration/import_scales.h"
#include "core/figure/captions.h"
#include "ui/dialogs/figure_dialog.h"
#include "ui/dialogs/last_folder.h"
#include "ui/figures/figure_sheet.h"
#include "ui/models/text.h"
#include "ui/plots/panel_painter.h"
#include "ui/plots/ratio_plot.h"
#include "ui/window/elided_label.h"
#include "ui/window/workspace.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {

ActivationComparison::ActivationComparison(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_plot(new RatioPlot(this))
    , m_linear(new QComboBox(this))
    , m_summary(new ElidedLabel(this))
    , m_readout(new ElidedLabel(this))
    , m_figure(new QPushButton(tr("&Figure…"), this)) {
    m_plot->setTheme(&theme);
    m_linear->setAccessibleName(tr("Linear layer"));
    m_readout->setForegroundRole(QPalette::PlaceholderText);
    m_readout->setAccessibleName(tr("Ratio at the cursor"));
    m_figure->setAutoDefault(false);
    auto* file = new QPushButton(tr("&Calibration File…"), this);
    file->setAutoDefault(false);
    file->setToolTip(tr("Compare the calibration of this session with one in a file"));
    auto* head = new QHBoxLayout;
    head->addWidget(m_summary, 1);
    head->addWidget(m_linear);
    head->addWidget(file);
    head->addWidget(m_figure);
    auto* column = new QVBoxLayout(this);
    column->addLayout(head);
    column->addWidget(m_plot, 1);
    column->addWidget(m_readout);
    connect(m_linear, &QComboBox::activated, this, &ActivationComparison::refresh);
    connect(m_plot, &RatioPlot::readoutChanged, m_readout, &QLabel::setText);
    connect(file, &QPushButton::clicked, this, &ActivationComparison::chooseFile);
    connect(m_figure, &QPushButton::clicked, this, &ActivationComparison::openFigure);
    connect(&workspace, &Workspace::weightsChanged, this, &ActivationComparison::refresh);
    connect(&workspace, &Workspace::calibrationChanged, this, &ActivationComparison::refresh);
}

void ActivationComparison::setPlans(const QuantPlan& from, const QuantPlan& to) {
    m_fromPlan = from;
    m_toPlan = to;
    m_otherName.clear();
    m_other.clear();
    refresh();
}

void ActivationComparison::setCalibrationFile(const QString& file) {
    const auto opened = openCalibrationOrScales(file.toStdString());
    if (!opened.ok()) {
        m_summary->setText(qt(describe(opened.error())));
        return;
    }
    m_otherName = QFileInfo(file).fileName();
    m_other = inputAbsmax(opened.value().snapshot);
    refresh();
}

void ActivationComparison::refresh() {
    const auto calibration = m_workspace.calibration();
    if (calibration == nullptr) {
        m_plot->setMap(nullptr);
        m_summary->setText(tr("Calibrate to compare activations."));
        m_figure->setEnabled(false);
        return;
    }
    const ModelSpec& spec = calibration->spec;
    if (m_linear->count() != static_cast<int>(spec.linears().size())) {
        m_linear->clear();
        for (const Linear linear : spec.linears()) {
            m_linear->addItem(qt(linearName(linear)), static_cast<int>(linear));
        }
        m_linear->setCurrentIndex(m_linear->count() - 1); // out_proj, where outliers are largest
    }
    const auto smooths = [&](const QuantPlan& plan) {
        return std::ranges::any_of(
            spec.sites(), [&](SiteId site) { return plan.at(site).alpha.has_value(); });
    };
    if (m_otherName.isEmpty() && (smooths(m_fromPlan) || smooths(m_toPlan))) {
        m_workspace.requestWeights();
    }
    const auto weights = m_workspace.weights();
    const bool plans = m_otherName.isEmpty();
    const auto linear = static_cast<Linear>(m_linear->currentData().toInt());
    const ViewData& view = m_workspace.view().data();
    const auto map = std::make_shared<const RatioMap>(ratioMap(
        spec, linear, plans ? inputAbsmaxAfter(m_fromPlan, *calibration, weights.get()) : m_other,
        plans ? inputAbsmaxAfter(m_toPlan, *calibration, weights.get()) : inputAbsmax(*calibration),
        view.rule, view.k));
    m_plot->setMap(map);
    m_figure->setEnabled(map->emptyText.empty());
    const auto added = std::ranges::count(map->changed, true, &ChangedOutlier::added);
    m_summary->setText(
        (plans ? tr("Inputs after what the plans do before they quantize, second to first")
               : tr("This session's calibration to %1").arg(m_otherName)) +
        QStringLiteral(" · ") +
        tr("outlier channels added: %1, removed: %2")
            .arg(
                number(static_cast<qlonglong>(added)),
                number(static_cast<qlonglong>(map->changed.size()) - added)));
}

QString ActivationComparison::summary() const {
    return m_summary->text();
}

void ActivationComparison::chooseFile() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Calibration to Compare With"), lastFolder(),
        tr("Calibrations and activation scales (*.safetensors *.pt *.pth *.bin);;All files (*)"));
    if (!file.isEmpty()) {
        rememberFolder(file);
        setCalibrationFile(file);
    }
}

Printable ActivationComparison::printable() const {
    const std::shared_ptr<const RatioMap> map = m_plot->map();
    const auto calibration = m_workspace.calibration();
    Chart words;
    words.title = std::string(linearName(map->linear)) + " inputs · ratio of the largest magnitudes";
    words.caption = sourceSentence("Largest absolute activation of every channel", calibration->source);
    words.caption += m_otherName.isEmpty()
                         ? " After what plan \"" + planSummary(m_toPlan) +
                               "\" does before it quantizes, to the same of plan \"" +
                               planSummary(m_fromPlan) + "\"."
                         : " Relative to the calibration " + m_otherName.toStdString() + ".";
    words.caption += " A point shows the ratio furthest from 1 that falls on it.";
    Printable sheet(std::move(words));
    sheet.csv = [map] {
        return ratioMapToCsv(*map);
    };
    sheet.paint = [map, title = sheet.title, caption = sheet.caption](
                      QPainter& painter, const QRectF& target, const PlotColours& colours, double point) {
        constexpr double kFinestVector = 0.2; // of a point: 360 pixels to an inch
        painter.save();
        const QRectF area = paintSheet(painter, target, {title, caption}, colours, point);
        paintRatios(
            painter, *map, area,
            {colours, sheetFont(6.5 * point), 0.75 * point, isVector(painter) ? kFinestVector * point : 1});
        painter.restore();
    };
    return sheet;
}

void ActivationComparison::openFigure() {
    auto* dialog = new FigureDialog(printable(), QStringLiteral("ratios"), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

} // namespace mambascope::ui
