// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/plan_model.h"

#include "core/calibration/outliers.h"
#include "ui/commands/plan_editor.h"
#include "ui/models/plan_values.h"
#include "ui/models/text.h"

#include <QFont>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mambascope::ui {

namespace {

bool above(const QModelIndex& a, const QModelIndex& b) {
    return a.row() < b.row();
}

bool leftOf(const QModelIndex& a, const QModelIndex& b) {
    return a.column() < b.column();
}

} // namespace

PlanModel::PlanModel(PlanEditor& editor, QObject* parent)
    : QAbstractTableModel(parent)
    , m_editor(editor) {
    connect(&editor, &PlanEditor::planChanged, this, &PlanModel::refresh);
}

void PlanModel::setSpec(const std::optional<ModelSpec>& spec) {
    if (spec != m_spec) {
        m_spec = spec;
        rebuild();
    }
}

void PlanModel::setCalibration(std::shared_ptr<const CalibrationSnapshot> calibration) {
    if (calibration != m_calibration) {
        m_calibration = std::move(calibration);
        m_zeroableK = 0;
        refresh();
    }
}

void PlanModel::setLayer(std::optional<int> layer) {
    if (layer == m_layer) {
        return;
    }
    const bool sameShape = layer.has_value() && m_layer.has_value() && !m_targets.empty();
    m_layer = layer;
    if (!sameShape) {
        rebuild();
        return;
    }
    // The rows stay where they are, so that the selection does.
    for (PlanTarget& target : m_targets) {
        if (target.level == PlanTarget::Level::Site) {
            target.site.layer = *layer;
        }
    }
    refresh();
}

void PlanModel::rebuild() {
    beginResetModel();
    m_targets.clear();
    if (m_spec) {
        m_targets.push_back(PlanTarget::model());
        if (m_layer) {
            for (const Linear linear : m_spec->linears()) {
                m_targets.push_back(PlanTarget::at({*m_layer, linear}));
            }
        } else {
            for (const Linear linear : m_spec->linears()) {
                m_targets.push_back(PlanTarget::every(linear));
            }
            for (const SiteId site : m_spec->sites()) {
                m_targets.push_back(PlanTarget::at(site));
            }
        }
    }
    m_zeroableK = 0;
    endResetModel();
    refresh();
}

void PlanModel::refresh() {
    const QuantPlan& plan = m_editor.plan();
    if (m_calibration == nullptr || !m_spec || m_calibration->spec.layers != m_spec->layers) {
        m_zeroable.clear();
    } else if (m_zeroableK != plan.k || m_zeroableRule != plan.rule || m_zeroable.empty()) {
        m_zeroableK = plan.k;
        m_zeroableRule = plan.rule;
        m_zeroable.clear();
        for (int index = 0; index < m_spec->siteCount(); ++index) {
            const auto& statistics = m_calibration->at(SiteId::fromIndex(index), Side::Input);
            m_zeroable.push_back(
                static_cast<int>(findOutliers(statistics, plan.rule, plan.k).outliers.size()));
        }
    }
    if (!m_targets.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
}

bool PlanModel::has(int row, int column) const {
    const PlanTarget& rowTarget = target(row);
    if ((column != ScanColumn && column != StateColumn) || rowTarget.level == PlanTarget::Level::Model) {
        return true;
    }
    const Linear linear =
        rowTarget.level == PlanTarget::Level::Site ? rowTarget.site.linear : rowTarget.linear;
    return (linear == Linear::OutProj) == (column == StateColumn);
}

int PlanModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_targets.size());
}

int PlanModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString PlanModel::rowName(const PlanTarget& target) const {
    switch (target.level) {
    case PlanTarget::Level::Model:
        return tr("all sites");
    case PlanTarget::Level::Linear:
        return tr("every %1").arg(qt(linearName(target.linear)));
    case PlanTarget::Level::Site:
        break;
    }
    return m_layer
               ? qt(linearName(target.site.linear))
               : QStringLiteral("%1 · %2").arg(number(target.site.layer), qt(linearName(target.site.linear)));
}

QString PlanModel::zeroText(const PlanTarget& target) const {
    if (m_zeroable.empty()) {
        return {};
    }
    int count = 0;
    for (std::size_t index = 0; index < m_zeroable.size(); ++index) {
        const SiteId site = SiteId::fromIndex(static_cast<int>(index));
        const bool inside = target.level == PlanTarget::Level::Model ||
                            (target.level == PlanTarget::Level::Linear && site.linear == target.linear) ||
                            (target.level == PlanTarget::Level::Site && site == target.site);
        count += inside ? m_zeroable[index] : 0;
    }
    return number(count);
}

