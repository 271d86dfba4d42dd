// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/figures/figure_painter.h"

#include <QWidget>

#include <optional>

class QSplitter;

namespace mambascope::ui {

class LayerView;
class OverviewView;
class Theme;
class Workspace;

/// The middle of the window: the overview of all layers above the panels of the selected one, or either
/// alone. Where both are wanted and the window is too low for them, the layer is shown. The two are linked:
/// one selection, one range of channels.
class CentreView : public QWidget {
    Q_OBJECT
public:
    CentreView(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    OverviewView* overview() const { return m_overview; }
    LayerView* layer() const { return m_layer; }
    /// Whether the overview is what the user looks at: it is alone, or has the keyboard.
    bool overviewIsCurrent() const;
    /// That, to be written or printed; none if nothing is shown.
    std::optional<Printable> printable() const;

    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void link();
    void drill();

    Workspace& m_workspace;
    OverviewView* m_overview;
    LayerView* m_layer;
    QSplitter* m_splitter;
};

} // namespace mambascope::ui
