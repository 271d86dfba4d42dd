// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/site_preview_panel.h"

#include "ui/docks/weight_sampler.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

/// The size of an error beside what it is an error of, from the quotient of their squares.
QString rootPercent(double relativeSquares) {
    return significant(100 * std::sqrt(relativeSquares), 2);
}

double largestOf(const std::vector<float>& values) {
    return values.empty() ? 0.0 : static_cast<double>(*std::max_element(values.begin(), values.end()));
}

} // namespace

LevelsView::LevelsView(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme) {
    setAccessibleName(tr("Integers of the weight"));
    setToolTip(tr("How often each integer of the quantized weight occurs; the line: without smoothing"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LevelsView::setLevels(std::vector<double> levels, std::vector<double> compared) {
    m_levels = std::move(levels);
    m_compared = std::move(compared);
    update();
}

QSize LevelsView::sizeHint() const {
    return {fontMetrics().averageCharWidth() * 30, fontMetrics().height() * 4};
}

void LevelsView::paintEvent(QPaintEvent*) {
    if (m_levels.empty()) {
        return;
    }
    QPainter painter(this);
    const PlotColours& colours = m_theme.colours();
    const int ascent = fontMetrics().height();
    const QRectF area = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -ascent - 0.5);
    double most = *std::max_element(m_levels.begin(), m_levels.end());
    if (!m_compared.empty()) {
        most = std::max(most, *std::max_element(m_compared.begin(), m_compared.end()));
    }
    const double step = area.width() / static_cast<double>(m_levels.size());
    const auto top = [&](double share) {
        return area.bottom() - area.height() * share / most;
    };
    for (std::size_t i = 0; i < m_levels.size(); ++i) {
        const double left = area.left() + step * static_cast<double>(i);
        // Wide bars have a gap between them.
        const double width = step > 4 ? step - 1 : step;
        painter.fillRect(
            QRectF(QPointF(left, top(m_levels[i])), QPointF(left + width, area.bottom())), colours.accent);
    }
    if (m_compared.size() == m_levels.size()) {
        QPolygonF line;
        for (std::size_t i = 0; i < m_compared.size(); ++i) {
            const double left = area.left() + step * static_cast<double>(i);
            line << QPointF(left, top(m_compared[i])) << QPointF(left + step, top(m_compared[i]));
        }
        painter.setPen(QPen(colours.text, 1));
        painter.drawPolyline(line);
    }
    painter.setPen(colours.axis);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    painter.setPen(colours.secondaryText);
    const int limit = static_cast<int>(m_levels.size()) / 2;
    const QRect labels(0, height() - ascent, width(), ascent);
    painter.drawText(labels, Qt::AlignLeft, QLocale().toString(-limit).replace(QLatin1Char('-'), QChar(0x2212)));
    painter.drawText(labels, Qt::AlignHCenter, QStringLiteral("0"));
    painter.drawText(labels, Qt::AlignRight, QLocale().toString(limit));
}

SitePreviewPanel::SitePreviewPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_sampler(new WeightSampler(this))
    , m_levels(new LevelsView(theme, this))
    , m_title(new QLabel(this))
    , m_text(new QLabel(this)) {
    QFont bold = m_title->font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setToolTip(
        tr("Of some rows of the weight, and for the output as if the channels of the input were independent. Evaluate "
           "to know what it costs."));
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_title);
    words->addWidget(m_text, 1, Qt::AlignTop);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 6, 8, 0);
    row->setSpacing(fontMetrics().averageCharWidth() * 2);
    row->addWidget(m_levels, 0, Qt::AlignTop);
    row->addLayout(words, 1);
    connect(m_sampler, &WeightSampler::sampled, this, &SitePreviewPanel::refresh);
    connect(&workspace, &Workspace::planChanged, this, &SitePreviewPanel::refresh);
    connect(&workspace, &Workspace::calibrationChanged, this, &SitePreviewPanel::refresh);
    connect(&workspace, &Workspace::checkpointChanged, this, &SitePreviewPanel::refreshCheckpoint);
    connect(&workspace, &Workspace::sessionChanged, this, &SitePreviewPanel::refreshCheckpoint);
    refreshCheckpoint();
}

void SitePreviewPanel::setSite(std::optional<SiteId> site) {
    if (site != m_site) {
        m_site = site;
        refresh();
    }
}

