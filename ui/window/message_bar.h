// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/notice.h"

#include <QFrame>

#include <deque>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QToolButton;

namespace mambascope::ui {

class Theme;

/// One message at a time above the contents; never modal. Further ones wait behind it; an error goes before
/// what is less.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    MessageBar(const Theme& theme, QWidget* parent = nullptr);

    void show(const Notice& notice);
    /// Shows the next message, or nothing.
    void dismiss();
    void clear();

    QString text() const; ///< of the message that is shown; empty if none is
    QPushButton* actionButton() const { return m_action; }

private:
    void display();
    void updateColours();
    QString clipboardText() const;

    const Theme& m_theme;
    std::deque<Notice> m_notices; ///< the front one is shown
    QLabel* m_icon;
    QLabel* m_text;
    QPlainTextEdit* m_details;
    QPushButton* m_action;
    QToolButton* m_detailsButton;
    QToolButton* m_copyButton;
    QToolButton* m_closeButton;
    QLabel* m_more;
};

} // namespace mambascope::ui
