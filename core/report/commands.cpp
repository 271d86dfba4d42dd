// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/commands.h"

#include "core/base/record_values.h"
#include "core/base/shell_word.h"
#include "core/report/searches.h"
#include "core/report/sweeps.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

std::string comment(std::string line) {
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return std::string("# ").append(line).append("\n");
}

/// Writes the lines down one after another.
class Commands {
public:
    explicit Commands(const Session& session)
        : m_session(session)
        , m_file(shellWord(session.path().filename().string()))
        , m_calibration(session.calibration())
        , m_calibrationHash(m_calibration ? calibrationHash(*m_calibration) : std::string()) {}

    void setting(const char* name, const std::string& value, const std::string& what) {
        m_lines += name + ("=" + shellWord(value)) + "  " + comment(what);
    }

    void plan() {
        m_lines += std::string("\n") +
                   comment("The plan" + std::string(m_calibration ? " and its calibration" : ""));
        m_lines += ofSession("export plan -o plan.json");
        if (!m_calibration) {
            return;
        }
        m_lines += ofSession("export calibration -o calibration.safetensors");
        const CalibrationSource& source = m_calibration->source;
        if (!source.textName.empty() && source.samples > 0) {
            m_lines += comment(
                "or anew: mambascope-cli calibrate \"$MODEL\" --text " + shellWord(source.textName) +
                calibrateOptions(source) + " -o calibration.safetensors");
        }
    }

    void run(const Run& run) {
        const EvaluationResult& result = *run.result;
        const std::string id = std::to_string(run.id), plan = "run-" + id + "-plan.json";
        std::string tasks;
        for (const TaskResult& task : result.tasks) {
            tasks += (tasks.empty() ? "" : ",") + task.name() + (task.identity ? ".json" : "");
        }
        m_lines += std::string("\n") + comment("Run " + id + ": " + result.planName);
        m_lines += ofSession("export plan --run " + id + " -o " + plan);
        m_lines +=
            "mambascope-cli" + precision(result.dtype) + " evaluate \"$MODEL\" --tasks " + shellWord(tasks) +
            " --data \"$DATA\"" +
            (result.limit > 0 ? std::string(" --limit ") + std::to_string(result.limit) : std::string()) +
            " --seed " + std::to_string(result.seed) + " --plan " + plan +
            calibrated(result.calibrationHash) + " -o run-" + id + ".json\n";
    }

    void search(const Record& search) {
        const OrderedJson& trace = search.content;
        const std::string id = std::to_string(search.id), plan = "search-" + id + "-plan.json";
        const std::string target = record::text(trace, "target");
        m_lines += std::string("\n") + comment(searchTitle(search));
        if (!record::member(trace, "start").is_object()) {
            m_lines += comment("It was kept without the plan that it began with.");
            return;
        }
        m_lines += ofSession("export plan --search " + id + " -o " + plan);
        m_lines += "mambascope-cli search \"$MODEL\" --target " + shellWord(target) + " --plan " + plan +
                   calibrated(record::text(trace, "calibration_hash")) + " --text " +
                   textOf(record::text(trace, "text")) + " --samples " +
                   std::to_string(record::whole(trace, "windows")) + " --length " +
                   std::to_string(record::whole(trace, "length")) + " --seed " +
                   std::to_string(record::whole(trace, "seed")) +
                   (record::member(trace, "contiguous") == OrderedJson(true) ? " --contiguous" : "") +
                   choices(trace, target) +
                   (target == "sensitivity" ? "" : " --trace search-" + id + "-trace.json") + " -o search-" +
                   id + ".json\n";
    }

