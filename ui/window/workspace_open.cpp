// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include "core/calibration/import_scales.h"
#include "core/session/recover.h"
#include "core/session/signature.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

/// Opens what can still be read of a damaged session, in a new file beside it.
void openRecovered(Workspace& workspace, const QString& path) {
    const QFileInfo damaged(path);
    const QString file =
        newSessionFile(damaged.absolutePath(), damaged.completeBaseName() + QStringLiteral("-recovered"));
    const auto lost = recoverSession(path.toStdString(), file.toStdString(), false);
    if (!lost.ok()) {
        Q_EMIT workspace.noticed(Notice::of(lost.error()));
        return;
    }
    workspace.openSession(file);
    QStringList parts;
    for (const std::string& part : lost.value()) {
        parts.append(QString::fromStdString(part));
    }
    Q_EMIT workspace.noticed(Notice::info(
        parts.isEmpty() ? Workspace::tr("Everything was recovered into %1.").arg(file)
                        : Workspace::tr("Recovered into %1. Lost: %2.").arg(file, parts.join(QStringLiteral(", ")))));
}

} // namespace

void Workspace::open(const QString& path) {
    const QFileInfo file(path);
    if (file.suffix() == QLatin1String("mscope") || hasSessionSignature(path.toStdString())) {
        openSession(path);
        return;
    }
    // A weights file has its config.json beside it; what stands alone can only be a calibration.
    const bool alone = file.isFile() && file.fileName() != QLatin1String("config.json") &&
                       !QFileInfo::exists(file.dir().filePath(QStringLiteral("config.json")));
    if (alone || isCalibrationOrScales(path.toStdString())) {
        openCalibration(path);
        return;
    }
    openCheckpoint(path);
}

void Workspace::openCheckpoint(const QString& path) {
    loadCheckpoint(path, [this](const LoadedModel& model) { checkpointLoaded(model); });
}

void Workspace::relocateCheckpoint(const QString& path) {
    loadCheckpoint(
        path, [this](const LoadedModel& model) { sessionCheckpointLoaded(model); },
        [this](const Error& error) { reportMissingCheckpoint(error); });
}

void Workspace::loadCheckpoint(
    const QString& path, std::function<void(const LoadedModel&)> loaded,
    std::function<void(const Error&)> failed) {
    LoadRequest request;
    request.model = path.toStdString();
    request.device = m_options.device;
    request.dtype = m_options.dtype;
    request.threads = m_options.threads;
    request.reuseMegabytes = m_view.data().evaluation.reuseMegabytes;
    m_jobs.service().setModel(request);
    const int opening = ++m_openings;
    setOpening(QFileInfo(path).fileName());
    const EngineService* service = &m_jobs.service();
    m_jobs.run<LoadedModel>(
        {tr("Opening %1").arg(QFileInfo(path).fileName()), QStringLiteral("open"), true, 1},
        [service](Engine&, const Job&) -> Result<LoadedModel> {
            if (const std::optional<LoadedModel> model = service->model()) {
                return *model;
            }
            return Error::failed("The engine does not say which model it has loaded.");
        },
        [this, opening, request, loaded = std::move(loaded), failed = std::move(failed)](
            const Result<LoadedModel>& model) { checkpointOpened(opening, request, model, loaded, failed); });
}

void Workspace::checkpointOpened(
    int opening, const LoadRequest& request, const Result<LoadedModel>& model,
    const std::function<void(const LoadedModel&)>& loaded, const std::function<void(const Error&)>& failed) {
    if (opening != m_openings) {
        return; // another checkpoint was asked for meanwhile
    }
    const QString pending = std::exchange(m_pendingCalibration, QString());
    if (!model.ok()) {
        setOpening({});
        // Jobs go on with the model that was there before.
        m_jobs.service().setModel(m_loaded);
        const QString path = QString::fromStdString(request.model);
        if (failed && model.error().code != ErrorCode::EngineLost) {
            failed(model.error());
        } else {
            report(model.error(), [this, path, loaded, failed] { loadCheckpoint(path, loaded, failed); });
        }
        if (!pending.isEmpty() && m_session == nullptr) {
            openCalibration(pending); // can be looked at without the model
        }
        return;
    }
    m_loaded = request;
    loaded(model.value());
    setOpening({}); // not before: in between, nothing would seem to be open
    if (!pending.isEmpty()) {
        importCalibration(pending);
    }
}

void Workspace::reportMissingCheckpoint(const Error& error) {
    if (error.code == ErrorCode::Cancelled) {
        return;
    }
    Notice notice = Notice::of(error);
    notice.text = tr("The checkpoint of this session cannot be opened: %1").arg(notice.text);
    notice.hint = tr("What was measured is here; to go on, say where the checkpoint is now.");
    Q_EMIT noticed(notice.with(tr("Locate…"), [this] { Q_EMIT locateRequested(); }));
}

