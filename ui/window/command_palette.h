// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/palette_model.h"

#include <QFrame>
#include <QPointer>

class QLineEdit;
class QListView;
class QMenuBar;

namespace mambascope::ui {

class Theme;
class Workspace;

/// Finds every command of the menus by a few of its letters, and goes to a layer or channel: "layer 12",
/// "layer 12 x", "channel 340". Up and Down choose, Return does it, Escape closes.
class CommandPalette : public QFrame {
    Q_OBJECT
public:
    CommandPalette(Workspace& workspace, const Theme& theme, const QMenuBar& menus, QWidget* window);

    /// Opens over the window with this typed already.
    void open(const QString& typed = {});
    PaletteModel* model() const { return m_model; }
    QLineEdit* edit() const { return m_edit; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    std::vector<PaletteEntry> fromMenus() const;
    std::vector<PaletteEntry> places(const QString& typed) const;
    void refresh();
    void fit();
    void choose(int row);
    void step(int rows);

    Workspace& m_workspace;
    const QMenuBar& m_menus;
    PaletteModel* m_model;
    QLineEdit* m_edit;
    QListView* m_list;
    QPointer<QWidget> m_before; ///< what had the keyboard
};

/// All shortcuts of the menus, and the keys of the plots, as HTML.
QString shortcutSheet(const QMenuBar& menus);

} // namespace mambascope::ui
