// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/report/report.h"
#include "core/session/checkpoint_check.h"
#include "core/session/recover.h"
#include "core/session/session.h"
#include "core/session/session_diff.h"
#include "core/sweep/recipe.h"

#include <charconv>
#include <iostream>

namespace mambascope::cli {
namespace {

OrderedJson describeRuns(const Session& session) {
    OrderedJson runs = OrderedJson::array();
    for (const Run& run : session.runs()) {
        OrderedJson tasks = OrderedJson::object();
        for (const TaskResult& task : run.result->tasks) {
            tasks[task.name()] = {
                {"n", task.metrics.n},
                {std::string(publishedMetric(task.task)), task.metrics.published(task.task)}};
        }
        runs.push_back(
            {{"id", run.id},
             {"created", run.created},
             {"plan", run.result->planName},
             {"plan_hash", run.result->planHash},
             {"partial", run.result->partial},
             {"note", run.note},
             {"tasks", tasks},
             {"average", run.result->average()}});
    }
    return runs;
}

/// A search or a sweep by its number and time, and what `describe` takes of its content.
Result<OrderedJson> describeRecords(
    const Result<std::vector<Record>>& records, OrderedJson (*describe)(const OrderedJson& content)) {
    if (!records.ok()) {
        return records.error();
    }
    OrderedJson list = OrderedJson::array();
    for (const Record& record : records.value()) {
        OrderedJson& json = list.emplace_back(OrderedJson{{"id", record.id}, {"created", record.created}});
        json.update(describe(record.content));
    }
    return list;
}

/// Those of `keys` that the content of a record has.
OrderedJson only(const OrderedJson& content, std::initializer_list<const char*> keys) {
    OrderedJson some = OrderedJson::object();
    for (const char* key : keys) {
        if (const auto found = content.find(key); found != content.end()) {
            some[key] = *found;
        }
    }
    return some;
}

OrderedJson listedSearch(const OrderedJson& trace) {
    return only(trace, {"target", "plan_hash"});
}

OrderedJson listedSweep(const OrderedJson& results) {
    return only(results, {"recipe", "title"});
}

/// What the session holds, a line's worth each.
Result<void> list(const Session& session) {
    OrderedJson json;
    json["checkpoint"] = session.checkpoint() ? session.checkpoint()->name : std::string();
    json["plan"] = planSummary(session.plan());
    OrderedJson runs = OrderedJson::array();
    for (const Run& run : session.runs()) {
        std::vector<std::string> tasks;
        for (const TaskResult& task : run.result->tasks) {
            tasks.push_back(task.name());
        }
        runs.push_back(
            {{"id", run.id},
             {"plan", run.result->planName},
             {"tasks", tasks},
             {"average", run.result->average()},
             {"partial", run.result->partial}});
    }
    json["runs"] = std::move(runs);
    const Result<std::vector<PlanRevision>> history = session.planHistory();
    if (!history.ok()) {
        return history.error();
    }
    OrderedJson plans = OrderedJson::array();
    for (const PlanRevision& revision : history.value()) {
        plans.push_back(
            {{"id", revision.id},
             {"parent", revision.parent},
             {"current", revision.id == session.planRevision()},
             {"created", revision.created},
             {"label", revision.label},
             {"name", revision.plan.name},
             {"summary", planSummary(revision.plan)}});
    }
    json["plans"] = std::move(plans);
    const Result<OrderedJson> searches = describeRecords(session.searches(), &listedSearch);
    if (!searches.ok()) {
        return searches.error();
    }
    json["searches"] = searches.value();
    const Result<OrderedJson> sweeps = describeRecords(session.sweeps(), &listedSweep);
    if (!sweeps.ok()) {
        return sweeps.error();
    }
    json["sweeps"] = sweeps.value();
    return writeJson(json, {});
}

Error noSuchRun(const std::string& name) {
    return Error::usage("The session has no run '" + name + "'.", "'session FILE list' lists them.");
}

/// A run by its number, or "baseline" or "last".
Result<RunId> runOf(const Session& session, const std::string& name) {
    if (name == "last" && !session.runs().empty()) {
        return session.runs().back().id;
    }
    if (name == "baseline") {
        const Run* baseline = session.baseline();
        return baseline != nullptr ? Result<RunId>(baseline->id)
                                   : Error::usage(
                                         "The session has no complete run without quantization.",
                                         "Name a run by its number; 'session FILE list' lists them.");
    }
    RunId id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error == std::errc() && end == name.data() + name.size()) {
        for (const Run& run : session.runs()) {
            if (run.id == id) {
                return id;
            }
        }
    }
    return noSuchRun(name);
}

OrderedJson describeRun(const Session& session, RunId id) {
    for (const Run& run : session.runs()) {
        if (run.id == id) {
            return {
                {"id", id},
                {"created", run.created},
                {"plan", run.result->planName},
                {"plan_hash", run.result->planHash},
                {"calibration_hash", run.result->calibrationHash}};
        }
    }
    return nullptr;
}

Result<void>
diff(const Session& session, const std::string& from, const std::string& to, const OutputOptions& output) {
    const Result<RunId> a = runOf(session, from);
    if (!a.ok()) {
        return a.error();
    }
    const Result<RunId> b = runOf(session, to);
    if (!b.ok()) {
        return b.error();
    }
    const Result<RunDifference> difference = compareRuns(session, a.value(), b.value());
    if (!difference.ok()) {
        return difference.error();
    }
    OrderedJson json{{"from", describeRun(session, a.value())}, {"to", describeRun(session, b.value())}};
    json.update(toJson(difference.value()));
    return writeJson(json, output);
}

Result<void> report(const Session& session, const OutputOptions& output) {
    const Result<std::string> page = sessionReport(session);
    return page.ok() ? writeFile(output.file, page.value(), output.force) : page.error();
}

Result<void> show(const Session& session) {
    OrderedJson json;
    json["file"] = session.path().string();
    using std::filesystem::perms;
    const perms writable = perms::owner_write | perms::group_write | perms::others_write;
    json["read_only"] = (std::filesystem::status(session.path()).permissions() & writable) == perms::none;
    if (const auto& checkpoint = session.checkpoint()) {
        json["checkpoint"] = {
            {"path", checkpoint->path}, {"name", checkpoint->name}, {"hash", checkpoint->hash}};
    }
    if (const auto calibration = session.calibration()) {
        const CalibrationSource& source = calibration->source;
        json["calibration"] = {
            {"hash", calibrationHash(*calibration)},
            {"text", source.textName},
            {"samples", source.samples},
            {"length", source.length},
            {"tokens", source.tokens}};
    }
    json["plan"] = toJson(session.plan());
    json["plan_summary"] = planSummary(session.plan());
    json["runs"] = describeRuns(session);
    const auto whole = [](const OrderedJson& content) {
        return content;
    };
    const Result<OrderedJson> searches = describeRecords(session.searches(), whole);
    if (!searches.ok()) {
        return searches.error();
    }
    json["searches"] = searches.value();
    const Result<OrderedJson> sweeps = describeRecords(session.sweeps(), whole);
    if (!sweeps.ok()) {
        return sweeps.error();
    }
    json["sweeps"] = sweeps.value();
    json["notes"] = session.notes();
    return writeJson(json, {});
}

/// Opening has checked the file; what opening leaves for later is read here. With `job` the checkpoint as
/// well.
Result<void> check(const Session& session, const Job* job) {
    if (const Result<std::vector<PlanRevision>> history = session.planHistory(); !history.ok()) {
        return history.error();
    }
    for (const auto& records : {session.searches(), session.sweeps()}) {
        if (!records.ok()) {
            return records.error();
        }
    }
    for (const Run& run : session.runs()) {
        if (const auto result = session.result(run.id); !result.ok()) {
            return result.error();
        }
    }
    OrderedJson json{{"file", session.path().string()}, {"ok", true}};
    if (job != nullptr) {
        const auto& checkpoint = session.checkpoint();
        if (!checkpoint) {
            return Error::failed(
                "The session refers to no checkpoint that could be checked.",
                "Check it without --checkpoint.");
        }
        if (const Result<void> same = checkCheckpoint(*checkpoint, *job); !same.ok()) {
            return same;
        }
        json["checkpoint"] = checkpoint->path;
    }
    return writeJson(json, {});
}

/// What `export` is asked for; numbers are 0 where none is given.
struct Part {
    std::string what;
    RunId run = 0;
    std::int64_t search = 0, sweep = 0;
};

/// One of the session's searches or sweeps.
Result<OrderedJson>
contentOf(const Result<std::vector<Record>>& records, std::int64_t id, const std::string& kind) {
    if (!records.ok()) {
        return records.error();
    }
    for (const Record& record : records.value()) {
        if (record.id == id) {
            return record.content;
        }
    }
    return Error::usage(
        "The session has no " + kind + " '" + std::to_string(id) + "'.", "'session FILE list' lists them.");
}

Result<std::shared_ptr<const EvaluationResult>> resultOf(const Session& session, RunId run) {
    const Result<RunId> known = runOf(session, std::to_string(run));
    return known.ok() ? session.result(known.value()) : known.error();
}

/// The current plan, or that of a run, or that a search began with.
Result<OrderedJson> planPart(const Session& session, const Part& part) {
    if (part.run != 0) {
        const auto result = resultOf(session, part.run);
        if (!result.ok()) {
            return result.error();
        }
        const Result<QuantPlan> plan = planOf(*result.value());
        return plan.ok() ? Result<OrderedJson>(toJson(plan.value())) : plan.error();
    }
    if (part.search != 0) {
        const Result<OrderedJson> trace = contentOf(session.searches(), part.search, "search");
        if (!trace.ok()) {
            return trace.error();
        }
        const auto start = trace.value().find("start");
        return start != trace.value().end() ? Result<OrderedJson>(*start)
                                            : Error::failed(
                                                  "The search was kept without the plan that it began with.",
                                                  "Its trace says the plan's hash.");
    }
    return toJson(session.plan());
}

Result<void> exportCalibration(const Session& session, const OutputOptions& output) {
    const auto calibration = session.calibration();
    if (calibration == nullptr) {
        return Error::failed("The session has no calibration.");
    }
    return output.file.empty() ? Error::usage("A calibration is no text.", "Name a file with -o.")
                               : saveCalibration(output.file, *calibration, output.force);
}

Result<OrderedJson> jsonPart(const Session& session, const Part& part) {
    if (part.what == "plan") {
        return planPart(session, part);
    }
    if (part.what == "search") {
        return contentOf(session.searches(), part.search, "search");
    }
    if (part.what == "run") {
        const auto result = resultOf(session, part.run);
        return result.ok() ? Result<OrderedJson>(toJson(*result.value(), nullptr, true)) : result.error();
    }
    const Result<OrderedJson> sweep = contentOf(session.sweeps(), part.sweep, "sweep");
    return sweep.ok() && part.what == "recipe"
               ? recipeOf(sweep.value(), "Sweep " + std::to_string(part.sweep))
               : sweep;
}

Result<void> exportPart(const Session& session, const Part& part, const OutputOptions& output) {
    if (const Result<void> free = checkOutput(output); !free.ok()) {
        return free.error();
    }
    if (part.what == "calibration") {
        return exportCalibration(session, output);
    }
    const Result<OrderedJson> json = jsonPart(session, part);
    return json.ok() ? writeJson(json.value(), output) : json.error();
}

} // namespace

