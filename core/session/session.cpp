// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/session.h"

#include "core/session/session_impl.h"
#include "core/session/store.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mambascope {
namespace {

std::int64_t now() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Error noSuchRun(RunId id) {
    return Error::usage(
        "The session has no run " + std::to_string(id) + ".", "List its runs to see their numbers.");
}

bool holdsItems(const EvaluationResult& result) {
    return std::all_of(result.tasks.begin(), result.tasks.end(), [](const TaskResult& task) {
        return task.metrics.n == 0 || !task.items.empty();
    });
}

bool quantizesNothing(const EvaluationResult& result, const std::optional<CheckpointReference>& checkpoint) {
    const Result<QuantPlan> plan =
        parsePlan(result.plan.dump(-1, ' ', false, OrderedJson::error_handler_t::replace), "a run's plan");
    if (result.partial || !plan.ok()) {
        return false;
    }
    // Without a checkpoint nobody knows how many layers there are: then all that the plan speaks of.
    const auto& sites = plan.value().sites;
    const int layers = checkpoint      ? checkpoint->spec.layers
                       : sites.empty() ? 1
                                       : sites.rbegin()->first.layer + 1;
    return plan.value().isBaseline(layers);
}

} // namespace

Session::Session(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl)) {
}

Session::~Session() = default;

