// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

namespace mambascope::ui {

ElidedLabel::ElidedLabel(QWidget* parent)
    : ElidedLabel(QString(), parent) {
}

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent)
    : QLabel(text, parent) {
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

QSize ElidedLabel::sizeHint() const {
    const QMargins around = contentsMargins() + margin();
    return QSize(fontMetrics().horizontalAdvance(text()), fontMetrics().height()).grownBy(around);
}

QSize ElidedLabel::minimumSizeHint() const {
    return sizeHint();
}

bool ElidedLabel::isCut() const {
    return sizeHint().width() > width();
}

bool ElidedLabel::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && isCut()) {
        const QString rest = toolTip().isEmpty() ? QString() : QStringLiteral("\n\n") + toolTip();
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), text() + rest, this);
        return true;
    }
    return QLabel::event(event);
}

void ElidedLabel::paintEvent(QPaintEvent* event) {
    if (hasSelectedText()) {
        QLabel::paintEvent(event);
        return;
    }
    QPainter painter(this);
    const QRect room = contentsRect().adjusted(margin(), margin(), -margin(), -margin());
    style()->drawItemText(
        &painter, room, static_cast<int>(alignment()), palette(), isEnabled(),
        fontMetrics().elidedText(text(), Qt::ElideRight, room.width()), foregroundRole());
}

} // namespace mambascope::ui
