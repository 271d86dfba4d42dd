// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/base/number_text.h"
#include "core/quantization/plan.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <charconv>
#include <iostream>

namespace mambascope::cli {
namespace {

/// "all", or layers and ranges: "3-7,12". Empty means all.
Result<std::vector<int>> parseLayers(const std::string& text) {
    std::vector<int> layers;
    if (text.empty() || text == "all") {
        return layers;
    }
    const char* at = text.data();
    const char* const end = at + text.size();
    const Error bad = Error::usage("'" + text + "' is no list of layers.", "Write all, or e.g. 3-7,12.");
    while (at != end) {
        int first = 0;
        auto [next, error] = std::from_chars(at, end, first);
        int last = first;
        if (error == std::errc() && next != end && *next == '-') {
            const auto range = std::from_chars(next + 1, end, last);
            next = range.ptr;
            error = range.ec;
        }
        if (error != std::errc() || first < 0 || last < first || last > 100000 ||
            (next != end && *next != ',')) {
            return bad;
        }
        for (int layer = first; layer <= last; ++layer) {
            layers.push_back(layer);
        }
        at = next == end ? next : next + 1;
        if (next != end && at == end) {
            return bad;
        }
    }
    return layers;
}

/// "all", or in,x,dt,out (or in_proj …), separated by commas. Empty means all.
Result<std::vector<Linear>> parseSites(const std::string& text) {
    std::vector<Linear> linears;
    if (text.empty() || text == "all") {
        return linears;
    }
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string word = text.substr(at, comma - at);
        const std::optional<Linear> linear = parseLinear(word);
        if (!linear) {
            return Error::usage("There is no site '" + word + "'.", "Sites are in, x, dt, out, or all.");
        }
        linears.push_back(*linear);
        at = comma + 1;
    }
    return linears;
}

struct SetOptions {
    std::string file, layers = "all", sites = "all";
    std::string weightBits, weightFormat, weightGranularity;
    std::string activationBits, activationFormat, activationSide, activationScale, alpha, zero;
    std::string clip, rotate, floatOutliers, scanBits, stateBits;
    std::string scope, rule, name;
    double k = 0;
};

/// 2 to 8, or off; empty text leaves `setting` as it is.
Result<void> takeBits(const std::string& text, const std::string& option, std::optional<int>& setting) {
    if (text.empty() || text == "off") {
        setting = text.empty() ? setting : kBitsOff;
        return {};
    }
    int bits = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size() || bits < 2 || bits > 8) {
        return Error::usage("'" + text + "' is no bit width for " + option + ".", "Use 2 to 8, or off.");
    }
    setting = bits;
    return {};
}

Result<std::optional<double>> parseAlpha(const std::string& text) {
    if (text == "off") {
        return std::optional<double>{};
    }
    const auto alpha = parseNumber(text);
    if (!alpha || !(*alpha >= 0 && *alpha <= 1)) {
        return Error::usage("'" + text + "' is no migration strength.", "Use a number from 0 to 1, or off.");
    }
    return alpha;
}

/// Parses one optional word of the command line into a setting.
template <class T>
Result<void> take(
    const std::string& text, const std::string& option, const std::string& hint,
    std::optional<T> (*parse)(std::string_view), std::optional<T>& setting) {
    if (text.empty()) {
        return {};
    }
    setting = parse(text);
    return setting ? Result<void>() : Error::usage("'" + text + "' is no value for " + option + ".", hint);
}

std::optional<bool> parseOnOff(std::string_view text) {
    return text == "on" ? std::optional(true) : text == "off" ? std::optional(false) : std::nullopt;
}

Result<SitePatch> patchOf(const SetOptions& options) {
    SitePatch patch;
    for (const Result<void>& taken :
         {takeBits(options.weightBits, "--w-bits", patch.weightBits),
          takeBits(options.activationBits, "--a-bits", patch.activationBits),
          takeBits(options.scanBits, "--scan-bits", patch.scanBits),
          takeBits(options.stateBits, "--state-bits", patch.stateBits)}) {
        if (!taken.ok()) {
            return taken.error();
        }
    }
    if (!options.alpha.empty()) {
        Result<std::optional<double>> alpha = parseAlpha(options.alpha);
        if (!alpha.ok()) {
            return alpha.error();
        }
        patch.alpha = alpha.value();
    }
    const char* formats = "Use int, fp8_e4m3, fp8_e5m2, mxfp4 or nvfp4.";
    for (const Result<void>& taken :
         {take(options.weightFormat, "--w-format", formats, &parseNumberFormat, patch.weightFormat),
          take(options.activationFormat, "--a-format", formats, &parseNumberFormat, patch.activationFormat),
          take(
              options.weightGranularity, "--w-granularity", "Use tensor, channel or group:N.",
              &parseGranularity, patch.weightGranularity),
          take(
              options.activationSide, "--a-side", "Use input, output or both.", &parseActivationSide,
              patch.activationSide),
          take(
              options.activationScale, "--a-scale", "Use static, dynamic or token.", &parseActivationScale,
              patch.activationScale),
          take(options.zero, "--zero-outliers", "Use on or off.", &parseOnOff, patch.zeroOutliers),
          take(
              options.clip, "--a-clip", "Use absmax, mse, or percentile:P with P from 50 to 100.", &parseClip,
              patch.activationClip),
          take(options.rotate, "--rotate", "Use on or off.", &parseOnOff, patch.rotate),
          take(
              options.floatOutliers, "--float-outliers", "Use on or off.", &parseOnOff, patch.floatOutliers)}) {
        if (!taken.ok()) {
            return taken.error();
        }
    }
    return patch;
}

