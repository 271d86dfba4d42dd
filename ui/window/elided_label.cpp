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
    if (m_measured != text() || m_measuredFont != font()) {
        m_measured = text();
        m_measuredFont = font();
        m_width = fontMetrics().horizontalAdvance(m_measured);
    }
    const bool fits = m_width <= room.width();
    const QString shown =
        fits ? m_measured : fontMetrics().elidedText(m_measured, Qt::ElideRight, room.width());
    if (m_laidOut.text() != shown) {
        m_laidOut.setText(shown);
    }
    const QSize size(fits ? m_width : room.width(), fontMetrics().height());
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    painter.drawStaticText(
        QStyle::alignedRect(layoutDirection(), alignment(), size, room).topLeft(), m_laidOut);
}

} // namespace mambascope::ui
