// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/workspace.h"

#include "ui/commands/plan_edit.h"
#include "ui/window/engine_setting.h"
#include "ui/window/preferences.h"
#include "ui/window/session_files.h"

#include <algorithm>
#include <tuple>

namespace mambascope::ui {
namespace {
constexpr int kViewSaveMilliseconds = 1000;
}

Workspace::Workspace(WorkspaceOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_jobs(m_options.engine) {
    m_viewTimer.setSingleShot(true);
    m_viewTimer.setInterval(kViewSaveMilliseconds);
    connect(&m_viewTimer, &QTimer::timeout, this, &Workspace::flush);
    connect(&m_view, &ViewState::changed, &m_viewTimer, qOverload<>(&QTimer::start));
    connect(&m_planEditor, &PlanEditor::planChanged, this, &Workspace::planChanged);
    connect(&m_jobs, &JobRunner::changed, this, &Workspace::orderEvaluations);
    connect(&m_planEditor, &PlanEditor::failed, this, [this](const Error& error) { report(error); });
}

Workspace::~Workspace() {
    flush();
    // No view may hear of a session that goes.
    m_planEditor.blockSignals(true);
    m_planEditor.setSession(nullptr);
    m_observation.reset();
}

const CheckpointReference* Workspace::checkpoint() const {
    return m_session && m_session->checkpoint() ? &*m_session->checkpoint() : nullptr;
}

std::shared_ptr<const CalibrationSnapshot> Workspace::calibration() const {
    return m_session ? m_session->calibration() : m_alone;
}

const ModelSpec* Workspace::spec() const {
    if (const CheckpointReference* reference = checkpoint()) {
        return &reference->spec;
    }
    return m_alone ? &m_alone->spec : nullptr;
}

QString Workspace::whyNoModel() const {
    if (m_model) {
        return {};
    }
    if (m_alone) {
        return m_alone->source.imported()
                   ? tr("This needs the model itself, and only its activation scales are open. Open the "
                        "checkpoint that they belong to; they will be attached to it.")
                   : tr("This needs the model itself, and only a calibration of it is open. Open the "
                        "checkpoint that it belongs to; it will be attached to it.");
    }
    return checkpoint() != nullptr
               ? tr("The checkpoint of this session is not loaded. Open it where it is now.")
               : tr("Open a checkpoint first.");
}

bool Workspace::engineElsewhere() const {
    return !m_options.command.arguments.empty() && m_options.command.mayBeElsewhere();
}

void Workspace::setEngine(const EngineCommand& command) {
    m_options.command = command;
    m_jobs.service().setFactory(engineFactory(command));
    Q_EMIT engineChanged();
    if (const CheckpointReference* reference = checkpoint()) {
        const bool demo = m_loaded && m_loaded->model == "demo";
        m_model.reset();
        m_loaded.reset();
        m_jobs.service().setModel(std::nullopt);
        Q_EMIT checkpointChanged();
        relocateCheckpoint(demo ? QStringLiteral("demo") : QString::fromStdString(reference->path));
    } else {
        m_jobs.service().warmUp();
    }
}

void Workspace::setLoading(const std::string& device, const std::string& dtype, int threads) {
    if (std::tie(m_options.device, m_options.dtype, m_options.threads) == std::tie(device, dtype, threads)) {
        return;
    }
    m_options.device = device;
    m_options.dtype = dtype;
    m_options.threads = threads;
    if (m_loaded) {
        relocateCheckpoint(QString::fromStdString(m_loaded->model));
    }
}

bool Workspace::isDemo() const {
    if (m_loaded && m_loaded->model == "demo") {
        return true;
    }
    const CheckpointReference* reference = checkpoint();
    std::error_code error;
    return reference != nullptr && std::filesystem::equivalent(reference->path, demoModelFolder(), error) &&
           !error;
}

void Workspace::adopt(std::unique_ptr<Session> session) {
    flush();
    m_planEditor.setSession(nullptr);
    m_observation.reset();
    m_alone.reset();
    m_session = std::move(session);
    m_observation = m_session->observe([this](Session::Change change) { onSessionChange(change); });
    const auto snapshot = m_session->calibration();
    m_calibrationHash = snapshot ? mambascope::calibrationHash(*snapshot) : std::string();
    ViewData view;
    readView(m_session->view(), view);
    if (const CheckpointReference* reference = checkpoint()) {
        view.layer = std::clamp(view.layer, 0, std::max(0, reference->spec.layers - 1));
    }
    const bool unseen = m_session->view().empty(); // made by the command line, or new
    if (unseen) {
        const Preferences preferences = storedPreferences();
        view.rule = preferences.rule;
        view.k = preferences.k;
        view.evaluation.folder = preferences.dataFolder;
        view.evaluation.reuseMegabytes = preferences.reuseMegabytes;
        useDemoDefaults(view);
    }
    m_view.set(view);
    if (unseen) {
        selectMostRemarkableLayer();
    }
    m_viewTimer.stop();
    m_planEditor.setSession(m_session.get());
    rememberFile(QString::fromStdString(m_session->path().string()));
    if (m_session->readOnly()) {
        Notice notice =
            Notice::info(tr("This session is open for reading only: nothing that you change is kept."));
        notice.severity = Notice::Severity::Warning;
        notice.hint = tr("Another program has it open, or you may not write to it. Save a copy to work on.");
        Q_EMIT noticed(notice);
    }
    Q_EMIT sessionChanged();
}

void Workspace::onSessionChange(Session::Change change) {
    switch (change) {
    case Session::Change::Checkpoint:
        Q_EMIT checkpointChanged();
        [[fallthrough]]; // another checkpoint has another calibration and other runs
    case Session::Change::Calibration: {
        const auto snapshot = m_session->calibration();
        m_calibrationHash = snapshot ? mambascope::calibrationHash(*snapshot) : std::string();
        Q_EMIT calibrationChanged();
        if (change == Session::Change::Checkpoint) {
            Q_EMIT runsChanged();
            Q_EMIT searchesChanged();
        }
        break;
    }
    case Session::Change::Runs:
        Q_EMIT runsChanged();
        break;
    case Session::Change::Searches:
        Q_EMIT searchesChanged();
        break;
    case Session::Change::Plan: // the plan editor says so itself
    case Session::Change::Sweeps:
    case Session::Change::Notes:
    case Session::Change::View:
        break;
    }
}

void Workspace::flush() {
    m_viewTimer.stop();
    if (m_session && !m_session->readOnly()) {
        if (const Result<void> stored = m_session->setView(toJson(m_view.data())); !stored.ok()) {
            report(stored.error());
        }
    }
}

Result<void> Workspace::saveCopy(const QString& path) {
    if (!m_session) {
        return Error::usage(tr("There is no session to save.").toStdString());
    }
    flush();
    return m_session->saveCopy(path.toStdString(), true);
}

const Run* Workspace::findRun(RunId id) const {
    if (!m_session) {
        return nullptr;
    }
    const auto& runs = m_session->runs();
    const auto found = std::find_if(runs.begin(), runs.end(), [id](const Run& run) { return run.id == id; });
    return found == runs.end() ? nullptr : &*found;
}

void Workspace::usePlanOf(RunId id) {
    const Run* run = findRun(id);
    if (run == nullptr) {
        return;
    }
    Result<QuantPlan> plan = planFromJson(Json::parse(run->result->plan.dump()), "plan of the run");
    if (!plan.ok()) {
        report(plan.error());
        return;
    }
    plan.value().name = run->result->planName;
    m_planEditor.edit(plan.value(), tr("Use plan “%1”").arg(QString::fromStdString(planTitle(plan.value()))));
}

void Workspace::removeRun(RunId id) {
    if (m_session) {
        if (const Result<void> removed = m_session->removeRun(id); !removed.ok()) {
            report(removed.error());
        }
    }
}

void Workspace::setRunNote(RunId id, const QString& note) {
    if (m_session) {
        if (const Result<void> stored = m_session->setRunNote(id, note.toStdString()); !stored.ok()) {
            report(stored.error());
        }
    }
}

void Workspace::report(const Error& error, std::function<void()> retry) {
    if (error.code == ErrorCode::Cancelled) {
        return;
    }
    if (error.code != ErrorCode::EngineLost) {
        Q_EMIT noticed(Notice::of(error));
        return;
    }
    Notice notice = Notice::of(error);
    notice.text = tr("%1 Your session is intact.").arg(notice.text);
    notice.details = QString::fromStdString(describe(error));
    Q_EMIT noticed(notice.with(
        tr("Start again"), retry ? std::move(retry) : [this] { m_jobs.service().warmUp(); }));
}

} // namespace mambascope::ui
