// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/session/session.h"

#include <iostream>

namespace mambascope::cli {
namespace {

Result<std::unique_ptr<Session>> openSession(const std::string& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        return Error::unreadable("There is no session '" + file + "'.");
    }
    return Session::open(file);
}

OrderedJson describeRuns(const Session& session) {
    OrderedJson runs = OrderedJson::array();
    for (const Run& run : session.runs()) {
        OrderedJson tasks = OrderedJson::object();
        for (const TaskResult& task : run.result->tasks) {
            tasks[std::string(taskName(task.task))] = {
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

Result<void> show(const Session& session) {
    OrderedJson json;
    json["file"] = session.path().string();
    json["read_only"] = session.readOnly();
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
    json["notes"] = session.notes();
    return writeJson(json, {});
}

Result<void>
exportPart(const Session& session, const std::string& what, RunId run, const OutputOptions& output) {
    if (const Result<void> free = checkOutput(output); !free.ok()) {
        return free.error();
    }
    if (what == "plan") {
        return writeJson(toJson(session.plan()), output);
    }
    if (what == "calibration") {
        const auto calibration = session.calibration();
        if (calibration == nullptr) {
            return Error::failed("The session has no calibration.");
        }
        return output.file.empty() ? Error::usage("A calibration is no text.", "Name a file with -o.")
                                   : saveCalibration(output.file, *calibration, output.force);
    }
    for (const Run& candidate : session.runs()) {
        if (candidate.id == run) {
            return writeJson(toJson(*candidate.result, nullptr, true), output);
        }
    }
    return Error::usage(
        "The session has no run " + std::to_string(run) + ".", "'session FILE show' lists them.");
}

} // namespace

void addSession(CLI::App& program, Verb& run) {
    struct Options {
        std::string file, what;
        RunId run = 0;
        OutputOptions output;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("session", "Read session files: FILE show | check | export");
    verb->add_option("FILE", options->file)->required();
    verb->require_subcommand(1);
    const auto onSession = [options, &run](auto action) {
        run = [options, action](const Context&) -> Result<void> {
            Result<std::unique_ptr<Session>> session = openSession(options->file);
            return session.ok() ? action(*session.value()) : session.error();
        };
    };
    verb->add_subcommand("show", "What the session holds, as JSON")->callback([onSession] {
        onSession(&show);
    });
    verb->add_subcommand("check", "Whether the file is sound")->callback([onSession] {
        onSession([](const Session& session) -> Result<void> {
            return writeJson({{"file", session.path().string()}, {"ok", true}}, {});
        });
    });
    CLI::App* out = verb->add_subcommand("export", "Write the plan, the calibration or a run to a file");
    out->add_option("WHAT", options->what, "plan, calibration or run")
        ->required()
        ->check(CLI::IsMember({"plan", "calibration", "run"}));
    out->add_option("--run", options->run, "Number of the run");
    addOutputOptions(*out, options->output, false, "File (default: standard output)");
    out->callback([options, onSession] {
        onSession([options](const Session& session) {
            return exportPart(session, options->what, options->run, options->output);
        });
    });
}

} // namespace mambascope::cli
