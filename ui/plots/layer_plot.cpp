// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/layer_plot.h"

#include "ui/models/core_words.h"
#include "ui/plots/layer_plot_impl.h"
#include "ui/plots/plot_accessible.h"
#include "ui/theme/theme.h"

#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kFewestChannels = 8; // no zoom closer than this

void meanAndDeviation(const std::vector<float>& values, double& mean, double& deviation) {
    double sum = 0;
    for (const float value : values) {
        sum += value;
    }
    const double count = std::max<double>(1, static_cast<double>(values.size()));
    mean = sum / count;
    double squares = 0;
    for (const float value : values) {
        squares += (value - mean) * (value - mean);
    }
    deviation = std::sqrt(squares / count);
}

} // namespace

LayerPlot::Impl::Impl(LayerPlot* owner)
    : q(owner)
    , plot(new PanelCanvas(owner)) {
    plot->setFocusPolicy(Qt::NoFocus);
    plot->setMouseTracking(true);
    plot->plotLayout()->clear();
    plot->setNoAntialiasingOnDrag(true);
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->setOverlay([this](QPainter& painter) { paintOverlay(painter); });
    plot->plotLayout()->setMargins(QMargins(4, 6, 4, 2));
    plot->plotLayout()->setRowSpacing(2);
    plot->plotLayout()->setColumnSpacing(10);
}

void LayerPlot::Impl::replotSoon() {
    plot->redraw();
}

void LayerPlot::Impl::rebuildPanels(std::size_t count) {
    if (count == panels.size()) {
        return;
    }
    for (Panel& panel : panels) {
        delete panel.band;
        plot->removePlottable(panel.stems);
    }
    plot->plotLayout()->clear();
    panels.clear();
    columns = 0;
    while (panels.size() < count) {
        makePanel();
    }
    cursor = hover = {};
    arrange();
}

void LayerPlot::Impl::makePanel() {
    const std::size_t index = panels.size();
    Panel panel;
    panel.rect = new QCPAxisRect(plot, false);
    QCPAxis* bottom = panel.rect->addAxis(QCPAxis::atBottom);
    QCPAxis* left = panel.rect->addAxis(QCPAxis::atLeft);
    bottom->setLayer(QStringLiteral("axes"));
    left->setLayer(QStringLiteral("axes"));
    bottom->grid()->setLayer(QStringLiteral("grid"));
    left->grid()->setLayer(QStringLiteral("grid"));
    left->grid()->setVisible(true);
    left->grid()->setZeroLinePen(Qt::NoPen);
    bottom->setTicker(QSharedPointer<FigureTicker>::create(bottom, AxisScale::Linear, true));
    panel.valueTicker = QSharedPointer<FigureTicker>::create(left, scale, false);
    left->setTicker(panel.valueTicker);
    panel.rect->setRangeDrag(Qt::Horizontal);
    panel.rect->setRangeZoom(Qt::Horizontal);
    panel.rect->setRangeDragAxes(bottom, nullptr);
    panel.rect->setRangeZoomAxes(bottom, nullptr);
    panel.rect->setMinimumMargins(QMargins(8, 6, 12, 4));
    panel.head = new PanelHead(plot, panel.rect);
    panel.stems = new StemPlottable(bottom, left);
    panel.stems->setStamps(&stamps);
    panel.band = new BandItem(plot, panel.stems);
    QObject::connect(
        bottom, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), q,
        [this, index](const QCPRange& range) { clampRange(index, range); });
    panels.push_back(panel);
}

void LayerPlot::Impl::arrange() {
    const int count = static_cast<int>(panels.size());
    const int wanted = panelColumns(count, q->size());
    if (count == 0 || wanted == columns) {
        return;
    }
    columns = wanted;
    QCPLayoutGrid* grid = plot->plotLayout();
    for (const Panel& panel : panels) {
        if (panel.rect->layout() != nullptr) {
            grid->take(panel.rect);
            grid->take(panel.head);
        }
    }
    grid->simplify();
    for (int i = 0; i < count; ++i) {
        const Panel& panel = panels[static_cast<std::size_t>(i)];
        panel.head->setTwoLines(columns > 2);
        grid->addElement(2 * (i / columns), i % columns, panel.head);
        grid->addElement(2 * (i / columns) + 1, i % columns, panel.rect);
    }
    qDeleteAll(plot->findChildren<QCPMarginGroup*>());
    for (int i = 0; i < std::min(columns, count); ++i) {
        auto* group = new QCPMarginGroup(plot);
        for (int j = i; j < count; j += columns) {
            panels[static_cast<std::size_t>(j)].rect->setMarginGroup(QCP::msLeft, group);
        }
    }
    replotSoon();
}

