// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"

#include <QWidget>

#include <memory>

class QLabel;
class QTableView;

namespace mambascope::ui {

class LayersModel;
class Theme;
class Workspace;

/// The layers with their outlier counts; the selected row is the layer that the window is about.
class LayersPanel : public QWidget {
    Q_OBJECT
public:
    LayersPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QTableView* table() const { return m_table; }

private:
    void refresh();
    void selectLayer();

    /// What the model shows; a change of the selected layer alone computes nothing again.
    struct Shown {
        int layers = 0;
        std::shared_ptr<const CalibrationSnapshot> calibration;
        Side side = Side::Input;
        OutlierRule rule = OutlierRule::ChannelSpread;
        double k = 0;
        bool operator==(const Shown&) const = default;
    };

    Workspace& m_workspace;
    LayersModel* m_model;
    QTableView* m_table;
    QLabel* m_summary;
    Shown m_shown;
};

} // namespace mambascope::ui
