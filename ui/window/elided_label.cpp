// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

#include <cmath>

namespace mambascope::ui {

ElidedLabel::ElidedLabel(QWidget* parent)
    : ElidedLabel(QString(), parent) {
}

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent)
    : QLabel(text, parent) {
    setTextFormat(Qt::PlainText);
    m_laidOut.setTextFormat(Qt::PlainText);
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
    const QRect room = contentsRect().adjusted(margin(), margin(), -margin(), -margin());
    const bool fits = m_laidOut.text() == text() && m_laidOut.size().width() <= room.width();
    const QString shown = fits ? text() : fontMetrics().elidedText(text(), Qt::ElideRight, room.width());
    if (m_laidOut.text() != shown || m_laidOutFont != font()) {
        m_laidOut.setText(shown);
        m_laidOut.prepare({}, font());
        m_laidOutFont = font();
    }
    const QSize size(static_cast<int>(std::ceil(m_laidOut.size().width())), fontMetrics().height());
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    painter.drawStaticText(
        QStyle::alignedRect(layoutDirection(), alignment(), size, room).topLeft(), m_laidOut);
}

} // namespace mambascope::ui
