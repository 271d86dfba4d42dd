// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace mambascope {
namespace {

/// Options of Qt itself that take a value; they are handed on as Qt spells them.
constexpr std::array<std::string_view, 6> kQtOptions{"platform", "style",         "geometry",
                                                     "display",  "platformtheme", "qwindowgeometry"};

struct Words {
    const std::vector<std::string>& all;
    std::size_t next = 0;
};

/// The value of "--name value" or "--name=value".
Result<std::string> valueOf(const std::string& option, const std::string& name, Words& words) {
    if (const auto equals = option.find('='); equals != std::string::npos) {
        return option.substr(equals + 1);
    }
    if (words.next >= words.all.size()) {
        return Error::usage("--" + name + " needs a value.", "See --help.");
    }
    return words.all[words.next++];
}

Result<void> setThreads(const std::string& text, GuiOptions& options) {
    const char* end = text.data() + text.size();
    int threads = 0;
    const auto [rest, error] = std::from_chars(text.data(), end, threads);
    if (error != std::errc() || rest != end || threads < 0) {
        return Error::usage("--threads needs a number, not \"" + text + "\".");
    }
    options.threads = threads;
    return {};
}

Result<void> takeOption(const std::string& option, Words& words, GuiOptions& options) {
    const std::string bare = option.substr(option.find_first_not_of('-'));
    const std::string name = bare.substr(0, bare.find('='));
    if (name == "help" || option == "-h") {
        options.help = true;
        return {};
    }
    if (name == "version") {
        options.version = true;
        return {};
    }
    if (name == "startup-trace") {
        options.startupTrace = true;
        return {};
    }
    const bool ofQt = std::find(kQtOptions.begin(), kQtOptions.end(), name) != kQtOptions.end();
    if (!ofQt && name != "session" && name != "engine" && name != "device" && name != "dtype" &&
        name != "threads") {
        return Error::usage("There is no option " + option + ".", "See --help.");
    }
    Result<std::string> value = valueOf(option, name, words);
    if (!value.ok()) {
        return value.error();
    }
    if (ofQt) {
        options.forQt.push_back("-" + name);
        options.forQt.push_back(value.value());
    } else if (name == "threads") {
        return setThreads(value.value(), options);
    } else {
        if (name == "device") {
            options.device = value.value();
        } else if (name == "dtype") {
            options.dtype = value.value();
        } else {
            (name == "session" ? options.session : options.engine) = value.value();
        }
    }
    return {};
}

} // namespace

Result<GuiOptions> parseGuiOptions(const std::vector<std::string>& arguments) {
    GuiOptions options;
    Words words{arguments};
    bool onlyFiles = false;
    while (words.next < arguments.size()) {
        const std::string& word = arguments[words.next++];
        if (!onlyFiles && word == "--") {
            onlyFiles = true;
        } else if (
            !onlyFiles && word.size() > 1 && word[0] == '-' &&
            word.find_first_not_of('-') != std::string::npos) {
            if (const Result<void> taken = takeOption(word, words, options); !taken.ok()) {
                return taken.error();
            }
        } else if (!onlyFiles && options.files.empty() && (word == "figure" || word == "report")) {
            options.verb = word;
            options.verbArguments.assign(
                arguments.begin() + static_cast<std::ptrdiff_t>(words.next), arguments.end());
            return options;
        } else {
            options.files.push_back(word);
        }
    }
    return options;
}

std::string guiHelp() {
    return "Usage: mambascope [OPTIONS] [FILE…]\n"
           "       mambascope [--platform offscreen] figure CALIBRATION --layer N -o FILE…\n"
           "       mambascope [--platform offscreen] figure CALIBRATION --kind heatmap -o FILE…\n"
           "       mambascope [--platform offscreen] report SESSION -o FILE.pdf\n"
           "\n"
           "FILE is a checkpoint (a folder with config.json and weights, a weights file, or the name of a "
           "model "
           "in\n"
           "the Hugging Face cache), a session (.mscope), a calibration (.safetensors), or activation scales "
           "of\n"
           "another tool (.pt). Without one the last file is opened; the first time a page says how to begin.\n"
           "\n"
           "  --session FILE    open this session, or create it for the checkpoint that is opened\n"
           "  --engine COMMAND  what starts the engine, e.g. \"ssh host mambascope-engine\"\n"
           "  --device NAME     auto, cpu, cuda, cuda:N (default: as in the settings, else auto)\n"
           "  --dtype NAME      f32, tf32, bf16, f16: what the linears compute in (default: as in the settings,\n                    else f32)\n"
           "  --threads N       threads of the engine (default: as in the settings, else all cores it may\n                    use)\n"
           "  --platform NAME   Qt's platform, e.g. offscreen\n"
           "  --startup-trace   print to standard error how long the start took\n"
           "  --help, --version\n"
           "\n"
           "Without a window everything is done by mambascope-cli.\n";
}

} // namespace mambascope
