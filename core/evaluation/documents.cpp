// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/documents.h"

#include "core/evaluation/text.h"

#include <utility>

namespace mambascope {
namespace {

bool isHeading(std::string_view line) {
    if (line.find('=') == std::string_view::npos) {
        return false;
    }
    const std::string joined = replaced(replaced(line, "= = =", "==="), "= =", "==");
    const std::string_view heading = trimmed(joined);
    return heading.starts_with("= ") && heading.ends_with(" =");
}

/// White space directly inside a pair of brackets or quotes is dropped; pairs do not nest.
std::string tightened(std::string_view text, char opener, char closer) {
    std::string result;
    std::size_t done = 0;
    while (done < text.size()) {
        const std::size_t open = text.find(opener, done);
        const std::size_t close = open == std::string_view::npos ? open : text.find(closer, open + 1);
        if (close == std::string_view::npos) {
            break;
        }
        result += text.substr(done, open + 1 - done);
        result += trimmed(text.substr(open + 1, close - open - 1));
        result += closer;
        done = close + 1;
    }
    result += text.substr(done);
    return result;
}

} // namespace

std::vector<std::string> splitDocuments(std::string_view text) {
    std::vector<std::string> documents;
    std::string current;
    bool isFirstLine = true;
    const auto finish = [&] {
        if (!trimmed(current).empty()) {
            documents.push_back(current);
        }
        current.clear();
        isFirstLine = true;
    };
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view line = text.substr(start, end - start);
        if (isHeading(line)) {
            finish();
        }
        if (!isFirstLine) {
            current += '\n';
        }
        current += line;
        isFirstLine = false;
        start = end + 1;
    }
    finish();
    return documents;
}

std::string detokenize(std::string_view document) {
    using Replacements = std::initializer_list<std::pair<const char*, const char*>>;
    std::string text(document);
    const auto apply = [&text](Replacements replacements) {
        for (const auto& [from, to] : replacements) {
            text = replaced(text, from, to);
        }
    };
    apply(
        {{"s '", "s'"},
         {" @-@ ", "-"},
         {" @,@ ", ","},
         {" @.@ ", "."},
         {" : ", ": "},
         {" ; ", "; "},
         {" . ", ". "},
         {" ! ", "! "},
         {" ? ", "? "},
         {" , ", ", "}});
    for (const auto& [opener, closer] :
         {std::pair{'(', ')'}, {'[', ']'}, {'{', '}'}, {'"', '"'}, {'\'', '\''}}) {
        text = tightened(text, opener, closer);
    }
    apply(
        {{"= = = =", "===="},
         {"= = =", "==="},
         {"= =", "=="},
         {" \u00B0 ", "\u00B0"},
         {" \n", "\n"},
         {"\n ", "\n"},
         {" N ", " 1 "},
         {" 's", "'s"}});
    return text;
}

std::string joinRows(std::string_view text) {
    std::string joined;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size() - 1) + 1;
        const std::string_view line = text.substr(start, end - start);
        if (start > 0) {
            joined += "\n\n";
        }
        if (!trimmed(line).empty()) {
            joined += line;
        }
        start = end;
    }
    return joined;
}

} // namespace mambascope
