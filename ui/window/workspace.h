// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/resolve.h"
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
    /// What `engine` starts; without a program if that makes engines in this process.
    EngineCommand command{};
};

/// An evaluation that runs or waits for its turn.
struct RunningEvaluation {
    QString title;
    QuantPlan plan;
    std::string calibrationHash;
    std::shared_ptr<LiveMetrics> live;
    std::uint64_t job = 0; ///< JobStatus::id
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
    /// The session's, or the one that is open on its own.
    std::shared_ptr<const CalibrationSnapshot> calibration() const;
    /// True if a calibration is shown without a checkpoint: then there is no session and no model.
    bool calibrationAlone() const { return m_alone != nullptr; }
    /// The shape of what is open, with a checkpoint or without; null if nothing is.
    const ModelSpec* spec() const;
    /// Why no job can run, and what to do about it, in a sentence; empty if a model is loaded.
    QString whyNoModel() const;
    /// What a checkpoint is being loaded for the user to see, by the end of its path; empty if none is.
    const QString& opening() const { return m_opening; }
    const std::string& calibrationHash() const { return m_calibrationHash; }
    const QuantPlan& plan() const { return m_planEditor.plan(); }
    PlanEditor& planEditor() { return m_planEditor; }
    ViewState& view() { return m_view; }
    const ViewState& view() const { return m_view; }
    JobRunner& jobs() { return m_jobs; }
    const JobRunner& jobs() const { return m_jobs; }
    /// The evaluation that runs, else the first that waits; null if there is none.
    const RunningEvaluation* running() const { return m_evaluations.empty() ? nullptr : &m_evaluations.front(); }
    /// The model as the engine has loaded it; none before.
    const std::optional<LoadedModel>& model() const { return m_model; }
    bool isDemo() const;
    /// Column maxima of the open checkpoint's weights; null until they were asked for and read.
    std::shared_ptr<const WeightStatistics> weights() const;
    /// Has the engine read them, unless they are there or on their way, or no model is loaded.
    void requestWeights();
    const EngineCommand& engineCommand() const { return m_options.command; }
    /// Whether checkpoints and exports may be files of another machine.
    bool engineElsewhere() const;
    /// Ends the engine and takes another; the open checkpoint is looked for on its machine.
    void setEngine(const EngineCommand& command);
    /// What checkpoints are loaded with from now on (LoadRequest); the open one is loaded again if it is another.
    void setLoading(const std::string& device, const std::string& dtype, int threads);

    // Files
    // -------------------------------------------------------------------------------------------------------

    /// A session, a calibration, activation scales, or a checkpoint, by what the file is.
    void open(const QString& path);
    /// Loads a checkpoint in the engine; a session is created for it unless the current one is about the
    /// same.
    void openCheckpoint(const QString& path);
    void openDemo() { openCheckpoint(QStringLiteral("demo")); }
    /// Opens `path`, or creates it when the first checkpoint is opened.
    void openSession(const QString& path);
    /// Adds a calibration file or activation scales to the open checkpoint if they fit it, else shows them on
    /// their own. If a checkpoint is just being opened, this waits for it. Calibrations that are shown on
    /// their own are added to the checkpoint that is opened next, if they fit it.
    void openCalibration(const QString& path);
    /// Closes what is open, and stops what runs. Nothing is lost: sessions are always saved.
    void closeDocument();
    /// The session that the next checkpoint goes to, instead of one with a name of its own.
    void setNextSessionFile(const QString& path) { m_nextSessionFile = path; }
    /// The checkpoint of the open session, where it is now.
    void relocateCheckpoint(const QString& path);
    /// Adds a calibration file or activation scales to the open checkpoint; says so if they do not fit it.
    void importCalibration(const QString& path);
    /// Takes the tokenizer.json at `path` for the open checkpoint, from now on and whenever it is opened
    /// again, if it fits; then goes on with the job that had none.
    void chooseTokenizer(const QString& path);
    Result<void> saveCopy(const QString& path);
    /// Writes what is only saved now and then (the view).
    void flush();

    // Jobs
    // --------------------------------------------------------------------------------------------------------