Result<QuantPlan> readPlan(const std::string& file) {
    Result<std::string> text = readFile(file, std::size_t{16} << 20);
    return text.ok() ? parsePlan(text.value(), file) : text.error();
}

Result<void> setModelWide(QuantPlan& plan, const SetOptions& options) {
    if (!options.scope.empty()) {
        plan.groups = options.scope == "all" ? ParameterGroups::all() : ParameterGroups::mlp();
    }
    if (!options.rule.empty()) {
        plan.rule = *parseOutlierRule(options.rule);
    }
    if (options.k > 0) {
        plan.k = options.k;
    }
    plan.name = options.name.empty() ? nameAfterEdit(plan) : options.name;
    return {};
}

/// Bits are those of integers: who sets them where another format stands wants integers again.
void leaveFormats(const QuantPlan& plan, SitePatch& patch) {
    const auto used = [&](auto patched) {
        const auto other = [&](const SitePatch& p) {
            return (p.*patched).value_or(NumberFormat::Int) != NumberFormat::Int;
        };
        return std::any_of(plan.linears.begin(), plan.linears.end(), other) ||
               std::any_of(plan.sites.begin(), plan.sites.end(), [&](const auto& entry) {
                   return other(entry.second);
               });
    };
    if (patch.weightBits && !patch.weightFormat &&
        (plan.defaults.weightFormat != NumberFormat::Int || used(&SitePatch::weightFormat))) {
        patch.weightFormat = NumberFormat::Int;
    }
    if (patch.activationBits && !patch.activationFormat &&
        (plan.defaults.activationFormat != NumberFormat::Int || used(&SitePatch::activationFormat))) {
        patch.activationFormat = NumberFormat::Int;
    }
}

Result<void> setPlan(const SetOptions& options) {
    Result<QuantPlan> plan = readPlan(options.file);
    if (!plan.ok()) {
        return plan.error();
    }
    Result<std::vector<int>> layers = parseLayers(options.layers);
    if (!layers.ok()) {
        return layers.error();
    }
    Result<std::vector<Linear>> linears = parseSites(options.sites);
    if (!linears.ok()) {
        return linears.error();
    }
    Result<SitePatch> patch = patchOf(options);
    if (!patch.ok()) {
        return patch.error();
    }
    leaveFormats(plan.value(), patch.value());
    const bool modelWide =
        !options.scope.empty() || !options.rule.empty() || options.k > 0 || !options.name.empty();
    if (patch.value().empty() && !modelWide) {
        return Error::usage(
            "There is nothing to set.", "Name a setting, e.g. --w-bits 8; see 'plan set --help'.");
    }
    if (!patch.value().empty()) {
        plan.value().set({layers.value(), linears.value()}, patch.value());
    }
    if (Result<void> set = setModelWide(plan.value(), options); !set.ok()) {
        return set;
    }
    return writeFile(options.file, toJson(plan.value()).dump(2) + "\n", true);
}