void SitePreviewPanel::refreshCheckpoint() {
    const std::optional<LoadedModel>& model = m_workspace.model();
    const bool here = model && !m_workspace.engineElsewhere();
    m_sampler->setCheckpoint(here ? std::optional<std::filesystem::path>(model->path) : std::nullopt);
    refresh();
}

std::optional<SitePreview>
SitePreviewPanel::previewUnder(const QuantPlan& plan, const WeightSample& sample, QString& why) const {
    const ModelSpec& spec = *m_workspace.spec();
    const auto calibration = m_workspace.calibration();
    WeightStatistics weights;
    weights.columnAbsmax.resize(static_cast<std::size_t>(m_site->index()) + 1);
    weights.columnAbsmax.back() = sample.columnAbsmax;
    const Result<ResolvedSite> resolved = resolveSite(spec, plan, calibration.get(), &weights, *m_site);
    if (!resolved.ok()) {
        why = QString::fromStdString(resolved.error().message);
        return std::nullopt;
    }
    return previewSite(
        resolved.value(), sample, calibration ? calibration->at(*m_site, Side::Input) : ChannelStatistics());
}

void SitePreviewPanel::refresh() {
    const QuantPlan& plan = m_workspace.plan();
    const ModelSpec* spec = m_workspace.spec();
    const bool known = m_site && spec != nullptr && spec->has(m_site->linear) && m_site->layer < spec->layers;
    const SiteSettings settings = known ? plan.at(*m_site) : SiteSettings();
    const bool acts = (plan.groups.linear && settings.quantizesWeights()) || settings.quantizesActivations() ||
                      settings.alpha || settings.zeroOutliers;
    const auto sample = acts ? m_sampler->sample(*m_site) : nullptr;
    setVisible(sample != nullptr);
    if (sample == nullptr) {
        return;
    }
    QString why;
    const std::optional<SitePreview> preview = previewUnder(plan, *sample, why);
    std::optional<SitePreview> unsmoothed;
    if (settings.alpha) {
        QuantPlan without = plan;
        SitePatch patch;
        patch.alpha.emplace(std::nullopt);
        without.set({{m_site->layer}, {m_site->linear}}, patch);
        QString ignored;
        unsmoothed = previewUnder(without, *sample, ignored);
    }
    m_title->setText(QString::fromStdString(siteName(*m_site)));
    m_text->setText(preview ? lines(*preview, unsmoothed).join(QLatin1Char('\n')) : why);
    m_levels->setVisible(preview && !preview->weightLevels.empty());
    m_levels->setAccessibleDescription(m_text->text());
    m_levels->setLevels(
        preview ? preview->weightLevels : std::vector<double>(),
        unsmoothed ? unsmoothed->weightLevels : std::vector<double>());
}

QStringList
SitePreviewPanel::lines(const SitePreview& preview, const std::optional<SitePreview>& unsmoothed) const {
    QStringList lines;
    const auto beside = [&](const QString& text, const QString& before) {
        lines.append(before.isEmpty() ? text : tr("%1 (without α: %2)").arg(text, before));
    };
    beside(
        tr("Weight off by %1 %").arg(rootPercent(preview.weightError)),
        unsmoothed ? tr("%1 %").arg(rootPercent(unsmoothed->weightError)) : QString());
    const auto output = [&](const QString& text, auto member) {
        const std::optional<double>& error = preview.*member;
        if (error) {
            beside(
                text.arg(rootPercent(*error)),
                unsmoothed && unsmoothed.value().*member ? tr("%1 %").arg(rootPercent(*(unsmoothed.value().*member)))
                                                         : QString());
        }
    };
    output(tr("Output off by about %1 % from the weight"), &SitePreview::outputErrorOfWeight);
    output(tr("Output off by about %1 % from the input"), &SitePreview::outputErrorOfInput);
    if (const double largest = largestOf(preview.inputAbsmax); largest > 0) {
        const QString range =
            preview.inputScale > 0
                ? tr("Input up to %1, Δ %2")
                      .arg(significant(largest, 3), significant(static_cast<double>(preview.inputScale), 3))
                : tr("Input up to %1").arg(significant(largest, 3));
        beside(range, unsmoothed ? significant(largestOf(unsmoothed->inputAbsmax), 3) : QString());
    }
    return lines;
}

} // namespace mambascope::ui
