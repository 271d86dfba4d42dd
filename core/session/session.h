// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/calibration/calibration.h"
#include "core/evaluation/evaluator.h"
#include "core/quantization/plan.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// Which checkpoint a session is about.
struct CheckpointReference {
    std::string path; ///< as the engine sees it
    std::string name;
    std::string hash;
    ModelSpec spec;
    bool operator==(const CheckpointReference&) const = default;
};

using RunId = std::int64_t;

/// One evaluation kept in the session.
struct Run {
    RunId id = 0;
    std::int64_t created = 0; ///< seconds since 1970, UTC
    std::string note;
    /// Tasks and their metrics always; item results unless the session holds so many (kLoadedItems) that
    /// opening would take long: then those of old runs stay in the file. Session::result() always has them.
    std::shared_ptr<const EvaluationResult> result;
};

/// One plan of the history, which is a tree: whoever undoes and edits begins a branch.
struct PlanRevision {
    std::int64_t id = 0;
    std::int64_t parent = 0; ///< the revision that was edited; 0: the empty plan a session begins with
    std::int64_t created = 0;
    std::string label; ///< what the edit did, "α of layers.7.out_proj"
    QuantPlan plan;
};

/// What a search or a sweep left, in the JSON that its verb writes (a search's trace, a sweep's
/// results.json).
struct Record {
    std::int64_t id = 0;
    std::int64_t created = 0; ///< seconds since 1970, UTC
    OrderedJson content;
};

/// The document: checkpoint reference, calibration, current plan with its history, runs, searches, sweeps,
/// notes. One SQLite
/// file (application id kApplicationId, user_version kVersion, tables in schema.md); every change is one
/// committed transaction, so the file is always what the program shows, and a change that cannot be written
/// leaves file and session as they were. One session at a time writes to a file; the lock goes with its
/// process. Not thread-safe: the GUI thread is its only writer. Observers are called after the change is
/// committed, on the same thread.
class Session {
public:
    static constexpr std::int32_t kApplicationId = 0x4d534350; ///< "MSCP"
    static constexpr int kVersion = 3;

    /// How many item results opening a session reads at most, newest run first.
    static constexpr std::int64_t kLoadedItems = 100'000;

    enum class Change { Checkpoint, Calibration, Plan, Runs, Searches, Sweeps, Notes, View };

    /// Creates a new file. Usage if it exists and `overwrite` is false.
    static Result<std::unique_ptr<Session>> create(const std::filesystem::path& path, bool overwrite);
    /// Opens an existing file; falls back to read-only if it cannot be written or somebody else has it open
    /// for writing. Unreadable with a sentence if it is no session, is of a newer version, or fails its
    /// integrity check. Writes nothing then.
    static Result<std::unique_ptr<Session>> open(const std::filesystem::path& path);
    /// The same for somebody who only looks: never becomes the file's writer, so that nothing is written (an
    /// older format is not brought forward) and a window that opens the file meanwhile can write.
    static Result<std::unique_ptr<Session>> openForReading(const std::filesystem::path& path);
    ~Session();

    const std::filesystem::path& path() const;
    bool readOnly() const;
    /// Why, in a sentence for the user; empty if the session can be written. Every setter then fails with
    /// ReadOnly.
    const std::string& readOnlyReason() const;
    /// A copy of the file as it stands now (SQLite's backup), written atomically. The session goes on in its
    /// own file.
    Result<void> saveCopy(const std::filesystem::path& path, bool overwrite) const;

    const std::optional<CheckpointReference>& checkpoint() const;
    /// Another checkpoint (by hash) drops nothing: calibrations and runs of the old one stay, but are not
    /// current. Tells observers Checkpoint, and for another hash Calibration, Runs and Searches too.
    Result<void> setCheckpoint(const CheckpointReference& reference);

    /// The newest calibration of the current checkpoint; null if there is none.
    std::shared_ptr<const CalibrationSnapshot> calibration() const;
    Result<void> addCalibration(std::shared_ptr<const CalibrationSnapshot> snapshot);

    const QuantPlan& plan() const;
    /// Which revision plan() is; 0: the empty plan a session begins with.
    std::int64_t planRevision() const;
    /// Makes `plan` current, as a new revision after the current one. The same plan again changes nothing.
    Result<void> setPlan(const QuantPlan& plan, const std::string& label);
    /// Puts `plan` in the place of the current revision (the moves of a drag are one edit); if that leads
    /// back to the plan before it, the revision goes. Usage if there is none, or others come after it.
    Result<void> amendPlan(const QuantPlan& plan, const std::string& label);
    /// Labels of the edits that undoPlan() takes back and redoPlan() makes again; nothing if there is none.
    std::optional<std::string> undoLabel() const;
    std::optional<std::string> redoLabel() const;
    /// Makes the revision before the current one current; Usage if there is none.
    Result<void> undoPlan();
    /// Makes the newest revision after the current one current; Usage if there is none. Nothing is undone
    /// but along the branch that was edited last, so that this is always the one that was undone.
    Result<void> redoPlan();
    Result<std::vector<PlanRevision>> planHistory() const; ///< all branches, oldest first

    const std::vector<Run>& runs() const; ///< of the current checkpoint, oldest first
    /// The result of one of runs() with its item results, read from the file if need be. Usage if there is no
    /// such run.
    Result<std::shared_ptr<const EvaluationResult>> result(RunId id) const;
    Result<RunId> addRun(std::shared_ptr<const EvaluationResult> result);
    Result<void> removeRun(RunId id);
    Result<void> setRunNote(RunId id, const std::string& note);
    /// The newest complete run of the current checkpoint without any quantization, with its item
    /// results; null if there is none. Valid until the next change.
    const Run* baseline() const;

    /// Of the current checkpoint, oldest first, read from the file.
    Result<std::vector<Record>> searches() const;
    Result<void> addSearch(const OrderedJson& trace, const std::string& checkpointHash);
    /// Of whatever checkpoints, oldest first, read from the file.
    Result<std::vector<Record>> sweeps() const;
    Result<void> addSweep(const OrderedJson& results);

    const std::string& notes() const;
    Result<void> setNotes(const std::string& text);

    /// View state: saved with the session, no part of undo. JSON, opaque to the session.
    Json view() const;
    Result<void> setView(const Json& view);

    /// Registers an observer; it is gone when the returned handle is destroyed.
    using Observer = std::function<void(Change)>;
    [[nodiscard]] std::shared_ptr<void> observe(Observer observer);

private:
    struct Impl;
    explicit Session(std::unique_ptr<Impl> impl);
    static Result<std::unique_ptr<Session>> openAs(const std::filesystem::path& path, bool writer);
    std::unique_ptr<Impl> m_impl;
};

} // namespace mambascope
