// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/heat_accessible.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/heat_plot.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHash>

#include <algorithm>

namespace mambascope::ui {
namespace {

/// One point of the map. Knows its place and asks the plot for everything else.
class Cell : public QAccessibleInterface, public QAccessibleTableCellInterface {
public:
    Cell(HeatPlot* plot, int row, int column)
        : m_plot(plot)
        , m_row(row)
        , m_column(column) {}

    bool isValid() const override {
        return m_plot != nullptr && m_plot->map() != nullptr && m_row < m_plot->map()->layers &&
               m_column < m_plot->map()->channels;
    }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_plot); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QString text(QAccessible::Text kind) const override {
        return isValid() && (kind == QAccessible::Name || kind == QAccessible::Value)
                   ? m_plot->describe(layer(), m_column)
                   : QString();
    }
    void setText(QAccessible::Text, const QString&) override {}
    QRect rect() const override {
        if (!isValid()) {
            return {};
        }
        const HeatLayout& layout = m_plot->layoutNow();
        const QRectF local(
            QPointF(layout.x(m_column - 0.5), layout.rowTop(m_row)),
            QPointF(layout.x(m_column + 0.5), layout.rowTop(m_row + 1)));
        return {m_plot->mapToGlobal(local.topLeft().toPoint()), local.size().toSize().expandedTo({1, 1})};
    }
    QAccessible::Role role() const override { return QAccessible::Cell; }
    QAccessible::State state() const override {
        QAccessible::State state;
        state.selectable = state.focusable = state.readOnly = true;
        state.selected = isSelected();
        state.focused = isSelected() && m_plot->hasFocus();
        return state;
    }
    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::TableCellInterface ? static_cast<QAccessibleTableCellInterface*>(this)
                                                       : nullptr;
    }

    bool isSelected() const override {
        return isValid() && m_plot->currentLayer() == layer() && m_plot->currentChannel() == m_column;
    }
    QList<QAccessibleInterface*> columnHeaderCells() const override { return {}; }
    QList<QAccessibleInterface*> rowHeaderCells() const override { return {}; }
    int columnIndex() const override { return m_column; }
    int rowIndex() const override { return m_row; }
    int columnExtent() const override { return 1; }
    int rowExtent() const override { return 1; }
    QAccessibleInterface* table() const override { return parent(); }

private:
    int layer() const { return m_plot->map()->order[static_cast<std::size_t>(m_row)]; }

    QPointer<HeatPlot> m_plot;
    int m_row, m_column;
};

class Table : public QAccessibleWidget, public QAccessibleTableInterface {
public:
    explicit Table(HeatPlot* plot)
        : QAccessibleWidget(plot, QAccessible::Table)
        , m_plot(plot) {}
    ~Table() override {
        for (const QAccessible::Id id : std::as_const(m_cells)) {
            QAccessible::deleteAccessibleInterface(id);
        }
    }

    QString text(QAccessible::Text kind) const override {
        if (kind == QAccessible::Value) {
            return m_plot->readout();
        }
        if (kind == QAccessible::Description && map() != nullptr) {
            return figureText(map()->title) + QStringLiteral(". ") + captionText(map()->caption);
        }
        return QAccessibleWidget::text(kind);
    }
    QAccessible::State state() const override {
        QAccessible::State state = QAccessibleWidget::state();
        state.readOnly = true;
        return state;
    }
    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::TableInterface ? static_cast<QAccessibleTableInterface*>(this)
                                                   : QAccessibleWidget::interface_cast(type);
    }
    int childCount() const override { return rowCount() * columnCount(); }
    QAccessibleInterface* child(int index) const override {
        const int columns = columnCount();
        return columns > 0 ? cellAt(index / columns, index % columns) : nullptr;
    }
    QAccessibleInterface* focusChild() const override {
        const QList<QAccessibleInterface*> cells = selectedCells();
        return m_plot->hasFocus() && !cells.isEmpty() ? cells.first() : nullptr;
    }

    QAccessibleInterface* caption() const override { return nullptr; }
    QAccessibleInterface* summary() const override { return nullptr; }
    QAccessibleInterface* cellAt(int row, int column) const override {
        if (row < 0 || column < 0 || row >= rowCount() || column >= columnCount()) {
            return nullptr;
        }
        const QPair<int, int> place(row, column);
        const auto known = m_cells.constFind(place);
        if (known != m_cells.constEnd()) {
            return QAccessible::accessibleInterface(*known);
        }
        auto* cell = new Cell(m_plot, row, column);
        m_cells.insert(place, QAccessible::registerAccessibleInterface(cell));
        return cell;
    }
    int selectedCellCount() const override { return selectedCells().size(); }
    QList<QAccessibleInterface*> selectedCells() const override {
        const int row = selectedRow();
        QAccessibleInterface* cell = row >= 0 ? cellAt(row, m_plot->currentChannel()) : nullptr;
        return cell != nullptr ? QList<QAccessibleInterface*>{cell} : QList<QAccessibleInterface*>();
    }
    QString columnDescription(int column) const override { return HeatPlot::tr("channel %1").arg(column); }
    QString rowDescription(int row) const override {
        return row >= 0 && row < rowCount()
                   ? HeatPlot::tr("layer %1").arg(map()->order[static_cast<std::size_t>(row)])
                   : QString();
    }
    int selectedColumnCount() const override { return 0; }
    int selectedRowCount() const override { return selectedRow() >= 0 ? 1 : 0; }
    int columnCount() const override {
        return map() != nullptr && map()->emptyText.empty() ? map()->channels : 0;
    }
    int rowCount() const override { return map() != nullptr && map()->emptyText.empty() ? map()->layers : 0; }
    QList<int> selectedColumns() const override { return {}; }
    QList<int> selectedRows() const override {
        const int row = selectedRow();
        return row >= 0 ? QList<int>{row} : QList<int>();
    }
    bool isColumnSelected(int) const override { return false; }
    bool isRowSelected(int row) const override { return row >= 0 && row == selectedRow(); }
    bool selectRow(int) override { return false; }
    bool selectColumn(int) override { return false; }
    bool unselectRow(int) override { return false; }
    bool unselectColumn(int) override { return false; }
    void modelChange(QAccessibleTableModelChangeEvent*) override {}

private:
    const HeatMap* map() const { return m_plot->map().get(); }
    int selectedRow() const {
        if (rowCount() == 0) {
            return -1;
        }
        const auto found = std::find(map()->order.begin(), map()->order.end(), m_plot->currentLayer());
        return found == map()->order.end() ? -1 : static_cast<int>(found - map()->order.begin());
    }

    HeatPlot* m_plot;
    mutable QHash<QPair<int, int>, QAccessible::Id> m_cells; ///< those that somebody asked for
};

} // namespace

QAccessibleInterface* makeHeatAccessible(HeatPlot* plot) {
    return new Table(plot);
}

} // namespace mambascope::ui
