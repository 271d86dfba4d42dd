// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/still_box.h"

#include <QEvent>

#include <cstdlib>

namespace mambascope::ui {

StillBox::StillBox(QWidget* content, QWidget* parent)
    : QWidget(parent)
    , m_content(content) {
    content->setParent(this);
    setSizePolicy(content->sizePolicy());
}

QSize StillBox::sizeHint() const {
    return m_content->sizeHint();
}

QSize StillBox::minimumSizeHint() const {
    return m_content->minimumSizeHint();
}

bool StillBox::hasHeightForWidth() const {
    return m_content->hasHeightForWidth();
}

int StillBox::heightForWidth(int width) const {
    return m_content->heightForWidth(width);
}

QSize StillBox::needed() const {
    return {minimumSizeHint().width(), hasHeightForWidth() ? heightForWidth(width()) : sizeHint().height()};
}

bool StillBox::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest) {
        constexpr int kDigits = 4;
        const QSize now = needed();
        const int moved = std::abs(now.width() - m_known.width());
        if (now.height() != m_known.height() || now.width() > width() ||
            moved > kDigits * fontMetrics().averageCharWidth()) {
            m_known = now;
            updateGeometry();
        }
    }
    return QWidget::event(event);
}

void StillBox::resizeEvent(QResizeEvent*) {
    m_content->setGeometry(rect());
    m_known = needed();
}

} // namespace mambascope::ui
