// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/divergence_watch.h"

#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include <QPointer>

namespace mambascope::ui {
namespace {
constexpr int kRestMilliseconds = 150; ///< a slider that is dragged edits the plan more often
}

DivergenceWatch::DivergenceWatch(Workspace& workspace, QObject* parent)
    : QObject(parent)
    , m_workspace(workspace) {
    m_rest.setInterval(kRestMilliseconds);
    m_rest.setSingleShot(true);
    connect(&m_rest, &QTimer::timeout, this, &DivergenceWatch::start);
    connect(&workspace, &Workspace::sessionChanged, this, &DivergenceWatch::follow);
    connect(&workspace, &Workspace::checkpointChanged, this, &DivergenceWatch::follow);
    connect(&workspace, &Workspace::planChanged, this, &DivergenceWatch::follow);
    connect(&workspace, &Workspace::calibrationChanged, this, &DivergenceWatch::follow);
    connect(&workspace, &Workspace::runningChanged, this, &DivergenceWatch::follow);
    connect(&workspace.view(), &ViewState::changed, this, &DivergenceWatch::follow);
}

std::string DivergenceWatch::wanted() const {
    const std::optional<LoadedModel>& model = m_workspace.model();
    const CheckpointReference* checkpoint = m_workspace.checkpoint();
    const QString& folder = m_workspace.view().data().evaluation.folder;
    if (!model || checkpoint == nullptr || folder.isEmpty()) {
        return {};
    }
    const QuantPlan& plan = m_workspace.plan();
    const bool calibrated = plan.needsCalibration(checkpoint->spec.layers);
    const QString tokenizer = model->hasTokenizer ? QString() : chosenTokenizer(model->hash);
    if (plan.isBaseline(checkpoint->spec.layers) ||
        (calibrated && m_workspace.calibration() == nullptr) ||
        (!model->hasTokenizer && tokenizer.isEmpty())) {
        return {};
    }
    std::string key;
    for (const std::string& part :
         {model->hash, model->dtype, model->device, tokenizer.toStdString(), folder.toStdString(), planHash(plan),
          calibrated ? m_workspace.calibrationHash() : std::string()}) {
        key += part + '\n';
    }
    return key;
}

void DivergenceWatch::follow() {
    std::string key = wanted();
    const bool another = key != m_wanted;
    m_wanted = std::move(key);
    if (m_wanted.empty()) {
        m_rest.stop();
        m_divergence.reset();
        m_measured.clear();
    } else if (m_wanted != m_measured && m_workspace.running() == nullptr) {
        m_rest.start();
    }
    if (another) {
        Q_EMIT changed();
    }
}

void DivergenceWatch::start() {
    if (m_wanted.empty() || m_wanted == m_measured || m_workspace.running() != nullptr) {
        return; // follow() hears of the end of an evaluation
    }
    DivergenceWork work;
    work.plan = m_workspace.plan();
    work.model = *m_workspace.model();
    if (work.plan.needsCalibration(work.model.spec.layers)) {
        work.calibration = m_workspace.calibration();
    }
    work.tokenizer = work.model.hasTokenizer ? std::string() : chosenTokenizer(work.model.hash).toStdString();
    work.folder = m_workspace.view().data().evaluation.folder.toStdString();
    m_workspace.jobs().run<Divergence>(
        {tr("Comparing with the baseline"), QStringLiteral("divergence")},
        [measure = m_measure, work](Engine& engine, const Job& job) {
            return measure->measure(engine, work, job);
        },
        [guard = QPointer(this), key = m_wanted](const Result<Divergence>& divergence) {
            if (guard) {
                guard->finish(key, divergence);
            }
        });
}

void DivergenceWatch::finish(const std::string& key, const Result<Divergence>& divergence) {
    if (key != m_wanted) {
        return; // a newer one is on its way
    }
    // What went wrong shows where the plan is evaluated; nothing is repeated until the plan changes.
    m_measured = key;
    m_divergence = divergence.ok() ? std::optional(divergence.value()) : std::nullopt;
    Q_EMIT changed();
}

} // namespace mambascope::ui