void Workspace::checkpointLoaded(const LoadedModel& model) {
    const CheckpointReference* current = checkpoint();
    const bool same = current != nullptr && current->hash == model.hash && m_nextSessionFile.isEmpty();
    const bool fresh = m_session != nullptr && current == nullptr && !m_session->readOnly();
    const std::shared_ptr<const CalibrationSnapshot> alone = m_alone;
    if (!same && !fresh && !createSessionFor(model)) {
        return;
    }
    adoptModel(model);
    if (!same) {
        resetViewFor(model);
    }
    if (alone != nullptr) {
        attach(alone);
    }
}

bool Workspace::createSessionFor(const LoadedModel& model) {
    QString file = std::exchange(m_nextSessionFile, QString());
    if (file.isEmpty()) {
        QDir().mkpath(m_options.sessionsFolder);
        file = newSessionFile(m_options.sessionsFolder, QString::fromStdString(model.name));
    }
    Result<std::unique_ptr<Session>> session = Session::create(file.toStdString(), false);
    if (!session.ok()) {
        report(session.error());
        return false;
    }
    adopt(std::move(session).value());
    return true;
}

void Workspace::adoptModel(const LoadedModel& model) {
    m_model = model;
    for (const std::string& warning : model.warnings) {
        Notice notice = Notice::info(QString::fromStdString(warning));
        notice.severity = Notice::Severity::Warning;
        Q_EMIT noticed(notice);
    }
    const CheckpointReference reference{model.path, model.name, model.hash, model.spec};
    if (checkpoint() != nullptr && *checkpoint() == reference) {
        Q_EMIT checkpointChanged(); // the document is the same, but now a model stands behind it
        return;
    }
    if (const Result<void> stored = m_session->setCheckpoint(reference); !stored.ok()) {
        report(stored.error());
    }
}

void Workspace::useDemoDefaults(ViewData& view) const {
    if (isDemo()) {
        view.calibration = {QString::fromStdString(demoCalibrationText().string()), 64, 256, 0, true};
        view.evaluation.folder = QString::fromStdString(demoTasksFolder().string());
    }
}

void Workspace::resetViewFor(const LoadedModel& model) {
    ViewData view = m_view.data();
    view.layer = 0;
    useDemoDefaults(view);
    view.layer = std::clamp(view.layer, 0, std::max(0, model.spec.layers - 1));
    m_view.set(view);
}

void Workspace::openSession(const QString& path) {
    if (!QFileInfo::exists(path)) {
        report(Error::unreadable(
            tr("The session %1 does not exist.").arg(path).toStdString(),
            tr("Was it moved? Open it where it is now.").toStdString()));
        return;
    }
    Result<std::unique_ptr<Session>> session = Session::open(path.toStdString());
    if (!session.ok() && isDamaged(session.error())) {
        Notice notice = Notice::of(session.error());
        notice.hint = tr("Open an earlier copy of it, or what can still be read, in a new file.");
        Q_EMIT noticed(notice.with(tr("Recover"), [this, path] { openRecovered(*this, path); }));
        return;
    }
    if (!session.ok()) {
        report(session.error());
        return;
    }
    m_model.reset();
    m_loaded.reset();
    m_jobs.service().setModel(std::nullopt);
    adopt(std::move(session).value());
    if (const CheckpointReference* reference = checkpoint()) {
        relocateCheckpoint(QString::fromStdString(reference->path));
    }
}

void Workspace::closeDocument() {
    flush();
    m_jobs.cancelAll();
    ++m_openings;
    setOpening({});
    m_pendingCalibration.clear();
    m_afterTokenizer = {};
    m_planEditor.setSession(nullptr);
    m_observation.reset();
    m_session.reset();
    m_alone.reset();
    m_calibrationHash.clear();
    m_model.reset();
    m_loaded.reset();
    m_jobs.service().setModel(std::nullopt);
    Q_EMIT sessionChanged();
}

void Workspace::setOpening(const QString& name) {
    if (name != m_opening) {
        m_opening = name;
        Q_EMIT openingChanged();
    }
}

void Workspace::sessionCheckpointLoaded(const LoadedModel& model) {
    const CheckpointReference* reference = checkpoint();
    if (reference != nullptr && reference->hash != model.hash) {
        Notice notice = Notice::info(
            tr("The checkpoint at %1 is not the one this session is about any more: its weights differ.")
                .arg(QString::fromStdString(model.path)));
        notice.severity = Notice::Severity::Warning;
        notice.hint =
            tr("What was measured stays. Open the right checkpoint to go on, or this one in a new session.");
        m_jobs.service().setModel(std::nullopt);
        m_loaded.reset();
        const QString path = QString::fromStdString(model.path);
        Q_EMIT noticed(notice.with(tr("Open in a new session"), [this, path] { openCheckpoint(path); }));
        return;
    }
    adoptModel(model);
}

} // namespace mambascope::ui
