// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/window/monkey.h"

#include "tests/ui/window/bench.h"
#include "ui/docks/plan_panel.h"
#include "ui/models/plan_model.h"
#include "ui/models/plan_values.h"
#include "ui/theme/theme.h"
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDockWidget>
#include <QFileDialog>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>
#include <QWindow>

#include <algorithm>
#include <array>
#include <utility>

namespace mambascope::test {
namespace {

constexpr int kAnswerMilliseconds = 2;

void collect(const QMenu& menu, std::vector<QAction*>& actions) {
    for (QAction* action : menu.actions()) {
        if (QMenu* submenu = action->menu()) {
            Q_EMIT submenu->aboutToShow(); // some are filled then
            collect(*submenu, actions);
        } else if (!action->isSeparator() && action->isEnabled() && action->menuRole() != QAction::QuitRole) {
            actions.push_back(action);
        }
    }
}

/// The point inside the window nearest to `at`: an event before may have made it smaller.
QPoint inside(const QWindow& window, const QPoint& at) {
    return {std::clamp(at.x(), 0, window.width() - 1), std::clamp(at.y(), 0, window.height() - 1)};
}

QString pointText(const QPoint& at) {
    return QStringLiteral("%1,%2").arg(at.x()).arg(at.y());
}

} // namespace

Monkey::Monkey(
    ui::MainWindow& window, ui::Workspace& workspace, ui::Theme& theme, unsigned seed, QString folder)
    : m_window(window)
    , m_workspace(workspace)
    , m_theme(theme)
    , m_folder(std::move(folder))
    , m_random(seed) {
    QTimer::singleShot(kAnswerMilliseconds, this, &Monkey::answer);
}

int Monkey::below(int count) {
    return static_cast<int>(m_random() % static_cast<unsigned>(count));
}

QWidget* Monkey::anyWindow() {
    std::vector<QWidget*> visible;
    for (QWidget* widget : QApplication::topLevelWidgets()) {
        // A random engine or device would end the work.
        const bool harmful = widget->inherits("mambascope::ui::SettingsDialog");
        if (widget->isVisible() && widget->windowHandle() != nullptr && !harmful) {
            visible.push_back(widget);
        }
    }
    if (visible.empty() || !one(4)) {
        return &m_window;
    }
    return visible[static_cast<std::size_t>(below(static_cast<int>(visible.size())))];
}

QPoint Monkey::anyPoint(const QWidget& widget) {
    const QSize size = widget.windowHandle()->size(); // the widget's own may be on its way
    return {below(std::max(1, size.width())), below(std::max(1, size.height()))};
}

QString Monkey::act() {
    // Nested event loops of dialogs, menus and drags run inside an action; they are answered by the timer.
    m_acting = true;
    using Action = QString (Monkey::*)();
    static constexpr std::array<std::pair<Action, int>, 12> kActions{{
        {&Monkey::triggerAction, 20},
        {&Monkey::pressKey, 24},
        {&Monkey::click, 20},
        {&Monkey::drag, 5},
        {&Monkey::scroll, 5},
        {&Monkey::resizeWindow, 3},
        {&Monkey::undoOrRedo, 6},
        {&Monkey::editPlan, 8},
        {&Monkey::changeTheme, 1},
        {&Monkey::changeDock, 3},
        {&Monkey::work, 3},
        {&Monkey::closeDialogs, 2},
    }};
    if (m_workspace.session() == nullptr && one(4)) { // most can be done with a session
        m_acting = false;
        return openAgain();
    }
    constexpr int kAll = 100; // the sum of the weights
    int left = below(kAll);
    QString done;
    for (const auto& [action, weight] : kActions) {
        if (left < weight) {
            done = (this->*action)();
            break;
        }
        left -= weight;
    }
    m_window.show(); // it may have been closed
    QCoreApplication::processEvents();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    m_acting = false;
    return done;
}

QString Monkey::triggerAction() {
    std::vector<QAction*> actions;
    for (const QAction* top : m_window.menuBar()->actions()) {
        collect(*top->menu(), actions);
    }
    if (actions.empty()) {
        return QStringLiteral("no action is enabled");
    }
    QAction* action = actions[static_cast<std::size_t>(below(static_cast<int>(actions.size())))];
    const QString text = QStringLiteral("action ") + action->text();
    action->trigger();
    return text;
}

QString Monkey::pressKey() {
    static constexpr std::array kKeys{
        Qt::Key_Tab,    Qt::Key_Backtab, Qt::Key_Left,  Qt::Key_Right, Qt::Key_Up,       Qt::Key_Down,
        Qt::Key_Return, Qt::Key_Escape,  Qt::Key_Space, Qt::Key_Home,  Qt::Key_End,      Qt::Key_PageUp,
        Qt::Key_Delete, Qt::Key_F1,      Qt::Key_F2,    Qt::Key_F6,    Qt::Key_PageDown, Qt::Key_Plus,
        Qt::Key_Minus,  Qt::Key_Slash,   Qt::Key_A,     Qt::Key_B,     Qt::Key_C,        Qt::Key_D,
        Qt::Key_E,      Qt::Key_J,       Qt::Key_K,     Qt::Key_L,     Qt::Key_P,        Qt::Key_V,
        Qt::Key_Z,      Qt::Key_0,       Qt::Key_1,     Qt::Key_2,     Qt::Key_3,        Qt::Key_8,
        Qt::Key_Menu};
    static const std::array<Qt::KeyboardModifiers, 8> kModifiers{
        Qt::NoModifier, Qt::NoModifier,    Qt::NoModifier,      Qt::NoModifier,
        Qt::NoModifier, Qt::ShiftModifier, Qt::ControlModifier, Qt::AltModifier};
    const Qt::Key key = kKeys[static_cast<std::size_t>(below(static_cast<int>(kKeys.size())))];
    const Qt::KeyboardModifiers modifiers =
        kModifiers[static_cast<std::size_t>(below(static_cast<int>(kModifiers.size())))];
    QWidget* window = anyWindow();
    QTest::keyClick(window->windowHandle(), key, modifiers);
    return QStringLiteral("key ") + QKeySequence(modifiers | key).toString();
}

QString Monkey::click() {
    QWidget* window = anyWindow();
    const QPoint at = anyPoint(*window);
    const Qt::MouseButton button = one(8) ? Qt::RightButton : Qt::LeftButton;
    const Qt::KeyboardModifiers modifiers = one(8)   ? Qt::ShiftModifier
                                            : one(8) ? Qt::ControlModifier
                                                     : Qt::NoModifier;
    const QString text = QStringLiteral("click %1 on %2 at %3")
                             .arg(button)
                             .arg(QLatin1String(window->metaObject()->className()), pointText(at));
    QPointer<QWindow> handle = window->windowHandle();
    QTest::mouseMove(handle, at);
    if (handle != nullptr && one(6)) {
        QTest::mouseDClick(handle, button, modifiers, inside(*handle, at));
    } else if (handle != nullptr) {
        QTest::mouseClick(handle, button, modifiers, inside(*handle, at));
    }
    return text;
}

QString Monkey::drag() {
    QWindow* window = m_window.windowHandle();
    const QPoint from = anyPoint(m_window), to = anyPoint(m_window);
    QTest::mousePress(window, Qt::LeftButton, {}, from);
    constexpr int kSteps = 4;
    for (int step = 1; step <= kSteps; ++step) {
        QTest::mouseMove(window, inside(*window, from + (to - from) * step / kSteps));
    }
    QTest::mouseRelease(window, Qt::LeftButton, {}, inside(*window, to));
    return QStringLiteral("drag from %1 to %2").arg(pointText(from), pointText(to));
}

QString Monkey::scroll() {
    const QPoint at = anyPoint(m_window);
    const QPoint delta = one(4) ? QPoint(one(2) ? 120 : -120, 0) : QPoint(0, one(2) ? 120 : -120);
    QWheelEvent event(
        at, m_window.mapToGlobal(at), {}, delta, Qt::NoButton, one(2) ? Qt::ControlModifier : Qt::NoModifier,
        Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(m_window.windowHandle(), &event);
    return QStringLiteral("scroll at ") + pointText(at);
}

QString Monkey::resizeWindow() {
    constexpr int kSmallest = 300, kWidths = 1700, kHeights = 1000;
    m_window.resize(kSmallest + below(kWidths), kSmallest + below(kHeights));
    return QStringLiteral("resize to %1 × %2").arg(m_window.width()).arg(m_window.height());
}

QString Monkey::undoOrRedo() {
    ui::PlanEditor& editor = m_workspace.planEditor();
    if (one(2)) {
        editor.undo();
        return QStringLiteral("undo");
    }
    editor.redo();
    return QStringLiteral("redo");
}

QString Monkey::editPlan() {
    ui::PlanModel* model = m_window.planPanel()->model();
    if (model->rowCount() == 0) {
        return QStringLiteral("no plan to edit");
    }
    const QModelIndex cell =
        model->index(below(model->rowCount()), 1 + below(ui::PlanModel::ColumnCount - 1));
    const auto choices = ui::planChoices(cell.column());
    const QVariant value =
        choices.empty() ? QVariant(below(11) / 10.0)
                        : choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))].value;
    model->setData(cell, value, Qt::EditRole);
    return QStringLiteral("edit %1,%2: %3").arg(cell.row()).arg(cell.column()).arg(value.toString());
}

