// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/flips_model.h"

#include "ui/models/text.h"

#include <QLocale>

#include <cmath>

namespace mambascope::ui {
namespace {

/// 0 → "A". Tasks have at most five choices.
QString letter(int choice) {
    return choice >= 0 && choice < 26 ? QString(QChar(u'A' + choice)) : QString::number(choice);
}

QString answer(const Flip& flip, int predicted) {
    if (isGreedyTask(flip.task)) {
        return predicted != 0 ? FlipsModel::tr("greedy") : FlipsModel::tr("another");
    }
    return letter(predicted);
}

QString logLikelihood(double value) {
    if (!std::isfinite(value)) {
        return std::isnan(value) ? QStringLiteral("NaN") : QStringLiteral("−∞");
    }
    return (value < 0 ? QStringLiteral("−") : QString()) + QLocale().toString(std::abs(value), 'f', 2);
}

QString withSign(double value) {
    return (value < 0 ? QStringLiteral("−") : QStringLiteral("+")) +
           QLocale().toString(std::abs(value), 'f', 2);
}

QString shown(const std::string& text) {
    return qt(text).toHtmlEscaped().replace(u'\n', QLatin1String("<br>"));
}

} // namespace

void FlipsModel::setRuns(std::shared_ptr<const ComparedRuns> runs) {
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

int FlipsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || m_runs == nullptr ? 0 : static_cast<int>(m_runs->flips.size());
}

int FlipsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString FlipsModel::contextOf(const Flip& flip) const {
    const TaskItem* item = itemOf(*m_runs, flip);
    if (item == nullptr || item->choices.empty()) {
        return {};
    }
    QString text = qt(item->choices.front().context);
    for (const TaskItem::Choice& choice : item->choices) {
        text += QStringLiteral(" | ") + qt(choice.continuation);
    }
    return text.simplified();
}

QString FlipsModel::text(const Flip& flip, int column) const {
    switch (column) {
    case TaskColumn:
        return flip.task <= Task::Copa ? qt(taskDisplayName(flip.task)) : qt(flip.taskName);
    case RowColumn:
        return number(flip.index);
    case KindColumn:
        return flip.gained ? tr("gained") : tr("lost");
    case AnswerColumn:
        return tr("%1 → %2").arg(answer(flip, flip.before), answer(flip, flip.now));
    case ChangeColumn:
        return withSign(flip.change);
    case TextColumn:
        return contextOf(flip);
    default:
        return {};
    }
}

QVariant FlipsModel::sortValue(const Flip& flip, int column) const {
    switch (column) {
    case RowColumn:
        return flip.index;
    case ChangeColumn:
        return std::abs(flip.change);
    default:
        return text(flip, column);
    }
}

QVariant FlipsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const Flip& flip = m_runs->flips[static_cast<std::size_t>(index.row())];
    const bool isNumber = index.column() == RowColumn || index.column() == ChangeColumn;
    switch (role) {
    case Qt::DisplayRole:
        return text(flip, index.column());
    case SortRole:
        return sortValue(flip, index.column());
    case Qt::TextAlignmentRole:
        return static_cast<int>(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    default:
        return {};
    }
}

QVariant FlipsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    const QString names[] = {tr("Task"), tr("Row"), tr("Flip"), tr("Answer"), tr("Change"), tr("Item")};
    const QString meanings[] = {
        QString(),
        tr("Row in the data file, from 0"),
        tr("Gained: wrong before and right now. Lost: the other way round"),
        tr("The chosen answer, before and now"),
        tr("By how much the right answer's lead in log-likelihood changed"),
        tr("Context and choices")};
    if (role == Qt::TextAlignmentRole) {
        const bool isNumber = section == RowColumn || section == ChangeColumn;
        return static_cast<int>(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
    }
    return role == Qt::DisplayRole   ? QVariant(names[section])
           : role == Qt::ToolTipRole ? QVariant(meanings[section])
                                     : QVariant();
}

QString FlipsModel::describe(int row) const {
    const Flip& flip = m_runs->flips[static_cast<std::size_t>(row)];
    const TaskItem* item = itemOf(*m_runs, flip);
    QString html = QStringLiteral("<p><b>%1, %2</b> · %3 · %4</p>")
                       .arg(
                           text(flip, TaskColumn), tr("row %1").arg(flip.index), text(flip, KindColumn),
                           tr("lead of the right answer: %1").arg(withSign(flip.change)));
    bool sameContext = true;
    if (item != nullptr) {
        for (const TaskItem::Choice& choice : item->choices) {
            sameContext &= choice.context == item->choices.front().context;
        }
        if (sameContext && !item->choices.empty()) {
            html += QStringLiteral("<p>%1</p>").arg(shown(item->choices.front().context));
        }
    }
    html += QStringLiteral("<table cellpadding='3'><tr><td></td><td></td><td align='right'>%1</td>"
                           "<td align='right'>%2</td><td align='right'>%3</td></tr>")
                .arg(tr("before"), tr("now"), tr("change"));
    for (std::size_t i = 0; i < flip.scoresNow.size() && i < flip.scoresBefore.size(); ++i) {
        const auto choice = static_cast<int>(i);
        const bool gold = choice == flip.gold || flip.scoresNow.size() == 1;
        QString words;
        if (item != nullptr && i < item->choices.size()) {
            words = (sameContext ? QString() : shown(item->choices[i].context) + u' ') +
                    shown(item->choices[i].continuation);
        }
        html += QStringLiteral("<tr><td>%1</td><td>%2</td><td align='right'>%3</td><td align='right'>%4</td>"
                               "<td align='right'>%5</td></tr>")
                    .arg(
                        gold ? QStringLiteral("<b>%1 ✓</b>").arg(letter(choice)) : letter(choice),
                        gold ? QStringLiteral("<b>%1</b>").arg(words) : words,
                        logLikelihood(flip.scoresBefore[i]), logLikelihood(flip.scoresNow[i]),
                        withSign(flip.scoresNow[i] - flip.scoresBefore[i]));
    }
    html += QStringLiteral("</table><p>%1</p>")
                .arg(tr("Chosen before: %1. Chosen now: %2. Scores are log-likelihoods.")
                         .arg(answer(flip, flip.before), answer(flip, flip.now)));
    return html;
}

} // namespace mambascope::ui
