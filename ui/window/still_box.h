// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace mambascope::ui {

/// Holds a widget whose texts change at every step of the user. After every change of a label's text Qt lays
/// out everything around it, up to the main window and its docks; here it does so only if the widget needs
/// another height, or more width than there is.
class StillBox : public QWidget {
public:
    /// Takes `content`, which gets all of its room.
    explicit StillBox(QWidget* content, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override;
    int heightForWidth(int width) const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    int neededHeight() const;

    QWidget* m_content;
    int m_height = -1; ///< that was needed when everything was laid out last
};

} // namespace mambascope::ui
