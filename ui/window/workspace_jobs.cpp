// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_files.h"
#include "ui/commands/plan_edit.h"
#include "ui/models/text.h"
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

std::vector<std::shared_ptr<const EvaluationResult>> resultsOf(const Session& session) {
    std::vector<std::shared_ptr<const EvaluationResult>> results;
    for (const Run& run : session.runs()) {
        results.push_back(run.result);
    }
    return results;
}

} // namespace

bool Workspace::readyForJobs() {
    if (m_session == nullptr || checkpoint() == nullptr || !m_model) {
        report(Error::usage(whyNoModel().toStdString()));
        return false;
    }
    return true;
}

std::optional<std::filesystem::path> Workspace::tokenizerFor(std::function<void()> retry) {
    if (m_model->hasTokenizer) {
        return std::filesystem::path();
    }
    const QString chosen = chosenTokenizer(m_model->hash);
    if (!chosen.isEmpty() && QFileInfo(chosen).isFile()) {
        return std::filesystem::path(chosen.toStdString());
    }
    m_afterTokenizer = std::move(retry);
    const QString name = QString::fromStdString(m_model->name);
    Notice notice = Notice::info(
        chosen.isEmpty()
            ? tr("Text cannot be turned into tokens: %1 comes without a tokenizer.json.").arg(name)
            : tr("The tokenizer that was chosen for %1 is gone: %2.").arg(name, chosen));
    notice.severity = Notice::Severity::Warning;
    notice.hint = tr("The published Mamba models use that of EleutherAI/gpt-neox-20b.");
    Q_EMIT noticed(notice.with(tr("Choose tokenizer.json…"), [this] { Q_EMIT tokenizerRequested(); }));
    return std::nullopt;
}

void Workspace::chooseTokenizer(const QString& path) {
    if (!readyForJobs()) {
        return;
    }
    using Opened = std::shared_ptr<const Tokenizer>;
    const std::string hash = m_model->hash;
    // Not here: reading the vocabulary takes long enough to be felt.
    m_jobs.run<Opened>(
        {tr("Reading the tokenizer"), QStringLiteral("tokenizer")},
        [file = path.toStdString(), rows = m_model->spec.vocabulary](Engine&, const Job&) {
            return openTokenizerFor(file, rows);
        },
        [this, path, hash](const Result<Opened>& opened) {
            if (!m_model || m_model->hash != hash) {
                return; // another checkpoint was opened meanwhile
            }
            if (!opened.ok()) {
                Q_EMIT noticed(Notice::of(opened.error()).with(tr("Choose tokenizer.json…"), [this] {
                    Q_EMIT tokenizerRequested();
                }));
                return;
            }
            rememberTokenizer(hash, path);
            if (const auto next = std::exchange(m_afterTokenizer, {})) {
                next();
                return;
            }
            Notice notice = Notice::info(tr("From now on %1 is read with the tokenizer %2.")
                                             .arg(QString::fromStdString(m_model->name), path));
            if (!m_session->runs().empty()) {
                notice.hint = tr("Results that are here already were made with the one before; remove them "
                                 "to compute them again.");
            }
            Q_EMIT noticed(notice);
        });
}

void Workspace::stop() {
    m_jobs.cancelAll();
}

void Workspace::stopCurrent() {
    if (const std::optional<JobStatus> job = m_jobs.current()) {
        m_jobs.cancel(job->id);
    }
}

void Workspace::calibrate(const CalibrationSettings& settings) {
    if (!readyForJobs()) {
        return;
    }
    m_view.setCalibration(settings);
    const auto tokenizer = tokenizerFor([this, settings] { calibrate(settings); });
    if (!tokenizer) {
        return;
    }
    const EngineService* service = &m_jobs.service();
    const std::string hash = checkpoint()->hash;
    CalibrationWork work{{}, settings.textFile.toStdString(), settings.windows(), *tokenizer, settings.rotated};
    using Snapshot = std::shared_ptr<const CalibrationSnapshot>;
    m_jobs.run<Snapshot>(
        {tr("Calibrating"), QStringLiteral("calibrate")},
        [service, work, hash,
         tokenizers = m_tokenizers](Engine& engine, const Job& job) mutable -> Result<Snapshot> {
            Result<LoadedModel> model = loadedModel(*service, hash);
            if (!model.ok()) {
                return model.error();
            }
            work.model = std::move(model).value();
            return calibrateOnEngine(engine, *tokenizers, work, job);
        },
        [this, settings, hash](const Result<Snapshot>& snapshot) {
            if (!snapshot.ok()) {
                report(snapshot.error(), [this, settings] { calibrate(settings); });
                return;
            }
            if (checkpoint() == nullptr || checkpoint()->hash != hash) {
                return; // another checkpoint was opened meanwhile
            }
            if (!snapshot.value()->source.partial) {
                keepCalibration(snapshot.value());
                return;
            }
            Q_EMIT noticed(
                Notice::info(tr("Calibration stopped after %1 tokens.")
                                 .arg(QLocale().toString(qlonglong(snapshot.value()->source.tokens))))
                    .with(tr("Keep the partial result"), [this, kept = snapshot.value()] {
                        keepCalibration(kept);
                    }));
        });
}