    void sweep(const Record& sweep) {
        const OrderedJson& results = sweep.content;
        const std::string id = std::to_string(sweep.id), recipe = "sweep-" + id + "-recipe.json";
        std::string models, calibrations, tasks, dtype;
        for (const OrderedJson& checkpoint : record::member(results, "checkpoints")) {
            const bool own =
                m_session.checkpoint() && m_session.checkpoint()->hash == record::text(checkpoint, "hash");
            models +=
                std::string(" ") + (own ? std::string("\"$MODEL\"") : shellWord(record::text(checkpoint, "name")));
            calibrations += calibrated(record::text(checkpoint, "calibration_hash"));
            dtype = record::text(checkpoint, "dtype");
            const OrderedJson& plans = record::member(checkpoint, "plans");
            if (tasks.empty() && plans.is_array() && !plans.empty()) {
                for (const auto& [name, task] : record::object(plans[0], "tasks").items()) {
                    tasks += (tasks.empty() ? "" : ",") + name + (task.contains("kind") ? ".json" : "");
                }
            }
        }
        m_lines += std::string("\n") + comment(sweepTitle(sweep));
        if (tasks.empty()) {
            m_lines += comment("It holds no results.");
            return;
        }
        const std::int64_t limit = record::whole(results, "limit");
        m_lines += ofSession("export recipe --sweep " + id + " -o " + recipe);
        m_lines += "mambascope-cli" + precision(dtype) + " sweep" + models + " --recipe " + recipe +
                   " --data \"$DATA\" --tasks " + shellWord(tasks) +
                   (limit > 0 ? std::string(" --limit ") + std::to_string(limit) : std::string()) +
                   " --seed " + std::to_string(record::whole(results, "seed")) + calibrations + " -o sweep-" +
                   id + "\n";
    }

    void exported() {
        m_lines += std::string("\n") + comment("The checkpoint for other programs") +
                   "mambascope-cli export \"$MODEL\" --plan plan.json" + calibrated(m_calibrationHash) +
                   " -o quantized\n";
    }

    std::string lines() && { return std::move(m_lines); }

private:
    std::string ofSession(const std::string& what) const {
        return "mambascope-cli session " + m_file + " " + what + "\n";
    }

    /// The calibration that something was made with; a name in its place if the session does not have it any
    /// more.
    std::string calibrated(const std::string& hash) const {
        if (hash.empty()) {
            return {};
        }
        return hash == m_calibrationHash
                   ? std::string(" --calibration calibration.safetensors")
                   : std::string(" --calibration ") + shellWord("calibration-" + hash + ".safetensors");
    }

    static std::string precision(const std::string& dtype) {
        return dtype.empty() || dtype == "f32" ? std::string() : std::string(" --dtype ") + shellWord(dtype);
    }

    static std::string textOf(const std::string& name) { return name.empty() ? "TEXT" : shellWord(name); }

    /// --grid, or --bits with their budget.
    static std::string choices(const OrderedJson& trace, const std::string& target) {
        std::string all;
        for (const OrderedJson& candidate : record::member(trace, "candidates")) {
            if (candidate.is_string() && candidate != OrderedJson("off")) {
                all += (all.empty() ? "" : ",") + candidate.get<std::string>();
            }
        }
        if (target == "alpha") {
            return std::string(" --grid ") + shellWord(all);
        }
        if (target != "bits") {
            return {};
        }
        const OrderedJson& sites = record::object(trace, "sites");
        const bool weighted = std::ranges::any_of(
            sites, [](const OrderedJson& site) { return site.is_object() && site.contains("divergences"); });
        const OrderedJson& budget = record::member(trace, "budget_bits");
        return std::string(" --bits ") + shellWord(all) + " --average-bits " + shellWord(budget.dump()) +
               (weighted ? " --weighted" : "");
    }

    const Session& m_session;
    const std::string m_file;
    const std::shared_ptr<const CalibrationSnapshot> m_calibration;
    const std::string m_calibrationHash;
    std::string m_lines;
};

} // namespace

std::string
commandLines(const Session& session, std::span<const Record> searches, std::span<const Record> sweeps) {
    Commands commands(session);
    const auto& checkpoint = session.checkpoint();
    commands.setting(
        "MODEL", checkpoint ? checkpoint->name : "MODEL",
        "the checkpoint's folder, or its name in the cache");
    commands.setting("DATA", "DATA", "the folder of the tasks' data");
    commands.plan();
    for (const Run& run : session.runs()) {
        commands.run(run);
    }
    for (const Record& search : searches) {
        commands.search(search);
    }
    for (const Record& sweep : sweeps) {
        commands.sweep(sweep);
    }
    commands.exported();
    return std::move(commands).lines();
}

} // namespace mambascope
