// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/message_bar.h"

#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

constexpr std::size_t kMostWaiting = 20;
constexpr int kDetailLines = 6;

QToolButton* toolButton(QWidget* parent, const QString& text) {
    auto* button = new QToolButton(parent);
    button->setText(text);
    button->setToolTip(text);
    button->setAccessibleName(text);
    button->setAutoRaise(true);
    return button;
}

} // namespace

MessageBar::MessageBar(const Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_details(new QPlainTextEdit(this))
    , m_action(new QPushButton(this))
    , m_detailsButton(toolButton(this, tr("Details")))
    , m_copyButton(toolButton(this, tr("Copy")))
    , m_closeButton(toolButton(this, tr("Dismiss")))
    , m_more(new QLabel(this)) {
    setObjectName(QStringLiteral("messageBar"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setAccessibleName(tr("Message"));
    m_details->setReadOnly(true);
    m_details->setAccessibleName(tr("Details of the message"));
    m_details->setMaximumHeight(fontMetrics().lineSpacing() * kDetailLines);
    m_details->hide();
    m_detailsButton->setCheckable(true);

    auto* row = new QHBoxLayout;
    row->addWidget(m_icon, 0, Qt::AlignVCenter);
    row->addWidget(m_text, 1);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_more, m_action, m_detailsButton, m_copyButton, m_closeButton}) {
        row->addWidget(widget, 0, Qt::AlignVCenter);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(10, 6, 6, 6);
    layout->addLayout(row);
    layout->addWidget(m_details);

    connect(m_detailsButton, &QToolButton::toggled, m_details, &QWidget::setVisible);
    connect(m_closeButton, &QToolButton::clicked, this, &MessageBar::dismiss);
    connect(m_copyButton, &QToolButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(clipboardText());
    });
    connect(m_action, &QPushButton::clicked, this, [this] {
        const auto run = m_notices.front().action;
        dismiss();
        run();
    });
    connect(&theme, &Theme::changed, this, &MessageBar::updateColours);
    hide();
}

void MessageBar::show(const Notice& notice) {
    const auto same = [&notice](const Notice& other) {
        return other.text == notice.text && other.details == notice.details;
    };
    if (std::any_of(m_notices.begin(), m_notices.end(), same) || m_notices.size() >= kMostWaiting) {
        return;
    }
    const auto lesser = [&notice](const Notice& other) {
        return other.severity < notice.severity;
    };
    m_notices.insert(std::find_if(m_notices.begin(), m_notices.end(), lesser), notice);
    display();
}

void MessageBar::dismiss() {
    if (!m_notices.empty()) {
        m_notices.pop_front();
    }
    display();
}

void MessageBar::clear() {
    m_notices.clear();
    display();
}

QString MessageBar::text() const {
    return m_notices.empty() ? QString() : m_notices.front().text;
}

QString MessageBar::clipboardText() const {
    if (m_notices.empty()) {
        return {};
    }
    const Notice& notice = m_notices.front();
    QStringList lines{notice.text, notice.hint, notice.details};
    lines.removeAll(QString());
    return lines.join(QLatin1Char('\n'));
}

void MessageBar::display() {
    setVisible(!m_notices.empty());
    if (m_notices.empty()) {
        return;
    }
    const Notice& notice = m_notices.front();
    m_text->setText(
        notice.hint.isEmpty() ? notice.text : QString(notice.text + QLatin1Char(' ') + notice.hint));
    m_details->setPlainText(notice.details);
    m_detailsButton->setChecked(false);
    m_detailsButton->setVisible(!notice.details.isEmpty());
    m_copyButton->setVisible(notice.severity != Notice::Severity::Info || !notice.details.isEmpty());
    m_action->setVisible(static_cast<bool>(notice.action));
    m_action->setText(notice.actionText);
    const auto waiting = static_cast<int>(m_notices.size()) - 1;
    m_more->setVisible(waiting > 0);
    m_more->setText(tr("%n more", nullptr, waiting));
    updateColours();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void MessageBar::updateColours() {
    if (m_notices.empty()) {
        return;
    }
    const PlotColours& colours = m_theme.colours();
    const Notice::Severity severity = m_notices.front().severity;
    const bool isError = severity == Notice::Severity::Error;
    const bool isInfo = severity == Notice::Severity::Info;
    const QColor edge = isInfo ? colours.accent : isError ? colours.bad : colours.outlier;
    QColor fill = edge;
    fill.setAlphaF(0.12F);
    const QString name = isError  ? QStringLiteral("error")
                         : isInfo ? QStringLiteral("info")
                                  : QStringLiteral("warning");
    const int size = style()->pixelMetric(QStyle::PM_SmallIconSize, nullptr, this);
    m_icon->setPixmap(colouredIcon(name, edge, edge).pixmap(size, size));
    m_closeButton->setIcon(themedIcon(u"close", m_theme));
    setStyleSheet(
        QStringLiteral(
            "#messageBar { background: rgba(%1, %2, %3, %4); border: none; border-left: 3px solid %5; "
            "border-bottom: 1px solid %6; }")
            .arg(fill.red())
            .arg(fill.green())
            .arg(fill.blue())
            .arg(fill.alpha())
            .arg(edge.name(), colours.border.name()));
}

} // namespace mambascope::ui
