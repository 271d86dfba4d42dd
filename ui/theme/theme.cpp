// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include <QApplication>
#include <QEvent>
#include <QStyle>
#include <QStyleFactory>

namespace mambascope::ui {

PlotColours PlotColours::light() {
    PlotColours c;
    c.isDark = false;
    c.background = QColor(0xffffff);
    c.window = QColor(0xf5f6f8);
    c.raised = QColor(0xfafbfc);
    c.border = QColor(0xd5d9df);
    c.text = QColor(0x1b1f24);
    c.secondaryText = QColor(0x59626d);
    c.accent = QColor(0x0a66a8);
    c.onAccent = QColor(0xffffff);
    c.axis = QColor(0x8a939e);
    c.grid = QColor(0xe0e5ea);
    c.stem = {QColor(0x00845f), QColor(0xa1508a), QColor(0x8f6400), QColor(0x0072b2)};
    c.bandFill = QColor(0xe9f0f6);
    c.bandEdge = QColor(0x5a6f84);
    c.outlier = QColor(0xd04a00);
    c.cursor = QColor(0x1b1f24);
    c.good = QColor(0x00734f);
    c.bad = QColor(0xb93c00);
    c.neutral = QColor(0x59626d);
    return c;
}

PlotColours PlotColours::dark() {
    PlotColours c;
    c.isDark = true;
    c.background = QColor(0x14171b);
    c.window = QColor(0x1c2025);
    c.raised = QColor(0x252a31);
    c.border = QColor(0x363d46);
    c.text = QColor(0xe8ebef);
    c.secondaryText = QColor(0xa2abb6);
    c.accent = QColor(0x4aa8e0);
    c.onAccent = QColor(0x08131c);
    c.axis = QColor(0x6b7581);
    c.grid = QColor(0x2a3038);
    c.stem = {QColor(0x2dbd94), QColor(0xd98bbb), QColor(0xdba32f), QColor(0x56b4e9)};
    c.bandFill = QColor(0x1f2a35);
    c.bandEdge = QColor(0x8fa5bb);
    c.outlier = QColor(0xff8a4a);
    c.cursor = QColor(0xe8ebef);
    c.good = QColor(0x3ecf9f);
    c.bad = QColor(0xff8f5c);
    c.neutral = QColor(0xa2abb6);
    return c;
}

QPalette widgetPalette(const PlotColours& c) {
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.background);
    p.setColor(QPalette::AlternateBase, c.raised);
    p.setColor(QPalette::ToolTipBase, c.raised);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::PlaceholderText, c.secondaryText);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::Button, c.isDark ? c.raised : c.window);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.outlier);
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::LinkVisited, c.stem[1]);
    p.setColor(QPalette::Highlight, c.accent);
    p.setColor(QPalette::HighlightedText, c.onAccent);
    p.setColor(QPalette::Light, c.isDark ? c.border.lighter(120) : QColor(Qt::white));
    p.setColor(QPalette::Midlight, c.isDark ? c.border : c.raised);
    p.setColor(QPalette::Mid, c.border);
    p.setColor(QPalette::Dark, c.isDark ? c.background.darker(140) : c.axis);
    p.setColor(QPalette::Shadow, c.isDark ? QColor(Qt::black) : c.axis.darker(130));
    QColor dimmed = c.secondaryText;
    dimmed.setAlphaF(0.55F);
    for (const auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText}) {
        p.setColor(QPalette::Disabled, role, dimmed);
    }
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.border);
    return p;
}

namespace {

// Fusion draws frames and bevels of another decade; these few rules flatten them. Colours come from the
// palette table.
QString styleSheet(const PlotColours& c) {
    return QStringLiteral(R"(
QToolBar { background: %1; border: none; border-bottom: 1px solid %2; padding: 4px 6px; spacing: 4px; }
QToolBar QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px 8px; }
QToolBar QToolButton:hover { background: %3; border-color: %2; }
QToolBar QToolButton:pressed, QToolBar QToolButton:checked { background: %2; }
QToolBar QToolButton:focus { border-color: %4; }
QStatusBar { background: %1; border-top: 1px solid %2; }
QStatusBar::item { border: none; }
QDockWidget::title { background: %1; padding: 6px 8px; font-weight: bold; }
QMainWindow::separator { background: %2; width: 1px; height: 1px; }
QHeaderView::section { background: %1; border: none; border-bottom: 1px solid %2; padding: 4px 8px; }
QTableView, QTreeView, QListView { border: none; gridline-color: %2; }
QProgressBar { border: none; border-radius: 3px; background: %2; max-height: 6px; }
QProgressBar::chunk { border-radius: 3px; background: %4; }
QToolTip { border: 1px solid %2; padding: 3px 6px; background: %3; color: %5; }
)")
        .arg(c.window.name(), c.border.name(), c.raised.name(), c.accent.name(), c.text.name());
}

} // namespace

Theme::Theme(QApplication* application)
    : QObject(application)
    , m_application(application)
    , m_systemPalette(QApplication::palette())
    , m_colours(PlotColours::light()) {
    m_application->installEventFilter(this);
    apply();
}

Theme::~Theme() = default;

void Theme::setMode(ThemeMode mode) {
    if (mode != m_mode) {
        m_mode = mode;
        apply();
    }
}

bool Theme::systemIsDark() const {
    return m_systemPalette.color(QPalette::Window).lightness() <
           m_systemPalette.color(QPalette::WindowText).lightness();
}

void Theme::apply() {
    const bool isDark = m_mode == ThemeMode::System ? systemIsDark() : m_mode == ThemeMode::Dark;
    m_colours = PlotColours::of(isDark);
    m_applying = true;
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(widgetPalette(m_colours));
    m_application->setStyleSheet(styleSheet(m_colours));
    m_applying = false;
    Q_EMIT changed();
}

bool Theme::eventFilter(QObject* object, QEvent* event) {
    if (object == m_application && event->type() == QEvent::ApplicationPaletteChange && !m_applying &&
        QApplication::palette() != widgetPalette(m_colours)) {
        // Somebody else, i.e. the desktop, changed the palette.
        m_systemPalette = QApplication::palette();
        if (m_mode == ThemeMode::System) {
            apply();
        }
    }
    return QObject::eventFilter(object, event);
}

} // namespace mambascope::ui