QString Monkey::changeTheme() {
    constexpr std::array kModes{ui::ThemeMode::System, ui::ThemeMode::Light, ui::ThemeMode::Dark};
    m_theme.setMode(kModes[static_cast<std::size_t>(below(static_cast<int>(kModes.size())))]);
    return QStringLiteral("theme");
}

QString Monkey::changeDock() {
    const auto docks = m_window.findChildren<QDockWidget*>();
    QDockWidget* dock = docks[below(static_cast<int>(docks.size()))];
    if (one(3)) {
        dock->setFloating(!dock->isFloating());
        return QStringLiteral("float ") + dock->objectName();
    }
    dock->toggleViewAction()->trigger();
    return QStringLiteral("toggle ") + dock->objectName();
}

QString Monkey::work() {
    switch (below(5)) {
    case 0:
        m_workspace.calibrate(demoCalibration(1 + below(4)));
        return QStringLiteral("calibrate");
    case 1:
        m_workspace.evaluate(demoEvaluation({Task::Piqa, Task::Copa}, 1 + below(4)));
        return QStringLiteral("evaluate");
    case 2: {
        ui::SearchSettings search;
        search.target = static_cast<SearchTarget>(below(3));
        search.samples = 1 + below(3);
        search.length = 32;
        m_workspace.search(search);
        return QStringLiteral("search ") + QLatin1String(searchTargetName(search.target).data());
    }
    case 3:
        m_workspace.exportCheckpoint(QStringLiteral("%1/export-%2").arg(m_folder).arg(++m_exports), false);
        return QStringLiteral("export");
    default:
        m_workspace.stop();
        return QStringLiteral("stop");
    }
}

