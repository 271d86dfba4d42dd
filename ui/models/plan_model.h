// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/model/model.h"
#include "ui/commands/plan_edit.h"

#include <QAbstractTableModel>
#include <QModelIndexList>

#include <memory>
#include <optional>
#include <vector>

namespace mambascope::ui {

class PlanEditor;

/// The plan as a table. Row 0 is the model's defaults; then either the four sites of one layer, or the four
/// kinds of linear and every site of every layer. A change goes through the PlanEditor: one entry of the undo
/// stack.
class PlanModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        SiteColumn,
        WeightBitsColumn,
        GranularityColumn,
        ActivationBitsColumn,
        SideColumn,
        ScaleColumn,
        AlphaColumn,
        ZeroColumn,
        TreatmentColumn, ///< outlier channels: none, kept in floats, or spread by rotation
        ScanColumn,      ///< bits of what the scan reads; out_proj has none
        StateColumn,     ///< bits of the scan's state, at out_proj only
        ColumnCount
    };
    enum Role {
        OverriddenRole = Qt::UserRole, ///< bool: set at this row itself, unlike the row above it in the plan
        IdleRole,  ///< bool: without effect here (a side, where activations are not quantized)
        LevelRole, ///< int: PlanTarget::Level
    };

    explicit PlanModel(PlanEditor& editor, QObject* parent = nullptr);

    /// Nothing if there is no model.
    void setSpec(const std::optional<ModelSpec>& spec);
    /// For the number of channels that zeroing takes; may be null.
    void setCalibration(std::shared_ptr<const CalibrationSnapshot> calibration);
    /// The layer whose sites are shown; none: all layers.
    void setLayer(std::optional<int> layer);

    /// Whether the row has such a setting.
    bool has(int row, int column) const;
    const PlanTarget& target(int row) const { return m_targets[static_cast<std::size_t>(row)]; }
    /// Sets one value for several cells of one column, in one undoable step. False if it means nothing there.
    bool setValues(const QModelIndexList& indexes, const QVariant& value);
    /// The cells as lines with tabs between them, the rows and columns between the outermost ones; empty where
    /// nothing is selected or a row has no such setting.
    QString copied(const QModelIndexList& indexes) const;
    /// Takes cells like those of copied(), or of a spreadsheet, in one undoable step: one value for all of `indexes`;
    /// several from the leftmost column on into the rows of `indexes`, repeated if those are more than lines, going on
    /// below them if they are fewer. Empty ones, and the sites' names, are passed over. The first cell that means nothing, in words, and then nothing is changed;
    /// empty: done.
    QString paste(const QModelIndexList& indexes, const QString& text);
    /// Gives every cell the value of the topmost one of its column, in one undoable step.
    void fillDown(const QModelIndexList& indexes);
    /// Lets the rows follow what is above them again, in one undoable step.
    void clearSettings(const QModelIndexList& indexes);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    /// What one cell is to become.
    struct CellEdit {
        int row = 0;
        SitePatch patch;
    };
    /// Nothing if the row has no such setting, or the value means nothing there.
    std::optional<CellEdit> cellEdit(int row, int column, const QVariant& value) const;
    void apply(std::vector<CellEdit> edits, const QString& label);

    void rebuild();
    void refresh();
    QString rowName(const PlanTarget& target) const;
    QString zeroText(const PlanTarget& target) const;
    QString toolTip(const PlanTarget& target, int column) const;

    PlanEditor& m_editor;
    std::optional<ModelSpec> m_spec;
    std::shared_ptr<const CalibrationSnapshot> m_calibration;
    std::optional<int> m_layer;
    std::vector<PlanTarget> m_targets;
    std::vector<int> m_zeroable; ///< [site] channels that the plan's rule flags; empty without a calibration
    OutlierRule m_zeroableRule = OutlierRule::ChannelSpread;
    double m_zeroableK = 0;
};

} // namespace mambascope::ui