void Workspace::evaluate(const EvaluationSettings& settings) {
    if (!readyForJobs()) {
        return;
    }
    m_view.setEvaluation(settings);
    if (!tokenizerFor([this, settings] { evaluate(settings); })) {
        return;
    }
    const int layers = checkpoint()->spec.layers;
    if (plan().needsCalibration(layers) && calibration() == nullptr) {
        Notice notice =
            Notice::of(Error::usage(tr("This plan needs a calibration, and there is none.").toStdString()));
        Q_EMIT noticed(notice.with(tr("Calibrate"), [this] { calibrate(m_view.data().calibration); }));
        return;
    }
    if (plan().isBaseline(layers)) {
        startEvaluation(settings, QuantPlan(), std::nullopt);
    } else {
        startEvaluation(settings, QuantPlan(), plan());
    }
}

void Workspace::startEvaluation(
    const EvaluationSettings& settings, const QuantPlan& plan, const std::optional<QuantPlan>& next,
    const std::shared_ptr<const EvaluationResult>& baselineResult) {
    if (m_loaded && m_loaded->reuseMegabytes != settings.reuseMegabytes) {
        m_loaded->reuseMegabytes = settings.reuseMegabytes;
        m_jobs.service().setModel(m_loaded); // loads it again before the next job
    }
    const bool needsCalibration = plan.needsCalibration(checkpoint()->spec.layers);
    EvaluationWork work;
    work.plan = plan;
    work.calibration = needsCalibration ? calibration() : nullptr;
    work.calibrationHash = needsCalibration ? m_calibrationHash : std::string();
    work.tokenizer =
        !m_model || m_model->hasTokenizer ? std::string() : chosenTokenizer(m_model->hash).toStdString();
    work.folder = settings.folder.toStdString();
    work.tasks = settings.tasks;
    for (const QString& file : settings.taskFiles) {
        work.taskFiles.emplace_back(file.toStdString());
    }
    work.brokenLines = settings.brokenLines;
    work.limit = settings.limit;
    work.seed = settings.seed;
    if (settings.earlyStop > 0 && baselineResult) {
        work.earlyStop = EarlyStop{settings.earlyStop, baselineResult};
    }
    const bool baseline = plan.isBaseline(checkpoint()->spec.layers);
    const QString title = baseline ? tr("baseline") : QString::fromStdString(planTitle(plan));
    if (baseline) {
        work.plan.name = "baseline";
    }
    if (m_evaluations.empty()) {
        // Nobody waits for the others; and one that the user has removed is to be computed again.
        m_computed = std::make_shared<std::vector<std::shared_ptr<const EvaluationResult>>>();
    }
    const auto live = std::make_shared<LiveMetrics>();
    const QString jobTitle = next ? tr("Evaluating the baseline, then %1").arg(qt(planTitle(*next)))
                                  : tr("Evaluating %1").arg(title);
    const EngineService* service = &m_jobs.service();
    // The second part of an evaluation comes before the evaluations that wait behind it.
    const int priority = baselineResult != nullptr ? 1 : 0;
    const std::uint64_t id = m_jobs.run<EvaluationOutcome>(
        {jobTitle, {}, true, priority},
        [service, work, live, hash = checkpoint()->hash, tokenizers = m_tokenizers, computed = m_computed,
         known = resultsOf(*m_session)](Engine& engine, const Job& job) mutable -> Result<EvaluationOutcome> {
            Result<LoadedModel> model = loadedModel(*service, hash);
            if (!model.ok()) {
                return model.error();
            }
            work.model = std::move(model).value();
            known.insert(known.end(), computed->begin(), computed->end());
            Result<EvaluationOutcome> outcome = evaluateOnEngine(engine, *tokenizers, work, known, *live, job);
            if (outcome.ok() && outcome.value().result != nullptr && !outcome.value().known) {
                computed->push_back(outcome.value().result);
            }
            return outcome;
        },
        [this, evaluation = live.get(), settings, next](const Result<EvaluationOutcome>& outcome) {
            finishEvaluation(evaluation, outcome, settings, next);
        });
    m_evaluations.push_back({title, work.plan, work.calibrationHash, live, id});
    orderEvaluations();
    Q_EMIT runningChanged();
}

void Workspace::orderEvaluations() {
    const std::vector<JobStatus> jobs = m_jobs.service().status();
    const auto place = [&jobs](const RunningEvaluation& evaluation) {
        return std::find_if(
            jobs.begin(), jobs.end(), [&](const JobStatus& job) { return job.id == evaluation.job; });
    };
    const std::uint64_t before = m_evaluations.empty() ? 0 : m_evaluations.front().job;
    std::stable_sort(m_evaluations.begin(), m_evaluations.end(), [&](const auto& a, const auto& b) {
        return place(a) < place(b);
    });
    if (!m_evaluations.empty() && m_evaluations.front().job != before) {
        Q_EMIT runningChanged();
    }
}

