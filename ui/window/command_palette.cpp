// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/command_palette.h"

#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QRegularExpression>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

/// "&Open C&heckpoint…" as people read it.
QString plain(QString text) {
    text.replace(QLatin1String("&&"), QString(QChar(1)));
    text.remove(u'&');
    text.replace(QChar(1), u'&');
    return text;
}

/// Calls visit(action, place) for everything that can be triggered.
void visitMenu(
    const QList<QAction*>& actions, const QString& place,
    const std::function<void(QAction*, const QString&)>& visit) {
    for (QAction* action : actions) {
        if (action->isSeparator()) {
            continue;
        }
        if (const QMenu* menu = action->menu()) {
            const QString title = plain(action->text());
            visitMenu(
                menu->actions(), place.isEmpty() ? title : place + QStringLiteral(" › ") + title, visit);
        } else if (!place.isEmpty()) {
            visit(action, place);
        }
    }
}

class EntryDelegate : public QStyledItemDelegate {
public:
    EntryDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {0, QFontMetrics(option.font).height() + 10};
    }

    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const PlotColours& colours = m_theme.colours();
        const bool selected = option.state.testFlag(QStyle::State_Selected);
        if (selected) {
            painter->fillRect(option.rect, colours.accent);
        }
        const bool enabled = index.data(PaletteModel::EnabledRole).toBool();
        const QColor main = selected ? colours.onAccent : enabled ? colours.text : colours.secondaryText;
        const QColor faint = selected ? colours.onAccent : colours.secondaryText;
        QRect rect = option.rect.adjusted(12, 0, -12, 0);
        const QFontMetrics metrics(option.font);
        painter->setFont(option.font);
        const QString shortcut = index.data(PaletteModel::ShortcutRole).toString();
        painter->setPen(faint);
        painter->drawText(rect, Qt::AlignRight | Qt::AlignVCenter, shortcut);
        rect.setRight(rect.right() - metrics.horizontalAdvance(shortcut) - 16);
        const QString title = metrics.elidedText(index.data().toString(), Qt::ElideRight, rect.width());
        painter->setPen(main);
        painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, title);
        rect.setLeft(rect.left() + metrics.horizontalAdvance(title) + 14);
        painter->setPen(faint);
        painter->drawText(
            rect, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(index.data(PaletteModel::PlaceRole).toString(), Qt::ElideRight, rect.width()));
    }

private:
    const Theme& m_theme;
};

} // namespace

