// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/site_preview.h"

#include <QWidget>

#include <optional>
#include <vector>

class QLabel;

namespace mambascope::ui {

class Theme;
class WeightSampler;
class Workspace;

/// Shares of a quantized weight's integers as bars, and, if there is something to compare with, others as a line.
class LevelsView : public QWidget {
    Q_OBJECT
public:
    explicit LevelsView(const Theme& theme, QWidget* parent = nullptr);
    /// Both from −qmax to qmax; either may be empty.
    void setLevels(std::vector<double> levels, std::vector<double> compared);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    std::vector<double> m_levels, m_compared;
};

/// What the plan makes of one site, before anything is evaluated: follows every step of a dragged α or of the bits.
/// Hidden where the plan does nothing.
class SitePreviewPanel : public QWidget {
    Q_OBJECT
public:
    SitePreviewPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    /// Nothing: no site.
    void setSite(std::optional<SiteId> site);

private:
    void refreshCheckpoint();
    void refresh();
    /// Under `plan`; nothing, with the reason in the second, if it cannot be carried out.
    std::optional<SitePreview> previewUnder(const QuantPlan& plan, const WeightSample& sample, QString& why) const;
    QStringList lines(const SitePreview& preview, const std::optional<SitePreview>& unsmoothed) const;

    Workspace& m_workspace;
    WeightSampler* m_sampler;
    LevelsView* m_levels;
    QLabel* m_title;
    QLabel* m_text;
    std::optional<SiteId> m_site;
};

} // namespace mambascope::ui
