// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/session_file.h"

#include "app/cli/context.h"
#include "core/evaluation/result_key.h"

namespace mambascope::cli {
namespace {

Result<std::unique_ptr<Session>> openWritable(const std::string& file) {
    std::error_code error;
    Result<std::unique_ptr<Session>> session =
        std::filesystem::exists(file, error) ? Session::open(file) : Session::create(file, false);
    if (session.ok() && session.value()->readOnly()) {
        return Error{
            ErrorCode::ReadOnly,
            "The session '" + file + "' cannot be written.",
            "It is write-protected or open in a window; close that, or name another file.",
            {}};
    }
    return session;
}

/// An open session that may be written and refers to `model`.
Result<std::unique_ptr<Session>> openForWriting(const std::string& file, const LoadedModel& model) {
    Result<std::unique_ptr<Session>> session = openWritable(file);
    if (!session.ok()) {
        return session;
    }
    if (const auto& about = session.value()->checkpoint(); about && about->hash != model.hash) {
        return Error::usage(
            "The session '" + file + "' is about another checkpoint, " + about->name + " at " + about->path +
                ", not about " + model.name + ".",
            "Name another session file; one that does not exist is made.");
    }
    if (Result<void> set = session.value()->setCheckpoint(referenceTo(model)); !set.ok()) {
        return set.error();
    }
    return session;
}

} // namespace

CheckpointReference referenceTo(const LoadedModel& model) {
    return {model.path, model.name, model.hash, model.spec};
}

Result<void> checkSession(const std::string& file) {
    std::error_code error;
    if (file.empty() || !std::filesystem::exists(file, error)) {
        return {};
    }
    const Result<std::unique_ptr<Session>> session = openWritable(file);
    return session.ok() ? Result<void>() : session.error();
}

Result<void> checkSession(const std::string& file, const LoadedModel& model) {
    std::error_code error;
    if (file.empty() || !std::filesystem::exists(file, error)) {
        return {};
    }
    const Result<std::unique_ptr<Session>> session = openForWriting(file, model);
    return session.ok() ? Result<void>() : session.error();
}

Result<void> addToSession(
    const std::string& file, const LoadedModel& model,
    std::shared_ptr<const CalibrationSnapshot> calibration) {
    if (file.empty()) {
        return {};
    }
    Result<std::unique_ptr<Session>> session = openForWriting(file, model);
    return session.ok() ? session.value()->addCalibration(std::move(calibration)) : session.error();
}

Result<void> addToSession(
    const std::string& file, const LoadedModel& model, const QuantPlan& plan,
    std::shared_ptr<const EvaluationResult> result) {
    if (file.empty()) {
        return {};
    }
    Result<std::unique_ptr<Session>> session = openForWriting(file, model);
    if (!session.ok()) {
        return session.error();
    }
    if (Result<void> set = session.value()->setPlan(plan, plan.name); !set.ok()) {
        return set;
    }
    Result<RunId> run = session.value()->addRun(std::move(result));
    if (!run.ok()) {
        return run.error();
    }
    return {};
}

Result<void> addSearchToSession(const std::string& file, const LoadedModel& model, const OrderedJson& trace) {
    if (file.empty()) {
        return {};
    }
    Result<std::unique_ptr<Session>> session = openForWriting(file, model);
    return session.ok() ? session.value()->addSearch(trace, model.hash) : session.error();
}

Result<void> addSweepToSession(const std::string& file, const OrderedJson& results) {
    if (file.empty()) {
        return {};
    }
    Result<std::unique_ptr<Session>> session = openWritable(file);
    return session.ok() ? session.value()->addSweep(results) : session.error();
}

Result<void> setSessionPlan(const std::string& file, const LoadedModel& model, const QuantPlan& plan) {
    Result<std::unique_ptr<Session>> session = openForWriting(file, model);
    return session.ok() ? session.value()->setPlan(plan, plan.name) : session.error();
}

Result<std::vector<std::shared_ptr<const EvaluationResult>>>
resultsLike(const std::string& file, const LoadedModel& model, const EvaluationResult& run) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        return std::vector<std::shared_ptr<const EvaluationResult>>();
    }
    Result<std::unique_ptr<Session>> session = openForWriting(file, model);
    if (!session.ok()) {
        return session.error();
    }
    const std::string wanted = resultKey(run).hash();
    std::vector<std::shared_ptr<const EvaluationResult>> results;
    for (const Run& stored : session.value()->runs()) {
        if (resultKey(*stored.result).hash() != wanted) {
            continue;
        }
        Result<std::shared_ptr<const EvaluationResult>> whole = session.value()->result(stored.id);
        if (!whole.ok()) {
            return whole.error();
        }
        results.push_back(std::move(whole).value());
    }
    return results;
}

} // namespace mambascope::cli
