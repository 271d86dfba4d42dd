// SPDX-License-Identifier: GPL-3.0-or-later
// mambascope-cli: everything the window can compute, without Qt.
#include "app/cli/context.h"
#include "app/cli/terminal.h"

#include <csignal>
#include <iostream>

namespace mambascope::cli {
namespace {

void addGlobalOptions(CLI::App& program, GlobalOptions& options) {
    program.add_option(
        "--engine", options.engine,
        "Command that starts the engine, e.g. \"ssh host mambascope-engine\" (default: the one installed "
        "beside)");
    program
        .add_option(
            "--engine-timeout", options.engineTimeout,
            "Seconds that the engine may take to answer first (default 60)")
        ->check(CLI::Range(1, 86400));
    program.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
        ->check([](const std::string& text) -> std::string {
            const bool known =
                text == "auto" || text == "cpu" || text == "cuda" || text.rfind("cuda:", 0) == 0;
            return known ? "" : "There is no device '" + text + "'; use auto, cpu, cuda or cuda:N.";
        });
    program.add_option("--dtype", options.dtype, "What linear layers compute in: f32, tf32, bf16, f16 or int8")
        ->check(CLI::IsMember({"f32", "tf32", "bf16", "f16", "int8"}));
    program.add_option("--threads", options.threads, "Threads of the engine (default: all cores)")
        ->check(CLI::Range(1, 1024));
    program
        .add_option(
            "--reuse-memory", options.reuseMegabytes,
            "Memory in MiB for going on from an unchanged layer when the next plan is scored; 0: off "
            "(default: an eighth of the device's memory, at most 4096, where several plans are scored)")
        ->type_name("MB")
        ->check(CLI::Range(0, 1 << 24));
    program
        .add_option(
            "--tokenizer", options.tokenizer,
            "tokenizer.json to use instead of the checkpoint's (for checkpoints that come without one)")
        ->type_name("FILE");
    program.add_flag("--quiet", options.quiet, "No progress on the terminal");
}

int fail(const Error& error) {
    std::cerr << "mambascope-cli: " << error.message << "\n";
    if (!error.context.empty()) {
        std::cerr << "  (" << error.context << ")\n";
    }
    if (!error.hint.empty()) {
        std::cerr << "  " << error.hint << "\n";
    }
    return exitStatus(error);
}

int main(int argc, char** argv) {
    CLI::App program{"mambascope-cli: calibrate, quantize and evaluate Mamba checkpoints."};
    program.set_version_flag("--version", std::string("mambascope-cli ") + MAMBASCOPE_VERSION);
    program.require_subcommand(1);
    program.fallthrough();
    program.footer("MODEL is a folder with config.json and weights, a weights file beside its config.json, "
                   "the name of a "
                   "model in the Hugging Face cache, or demo.\n"
                   "Exit status: 0 done, 1 failed, 2 usage, 3 unreadable input, 130 cancelled.");
    GlobalOptions options;
    Verb run;
    addGlobalOptions(program, options);
    for (auto* add :
         {addInfo, addTokenize, addLogits, addGenerate, addCalibrate, addOutliers, addPlan, addEvaluate,
          addPerplexity, addDivergence, addSweep, addSearch, addExport, addBench, addMakeModel, addSession,
          addImportScales}) {
        add(program, run);
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::RequiredError& error) {
        const std::vector<std::string> words = program.remaining();
        return words.empty()
                   ? (program.exit(error), 2)
                   : fail(Error::usage(
                         "There is no verb '" + words.front() + "'.", "'mambascope-cli --help' lists them."));
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a limit on the size of files is an error of write()
    const Interrupt interrupt;
    ProgressBar bar(options.quiet);
    const Job job{interrupt.token(), [&bar](const Progress& progress) {
                      bar.show(progress);
                  }};
    const Result<void> outcome = run(Context{options, job});
    bar.clear();
    return outcome.ok() ? 0 : fail(outcome.error());
}

} // namespace
} // namespace mambascope::cli

int main(int argc, char** argv) {
    return mambascope::cli::main(argc, argv);
}
