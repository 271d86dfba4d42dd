// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/calibration/calibration.h"
#include "core/engine/engine.h"
#include "core/evaluation/tasks.h"
#include "core/figure/figure.h"

#include <QByteArray>
#include <QObject>
#include <QString>

#include <vector>

namespace mambascope::ui {

/// What the calibration dialog asks for.
struct CalibrationSettings {
    QString textFile;
    int samples = 128;
    int length = 512;
    qint64 seed = 0;
    bool contiguous = false;
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
    bool operator==(const EvaluationSettings&) const = default;
};

/// How the session is looked at: saved with it, no part of undo.
struct ViewData {
    int layer = 0;
    Side side = Side::Input;
    OutlierRule rule = OutlierRule::ChannelSpread;
    double k = 6;
    AxisScale scale = AxisScale::Log;
    bool allLayers = false; ///< the plan table shows every layer, not only the selected one
    QByteArray docks;       ///< QMainWindow::saveState
    CalibrationSettings calibration;
    EvaluationSettings evaluation;
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
    void setSide(Side side);
    void setRule(OutlierRule rule);
    void setK(double k);
    void setScale(AxisScale scale);
    void setAllLayers(bool all);
    void setDocks(const QByteArray& docks);
    void setCalibration(const CalibrationSettings& settings);
    void setEvaluation(const EvaluationSettings& settings);

Q_SIGNALS:
    void changed();

private:
    template <class T>
    void assign(T ViewData::*member, const T& value);

    ViewData m_data;
};

} // namespace mambascope::ui
