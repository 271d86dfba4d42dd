// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/documents.h"
#include "core/evaluation/evaluator.h"
#include "core/evaluation/text.h"
#include "core/tokenizer/unicode.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

constexpr int kMaxWindow = 1 << 20;

using Ids = std::vector<std::int32_t>;

ScoreRequest request(const Ids& tokens, std::size_t contextStart, std::size_t split, std::size_t end) {
    const auto at = [&](std::size_t i) {
        return tokens.begin() + static_cast<std::ptrdiff_t>(i);
    };
    return {{at(contextStart), at(split)}, {at(split), at(end)}};
}

/// Rolling windows over one document: each token is predicted once; the last window is moved left to its full
/// length.
void addRollingWindows(const Ids& document, std::size_t window, std::vector<ScoreRequest>& requests) {
    if (document.empty()) {
        return;
    }
    Ids tokens{0};
    tokens.insert(tokens.end(), document.begin(), document.end());
    std::size_t predicted = 1; // position in tokens of the next one to predict
    while (predicted < tokens.size()) {
        const std::size_t end = std::min(predicted + window, tokens.size());
        // The input is the window in front of the last predicted token.
        const std::size_t start = end - 1 > window ? end - 1 - window : 0;
        requests.push_back(request(tokens, start, predicted, end));
        predicted = end;
    }
}

Result<void> addDocuments(
    std::string_view text, const Tokenizer& tokenizer, const Job& job, PerplexityResult& result,
    std::vector<ScoreRequest>& requests) {
    for (const std::string& document : splitDocuments(text)) {
        if (job.stopRequested()) {
            return Error::cancelled();
        }
        const Ids tokens = tokenizer.encode(detokenize(document));
        result.words += static_cast<std::int64_t>(spaceRuns(document)) + 1;
        result.bytes += static_cast<std::int64_t>(document.size());
        result.tokens += static_cast<std::int64_t>(tokens.size());
        addRollingWindows(tokens, static_cast<std::size_t>(result.window), requests);
    }
    if (requests.empty()) {
        return Error::unreadable("The text is empty.", "Choose a text file with at least one line of text.");
    }
    return {};
}

Result<void> addContiguousWindows(
    std::string_view text, const Tokenizer& tokenizer, PerplexityResult& result,
    std::vector<ScoreRequest>& requests) {
    const Ids tokens = tokenizer.encode(joinRows(text));
    const auto window = static_cast<std::size_t>(result.window);
    result.tokens = static_cast<std::int64_t>(tokens.size());
    for (std::size_t start = 0; start + window <= tokens.size(); start += window) {
        requests.push_back(request(tokens, start, start + 1, start + window));
    }
    if (requests.empty()) {
        return Error::unreadable(
            "The text has " + std::to_string(tokens.size()) + " tokens, which is less than one window of " +
                std::to_string(window) + ".",
            "Choose a longer text or a shorter window.");
    }
    return {};
}

Result<double> totalLogLikelihood(Scorer& scorer, std::span<const ScoreRequest> requests, const Job& job) {
    const std::uint64_t total = requests.size();
    job.report("Measuring perplexity", 0, total);
    const Job quiet{job.stop, {}};
    const auto scores = scorer.score(
        requests,
        [&](std::size_t first, std::span<const Score> part) {
            job.report("Measuring perplexity", first + part.size(), total);
        },
        quiet);
    if (!scores.ok()) {
        return scores.error();
    }
    if (scores.value().size() != requests.size()) {
        return Error::failed(
            "The engine returned " + std::to_string(scores.value().size()) + " scores for " +
            std::to_string(requests.size()) + " windows.");
    }
    double sum = 0;
    for (const Score& score : scores.value()) {
        sum += score.logLikelihood;
    }
    return sum;
}

} // namespace

Result<PerplexityResult> perplexity(
    Scorer& scorer, const Tokenizer& tokenizer, std::string_view text, PerplexityMethod method, int window,
    const Job& job) {
    if (window < 2 || window > kMaxWindow) {
        return Error::usage(
            "A window of " + std::to_string(window) + " tokens makes no sense.",
            "Choose from 2 to " + std::to_string(kMaxWindow) + " tokens; 2048 is customary.");
    }
    PerplexityResult result;
    result.method = method;
    result.window = window;
    const std::string valid = replaceInvalidUtf8(text);
    std::vector<ScoreRequest> requests;
    const auto prepared = method == PerplexityMethod::Document
                              ? addDocuments(valid, tokenizer, job, result, requests)
                              : addContiguousWindows(valid, tokenizer, result, requests);
    if (!prepared.ok()) {
        return prepared.error();
    }
    const auto sum = totalLogLikelihood(scorer, requests, job);
    if (!sum.ok()) {
        return sum.error();
    }
    result.windows = static_cast<std::int64_t>(requests.size());
    result.logLikelihood = sum.value();
    if (method == PerplexityMethod::Contiguous) {
        result.tokenPerplexity =
            std::exp(-sum.value() / (static_cast<double>(result.windows) * (window - 1)));
    } else {
        result.wordPerplexity = std::exp(-sum.value() / static_cast<double>(result.words));
        result.bytePerplexity = std::exp(-sum.value() / static_cast<double>(result.bytes));
        result.bitsPerByte = -sum.value() / (static_cast<double>(result.bytes) * std::log(2.0));
    }
    return result;
}

} // namespace mambascope