void addSession(CLI::App& program, Verb& run) {
    struct Options {
        std::string file, from, to;
        Part part;
        bool withCheckpoint = false;
        OutputOptions output;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand(
        "session", "Read session files: FILE list | show | check | export | diff | report | recover");
    verb->add_option("FILE", options->file)->required();
    verb->require_subcommand(1);
    const auto onSession = [options, &run](auto action) {
        run = [options, action](const Context&) -> Result<void> {
            Result<std::unique_ptr<Session>> session = Session::openForReading(options->file);
            return session.ok() ? action(*session.value()) : session.error();
        };
    };
    verb->add_subcommand("list", "Runs, plans, searches and sweeps of the session, as JSON")
        ->callback([onSession] { onSession(&list); });
    verb->add_subcommand("show", "What the session holds, as JSON")->callback([onSession] {
        onSession(&show);
    });
    CLI::App* sound = verb->add_subcommand("check", "Whether the file is sound");
    sound->add_flag(
        "--checkpoint", options->withCheckpoint,
        "Also whether its checkpoint is where it was and holds the same weights");
    sound->callback([options, &run] {
        run = [options](const Context& context) -> Result<void> {
            Result<std::unique_ptr<Session>> session = Session::openForReading(options->file);
            return session.ok() ? check(*session.value(), options->withCheckpoint ? &context.job : nullptr)
                                : session.error();
        };
    });
    CLI::App* out = verb->add_subcommand(
        "export", "Write the plan, the calibration, a run, a search or a sweep to a file");
    out->add_option(
           "WHAT", options->part.what,
           "plan, calibration, run, search (its trace), sweep (its results) or recipe (what makes a sweep again)")
        ->required()
        ->check(CLI::IsMember({"plan", "calibration", "run", "search", "sweep", "recipe"}));
    out->add_option("--run", options->part.run, "Number of the run; of plan: that run's instead of the current one");
    out->add_option(
        "--search", options->part.search, "Number of the search; of plan: the one that it began with");
    out->add_option("--sweep", options->part.sweep, "Number of the sweep");
    addOutputOptions(*out, options->output, false, "File (default: standard output)");
    out->callback([options, onSession] {
        onSession([options](const Session& session) {
            return exportPart(session, options->part, options->output);
        });
    });
    CLI::App* compare = verb->add_subcommand(
        "diff", "What differs between two runs: plans in words, conditions, results item by item");
    compare->add_option("A", options->from, "Number of a run, baseline or last")->required();
    compare->add_option("B", options->to, "Number of a run, baseline or last")->required();
    addOutputOptions(*compare, options->output, false, "Write the JSON here instead of standard output");
    compare->callback([options, onSession] {
        onSession([options](const Session& session) {
            const Result<void> free = checkOutput(options->output);
            return free.ok() ? diff(session, options->from, options->to, options->output) : free;
        });
    });
    CLI::App* rescue = verb->add_subcommand(
        "recover", "What can still be read of a damaged session, as a new one; says what is lost, as JSON");
    addOutputOptions(*rescue, options->output, true, "The new session");
    rescue->callback([options, &run] {
        run = [options](const Context&) -> Result<void> {
            const Result<std::vector<std::string>> lost =
                recoverSession(options->file, options->output.file, options->output.force);
            return lost.ok() ? writeJson({{"file", options->output.file}, {"lost", lost.value()}}, {})
                             : lost.error();
        };
    });
    CLI::App* page = verb->add_subcommand("report", "The session as one HTML page for people");
    addOutputOptions(*page, options->output, true, "HTML file");
    page->callback([options, onSession] {
        onSession([options](const Session& session) {
            const Result<void> free = checkOutput(options->output);
            return free.ok() ? report(session, options->output) : free;
        });
    });
}

} // namespace mambascope::cli
