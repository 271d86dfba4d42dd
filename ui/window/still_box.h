// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace mambascope::ui {

/// Holds a widget whose texts change at every step of the user. After every change of a label's text Qt lays
/// out everything around it, up to the main window and its docks; here it does so only if the widget needs
/// another height, more width than there is, or a least width that differs by more than a few digits.
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
    QSize needed() const;

    QWidget* m_content;
    QSize m_known; ///< that was needed when everything was laid out last
};

} // namespace mambascope::ui
