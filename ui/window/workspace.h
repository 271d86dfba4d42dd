// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"
#include "ui/commands/plan_editor.h"
#include "ui/window/evaluation_work.h"
#include "ui/window/job_runner.h"
#include "ui/window/notice.h"
#include "ui/window/view_state.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <string>

namespace mambascope::ui {

struct WorkspaceOptions {
    EngineService::EngineFactory engine;
    QString sessionsFolder; ///< where sessions are created
    std::string device = "auto";
    std::string dtype = "f32";
    int threads = 0;
};

/// An evaluation under way.
struct RunningEvaluation {
    QString title;
    QuantPlan plan;
    std::string calibrationHash;
    std::shared_ptr<LiveMetrics> live;
};

/// What the window works on: the session, the engine with its jobs, and what runs. No widget. Panels ask it,
/// tell it, and listen to it, and do not know each other. Lives on the GUI thread, which is the session's
/// only writer.
class Workspace : public QObject {
    Q_OBJECT
public:
    explicit Workspace(WorkspaceOptions options, QObject* parent = nullptr);
    ~Workspace() override;

    const Session* session() const { return m_session.get(); }
    /// Null if nothing is open.
    const CheckpointReference* checkpoint() const;
    std::shared_ptr<const CalibrationSnapshot> calibration() const;
    const std::string& calibrationHash() const { return m_calibrationHash; }
    const QuantPlan& plan() const { return m_planEditor.plan(); }
    PlanEditor& planEditor() { return m_planEditor; }
    ViewState& view() { return m_view; }
    JobRunner& jobs() { return m_jobs; }
    const JobRunner& jobs() const { return m_jobs; }
    const RunningEvaluation* running() const { return m_running ? &*m_running : nullptr; }
    /// The model as the engine has loaded it; none before.
    const std::optional<LoadedModel>& model() const { return m_model; }
    bool isDemo() const;

    // Files
    // -------------------------------------------------------------------------------------------------------

    /// A session, a calibration, or a checkpoint, by what the file is.
    void open(const QString& path);
    /// Loads a checkpoint in the engine; a session is created for it unless the current one is about the
    /// same.
    void openCheckpoint(const QString& path);
    void openDemo() { openCheckpoint(QStringLiteral("demo")); }
    /// Opens `path`, or creates it when the first checkpoint is opened.
    void openSession(const QString& path);
    /// The session that the next checkpoint goes to, instead of one with a name of its own.
    void setNextSessionFile(const QString& path) { m_nextSessionFile = path; }
    /// The checkpoint of the open session, where it is now.
    void relocateCheckpoint(const QString& path);
    /// Adds a calibration file of the open checkpoint; of the one being opened, once it is there.
    void importCalibration(const QString& path);
    Result<void> saveCopy(const QString& path);
    /// Writes what is only saved now and then (the view).
    void flush();

    // Jobs
    // --------------------------------------------------------------------------------------------------------

    void calibrate(const CalibrationSettings& settings);
    /// The plan as it is now; the baseline on the same data first, if the session has none.
    void evaluate(const EvaluationSettings& settings);
    void exportCheckpoint(const QString& folder, bool overwrite);
    void stop();

    // Runs
    // --------------------------------------------------------------------------------------------------------

    void usePlanOf(RunId run);
    void removeRun(RunId run);
    void setRunNote(RunId run, const QString& note);

Q_SIGNALS:
    void sessionChanged(); ///< another session; everything below changed as well
    void checkpointChanged();
    void calibrationChanged();
    void planChanged();
    void runsChanged();
    void runningChanged();
    void noticed(const mambascope::ui::Notice& notice);
    /// The checkpoint of the open session is not where it was: ask for it, and call relocateCheckpoint().
    void locateRequested();
    /// A result of an evaluation is there, newly computed or found.
    void evaluated(mambascope::RunId run);

private:
    void adopt(std::unique_ptr<Session> session);
    void onSessionChange(Session::Change change);
    void loadCheckpoint(
        const QString& path, std::function<void(const LoadedModel&)> loaded,
        std::function<void(const Error&)> failed = {});
    void checkpointOpened(
        int opening, const LoadRequest& request, const Result<LoadedModel>& model,
        const std::function<void(const LoadedModel&)>& loaded,
        const std::function<void(const Error&)>& failed);
    void reportMissingCheckpoint(const Error& error);
    void checkpointLoaded(const LoadedModel& model);
    void sessionCheckpointLoaded(const LoadedModel& model);
    bool createSessionFor(const LoadedModel& model);
    void adoptModel(const LoadedModel& model);
    void resetViewFor(const LoadedModel& model);
    /// The demo brings its own calibration text and tasks.
    void useDemoDefaults(ViewData& view) const;
    void keepCalibration(const std::shared_ptr<const CalibrationSnapshot>& snapshot);
    void selectMostRemarkableLayer();

    /// Evaluates `plan`, then `next` if there is one.
    void startEvaluation(
        const EvaluationSettings& settings, const QuantPlan& plan, const std::optional<QuantPlan>& next);
    void finishEvaluation(
        const Result<EvaluationOutcome>& outcome, const EvaluationSettings& settings,
        const std::optional<QuantPlan>& next);
    const Run* findRun(RunId id) const;
    /// False, with a notice, if there is no model or no way to write.
    bool readyForJobs();
    void report(const Error& error, std::function<void()> retry = {});

    WorkspaceOptions m_options;
    std::unique_ptr<Session> m_session;
    std::shared_ptr<void> m_observation;
    PlanEditor m_planEditor;
    ViewState m_view;
    QTimer m_viewTimer;
    QString m_nextSessionFile;
    QString m_pendingCalibration; ///< to be imported once the checkpoint is open
    int m_openings = 0;           ///< counts openings, so that an overtaken one changes nothing
    bool m_isOpening = false;
    std::string m_calibrationHash;
    std::optional<LoadedModel> m_model;
    std::optional<LoadRequest> m_loaded; ///< the request that m_model came from
    std::optional<RunningEvaluation> m_running;
    std::shared_ptr<TokenizerCache> m_tokenizers = std::make_shared<TokenizerCache>();
    JobRunner m_jobs; ///< last: its thread ends before anything that jobs point to goes
};

} // namespace mambascope::ui