void addSet(CLI::App& plan, Verb& run) {
    auto options = std::make_shared<SetOptions>();
    CLI::App* verb = plan.add_subcommand("set", "Change settings of a plan file in place");
    verb->add_option("PLAN", options->file)->required();
    verb->add_option("--layers", options->layers, "all, or e.g. 3-7,12");
    verb->add_option("--site", options->sites, "all, or in,x,dt,out");
    verb->add_option("--w-bits", options->weightBits, "2 to 8, or off");
    verb->add_option(
        "--w-format", options->weightFormat,
        "int, fp8_e4m3, fp8_e5m2, mxfp4 or nvfp4; bits count for int only");
    verb->add_option("--w-granularity", options->weightGranularity, "tensor, channel or group:N");
    verb->add_option("--a-bits", options->activationBits, "2 to 8, or off");
    verb->add_option("--a-format", options->activationFormat, "the same for activations");
    verb->add_option("--a-side", options->activationSide, "input, output or both");
    verb->add_option("--a-scale", options->activationScale, "static, dynamic or token");
    verb->add_option("--alpha", options->alpha, "SmoothQuant migration strength 0 to 1, or off");
    verb->add_option("--zero-outliers", options->zero, "on or off");
    verb->add_option(
        "--a-clip", options->clip,
        "Where static scales end: absmax, mse (least squared error) or percentile:P of the calibrated values");
    verb->add_option("--rotate", options->rotate, "Rotate input and weight (Hadamard) before quantizing: on or off");
    verb->add_option(
        "--float-outliers", options->floatOutliers, "Keep the channels that the rule flags in floats: on or off");
    verb->add_option(
        "--scan-bits", options->scanBits,
        "2 to 8, or off: what the scan reads (z of in_proj, u, B and C of x_proj, Δ of dt_proj)");
    verb->add_option(
        "--state-bits", options->stateBits,
        "2 to 8, or off: the state of the scan from token to token (a setting of out_proj)");
    verb->add_option("--scope", options->scope, "mlp or all")->check(CLI::IsMember({"mlp", "all"}));
    verb->add_option("--rule", options->rule, "Outlier rule of zeroing and of --float-outliers")
        ->check(CLI::IsMember({"channel-spread", "all-elements", "llm-int8", "mad"}));
    verb->add_option("--k", options->k, "Sigmas of the outlier rule")->check(CLI::PositiveNumber);
    verb->add_option(
        "--name", options->name,
        "Name of the plan (default: as it was, or the preset's with \", edited\" if it does something else)");
    verb->callback([options, &run] {
        run = [options](const Context&) {
            return setPlan(*options);
        };
    });
}

void addNew(CLI::App& plan, Verb& run) {
    struct Options {
        std::string preset = "baseline";
        OutputOptions output;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb = plan.add_subcommand("new", "Make a plan file");
    verb->add_option("--preset", options->preset, "Start from this preset (default: baseline)");
    addOutputOptions(*verb, options->output, false, "Plan file (default: standard output)");
    verb->callback([options, &run] {
        run = [options](const Context&) -> Result<void> {
            Result<QuantPlan> preset = presetPlan(options->preset);
            return preset.ok() ? writeJson(toJson(preset.value()), options->output) : preset.error();
        };
    });
}

void addShowAndDiff(CLI::App& plan, Verb& run) {
    struct Options {
        std::string file, other;
        int layers = 64;
    };
    auto options = std::make_shared<Options>();
    CLI::App* show = plan.add_subcommand("show", "Print a plan and what it does");
    show->add_option("PLAN", options->file)->required();
    show->callback([options, &run] {
        run = [options](const Context&) -> Result<void> {
            Result<QuantPlan> loaded = readPlan(options->file);
            if (!loaded.ok()) {
                return loaded.error();
            }
            OrderedJson json = toJson(loaded.value());
            json["summary"] = planSummary(loaded.value());
            json["hash"] = planHash(loaded.value());
            return writeJson(json, {});
        };
    });
    CLI::App* diff = plan.add_subcommand("diff", "The difference of two plans in words");
    diff->add_option("FROM", options->file)->required();
    diff->add_option("TO", options->other)->required();
    diff->add_option("--model-layers", options->layers, "Layers of the model (default 64)")
        ->check(CLI::Range(1, 100000));
    diff->callback([options, &run] {
        run = [options](const Context&) -> Result<void> {
            Result<QuantPlan> from = readPlan(options->file);
            if (!from.ok()) {
                return from.error();
            }
            Result<QuantPlan> to = readPlan(options->other);
            if (!to.ok()) {
                return to.error();
            }
            for (const std::string& line : planDiff(from.value(), to.value(), options->layers)) {
                std::cout << line << "\n";
            }
            return {};
        };
    });
}

} // namespace

void addPlan(CLI::App& program, Verb& run) {
    CLI::App* plan = program.add_subcommand("plan", "Make and edit plan files");
    plan->require_subcommand(1);
    addNew(*plan, run);
    addSet(*plan, run);
    addShowAndDiff(*plan, run);
    plan->add_subcommand("presets", "Names that 'plan new --preset' accepts")->callback([&run] {
        run = [](const Context&) -> Result<void> {
            for (const std::string& name : presetNames()) {
                std::cout << name << "\n";
            }
            return {};
        };
    });
}

} // namespace mambascope::cli
