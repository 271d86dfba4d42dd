// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/plan_model.h"

#include "core/calibration/outliers.h"
#include "ui/commands/plan_editor.h"
#include "ui/models/plan_values.h"
#include "ui/models/text.h"

#include <QFont>

#include <utility>

namespace mambascope::ui {

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
    default:
        return target.level == PlanTarget::Level::Site ? QString::fromStdString(siteName(target.site))
                                                       : QString();
    }
    return above.isEmpty() ? text : text + tr(" (from above: %1)").arg(above);
}

QVariant PlanModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const PlanTarget& row = target(index.row());
    const QuantPlan& plan = m_editor.plan();
    const int column = index.column();
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
    } else if (index.isValid() && index.column() != SiteColumn) {
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
        if (checkIndex(index, CheckIndexOption::IndexIsValid) && index.column() == column) {
            targets.push_back(target(index.row()));
            key += QStringLiteral("/%1").arg(index.row());
        }
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

void PlanModel::clearSettings(const QModelIndexList& indexes) {
    std::vector<PlanTarget> targets;
    for (const QModelIndex& index : indexes) {
        if (checkIndex(index, CheckIndexOption::IndexIsValid)) {
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
    default:
        return {};
    }
}

} // namespace mambascope::ui
