// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/tour.h"

#include "ui/models/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

constexpr int kGap = 8; ///< pixels between callout, target and the window's edge

/// Where a callout of this size stands beside the target: below, above, right or left of it, wherever there
/// is room; else inside, at the bottom.
QPoint beside(const QRect& target, const QSize& size, const QRect& window) {
    const QRect room = window.adjusted(kGap, kGap, -kGap, -kGap);
    const auto fitted = [&](QPoint at) {
        at.setX(std::clamp(at.x(), room.left(), std::max(room.left(), room.right() - size.width())));
        at.setY(std::clamp(at.y(), room.top(), std::max(room.top(), room.bottom() - size.height())));
        return at;
    };
    const QPoint middle = target.center() - QPoint(size.width(), size.height()) / 2;
    for (const QPoint at :
         {QPoint(middle.x(), target.bottom() + kGap), QPoint(middle.x(), target.top() - kGap - size.height()),
          QPoint(target.right() + kGap, middle.y()),
          QPoint(target.left() - kGap - size.width(), middle.y())}) {
        const QRect callout(fitted(at), size);
        if (!callout.intersects(target)) {
            return callout.topLeft();
        }
    }
    return fitted({middle.x(), target.bottom() - size.height() - kGap});
}

} // namespace

Tour::Tour(std::vector<TourStep> steps, QWidget* window)
    : QFrame(window)
    , m_steps(std::move(steps))
    , m_window(window)
    , m_frame(new QFrame(window))
    , m_title(new QLabel(this))
    , m_text(new QLabel(this))
    , m_place(new QLabel(this))
    , m_back(new QPushButton(tr("&Back"), this))
    , m_next(new QPushButton(this)) {
    setObjectName(QStringLiteral("tour"));
    setStyleSheet(QStringLiteral("#tour { background: palette(window); border: 1px solid palette(highlight); "
                                 "border-radius: 6px; }"));
    setAccessibleName(tr("Tour"));
    m_frame->setObjectName(QStringLiteral("tourFrame"));
    m_frame->setStyleSheet(
        QStringLiteral("#tourFrame { border: 3px solid palette(highlight); border-radius: 4px; }"));
    m_frame->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_frame->hide();
    QFont bold = m_title->font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setWordWrap(true);
    m_text->setWordWrap(true);
    m_place->setForegroundRole(QPalette::PlaceholderText);
    auto* skip = new QPushButton(tr("&End the Tour"), this);
    for (QPushButton* button : {skip, m_back, m_next}) {
        button->setAutoDefault(true); // Return presses it
    }
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_place);
    buttons->addStretch(1);
    buttons->addWidget(skip);
    buttons->addWidget(m_back);
    buttons->addWidget(m_next);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 12, 14, 12);
    column->addWidget(m_title);
    column->addWidget(m_text);
    column->addLayout(buttons);
    setFocusPolicy(Qt::StrongFocus);
    connect(m_back, &QPushButton::clicked, this, [this] { go(m_step - 1); });
    connect(m_next, &QPushButton::clicked, this, [this] { go(m_step + 1); });
    connect(skip, &QPushButton::clicked, this, &Tour::end);
    hide();
}

Tour::~Tour() = default;

void Tour::start() {
    m_window->installEventFilter(this);
    go(0);
    m_next->setFocus();
}

void Tour::end() {
    m_window->removeEventFilter(this);
    m_frame->hide();
    hide();
    Q_EMIT ended();
}

QRect Tour::framed() const {
    return m_frame->isVisible() ? m_frame->geometry() : QRect();
}

void Tour::go(int step) {
    if (step >= steps()) {
        end();
        return;
    }
    m_step = std::max(0, step);
    const TourStep& shown = m_steps[static_cast<std::size_t>(m_step)];
    m_target = shown.target ? shown.target() : nullptr;
    m_title->setText(shown.title);
    m_text->setText(shown.text);
    m_place->setText(tr("%1 of %2").arg(number(m_step + 1), number(steps())));
    m_back->setEnabled(m_step > 0);
    m_next->setText(m_step + 1 < steps() ? tr("&Next") : tr("&Done"));
    show();
    place();
    placeLater();
}

void Tour::place() {
    if (isHidden()) {
        return; // it has ended
    }
    const QMargins frameMargins(3, 3, 3, 3);
    layout()->activate(); // with the texts of this step
    const int width = std::max(fontMetrics().averageCharWidth() * 66, layout()->minimumSize().width());
    resize(width, layout()->totalHeightForWidth(width));
    const bool beSeen = m_target != nullptr && m_target->isVisible() && m_target->window() == m_window;
    const QRect target = beSeen ? QRect(m_target->mapTo(m_window, QPoint()), m_target->size())
                                : m_window->rect().adjusted(0, 0, 0, -1);
    m_frame->setVisible(beSeen);
    m_frame->setGeometry(target.marginsAdded(frameMargins).intersected(m_window->rect()));
    move(beside(target, size(), m_window->rect()));
    m_frame->raise();
    raise();
}

void Tour::placeLater() {
    // When the window has laid out what the step brought into sight.
    QMetaObject::invokeMethod(this, &Tour::place, Qt::QueuedConnection);
}

bool Tour::event(QEvent* event) {
    // Escape would stop a job.
    if (event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QFrame::event(event);
}

bool Tour::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_window && (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest)) {
        placeLater();
    }
    return QFrame::eventFilter(watched, event);
}

void Tour::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Escape:
        end();
        break;
    case Qt::Key_Right:
        go(m_step + 1);
        break;
    case Qt::Key_Left:
        go(m_step - 1);
        break;
    default:
        QFrame::keyPressEvent(event);
    }
}

} // namespace mambascope::ui