void LayerPlot::Impl::clampRange(std::size_t index, const QCPRange& range) {
    if (index >= panels.size() || panels[index].channels == 0) {
        return;
    }
    const double all = panels[index].channels;
    const double size = std::clamp(range.size(), std::min(kFewestChannels, all), all);
    const double centred = range.size() == size ? range.lower : range.center() - size / 2;
    const double lower = std::clamp(centred, -0.5, all - 0.5 - size);
    if (std::abs(lower - range.lower) > 1e-9 * all || std::abs(lower + size - range.upper) > 1e-9 * all) {
        panels[index].stems->keyAxis()->setRange(lower, lower + size);
    } else {
        Q_EMIT q->channelRangeChanged(static_cast<int>(index), range.lower, range.upper);
    }
}

void LayerPlot::Impl::fillPanel(std::size_t index, bool keepZoom) {
    Panel& panel = panels[index];
    const StemPanel& data = figure->panels[index];
    panel.channels = static_cast<int>(data.values.size());
    meanAndDeviation(data.values, panel.mean, panel.deviation);
    const std::string& subtitle = data.afterLabel.empty() ? data.subtitle : data.afterLabel;
    panel.head->setText(figureText(data.title), figureText(subtitle));
    panel.stems->setPanel(figure, index, scale);
    const bool hasData = !data.values.empty();
    for (QCPAxis* axis : panel.rect->axes()) {
        axis->setTicks(hasData);
        axis->setTickLabels(hasData);
    }
    panel.stems->keyAxis()->setLabel(hasData ? figureText(data.xLabel) : QString());
    panel.stems->valueAxis()->setLabel(hasData ? figureText(data.yLabel) : QString());
    if (!keepZoom && hasData) {
        const auto [first, last] = allChannels(data);
        panel.stems->keyAxis()->setRange(first, last);
    }
}