void Workspace::finishEvaluation(
    const LiveMetrics* evaluation, const Result<EvaluationOutcome>& outcome, const EvaluationSettings& settings,
    const std::optional<QuantPlan>& next) {
    std::erase_if(m_evaluations, [evaluation](const auto& each) { return each.live.get() == evaluation; });
    Q_EMIT runningChanged();
    if (!outcome.ok()) {
        report(outcome.error(), [this, settings] { evaluate(settings); });
        return;
    }
    const EvaluationOutcome& done = outcome.value();
    if (done.broken) {
        offerWithoutBrokenLines(*done.broken, settings);
        return;
    }
    if (checkpoint() == nullptr || checkpoint()->hash != done.result->modelHash) {
        return; // another checkpoint was opened meanwhile
    }
    for (const std::string& warning : done.warnings) {
        Notice notice = Notice::info(QString::fromStdString(warning));
        notice.severity = Notice::Severity::Warning;
        Q_EMIT noticed(notice);
    }
    RunId id = 0;
    const auto& runs = m_session->runs();
    const auto found = std::find_if(
        runs.begin(), runs.end(), [&done](const Run& run) { return run.result == done.result; });
    if (found != runs.end()) {
        id = found->id;
    } else {
        const Result<RunId> stored = m_session->addRun(done.result);
        if (!stored.ok()) {
            report(stored.error());
            return;
        }
        id = stored.value();
    }
    Q_EMIT evaluated(id);
    if (next && !done.result->partial) {
        startEvaluation(settings, *next, std::nullopt, done.result);
    }
}

void Workspace::offerWithoutBrokenLines(const BrokenData& broken, EvaluationSettings settings) {
    settings.brokenLines = BrokenLines::LeaveOut;
    const QString lines = QLocale().toString(qulonglong(broken.lines));
    Q_EMIT noticed(Notice::of(broken.error)
                       .with(
                           broken.lines == 1 ? tr("Go on without the line")
                                             : tr("Go on without %1 broken lines").arg(lines),
                           [this, settings] { evaluate(settings); }));
}

bool Workspace::canExport() const {
    return m_session != nullptr && checkpoint() != nullptr && (m_model.has_value() || exportsHere());
}

bool Workspace::exportsHere() const {
    return !m_options.command.arguments.empty() && !engineElsewhere();
}

void Workspace::exportCheckpoint(const QString& folder, bool overwrite) {
    if (!canExport() && !readyForJobs()) {
        return;
    }
    ExportRequest request;
    request.folder = folder.toStdString();
    request.overwrite = overwrite;
    request.plan = plan();
    request.checkpointHash = checkpoint()->hash;
    std::shared_ptr<const CalibrationSnapshot> snapshot;
    if (request.plan.needsCalibration(checkpoint()->spec.layers)) {
        snapshot = calibration();
        request.calibrationHash = m_calibrationHash;
    }
    const auto done = [this, folder, overwrite](const Result<ExportReport>& exported) {
        exportEnded(exported, folder, overwrite);
    };
    if (exportsHere()) {
        // No model has to be loaded for it: what does not fit into memory is exported, too.
        m_jobs.run<ExportReport>(
            {tr("Exporting the checkpoint"), {}, false},
            [request, snapshot, model = checkpoint()->path](Engine&, const Job& job) -> Result<ExportReport> {
                Result<FilesExport> exported = exportFiles(model, request, snapshot.get(), job);
                return exported.ok() ? Result<ExportReport>(std::move(exported.value().report)) : exported.error();
            },
            done);
        return;
    }
    const EngineService* service = &m_jobs.service();
    m_jobs.run<ExportReport>(
        {tr("Exporting the checkpoint"), {}},
        [service, request, snapshot](Engine& engine, const Job& job) -> Result<ExportReport> {
            const Result<LoadedModel> model = loadedModel(*service, request.checkpointHash);
            return model.ok() ? engine.exportCheckpoint(request, snapshot, job) : model.error();
        },
        done);
}

void Workspace::exportEnded(const Result<ExportReport>& exported, const QString& folder, bool overwrite) {
    if (!exported.ok()) {
        report(exported.error(), [this, folder, overwrite] { exportCheckpoint(folder, overwrite); });
        return;
    }
    QString notes;
    for (const std::string& note : exported.value().notes) {
        notes += QString::fromStdString(note) + QLatin1Char('\n');
    }
    Notice notice = Notice::info(
        tr("Exported to %1 (%2).").arg(folder, QLocale().formattedDataSize(exported.value().bytes)),
        notes.trimmed());
    if (!notes.isEmpty()) {
        notice.hint = tr("Details say what a checkpoint alone cannot express.");
    }
    Q_EMIT noticed(notice);
}

} // namespace mambascope::ui