    void calibrate(const CalibrationSettings& settings);
    /// The plan as it is now; the baseline on the same data first, if the session has none. Like every job it waits for
    /// those before it.
    void evaluate(const EvaluationSettings& settings);
    /// Searches from the plan as it is now, and keeps the trace in the session. What was found becomes the plan, one step
    /// of undo, unless that was edited meanwhile: then it is offered.
    void search(const SearchSettings& settings);
    /// Why a search for `target` from the plan as it is now cannot begin, in a sentence; empty if it can.
    QString whyNoSearch(SearchTarget target) const;
    /// The text that a search with these settings measures on; empty if there is none.
    QString searchText(const SearchSettings& settings) const;
    /// Edits the plan as searchTrace() says that was chosen for every site: one step of undo.
    void useSearch(const Json& trace);
    /// The plan as it is now. On this machine the checkpoint's files are read as it goes, whether the engine has
    /// loaded them or not; an engine elsewhere exports there.
    void exportCheckpoint(const QString& folder, bool overwrite);
    /// Whether there is something to export, and somebody who can.
    bool canExport() const;
    /// Stops the job that runs; those that wait go on.
    void stopCurrent();
    /// Stops the job that runs, and drops those that wait.
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
    void searchesChanged();
    /// The user wants to see what the newest search measured.
    void searchesRequested();
    void runningChanged();
    void weightsChanged();
    void noticed(const mambascope::ui::Notice& notice);
    /// The checkpoint of the open session is not where it was: ask for it, and call relocateCheckpoint().
    void locateRequested();
    /// A job needs a tokenizer, and the checkpoint has none: ask for it, and call chooseTokenizer().
    void tokenizerRequested();
    /// Another engine command.
    void engineChanged();
    /// opening() is another than before.
    void openingChanged();
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
    void setOpening(const QString& name);
    void showAlone(const std::shared_ptr<const CalibrationSnapshot>& snapshot, const QString& path);
    /// What was shown on its own goes to the checkpoint that has just been opened, if it fits.
    void attach(const std::shared_ptr<const CalibrationSnapshot>& alone);
    /// True if the snapshot is of the open checkpoint, or (if it does not say) of its shape.
    bool fitsCheckpoint(const CalibrationSnapshot& snapshot) const;
    void keepCalibration(const std::shared_ptr<const CalibrationSnapshot>& snapshot);
    void selectMostRemarkableLayer();
    /// The tokenizer.json to work with, empty for the checkpoint's own. Nothing, with a notice that offers to
    /// choose one and to go on with `retry`, if there is none.
    std::optional<std::filesystem::path> tokenizerFor(std::function<void()> retry);

    /// Evaluates `plan`, then `next` if there is one.
    void startEvaluation(
        const EvaluationSettings& settings, const QuantPlan& plan, const std::optional<QuantPlan>& next,
        const std::shared_ptr<const EvaluationResult>& baseline = nullptr);
    void finishSearch(
        const Result<PlanSearchResult>& outcome, const PlanSearch& searched, const SearchSettings& settings);
    void offerPlan(const QuantPlan& searched, const QuantPlan& found, const QString& label, const QString& text);
    void finishEvaluation(
        const LiveMetrics* evaluation, const Result<EvaluationOutcome>& outcome, const EvaluationSettings& settings,
        const std::optional<QuantPlan>& next);
    /// Whether exports need no engine, because the checkpoint lies on this machine.
    bool exportsHere() const;
    void exportEnded(const Result<ExportReport>& exported, const QString& folder, bool overwrite);
    /// Puts the evaluations into the order of their jobs.
    void orderEvaluations();
    /// Says what is wrong with the data, and offers to evaluate without it.
    void offerWithoutBrokenLines(const BrokenData& broken, EvaluationSettings settings);
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
    QString m_pendingCalibration;                       ///< to be imported once the checkpoint is open
    std::shared_ptr<const CalibrationSnapshot> m_alone; ///< shown without a session; null beside one
    std::function<void()> m_afterTokenizer;             ///< the job that waits for a tokenizer
    int m_openings = 0; ///< counts openings, so that an overtaken one changes nothing
    QString m_opening;
    std::string m_calibrationHash;
    std::shared_ptr<const WeightStatistics> m_weights;
    std::string m_weightsHash; ///< of the checkpoint that m_weights are of, or were asked for
    std::optional<LoadedModel> m_model;
    std::optional<LoadRequest> m_loaded; ///< the request that m_model came from
    std::vector<RunningEvaluation> m_evaluations; ///< the first one runs, or is the next
    /// What evaluations have computed, for those that wait behind them. Used on the engine's thread only.
    std::shared_ptr<std::vector<std::shared_ptr<const EvaluationResult>>> m_computed =
        std::make_shared<std::vector<std::shared_ptr<const EvaluationResult>>>();
    std::shared_ptr<TokenizerCache> m_tokenizers = std::make_shared<TokenizerCache>();
    JobRunner m_jobs; ///< last: its thread ends before anything that jobs point to goes
};

} // namespace mambascope::ui
