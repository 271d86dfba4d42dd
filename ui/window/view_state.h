// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/calibration/calibration.h"
#include "core/engine/engine.h"
#include "core/evaluation/tasks.h"
#include "core/figure/figure.h"
#include "core/figure/heat_map.h"
#include "core/search/plan_search.h"
#include "ui/theme/colour_map.h"

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace mambascope::ui {

/// What the calibration dialog asks for.
struct CalibrationSettings {
    QString textFile;
    int samples = 128;
    int length = 512;
    qint64 seed = 0;
    bool contiguous = false;
    bool rotated = false; ///< CalibrationSource::rotated
    bool operator==(const CalibrationSettings&) const = default;
    WindowRequest windows() const { return {samples, length, seed, contiguous}; }
};

/// What the evaluation dialog asks for.
struct EvaluationSettings {
    QString folder;
    std::vector<Task> tasks{kTasks.begin(), kTasks.end()};
    int limit = 0; ///< items a task; 0: all
    qint64 seed = 0;
    double earlyStop = 0; ///< level at which a clear difference to the baseline ends a task; 0: never
    int reuseMegabytes = kAutomaticReuse; ///< LoadRequest::reuseMegabytes
    QStringList taskFiles;                ///< beside `tasks`
    BrokenLines brokenLines = BrokenLines::Refuse; ///< not saved with the session: asked anew
    bool operator==(const EvaluationSettings&) const = default;
};

/// What the search dialog asks for (PlanSearch).
struct SearchSettings {
    SearchTarget target = SearchTarget::Alpha;
    QString textFile; ///< empty: the one that was calibrated on
    int samples = 8;
    int length = 256;
    qint64 seed = 0;
    QString grid = QStringLiteral("0:1:0.1"); ///< as parseGrid() reads it
    std::vector<int> bits{8, 6, 5, 4, 3, 2};  ///< descending
    double averageBits = 4.5;
    qint64 budgetBytes = 0; ///< of the weights of all sites, instead of averageBits; 0: those
    bool weighted = true;
    bool only = true, without = true;
    bool operator==(const SearchSettings&) const = default;
    WindowRequest windows() const { return {samples, length, seed, false}; }
};

/// What the middle of the window shows: all layers, one layer, or both if there is room.
enum class Middle { Overview, Both, Layer };

/// How the session is looked at: saved with it, no part of undo.
struct ViewData {
    int layer = 0;
    Linear linear = Linear::OutProj; ///< with layer and channel: what is selected
    int channel = -1;                ///< -1: the layer alone
    Side side = Side::Input;
    OutlierRule rule = OutlierRule::ChannelSpread;
    double k = 6;
    AxisScale scale = AxisScale::Log; ///< of the layer's panels
    bool weightPanels = false;        ///< the layer shows its weights' columns below
    bool diagram = true;              ///< the layer shows its block diagram, where there is room
    Middle middle = Middle::Both;
    HeatStatistic heatStatistic = HeatStatistic::Absmax;
    HeatOrder heatOrder = HeatOrder::Depth;
    AxisScale heatScale = AxisScale::Log;
    ColourMap colourMap = ColourMap::Cividis;
    bool allLayers = false; ///< the plan table shows every layer, not only the selected one
    QByteArray docks;       ///< QMainWindow::saveState
    CalibrationSettings calibration;
    EvaluationSettings evaluation;
    SearchSettings search;
    bool operator==(const ViewData&) const = default;
};

Json toJson(const ViewData& view);
/// Takes what it understands of `json` and leaves the rest of `view` as it is: a view never fails to open.
void readView(const Json& json, ViewData& view);

/// The one place that says what is selected; every panel reads and writes it here and hears of changes.
class ViewState : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    const ViewData& data() const { return m_data; }
    /// Emits changed() if the data differ.
    void set(const ViewData& data);

    void setLayer(int layer);
    void setLinear(Linear linear);
    /// What is selected, in one change.
    void setSelection(int layer, Linear linear, int channel);
    void setSide(Side side);
    void setRule(OutlierRule rule);
    void setK(double k);
    void setScale(AxisScale scale);
    void setWeightPanels(bool shown);
    void setDiagram(bool shown);
    void setMiddle(Middle middle);
    void setHeatStatistic(HeatStatistic statistic);
    void setHeatOrder(HeatOrder order);
    void setHeatScale(AxisScale scale);
    void setColourMap(ColourMap map);
    void setAllLayers(bool all);
    void setDocks(const QByteArray& docks);
    void setCalibration(const CalibrationSettings& settings);
    void setEvaluation(const EvaluationSettings& settings);
    void setSearch(const SearchSettings& settings);

Q_SIGNALS:
    void changed();

private:
    template <class T>
    void assign(T ViewData::*member, const T& value);

    ViewData m_data;
};

} // namespace mambascope::ui