QString PlanModel::toolTip(const PlanTarget& target, int column) const {
    const QString above = target.level == PlanTarget::Level::Model
                              ? QString()
                              : planText(inheritedAt(m_editor.plan(), target), column);
    QString text;
    switch (column) {
    case WeightBitsColumn:
        text = tr("Bits of the weights");
        break;
    case GranularityColumn:
        text = tr("How many scales a weight has: one, one an output channel, or one a group of inputs");
        break;
    case ActivationBitsColumn:
        text = tr("Bits of the activations");
        break;
    case SideColumn:
        text = tr("Which activations are quantized: what goes into the linear, what comes out, or both");
        break;
    case ScaleColumn:
        text = tr("Where an activation's scale comes from: calibration (the largest value, a percentile, or the least "
                  "squared error), the sequence at run time, or each token");
        break;
    case AlphaColumn:
        text = tr("SmoothQuant's migration strength α from 0 (activations keep their range) to 1");
        break;
    case ZeroColumn:
        text = m_zeroable.empty() ? tr("Set the input's outlier channels to zero")
                                  : tr("Set the input's outlier channels to zero: %1 by this plan's rule")
                                        .arg(zeroText(target));
        break;
    case TreatmentColumn:
        text = tr("What else is done to outliers: flagged channels kept in floats, or all channels rotated before they "
                  "are quantized");
        break;
    case ScanColumn:
        text = tr("Bits of what the scan reads: z of in_proj, u, B and C of x_proj, Δ of dt_proj");
        break;
    case StateColumn:
        text = tr("Bits of the scan's state from token to token, a setting of the out_proj behind it");
        break;
    default:
        return target.level == PlanTarget::Level::Site ? QString::fromStdString(siteName(target.site))
                                                       : QString();
    }
    return above.isEmpty() ? text : text + tr(" (from above: %1)").arg(above);
}

QVariant PlanModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const PlanTarget& row = target(index.row());
    const QuantPlan& plan = m_editor.plan();
    const int column = index.column();
    if (!has(index.row(), column)) {
        return role == Qt::ToolTipRole ? QVariant(toolTip(row, column)) : QVariant();
    }
    switch (role) {
    case Qt::DisplayRole:
        if (column == SiteColumn) {
            return rowName(row);
        }
        return column == ZeroColumn ? zeroText(row) : planText(settingsAt(plan, row), column);
    case Qt::EditRole:
        return column == SiteColumn ? QVariant(rowName(row)) : planValue(settingsAt(plan, row), column);
    case Qt::CheckStateRole:
        if (column == ZeroColumn) {
            return static_cast<int>(settingsAt(plan, row).zeroOutliers ? Qt::Checked : Qt::Unchecked);
        }
        return {};
    case Qt::ToolTipRole:
        return toolTip(row, column);
    case Qt::AccessibleTextRole:
        return column == ZeroColumn
                   ? (settingsAt(plan, row).zeroOutliers ? tr("zero outliers on") : tr("zero outliers off"))
                   : data(index, Qt::DisplayRole);
    case Qt::FontRole:
        if (data(index, OverriddenRole).toBool()) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case OverriddenRole:
        return holds(ownSettings(plan, row), column);
    case IdleRole:
        return isIdle(settingsAt(plan, row), column);
    case LevelRole:
        return static_cast<int>(row.level);
    default:
        return {};
    }
}

Qt::ItemFlags PlanModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.column() == ZeroColumn) {
        flags |= Qt::ItemIsUserCheckable;
    } else if (index.isValid() && index.column() != SiteColumn && has(index.row(), index.column())) {
        flags |= Qt::ItemIsEditable;
    }
    return flags;
}

bool PlanModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role == Qt::CheckStateRole && index.column() == ZeroColumn) {
        return setValues({index}, value.toInt() == Qt::Checked);
    }
    return role == Qt::EditRole && setValues({index}, value);
}

bool PlanModel::setValues(const QModelIndexList& indexes, const QVariant& value) {
    if (indexes.isEmpty()) {
        return false;
    }
    const int column = indexes.first().column();
    const std::optional<SitePatch> patch = planPatch(column, value);
    if (!patch) {
        return false;
    }
    std::vector<PlanTarget> targets;
    QString key = QString::number(column);
    for (const QModelIndex& index : indexes) {
        if (index.isValid() && index.column() == column &&
            has(index.row(), column)) {
            targets.push_back(target(index.row()));
            key += QStringLiteral("/%1").arg(index.row());
        }
    }
    if (targets.empty()) {
        return false;
    }
    const QString what = headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    const QString where =
        targets.size() == 1
            ? (targets[0].level == PlanTarget::Level::Site ? QString::fromStdString(siteName(targets[0].site))
                                                           : rowName(targets[0]))
            : tr("%1 rows").arg(number(static_cast<qlonglong>(targets.size())));
    m_editor.edit(
        renamed(withSettings(m_editor.plan(), targets, *patch)), tr("%1 of %2").arg(what, where), key);
    return true;
}

