// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/fuzzy_match.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace mambascope::ui {
namespace {

constexpr int kLetter = 4, kWordStart = 12, kInSequence = 10;
constexpr int kImpossible = std::numeric_limits<int>::min() / 2;

bool startsWord(const QString& text, qsizetype at) {
    return at == 0 || (!text[at - 1].isLetterOrNumber() && text[at].isLetterOrNumber());
}

} // namespace

std::optional<int> fuzzyScore(const QString& typed, const QString& text) {
    QString letters;
    for (const QChar letter : typed) {
        if (!letter.isSpace()) {
            letters += letter.toCaseFolded();
        }
    }
    if (letters.isEmpty()) {
        return 0;
    }
    // best[j]: the best score of the letters so far, the last of them on text[j].
    std::vector<int> best(static_cast<std::size_t>(text.size()), kImpossible);
    for (qsizetype i = 0; i < letters.size(); ++i) {
        std::vector<int> next(best.size(), kImpossible);
        int before =
            i == 0 ? 0 : kImpossible; // the best of all places to the left, less one for each letter skipped
        for (qsizetype j = 0; j < text.size(); ++j) {
            const auto at = static_cast<std::size_t>(j);
            if (text[j].toCaseFolded() == letters[i] && before > kImpossible / 2) {
                next[at] = before + kLetter + (startsWord(text, j) ? kWordStart : 0);
                if (i > 0 && j > 0 && best[at - 1] > kImpossible / 2) {
                    next[at] = std::max(
                        next[at],
                        best[at - 1] + kLetter + kInSequence + (startsWord(text, j) ? kWordStart : 0));
                }
            }
            before = std::max(before - 1, i > 0 ? best[at] : kImpossible);
        }
        best = std::move(next);
    }
    const int score = best.empty() ? kImpossible : *std::max_element(best.begin(), best.end());
    return score > kImpossible / 2 ? std::optional(score) : std::nullopt;
}

} // namespace mambascope::ui
