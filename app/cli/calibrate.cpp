// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"

#include "core/calibration/import_scales.h"
#include "core/calibration/outliers.h"

#include <iostream>

namespace mambascope::cli {
namespace {

struct CalibrateOptions {
    std::string model, text, idsFrom, session;
    WindowRequest windows;
    bool samplesGiven = false, rotated = false;
    OutputOptions output;
};

Result<CalibrationRequest> textWindows(const CalibrateOptions& options, LoadedEngine& loaded) {
    const Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    return tokenizer.ok() ? windowsOfText(options.text, *tokenizer.value(), options.windows)
                          : tokenizer.error();
}

Result<CalibrationRequest> idWindows(const CalibrateOptions& options) {
    Result<std::vector<std::vector<std::int32_t>>> rows = idsFrom(options.idsFrom);
    if (!rows.ok()) {
        return rows.error();
    }
    CalibrationRequest request;
    request.windows = std::move(rows).value();
    request.source.textName = options.idsFrom;
    if (options.samplesGiven && static_cast<std::size_t>(options.windows.samples) < request.windows.size()) {
        request.windows.resize(static_cast<std::size_t>(options.windows.samples));
    }
    request.source.samples = static_cast<int>(request.windows.size());
    request.source.length = static_cast<int>(request.windows.front().size());
    request.source.contiguous = true;
    return request;
}

Result<CalibrationRequest> calibrationRequest(const CalibrateOptions& options, LoadedEngine& loaded) {
    Result<CalibrationRequest> request =
        options.idsFrom.empty() ? textWindows(options, loaded) : idWindows(options);
    if (!request.ok()) {
        return request;
    }
    request.value().source.rotated = options.rotated;
    if (Result<void> known = checkIds(request.value().windows, loaded.model.spec.vocabulary); !known.ok()) {
        return known.error();
    }
    return request;
}

Result<void> calibrate(const Context& context, const CalibrateOptions& options) {
    if (const Result<void> free = checkOutput(options.output); !free.ok()) {
        return free.error();
    }
    if (const Result<void> writable = checkSession(options.session); !writable.ok()) {
        return writable.error();
    }
    if (options.text.empty() && options.idsFrom.empty() && options.model != "demo") {
        return Error::usage("There is no calibration text.", "Name one with --text FILE.");
    }
    Result<LoadedEngine> loaded = loadModel(context, options.model);
    if (!loaded.ok()) {
        return loaded.error();
    }
    if (const Result<void> same = checkSession(options.session, loaded.value().model); !same.ok()) {
        return same.error();
    }
    Result<CalibrationRequest> request = calibrationRequest(options, loaded.value());
    if (!request.ok()) {
        return request.error();
    }
    Result<CalibrationSnapshot> snapshot = loaded.value().engine->calibrate(request.value(), context.job);
    if (!snapshot.ok()) {
        return snapshot.error();
    }
    if (snapshot.value().source.partial) {
        return Error::cancelled();
    }
    if (const Result<void> saved =
            saveCalibration(options.output.file, snapshot.value(), options.output.force);
        !saved.ok()) {
        return saved.error();
    }
    return addToSession(
        options.session, loaded.value().model,
        std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value()));
}

struct OutlierOptions {
    std::string calibration;
    std::string rule = "channel-spread";
    double k = 6;
    std::string side = "input";
    OutputOptions output;
};

OrderedJson describeSite(const OutlierSet& set) {
    OrderedJson site;
    site["channels"] = set.channels;
    site["centre"] = set.centre;
    site["spread"] = set.spread;
    site["band"] = set.threshold;
    site["possible"] = set.possible;
    if (!set.possible) {
        site["why"] = set.why;
    }
    site["outliers"] = OrderedJson::array();
    for (const OutlierChannel& outlier : set.outliers) {
        site["outliers"].push_back(
            {{"channel", outlier.channel}, {"absmax", outlier.absmax}, {"sigmas", outlier.sigmas}});
    }
    return site;
}

Result<void> outliers(const OutlierOptions& options) {
    if (const Result<void> free = checkOutput(options.output); !free.ok()) {
        return free.error();
    }
    const Result<ImportedScales> loaded = openCalibrationOrScales(options.calibration);
    if (!loaded.ok()) {
        return loaded.error();
    }
    const CalibrationSnapshot& calibration = loaded.value().snapshot;
    const OutlierRule rule = *parseOutlierRule(options.rule);
    const Side side = *parseSide(options.side);
    OrderedJson sites = OrderedJson::object();
    std::string unanswerable;
    for (const SiteId site : calibration.spec.sites()) {
        const OutlierSet set = findOutliers(calibration.at(site, side), rule, options.k);
        sites[siteName(site, side)] = describeSite(set);
        if (!set.answerable) {
            unanswerable = set.why;
        }
    }
    if (!unanswerable.empty()) {
        printWarning(unanswerable);
    }
    OrderedJson json;
    json["rule"] = options.rule;
    json["k"] = options.k;
    json["side"] = options.side;
    json["calibration_hash"] = calibrationHash(calibration);
    json["sites"] = sites;
    return writeJson(json, options.output);
}

} // namespace