QString PlanModel::copied(const QModelIndexList& indexes) const {
    if (indexes.isEmpty()) {
        return {};
    }
    const auto [top, bottom] = std::minmax_element(indexes.begin(), indexes.end(), above);
    const auto [left, right] = std::minmax_element(indexes.begin(), indexes.end(), leftOf);
    QStringList lines;
    for (int row = top->row(); row <= bottom->row(); ++row) {
        QStringList words;
        for (int column = left->column(); column <= right->column(); ++column) {
            const bool has = this->has(row, column) && indexes.contains(index(row, column));
            words.append(
                !has                   ? QString()
                : column == SiteColumn ? rowName(target(row))
                                       : planWord(settingsAt(m_editor.plan(), target(row)), column));
        }
        lines.append(words.join(QLatin1Char('\t')));
    }
    return lines.join(QLatin1Char('\n'));
}

QString PlanModel::paste(const QModelIndexList& indexes, const QString& text) {
    QStringList lines = text.split(QLatin1Char('\n'));
    while (!lines.isEmpty() && lines.last().trimmed().isEmpty()) {
        lines.removeLast();
    }
    if (indexes.isEmpty() || lines.isEmpty()) {
        return {};
    }
    std::vector<CellEdit> edits;
    QString refused;
    const auto set = [&](int row, int column, const QString& given) {
        const QString word = given.trimmed();
        if (word.isEmpty() || column == SiteColumn || row >= rowCount() || column >= ColumnCount) {
            return;
        }
        if (const auto edit = cellEdit(row, column, planValueOf(column, word))) {
            edits.push_back(*edit);
        } else if (has(row, column) && refused.isEmpty()) {
            refused = tr("“%1” is no value for %2.")
                          .arg(word, headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        }
    };
    std::set<int> selected;
    for (const QModelIndex& index : indexes) {
        selected.insert(index.row());
    }
    const int left = std::min_element(indexes.begin(), indexes.end(), leftOf)->column();
    const auto count = static_cast<int>(lines.size());
    std::vector<int> rows(selected.begin(), selected.end());
    while (static_cast<int>(rows.size()) < count) {
        rows.push_back(rows.back() + 1);
    }
    if (count == 1 && !lines[0].contains(QLatin1Char('\t'))) {
        for (const QModelIndex& index : indexes) {
            set(index.row(), index.column(), lines[0]);
        }
    } else {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const QStringList words = lines[static_cast<int>(i) % count].split(QLatin1Char('\t'));
            for (int column = 0; column < static_cast<int>(words.size()); ++column) {
                set(rows[i], left + column, words[column]);
            }
        }
    }
    if (refused.isEmpty()) {
        apply(std::move(edits), tr("Paste settings"));
    }
    return refused;
}

void PlanModel::fillDown(const QModelIndexList& indexes) {
    std::map<int, QModelIndexList> columns;
    for (const QModelIndex& index : indexes) {
        if (has(index.row(), index.column())) {
            columns[index.column()].append(index);
        }
    }
    std::vector<CellEdit> edits;
    for (const auto& [column, cells] : columns) {
        const QVariant value = std::min_element(cells.begin(), cells.end(), above)->data(Qt::EditRole);
        for (const QModelIndex& cell : cells) {
            if (const auto edit = cellEdit(cell.row(), column, value)) {
                edits.push_back(*edit);
            }
        }
    }
    apply(std::move(edits), tr("Fill down"));
}

std::optional<PlanModel::CellEdit> PlanModel::cellEdit(int row, int column, const QVariant& value) const {
    const std::optional<SitePatch> patch = value.isValid() ? planPatch(column, value) : std::nullopt;
    return patch && has(row, column) ? std::optional(CellEdit{row, *patch}) : std::nullopt;
}

void PlanModel::apply(std::vector<CellEdit> edits, const QString& label) {
    // From the broad levels, which come first, to single sites: those compare themselves with what they will inherit.
    std::stable_sort(
        edits.begin(), edits.end(), [](const CellEdit& a, const CellEdit& b) { return a.row < b.row; });
    QuantPlan plan = m_editor.plan();
    for (const CellEdit& edit : edits) {
        plan = withSettings(plan, {target(edit.row)}, edit.patch);
    }
    m_editor.edit(renamed(plan), label);
}

void PlanModel::clearSettings(const QModelIndexList& indexes) {
    std::vector<PlanTarget> targets;
    for (const QModelIndex& index : indexes) {
        if (index.isValid()) {
            targets.push_back(target(index.row()));
        }
    }
    m_editor.edit(renamed(withoutSettings(m_editor.plan(), targets)), tr("Clear settings"));
}

QVariant PlanModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case SiteColumn:
        return tr("Site");
    case WeightBitsColumn:
        return tr("W bits");
    case GranularityColumn:
        return tr("W scales");
    case ActivationBitsColumn:
        return tr("A bits");
    case SideColumn:
        return tr("A side");
    case ScaleColumn:
        return tr("A scale");
    case AlphaColumn:
        return tr("α");
    case ZeroColumn:
        return tr("Zero");
    case TreatmentColumn:
        return tr("Outliers");
    case ScanColumn:
        return tr("Scan bits");
    case StateColumn:
        return tr("State bits");
    default:
        return {};
    }
}

} // namespace mambascope::ui
