// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/still_box.h"

#include <QEvent>
#include <QLayout>

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

int StillBox::neededHeight() const {
    return hasHeightForWidth() ? heightForWidth(width()) : sizeHint().height();
}

bool StillBox::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest &&
        (neededHeight() != m_height || minimumSizeHint().width() > width())) {
        m_height = neededHeight();
        updateGeometry();
    }
    return QWidget::event(event);
}

void StillBox::resizeEvent(QResizeEvent*) {
    m_content->setGeometry(rect());
    m_height = neededHeight();
}

} // namespace mambascope::ui