Session::Impl::~Impl() {
    if (database.isOpen() && readOnlyReason.empty()) {
        // Nothing is pending: every edit was committed. Failures leave a write-ahead log, which the next open
        // reads.
        (void)database.execute("ROLLBACK");
        (void)database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

Result<void> Session::Impl::load() {
    Result<store::Document> document = store::readDocument(database, path);
    if (!document.ok()) {
        return document.error();
    }
    checkpoint = document.value().checkpoint;
    notes = document.value().notes;
    view = document.value().view;
    const Result<store::PlanPosition> position = store::readPlanPosition(database);
    if (!position.ok()) {
        return position.error();
    }
    planPosition = position.value();
    Result<QuantPlan> current = store::readPlan(database, planPosition.revision, path);
    if (!current.ok()) {
        return current.error();
    }
    plan = std::move(current).value();
    return loadCheckpointParts(checkpointHash(), calibration, runs);
}

Result<void> Session::Impl::loadCheckpointParts(
    const std::string& hash, store::StoredCalibration& newCalibration, std::vector<Run>& newRuns) const {
    Result<store::StoredCalibration> stored = store::findCalibration(database, hash, path);
    if (!stored.ok()) {
        return stored.error();
    }
    Result<std::vector<store::StoredRun>> read = store::readRuns(database, hash, path);
    if (!read.ok()) {
        return read.error();
    }
    std::int64_t budget = kLoadedItems;
    for (auto run = read.value().rbegin(); run != read.value().rend() && run->items <= budget; ++run) {
        budget -= run->items;
        Result<std::shared_ptr<const EvaluationResult>> result = store::readItems(database, run->run, path);
        if (!result.ok()) {
            return result.error();
        }
        run->run.result = result.value();
    }
    newCalibration = std::move(stored).value();
    newRuns.clear();
    for (store::StoredRun& run : read.value()) {
        newRuns.push_back(std::move(run.run));
    }
    return {};
}

Run* Session::Impl::find(RunId id) {
    const auto run = std::find_if(runs.begin(), runs.end(), [id](const Run& r) { return r.id == id; });
    return run == runs.end() ? nullptr : &*run;
}

Result<void> Session::Impl::edit(const std::function<Result<void>(Database&)>& change) {
    if (!readOnlyReason.empty()) {
        return Error{
            ErrorCode::ReadOnly, readOnlyReason, "Save a copy under another name and work there.", {}};
    }
    Result<void> done = change(database);
    if (done.ok()) {
        done = database.execute("COMMIT");
    }
    if (database.inTransaction()) { // a serious error may have rolled back already
        (void)database.execute("ROLLBACK");
    }
    if (!database.execute("BEGIN IMMEDIATE").ok()) {
        readOnlyReason =
            path.string() + " is read-only from now on because another window or program took it over.";
    }
    return done;
}

Result<void>
Session::Impl::changePlan(const std::function<Result<void>(Database&)>& change, const QuantPlan& newPlan) {
    store::PlanPosition position;
    const Result<void> done = edit([&](Database& changed) -> Result<void> {
        if (const Result<void> made = change(changed); !made.ok()) {
            return made;
        }
        Result<store::PlanPosition> read = store::readPlanPosition(changed);
        if (!read.ok()) {
            return read.error();
        }
        position = std::move(read).value();
        return {};
    });
    if (!done.ok()) {
        return done;
    }
    plan = newPlan;
    planPosition = std::move(position);
    notify({Change::Plan});
    return {};
}

Result<void> Session::Impl::goToPlan(std::int64_t revision) {
    const Result<QuantPlan> target = store::readPlan(database, revision, path);
    if (!target.ok()) {
        return target.error();
    }
    return changePlan(
        [&](Database& changed) { return store::setPlanRevision(changed, revision); }, target.value());
}

void Session::Impl::notify(std::initializer_list<Change> changes) {
    std::erase_if(observers, [](const std::weak_ptr<Slot>& slot) { return slot.expired(); });
    const std::vector<std::weak_ptr<Slot>> current = observers;
    for (const Change change : changes) {
        for (const std::weak_ptr<Slot>& weak : current) {
            if (const std::shared_ptr<Slot> slot = weak.lock()) {
                slot->observer(change);
            }
        }
    }
}

const std::filesystem::path& Session::path() const {
    return m_impl->path;
}

bool Session::readOnly() const {
    return !m_impl->readOnlyReason.empty();
}

const std::string& Session::readOnlyReason() const {
    return m_impl->readOnlyReason;
}

const std::optional<CheckpointReference>& Session::checkpoint() const {
    return m_impl->checkpoint;
}

Result<void> Session::setCheckpoint(const CheckpointReference& reference) {
    if (m_impl->checkpoint == reference) {
        return {};
    }
    const bool sameModel = m_impl->checkpoint && m_impl->checkpoint->hash == reference.hash;
    store::StoredCalibration calibration;
    std::vector<Run> runs;
    const Result<void> done = m_impl->edit([&](Database& database) -> Result<void> {
        const Result<void> stored = store::writeCheckpoint(database, reference);
        if (!stored.ok() || sameModel) {
            return stored;
        }
        return m_impl->loadCheckpointParts(reference.hash, calibration, runs);
    });
    if (!done.ok()) {
        return done;
    }
    m_impl->checkpoint = reference;
    if (sameModel) {
        m_impl->notify({Change::Checkpoint});
        return {};
    }
    m_impl->calibration = std::move(calibration);
    m_impl->calibrationRead.reset();
    m_impl->runs = std::move(runs);
    m_impl->isBaseline.clear();
    m_impl->notify({Change::Checkpoint, Change::Calibration, Change::Runs, Change::Searches});
    return {};
}

std::shared_ptr<const CalibrationSnapshot> Session::calibration() const {
    if (m_impl->calibration.id != 0 && m_impl->calibrationRead == nullptr) {
        auto read = store::readCalibration(m_impl->database, m_impl->calibration.id, m_impl->path);
        m_impl->calibrationRead = read.ok() ? std::move(read).value() : nullptr;
    }
    return m_impl->calibrationRead;
}

Result<void> Session::addCalibration(std::shared_ptr<const CalibrationSnapshot> snapshot) {
    if (snapshot == nullptr) {
        return Error::usage("There is no calibration to be added.");
    }
    const std::string current = m_impl->checkpointHash();
    const std::string owner =
        snapshot->source.checkpointHash.empty() ? current : snapshot->source.checkpointHash;
    const std::string hash = calibrationHash(*snapshot);
    if (owner == current && hash == m_impl->calibration.hash) {
        return {};
    }
    std::int64_t id = 0;
    const Result<void> done = m_impl->edit([&](Database& database) -> Result<void> {
        const Result<std::int64_t> written = store::writeCalibration(database, *snapshot, hash, owner, now());
        id = written.ok() ? written.value() : 0;
        return written.ok() ? Result<void>() : written.error();
    });
    if (!done.ok()) {
        return done;
    }
    if (owner == current) {
        m_impl->calibration = {id, hash};
        m_impl->calibrationRead = std::move(snapshot);
        m_impl->notify({Change::Calibration});
    }
    return {};
}

const QuantPlan& Session::plan() const {
    return m_impl->plan;
}

std::int64_t Session::planRevision() const {
    return m_impl->planPosition.revision;
}

Result<void> Session::setPlan(const QuantPlan& plan, const std::string& label) {
    if (plan == m_impl->plan) {
        return {};
    }
    return m_impl->changePlan(
        [&](Database& database) { return store::writePlan(database, plan, label, now()); }, plan);
}

Result<void> Session::amendPlan(const QuantPlan& plan, const std::string& label) {
    const store::PlanPosition at = m_impl->planPosition;
    if (at.revision == 0 || at.next != 0) {
        return Error::usage("Only the newest edit of the plan can be continued.");
    }
    const Result<QuantPlan> before = store::readPlan(m_impl->database, at.parent, m_impl->path);
    if (!before.ok()) {
        return before.error();
    }
    return m_impl->changePlan(
        [&](Database& database) -> Result<void> {
            if (plan != before.value()) {
                return store::rewritePlan(database, plan, label, now());
            }
            const Result<void> back = store::setPlanRevision(database, at.parent);
            return back.ok() ? store::removePlan(database, at.revision) : back;
        },
        plan);
}

std::optional<std::string> Session::undoLabel() const {
    const store::PlanPosition& at = m_impl->planPosition;
    return at.revision != 0 ? std::optional(at.label) : std::nullopt;
}

std::optional<std::string> Session::redoLabel() const {
    const store::PlanPosition& at = m_impl->planPosition;
    return at.next != 0 ? std::optional(at.nextLabel) : std::nullopt;
}

Result<void> Session::undoPlan() {
    return m_impl->planPosition.revision != 0 ? m_impl->goToPlan(m_impl->planPosition.parent)
                                              : Error::usage("There is no edit of the plan to undo.");
}

Result<void> Session::redoPlan() {
    return m_impl->planPosition.next != 0 ? m_impl->goToPlan(m_impl->planPosition.next)
                                          : Error::usage("There is no edit of the plan to redo.");
}

Result<std::vector<PlanRevision>> Session::planHistory() const {
    return store::readPlanHistory(m_impl->database, m_impl->path);
}

const std::vector<Run>& Session::runs() const {
    return m_impl->runs;
}

Result<std::shared_ptr<const EvaluationResult>> Session::result(RunId id) const {
    Run* run = m_impl->find(id);
    if (run == nullptr) {
        return noSuchRun(id);
    }
    return holdsItems(*run->result) ? run->result : store::readItems(m_impl->database, *run, m_impl->path);
}

Result<RunId> Session::addRun(std::shared_ptr<const EvaluationResult> result) {
    if (result == nullptr) {
        return Error::usage("There is no result to be added.");
    }
    const std::string current = m_impl->checkpointHash();
    const std::string owner = result->modelHash.empty() ? current : result->modelHash;
    Run run{0, now(), {}, std::move(result)};
    const Result<void> done = m_impl->edit([&](Database& database) -> Result<void> {
        const Result<RunId> id = store::writeRun(database, *run.result, owner, run.created);
        if (!id.ok()) {
            return id.error();
        }
        run.id = id.value();
        return {};
    });
    if (!done.ok()) {
        return done.error();
    }
    const RunId id = run.id;
    if (owner == current) {
        m_impl->runs.push_back(std::move(run));
        m_impl->notify({Change::Runs});
    }
    return id;
}

Result<void> Session::removeRun(RunId id) {
    const Result<void> done = m_impl->edit([&](Database& database) -> Result<void> {
        Statement drop = database.prepare("DELETE FROM run WHERE id = ?");
        const Result<void> dropped = drop.bind(id).run();
        return !dropped.ok() || database.changes() != 0 ? dropped : noSuchRun(id);
    });
    if (!done.ok()) {
        return done;
    }
    if (std::erase_if(m_impl->runs, [id](const Run& run) { return run.id == id; }) != 0) {
        m_impl->notify({Change::Runs});
    }
    return {};
}

Result<void> Session::setRunNote(RunId id, const std::string& note) {
    const Run* known = m_impl->find(id);
    if (known != nullptr && known->note == note) {
        return {};
    }
    const Result<void> done = m_impl->edit([&](Database& database) -> Result<void> {
        Statement update = database.prepare("UPDATE run SET note = ? WHERE id = ?");
        const Result<void> updated = update.bind(std::string_view(note)).bind(id).run();
        return !updated.ok() || database.changes() != 0 ? updated : noSuchRun(id);
    });
    if (!done.ok()) {
        return done;
    }
    if (Run* run = m_impl->find(id)) {
        run->note = note;
        m_impl->notify({Change::Runs});
    }
    return {};
}

const Run* Session::baseline() const {
    for (auto run = m_impl->runs.rbegin(); run != m_impl->runs.rend(); ++run) {
        auto known = m_impl->isBaseline.find(run->id);
        if (known == m_impl->isBaseline.end()) {
            known =
                m_impl->isBaseline.emplace(run->id, quantizesNothing(*run->result, m_impl->checkpoint)).first;
        }
        if (!known->second) {
            continue;
        }
        if (Result<std::shared_ptr<const EvaluationResult>> full = result(run->id); full.ok()) {
            run->result = full.value();
        }
        return &*run;
    }
    return nullptr;
}

Result<std::vector<Record>> Session::searches() const {
    return store::readSearches(m_impl->database, m_impl->checkpointHash(), m_impl->path);
}

Result<void> Session::addSearch(const OrderedJson& trace, const std::string& checkpointHash) {
    const Result<void> done = m_impl->edit(
        [&](Database& database) { return store::writeSearch(database, trace, checkpointHash, now()); });
    if (done.ok() && checkpointHash == m_impl->checkpointHash()) {
        m_impl->notify({Change::Searches});
    }
    return done;
}

Result<std::vector<Record>> Session::sweeps() const {
    return store::readSweeps(m_impl->database, m_impl->path);
}

Result<void> Session::addSweep(const OrderedJson& results) {
    const Result<void> done =
        m_impl->edit([&](Database& database) { return store::writeSweep(database, results, now()); });
    if (done.ok()) {
        m_impl->notify({Change::Sweeps});
    }
    return done;
}

const std::string& Session::notes() const {
    return m_impl->notes;
}

Result<void> Session::setNotes(const std::string& text) {
    if (text == m_impl->notes) {
        return {};
    }
    const Result<void> done = m_impl->edit([&](Database& database) {
        return database.prepare("UPDATE document SET notes = ?").bind(std::string_view(text)).run();
    });
    if (!done.ok()) {
        return done;
    }
    m_impl->notes = text;
    m_impl->notify({Change::Notes});
    return {};
}

Json Session::view() const {
    return m_impl->view;
}

Result<void> Session::setView(const Json& view) {
    if (view == m_impl->view) {
        return {};
    }
    const std::string text = view.dump(-1, ' ', false, Json::error_handler_t::replace);
    const Result<void> done = m_impl->edit([&](Database& database) {
        return database.prepare("UPDATE document SET view = ?").bind(std::string_view(text)).run();
    });
    if (!done.ok()) {
        return done;
    }
    m_impl->view = view;
    m_impl->notify({Change::View});
    return {};
}

std::shared_ptr<void> Session::observe(Observer observer) {
    auto slot = std::make_shared<Impl::Slot>(Impl::Slot{std::move(observer)});
    m_impl->observers.push_back(slot);
    return slot;
}

} // namespace mambascope