void LayerPlot::Impl::applyScale() {
    for (std::size_t i = 0; i < panels.size(); ++i) {
        const StemPanel& data = figure->panels[i];
        QCPAxis* axis = panels[i].stems->valueAxis();
        panels[i].stems->setPanel(figure, i, scale);
        const AxisRange values = data.values.empty() ? AxisRange{1, 10} : valueRange(data, scale);
        panels[i].valueTicker->setScale(scale, values);
        const AxisRange range = scale == AxisScale::Symlog ? AxisRange{0, 1} : values;
        // In this order, so that a logarithmic axis never has a range that reaches zero.
        axis->setScaleType(QCPAxis::stLinear);
        axis->setRange(range.low, range.high);
        axis->setScaleType(scale == AxisScale::Log ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    }
    replotSoon();
}

void LayerPlot::Impl::applyColours() {
    colours = theme != nullptr ? theme->colours() : PlotColours::light();
    plot->setBackgroundColour(colours.background);
    QFont small = q->font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    // Room for the usual numbers, so that panels do not move from layer to layer.
    const QFontMetrics metrics(small);
    const int left = metrics.horizontalAdvance(QStringLiteral("1000")) + metrics.height() + 11;
    for (Panel& panel : panels) {
        panel.rect->setMinimumMargins(QMargins(left, 6, 12, 4));
        panel.head->setStyle(q->font(), colours);
        panel.stems->setColours(colours);
        panel.stems->setLabelFont(small);
        for (QCPAxis* axis : panel.rect->axes()) {
            axis->setBasePen(QPen(colours.axis));
            axis->setTickPen(QPen(colours.axis));
            axis->setSubTickPen(QPen(colours.axis));
            axis->setTickLabelColor(colours.secondaryText);
            axis->setLabelColor(colours.secondaryText);
            axis->setTickLabelFont(small);
            axis->setLabelFont(small);
            axis->setTickLength(0, 5);
            axis->setSubTickLength(0, 3);
            axis->setLabelPadding(3);
            axis->grid()->setPen(QPen(colours.grid));
        }
    }
    replotSoon();
}

LayerPlot::LayerPlot(QWidget* parent)
    : QWidget(parent)
    , m_impl(std::make_unique<Impl>(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_impl->plot);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Absolute maxima by channel"));
    m_impl->plot->installEventFilter(this);
    m_impl->emptyText = tr("No calibration yet");
    installPlotAccessibility();
    m_impl->applyColours();
}

LayerPlot::~LayerPlot() = default;

void LayerPlot::setFigure(std::shared_ptr<const Figure> figure) {
    Impl& d = *m_impl;
    d.figure = std::move(figure);
    if (d.figure != nullptr && !d.scaleChosen) {
        d.scale = d.figure->yScale;
    }
    const std::size_t count = d.figure != nullptr ? d.figure->panels.size() : 0;
    const bool rebuilt = count != d.panels.size();
    d.rebuildPanels(count);
    for (std::size_t i = 0; i < count; ++i) {
        d.fillPanel(
            i, !rebuilt && d.panels[i].channels == static_cast<int>(d.figure->panels[i].values.size()));
    }
    d.hover = {};
    if (const StemPanel* panel = d.panelAt(d.cursor.panel);
        panel == nullptr || d.cursor.channel >= static_cast<int>(panel->values.size())) {
        d.cursor = {};
    }
    d.applyScale();
    d.applyColours();
    d.sayReadout(); // all is painted again soon, the cursor too
    if (d.markers != std::array<PlotPosition, 2>{}) {
        Q_EMIT comparisonChanged(comparison()); // the same channels of other data
    }
}

std::shared_ptr<const Figure> LayerPlot::figure() const {
    return m_impl->figure;
}

void LayerPlot::setEmptyText(const QString& text) {
    m_impl->emptyText = text;
    m_impl->replotSoon();
}

void LayerPlot::setYScale(AxisScale scale) {
    m_impl->scaleChosen = true;
    if (scale != m_impl->scale) {
        m_impl->scale = scale;
        m_impl->applyScale();
    }
}

AxisScale LayerPlot::yScale() const {
    return m_impl->scale;
}

void LayerPlot::setTheme(const Theme* theme) {
    if (m_impl->theme != nullptr) {
        m_impl->theme->disconnect(this);
    }
    m_impl->theme = theme;
    if (theme != nullptr) {
        connect(theme, &Theme::changed, this, [this] { m_impl->applyColours(); });
    }
    m_impl->applyColours();
}

int LayerPlot::currentPanel() const {
    return m_impl->cursor.panel;
}

int LayerPlot::currentChannel() const {
    return m_impl->cursor.channel;
}

void LayerPlot::setCursor(int panel, int channel) {
    const StemPanel* shown = m_impl->panelAt(panel);
    if (shown != nullptr && channel >= 0 && channel < static_cast<int>(shown->values.size())) {
        m_impl->moveTo({panel, channel});
    }
}

QString LayerPlot::readout() const {
    return m_impl->readout;
}

void LayerPlot::resetZoom() {
    for (const Impl::Panel& panel : m_impl->panels) {
        if (panel.channels > 0) {
            panel.stems->keyAxis()->setRange(-0.5, panel.channels - 0.5);
        }
    }
    m_impl->replotSoon();
}

void LayerPlot::setChannelRange(int panel, double first, double last) {
    if (m_impl->panelAt(panel) != nullptr && last > first) {
        m_impl->panels[static_cast<std::size_t>(panel)].stems->keyAxis()->setRange(first, last);
        m_impl->replotSoon();
    }
}

std::pair<double, double> LayerPlot::channelRange(int panel) const {
    if (m_impl->panelAt(panel) == nullptr) {
        return {0, 0};
    }
    const QCPRange range = m_impl->panels[static_cast<std::size_t>(panel)].stems->keyAxis()->range();
    return {range.lower, range.upper};
}

QRect LayerPlot::panelRect(int panel) const {
    if (m_impl->panelAt(panel) == nullptr) {
        return {};
    }
    m_impl->plot->layOut();
    return m_impl->panels[static_cast<std::size_t>(panel)].rect->rect();
}

QPointF LayerPlot::position(int panel, double channel, double value) const {
    if (m_impl->panelAt(panel) == nullptr) {
        return {};
    }
    m_impl->plot->layOut();
    const PanelFrame frame = m_impl->panels[static_cast<std::size_t>(panel)].stems->frame();
    return {frame.x(channel), frame.y(value)};
}

QSize LayerPlot::sizeHint() const {
    return {900, 640};
}

QSize LayerPlot::minimumSizeHint() const {
    return {200, 140};
}

} // namespace mambascope::ui
