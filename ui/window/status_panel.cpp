// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/status_panel.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace mambascope::ui {
namespace {

/// Progress bars count in int; this is fine enough for any screen.
constexpr int kSteps = 1000;

QString parameters(std::int64_t count) {
    constexpr double kMillion = 1e6;
    return count >= 1'000'000'000
               ? StatusPanel::tr("%1 G parameters").arg(significant(static_cast<double>(count) / 1e9, 3))
               : StatusPanel::tr("%1 M parameters")
                     .arg(significant(static_cast<double>(count) / kMillion, 3));
}

} // namespace

StatusPanel::StatusPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QStatusBar(parent)
    , m_workspace(workspace)
    , m_job(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_stop(new QToolButton(this))
    , m_model(new QLabel(this))
    , m_engine(new QLabel(this)) {
    const int character = fontMetrics().averageCharWidth();
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(character * 28);
    m_progress->setAccessibleName(tr("Progress of the job"));
    m_stop->setAutoRaise(true);
    m_stop->setText(tr("Stop"));
    m_stop->setToolTip(tr("Stop the job (Esc)"));
    m_stop->setAccessibleName(tr("Stop the job"));
    m_job->setAccessibleName(tr("Job"));
    m_engine->setAccessibleName(tr("Engine"));
    m_model->setAccessibleName(tr("Model"));
    m_model->setContentsMargins(0, 0, 2 * character, 0);
    setSizeGripEnabled(false);
    setContentsMargins(character, 0, character, 0);
    addWidget(m_job);
    addWidget(m_progress);
    addWidget(m_stop);
    addPermanentWidget(m_model);
    addPermanentWidget(m_engine);
    m_model->setForegroundRole(QPalette::PlaceholderText);
    m_engine->setForegroundRole(QPalette::PlaceholderText);

    const auto paintIcon = [this, &theme] {
        m_stop->setIcon(themedIcon(u"stop", theme));
    };
    paintIcon();
    connect(&theme, &Theme::changed, this, paintIcon);
    connect(m_stop, &QToolButton::clicked, &workspace, &Workspace::stopCurrent);
    connect(&workspace.jobs(), &JobRunner::ticked, this, &StatusPanel::refreshJob);
    connect(&workspace.jobs(), &JobRunner::changed, this, [this] {
        refreshJob();
        refreshEngine();
    });
    connect(&workspace, &Workspace::sessionChanged, this, &StatusPanel::refreshModel);
    connect(&workspace, &Workspace::checkpointChanged, this, [this] {
        refreshModel();
        refreshEngine();
    });
    refreshJob();
    refreshEngine();
    refreshModel();
}

QString StatusPanel::jobText() const {
    return m_job->text();
}

void StatusPanel::refreshJob() {
    const std::optional<JobStatus> job = m_workspace.jobs().current();
    m_progress->setVisible(job.has_value());
    m_stop->setVisible(job.has_value());
    if (!job) {
        m_job->setText(tr("Ready"));
        return;
    }
    const Progress& progress = job->progress;
    QString text = QString::fromStdString(job->title);
    const QString phase = phaseText(progress.phase);
    if (!phase.isEmpty() && phase != text) {
        text += QStringLiteral(" – ") + phase;
    }
    if (progress.total > 0) {
        text += tr("  %1 of %2")
                    .arg(
                        number(static_cast<qlonglong>(progress.done)),
                        number(static_cast<qlonglong>(progress.total)));
        m_progress->setRange(0, kSteps);
        m_progress->setValue(static_cast<int>(
            static_cast<double>(progress.done) / static_cast<double>(progress.total) * kSteps));
    } else {
        m_progress->setRange(0, 0);
    }
    m_job->setText(text);
}

void StatusPanel::refreshEngine() {
    QString state;
    switch (m_workspace.jobs().service().state()) {
    case EngineState::Stopped:
        state = tr("Engine not started");
        break;
    case EngineState::Starting:
        state = tr("Engine starting…");
        break;
    case EngineState::Ready:
        state = tr("Engine ready");
        break;
    case EngineState::Busy:
        state = tr("Engine working");
        break;
    case EngineState::Lost:
        state = tr("Engine ended");
        break;
    }
    if (const auto& model = m_workspace.model()) {
        const QString device =
            QString::fromStdString(model->deviceName.empty() ? model->device : model->deviceName);
        state +=
            QStringLiteral(" · ") + device + QStringLiteral(" · ") + QString::fromStdString(model->dtype);
    }
    m_engine->setText(state);
    if (const auto info = m_workspace.jobs().service().engineInfo()) {
        m_engine->setToolTip(QString::fromStdString(info->name + " " + info->version + ", " + info->runtime));
    }
}

void StatusPanel::refreshModel() {
    m_model->setToolTip({});
    if (m_workspace.calibrationAlone()) {
        const ModelSpec& shape = *m_workspace.spec();
        m_model->setText(
            tr("%1 layers · width %2 · no model loaded").arg(number(shape.layers), number(shape.hidden)));
        m_model->setToolTip(m_workspace.whyNoModel());
        return;
    }
    const CheckpointReference* reference = m_workspace.checkpoint();
    if (reference == nullptr) {
        m_model->clear();
        return;
    }
    const ModelSpec& spec = reference->spec;
    m_model->setText(tr("%1 layers · width %2 · %3")
                         .arg(number(spec.layers), number(spec.hidden), parameters(spec.parameterCount())));
    m_model->setToolTip(QString::fromStdString(reference->path));
}

} // namespace mambascope::ui
