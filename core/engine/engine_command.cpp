// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine_command.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace mambascope {
namespace {

namespace fs = std::filesystem;

/// Splits words; `state` is the quote that is open, or 0.
struct WordSplitter {
    std::vector<std::string> words;
    std::string word;
    bool inWord = false;
    char quote = 0;

    void endWord() {
        if (inWord) {
            words.push_back(std::move(word));
            word.clear();
            inWord = false;
        }
    }

    /// Takes the character at `at` and returns the position of the next one.
    std::size_t take(std::string_view text, std::size_t at) {
        const char c = text[at];
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            endWord();
            return at + 1;
        }
        inWord = true;
        if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == quote && quote != 0) {
            quote = 0;
        } else if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
            const char next = text[at + 1];
            // Inside double quotes a backslash only escapes what would be special there.
            if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`') {
                word += c;
            }
            word += next;
            return at + 2;
        } else {
            word += c;
        }
        return at + 1;
    }
};

} // namespace

Result<EngineCommand> EngineCommand::parse(std::string_view commandLine) {
    WordSplitter splitter;
    for (std::size_t at = 0; at < commandLine.size();) {
        at = splitter.take(commandLine, at);
    }
    if (splitter.quote != 0) {
        return Error::usage(
            "The engine command has a quotation mark that is not closed.",
            "Close it, or write \\ before it.");
    }
    splitter.endWord();
    if (splitter.words.empty() || splitter.words.front().empty()) {
        return Error::usage("The engine command is empty.", "Name a program, for example mambascope-engine.");
    }
    return EngineCommand{std::move(splitter.words)};
}

EngineCommand EngineCommand::standard() {
    std::error_code error;
    if (const char* set = std::getenv("MAMBASCOPE_ENGINE"); set != nullptr && *set != '\0') {
        auto parsed = parse(set);
        if (fs::exists(set, error) || !parsed.ok()) {
            return {{set}}; // a path with spaces, or something whose start will fail with its name
        }
        return std::move(parsed).value();
    }
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path beside = here / "mambascope-engine";
    const fs::path libexec = here.parent_path() / "libexec" / "mambascope" / "mambascope-engine";
    for (const fs::path& candidate : {beside, libexec}) {
        if (!here.empty() && fs::exists(candidate, error)) {
            return {{candidate.string()}};
        }
    }
    return {{"mambascope-engine"}};
}

bool EngineCommand::mayBeElsewhere() const {
    return arguments.empty() || fs::path(arguments.front()).filename() != "mambascope-engine";
}

bool EngineCommand::isSsh() const {
    return !arguments.empty() && fs::path(arguments.front()).filename() == "ssh";
}

} // namespace mambascope
