// SPDX-License-Identifier: GPL-3.0-or-later
// Calibrations that come from files: added to the checkpoint that is open, or shown on their own.
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include "core/calibration/import_scales.h"
#include "core/calibration/outliers.h"

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

/// Whether two models have the same linears with inputs of the same widths.
bool sameShape(const ModelSpec& a, const ModelSpec& b) {
    return a.layers == b.layers && std::all_of(kLinears.begin(), kLinears.end(), [&](Linear linear) {
               return a.inputs(linear) == b.inputs(linear);
           });
}

QString nameOf(const CalibrationSnapshot& snapshot) {
    return QString::fromStdString(snapshot.source.checkpointName);
}

} // namespace

void Workspace::openCalibration(const QString& path) {
    if (!m_opening.isEmpty()) {
        m_pendingCalibration = path;
        return;
    }
    Result<ImportedScales> opened = openCalibrationOrScales(path.toStdString());
    if (!opened.ok()) {
        report(opened.error());
        return;
    }
    const auto snapshot = std::make_shared<const CalibrationSnapshot>(std::move(opened).value().snapshot);
    if (checkpoint() != nullptr && fitsCheckpoint(*snapshot)) {
        keepCalibration(snapshot);
    } else {
        showAlone(snapshot, path);
    }
}

void Workspace::importCalibration(const QString& path) {
    Result<ImportedScales> opened = openCalibrationOrScales(path.toStdString());
    if (!opened.ok()) {
        report(opened.error());
        return;
    }
    if (checkpoint() == nullptr) {
        openCalibration(path);
        return;
    }
    const auto snapshot = std::make_shared<const CalibrationSnapshot>(std::move(opened).value().snapshot);
    if (!fitsCheckpoint(*snapshot)) {
        const Notice notice = Notice::of(Error::usage(
            tr("This calibration is of another checkpoint (%1).").arg(nameOf(*snapshot)).toStdString(),
            tr("Open that checkpoint, or calibrate this one.").toStdString()));
        Q_EMIT noticed(
            notice.with(tr("Show it on its own"), [this, snapshot, path] { showAlone(snapshot, path); }));
        return;
    }
    keepCalibration(snapshot);
}

void Workspace::showAlone(const std::shared_ptr<const CalibrationSnapshot>& snapshot, const QString& path) {
    ViewData view = m_view.data();
    closeDocument();
    m_alone = snapshot;
    m_calibrationHash = mambascope::calibrationHash(*snapshot);
    view.layer = 0;
    view.side = Side::Input;
    m_view.set(view);
    selectMostRemarkableLayer();
    rememberFile(path);
    Q_EMIT sessionChanged();
}

void Workspace::attach(const std::shared_ptr<const CalibrationSnapshot>& alone) {
    if (checkpoint() == nullptr) {
        return;
    }
    const QString name = QString::fromStdString(checkpoint()->name);
    if (!fitsCheckpoint(*alone)) {
        Notice notice = Notice::info(
            tr("The calibration of %1 that was shown is of another checkpoint than %2, and was not attached "
               "to it.")
                .arg(nameOf(*alone), name));
        notice.severity = Notice::Severity::Warning;
        Q_EMIT noticed(notice);
        return;
    }
    if (calibration() != nullptr) {
        return; // this session has one of its own
    }
    keepCalibration(alone);
    Q_EMIT noticed(Notice::info(
        alone->source.imported()
            ? tr("The activation scales of %1 are attached to %2: they fit its shape. Whether they were "
                 "measured on these very weights, they do not say.")
                  .arg(nameOf(*alone), name)
            : tr("The calibration is attached to %1, which it was made on.").arg(name)));
}

bool Workspace::fitsCheckpoint(const CalibrationSnapshot& snapshot) const {
    const CheckpointReference* reference = checkpoint();
    if (reference == nullptr) {
        return false;
    }
    return snapshot.source.checkpointHash.empty()
               ? sameShape(snapshot.spec, reference->spec)
               : snapshot.spec == reference->spec && snapshot.source.checkpointHash == reference->hash;
}

void Workspace::keepCalibration(const std::shared_ptr<const CalibrationSnapshot>& snapshot) {
    const bool first = calibration() == nullptr;
    if (const Result<void> stored = m_session->addCalibration(snapshot); !stored.ok()) {
        report(stored.error());
        return;
    }
    if (first) {
        selectMostRemarkableLayer();
    }
}

void Workspace::selectMostRemarkableLayer() {
    const auto snapshot = calibration();
    if (snapshot == nullptr) {
        return;
    }
    const ViewData& view = m_view.data();
    double largest = 0;
    SiteId selected{view.layer, view.linear};
    int channel = view.channel;
    for (const SiteId site : snapshot->spec.sites()) {
        for (const OutlierChannel& outlier :
             findOutliers(snapshot->at(site, view.side), view.rule, view.k).outliers) {
            // Sigmas saturate at √C for a lone outlier; the magnitude tells the layers apart.
            if (outlier.absmax > largest) {
                largest = outlier.absmax;
                selected = site;
                channel = outlier.channel;
            }
        }
    }
    m_view.setSelection(selected.layer, selected.linear, channel);
}

std::shared_ptr<const WeightStatistics> Workspace::weights() const {
    return m_model && m_model->hash == m_weightsHash ? m_weights : nullptr;
}

void Workspace::requestWeights() {
    if (!m_model || m_model->hash == m_weightsHash) {
        return;
    }
    m_weights.reset();
    m_weightsHash = m_model->hash;
    m_jobs.run<WeightStatistics>(
        {tr("Read the weights"), QStringLiteral("weights")},
        [](Engine& engine, const Job& job) { return engine.weightStatistics(job); },
        [this, hash = m_weightsHash](const Result<WeightStatistics>& statistics) {
            if (hash != m_weightsHash) {
                return; // another checkpoint's by now
            }
            if (!statistics.ok()) {
                m_weightsHash.clear(); // whoever needs them asks again
                report(statistics.error());
                return;
            }
            m_weights = std::make_shared<const WeightStatistics>(statistics.value());
            Q_EMIT weightsChanged();
        });
}

} // namespace mambascope::ui