void addCalibrate(CLI::App& program, Verb& run) {
    auto options = std::make_shared<CalibrateOptions>();
    CLI::App* verb = program.add_subcommand("calibrate", "Per-channel statistics of every site");
    verb->add_option("MODEL", options->model)->required();
    CLI::Option* text =
        verb->add_option("--text", options->text, "UTF-8 text (default for the demo: its own)");
    CLI::Option* ids =
        verb->add_option("--ids-from", options->idsFrom, "FILE.safetensors:TENSOR, one window a row");
    ids->excludes(text);
    CLI::Option* samples = verb->add_option("--samples", options->windows.samples, "Windows (default 128)")
                               ->check(CLI::Range(1, 1 << 24));
    verb->add_option("--length", options->windows.length, "Tokens a window (default 512)")
        ->check(CLI::Range(1, 1 << 20))
        ->excludes(ids);
    CLI::Option* seed =
        verb->add_option("--seed", options->windows.seed, "Seed of the windows' positions (default 0)");
    verb->add_flag("--contiguous", options->windows.contiguous, "The first windows back to back")
        ->excludes(seed);
    verb->add_flag(
        "--rotated", options->rotated, "Also observe rotated inputs, for static scales of plans that rotate");
    verb->add_option(
        "--session", options->session, "Also add the calibration to this session (made if missing)");
    addOutputOptions(*verb, options->output, true, "Calibration file");
    verb->callback([options, samples, &run] {
        options->samplesGiven = samples->count() > 0;
        run = [options](const Context& c) {
            return calibrate(c, *options);
        };
    });
}

void addOutliers(CLI::App& program, Verb& run) {
    auto options = std::make_shared<OutlierOptions>();
    CLI::App* verb = program.add_subcommand("outliers", "Outlier channels of every site of a calibration");
    verb->add_option("CALIBRATION", options->calibration, "Calibration file, or activation scales (.pt)")
        ->required();
    verb->add_option("--rule", options->rule, "channel-spread, all-elements, llm-int8 or mad")
        ->check(CLI::IsMember({"channel-spread", "all-elements", "llm-int8", "mad"}));
    verb->add_option("--k", options->k, "How many sigmas (default 6)")->check(CLI::PositiveNumber);
    verb->add_option("--side", options->side, "input or output of the linears")
        ->check(CLI::IsMember({"input", "output"}));
    addOutputOptions(*verb, options->output, false, "Write the JSON here instead of standard output");
    verb->callback([options, &run] {
        run = [options](const Context&) {
            return outliers(*options);
        };
    });
}

} // namespace mambascope::cli