CommandPalette::CommandPalette(
    Workspace& workspace, const Theme& theme, const QMenuBar& menus, QWidget* window)
    : QFrame(window)
    , m_workspace(workspace)
    , m_menus(menus)
    , m_model(new PaletteModel(this))
    , m_edit(new QLineEdit(this))
    , m_list(new QListView(this)) {
    setObjectName(QStringLiteral("commandPalette"));
    setStyleSheet(QStringLiteral("#commandPalette { background: palette(window); border: 1px solid "
                                 "palette(highlight); border-radius: 6px; }"));
    setAccessibleName(tr("Command palette"));
    m_edit->setPlaceholderText(tr("A command, or “layer 12 x”, “channel 340”"));
    m_edit->setAccessibleName(tr("Find a command"));
    m_edit->setClearButtonEnabled(true);
    m_list->setModel(m_model);
    m_list->setItemDelegate(new EntryDelegate(theme, this));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setAccessibleName(tr("Commands"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->addWidget(m_edit);
    column->addWidget(m_list, 1);
    m_edit->installEventFilter(this);
    window->installEventFilter(this);
    connect(m_edit, &QLineEdit::textEdited, this, &CommandPalette::refresh);
    connect(m_list, &QListView::clicked, this, [this](const QModelIndex& index) { choose(index.row()); });
    hide();
}

void CommandPalette::open(const QString& typed) {
    if (!isVisible()) {
        m_before = window()->focusWidget();
    }
    m_model->setEntries(fromMenus());
    m_edit->setText(typed);
    refresh();
    show();
    raise();
    m_edit->setFocus(Qt::PopupFocusReason);
}

std::vector<PaletteEntry> CommandPalette::fromMenus() const {
    std::vector<PaletteEntry> entries;
    visitMenu(m_menus.actions(), {}, [&entries](QAction* action, const QString& place) {
        PaletteEntry entry;
        entry.title = plain(action->text());
        entry.place = place;
        entry.shortcut = action->shortcut().toString(QKeySequence::NativeText);
        if (!action->isEnabled()) {
            entry.why = action->statusTip().isEmpty() ? tr("not possible now") : action->statusTip();
        }
        entry.run = [action = QPointer<QAction>(action)] {
            if (action != nullptr) {
                action->trigger();
            }
        };
        entries.push_back(std::move(entry));
    });
    return entries;
}

std::vector<PaletteEntry> CommandPalette::places(const QString& typed) const {
    // The English words work in every language; the placeholder shows those of the window's.
    static const QRegularExpression kLayer(
        QStringLiteral("^\\s*(?:l(?:ayer)?|%1)\\s*(\\d+)(?:\\s+(in|x|dt|out)(?:_proj)?)?(?:\\s+(\\d+))?\\s*$")
            .arg(QRegularExpression::escape(tr("layer"))),
        QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression kChannel(
        QStringLiteral("^\\s*(?:c(?:hannel)?|%1)\\s*(\\d+)\\s*$")
            .arg(QRegularExpression::escape(tr("channel"))),
        QRegularExpression::CaseInsensitiveOption);
    const ModelSpec* spec = m_workspace.spec();
    if (spec == nullptr) {
        return {};
    }
    const ViewData& view = m_workspace.view().data();
    PaletteEntry entry;
    entry.place = tr("Go to");
    int layer = view.layer, channel = view.channel;
    Linear linear = view.linear;
    if (const auto match = kLayer.match(typed); match.hasMatch()) {
        layer = match.captured(1).toInt();
        linear = parseLinear(match.captured(2).toLower().toStdString()).value_or(linear);
        if (!match.captured(3).isEmpty()) {
            channel = match.captured(3).toInt();
        }
        entry.title = tr("Layer %1, %2").arg(match.captured(1), qt(linearName(linear)));
        if (!match.captured(3).isEmpty()) {
            entry.title += tr(", channel %1").arg(channel);
        }
    } else if (const auto found = kChannel.match(typed); found.hasMatch()) {
        channel = found.captured(1).toInt();
        entry.title =
            tr("Channel %1 of layer %2, %3").arg(found.captured(1)).arg(layer).arg(qt(linearName(linear)));
    } else {
        return {};
    }
    const int channels = spec->channels(linear, view.side);
    if (layer >= spec->layers) {
        entry.why = tr("the model has layers 0 to %1").arg(spec->layers - 1);
    } else if (!spec->has(linear)) {
        entry.why = tr("the model has no %1").arg(qt(linearName(linear)));
    } else if (channel >= channels) {
        entry.why = tr("there are channels 0 to %1").arg(channels - 1);
    }
    entry.run = [this, layer, linear, channel] {
        m_workspace.view().setSelection(layer, linear, channel);
    };
    return {std::move(entry)};
}

void CommandPalette::refresh() {
    m_model->setTyped(m_edit->text(), places(m_edit->text()));
    m_list->setCurrentIndex(m_model->index(0, 0));
    fit();
}

void CommandPalette::fit() {
    constexpr int kMostRows = 18;
    const int character = fontMetrics().averageCharWidth();
    const int row = m_list->sizeHintForRow(0);
    const int rows = std::clamp(m_model->rowCount(), 1, kMostRows);
    m_list->setFixedHeight(rows * std::max(row, fontMetrics().height()) + 2 * m_list->frameWidth());
    layout()->activate();
    const QSize size = QSize(character * 90, sizeHint().height()).boundedTo(window()->size() - QSize(40, 80));
    setGeometry(QRect(QPoint((window()->width() - size.width()) / 2, 56), size));
}

void CommandPalette::choose(int row) {
    if (row < 0 || row >= m_model->rowCount() || !m_model->entry(row).why.isEmpty()) {
        return;
    }
    const std::function<void()> run = m_model->entry(row).run;
    hide();
    if (m_before != nullptr) {
        m_before->setFocus(Qt::PopupFocusReason);
    }
    run();
}

void CommandPalette::step(int rows) {
    const int count = m_model->rowCount();
    if (count > 0) {
        const int row = std::clamp(m_list->currentIndex().row() + rows, 0, count - 1);
        m_list->setCurrentIndex(m_model->index(row, 0));
    }
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched != m_edit) {
        if (event->type() == QEvent::Resize && watched == parentWidget()) {
            hide();
        }
        return QFrame::eventFilter(watched, event);
    }
    if (event->type() == QEvent::FocusOut && isVisible() &&
        static_cast<QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason) {
        hide();
    }
    // Before the window's own shortcuts see them: Escape stops jobs there.
    if (event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    if (event->type() != QEvent::KeyPress) {
        return QFrame::eventFilter(watched, event);
    }
    constexpr int kPage = 10;
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Up:
        step(-1);
        return true;
    case Qt::Key_Down:
        step(1);
        return true;
    case Qt::Key_PageUp:
        step(-kPage);
        return true;
    case Qt::Key_PageDown:
        step(kPage);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(m_list->currentIndex().row());
        return true;
    case Qt::Key_Escape:
        hide();
        if (m_before != nullptr) {
            m_before->setFocus(Qt::PopupFocusReason);
        }
        return true;
    default:
        return QFrame::eventFilter(watched, event);
    }
}

QString shortcutSheet(const QMenuBar& menus) {
    const auto row = [](const QString& what, const QString& keys) {
        return QStringLiteral("<tr><td style='padding:2px 24px 2px 0'>%1</td><td style='padding:2px "
                              "0'><b>%2</b></td></tr>")
            .arg(what.toHtmlEscaped(), keys.toHtmlEscaped());
    };
    QString html;
    QString before;
    visitMenu(menus.actions(), {}, [&](QAction* action, const QString& place) {
        const QString shortcut = action->shortcut().toString(QKeySequence::NativeText);
        if (shortcut.isEmpty()) {
            return;
        }
        if (place != before) {
            html += (before.isEmpty() ? QString() : QStringLiteral("</table>")) +
                    QStringLiteral("<h3>%1</h3><table>").arg(place.toHtmlEscaped());
            before = place;
        }
        html += row(plain(action->text()), shortcut);
    });
    html += QStringLiteral("</table>");
    html += QStringLiteral("<h3>%1</h3><table>").arg(CommandPalette::tr("In the heat map"));
    html +=
        row(CommandPalette::tr("Layer and channel up, down, left, right (Ctrl: by ten)"),
            CommandPalette::tr("Arrows"));
    html +=
        row(CommandPalette::tr("Next or previous outlier along the rows"),
            CommandPalette::tr("Alt+Right, Alt+Left"));
    html +=
        row(CommandPalette::tr("The layer below or above in which this channel is an outlier"),
            CommandPalette::tr("Alt+Down, Alt+Up"));
    html += row(CommandPalette::tr("Zoom in, out; all channels"), CommandPalette::tr("+, −, Home"));
    html += row(CommandPalette::tr("Logarithmic or linear colours"), CommandPalette::tr("L"));
    html += row(CommandPalette::tr("Show the layer"), CommandPalette::tr("Return"));
    html += QStringLiteral("</table><h3>%1</h3><table>").arg(CommandPalette::tr("In the panels"));
    html += row(CommandPalette::tr("Channel left, right (Ctrl: by ten)"), CommandPalette::tr("Arrows"));
    html += row(CommandPalette::tr("Next or previous outlier"), CommandPalette::tr("Alt+Right, Alt+Left"));
    html += row(CommandPalette::tr("Next or previous panel"), CommandPalette::tr("Tab, Shift+Tab"));
    html +=
        row(CommandPalette::tr("Put marker A or B here; remove them"), CommandPalette::tr("A, B, Delete"));
    html +=
        row(CommandPalette::tr("Logarithmic, linear, symmetric logarithmic axis"), CommandPalette::tr("L"));
    return html + QStringLiteral("</table>");
}

} // namespace mambascope::ui
