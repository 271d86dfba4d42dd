// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/database.h"
#include "core/session/session.h"
#include "core/session/store.h"

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// What a session holds in memory, and the open file behind it.
struct Session::Impl {
    std::filesystem::path path;
    Database database;
    std::string readOnlyReason; ///< empty: this session is the file's writer

    std::optional<CheckpointReference> checkpoint;
    store::StoredCalibration calibration;
    /// The same in memory; null until somebody asks for it.
    std::shared_ptr<const CalibrationSnapshot> calibrationRead;
    QuantPlan plan;
    store::PlanPosition planPosition;
    std::vector<Run> runs;
    std::string notes;
    Json view;

    struct Slot {
        Observer observer;
    };
    std::vector<std::weak_ptr<Slot>> observers;
    std::map<RunId, bool> isBaseline; ///< remembers what a run's plan came to

    ~Impl();

    std::string checkpointHash() const { return checkpoint ? checkpoint->hash : std::string(); }
    /// Reads everything from the database.
    Result<void> load();
    Result<void> loadCheckpointParts(
        const std::string& hash, store::StoredCalibration& newCalibration, std::vector<Run>& newRuns) const;
    Run* find(RunId id);

    /// Runs `change` inside the transaction that is always open while this session is the writer, commits it,
    /// and opens the next one: holding SQLite's write lock between edits is what keeps a second writer out,
    /// and it ends with the process.
    Result<void> edit(const std::function<Result<void>(Database&)>& change);
    /// The same for a change of the plan or of its place in the history, after which `newPlan` is current.
    Result<void> changePlan(const std::function<Result<void>(Database&)>& change, const QuantPlan& newPlan);
    /// Makes another revision current.
    Result<void> goToPlan(std::int64_t revision);
    /// Calls the observers. Touches nothing of this afterwards: an observer may destroy the session.
    void notify(std::initializer_list<Change> changes);
};

} // namespace mambascope