QString Monkey::openAgain() {
    const QString last = ui::recentFiles().value(0);
    if (last.isEmpty() || one(3)) {
        m_workspace.openDemo();
        return QStringLiteral("open the demo");
    }
    m_workspace.openSession(last);
    return QStringLiteral("open ") + last;
}

QString Monkey::closeDialogs() {
    for (QDialog* dialog : m_window.findChildren<QDialog*>()) {
        dialog->close();
    }
    return QStringLiteral("close dialogs");
}

void Monkey::answer() {
    QTimer::singleShot(kAnswerMilliseconds, this, &Monkey::answer);
    if (!m_acting) {
        return;
    }
    if (QWidget* popup = QApplication::activePopupWidget()) {
        if (one(2)) {
            popup->close();
        } else {
            QTest::keyClick(popup, one(2) ? Qt::Key_Down : Qt::Key_Return);
        }
    } else if (QWidget* dialog = QApplication::activeModalWidget()) {
        answerDialog(*dialog);
    }
}

void Monkey::answerDialog(QWidget& dialog) {
    if (auto* box = qobject_cast<QMessageBox*>(&dialog)) {
        const auto buttons = box->buttons();
        buttons[below(static_cast<int>(buttons.size()))]->click();
        return;
    }
    auto* asked = qobject_cast<QDialog*>(&dialog);
    // A random engine command, or a random folder to write to, would do harm.
    if (asked == nullptr || qobject_cast<QFileDialog*>(asked) != nullptr ||
        dialog.inherits("mambascope::ui::EngineDialog") ||
        dialog.inherits("mambascope::ui::EngineFolderDialog")) {
        dialog.close();
        return;
    }
    constexpr std::array kKeys{Qt::Key_Tab, Qt::Key_Space, Qt::Key_Up, Qt::Key_Down, Qt::Key_3};
    if (!one(3)) {
        QWidget* focus = dialog.focusWidget();
        QTest::keyClick(
            focus != nullptr ? focus : &dialog,
            kKeys[static_cast<std::size_t>(below(static_cast<int>(kKeys.size())))]);
    } else if (one(2)) {
        asked->accept();
    } else {
        asked->reject();
    }
}

} // namespace mambascope::test
