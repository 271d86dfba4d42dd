// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/site.h"
#include "ui/models/core_words.h"
#include "ui/models/patterns.h"
#include "ui/models/text.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <array>

namespace mambascope::ui {
namespace {

/// Sentences of captions; the first that fits counts.
constexpr std::array kSentences{
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "%1, over %2, %3 contiguous windows × %4 tokens (%5 tokens), stopped before the last window."),
    QT_TRANSLATE_NOOP("CoreWords", "%1, over %2, %3 contiguous windows × %4 tokens (%5 tokens)."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "%1, over %2, %3 windows × %4 tokens (%5 tokens), stopped before the last window."),
    QT_TRANSLATE_NOOP("CoreWords", "%1, over %2, %3 windows × %4 tokens (%5 tokens)."),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "%1, over %2 contiguous windows × %3 tokens (%4 tokens), stopped before the last window."),
    QT_TRANSLATE_NOOP("CoreWords", "%1, over %2 contiguous windows × %3 tokens (%4 tokens)."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "%1, over %2 windows × %3 tokens (%4 tokens), stopped before the last window."),
    QT_TRANSLATE_NOOP("CoreWords", "%1, over %2 windows × %3 tokens (%4 tokens)."),
    QT_TRANSLATE_NOOP("CoreWords", "%1, imported from activation scales that another tool measured."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The band reaches to the mean of the channel maxima plus %1 standard deviations (%2); "
                     "channels above it are marked."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The band reaches to the magnitude of the mean of all elements plus %1 standard "
                     "deviations of them (%2); channels above it are marked."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The band reaches to a magnitude of 6, the criterion of LLM.int8() (%1); channels above "
                     "it are marked."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The band reaches to the median of the channel maxima plus %1 scaled median absolute "
                     "deviations (%2); channels above it are marked."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "With %1 channels no channel can lie %2 standard deviations above the mean: the "
                     "channel-spread rule needs at least %3."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The median absolute deviation is 0, because at least half of the channels have the "
                     "same absolute maximum: the mad rule flags nothing here."),
    QT_TRANSLATE_NOOP("CoreWords", "This tensor was not observed in the calibration."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The rule %1 is not possible here, because it needs %2, and this calibration holds only "
                     "the largest magnitude of every channel (imported activation scales)."),
    QT_TRANSLATE_NOOP("CoreWords", "Lines: the maxima after what the plan does before it quantizes."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Below: the largest absolute weight of the column that meets each channel."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Largest absolute weight that meets every channel at the %1 in every layer of %2."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Largest absolute weight that meets every channel at the %1 in every layer."),
    QT_TRANSLATE_NOOP("CoreWords", "Layers with the most outlier channels are at the top."),
    QT_TRANSLATE_NOOP("CoreWords", "Layers with the largest value are at the top."),
    QT_TRANSLATE_NOOP("CoreWords", "The %1 has no answer here."),
    QT_TRANSLATE_NOOP("CoreWords", "1 outlier channel by %1."),
    QT_TRANSLATE_NOOP("CoreWords", "%1 outlier channels by %2."),
    QT_TRANSLATE_NOOP("CoreWords", "A point has the colour of the largest value that falls on it."),
    QT_TRANSLATE_NOOP("CoreWords", "Bars: two bins to a power of two, the share of all elements in each."),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Lines: percentiles, six standard deviations of all elements, and the threshold of the %1."),
    QT_TRANSLATE_NOOP("CoreWords", "Channels are sorted by their largest magnitude."),
    QT_TRANSLATE_NOOP("CoreWords", "Light: smallest to largest value; dark: mean ± σ; line: mean."),
    QT_TRANSLATE_NOOP("CoreWords", "Outlier channels by %1 are marked."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Mean accuracy of the tasks over what the plan does to the weights, and over the "
                     "migration strength of SmoothQuant."),
    QT_TRANSLATE_NOOP("CoreWords", "Bars: 95 % intervals."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Error of every site's output by layer: of the candidate that was chosen, of \"%1\", "
                     "and the range of all %2 candidates."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Error of every site's output by layer: of the candidate that was chosen, of \"%1\", "
                     "and the range of all 1 candidate."),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Error of the outputs of layer %1 over the migration strength α, and the range of all layers."),
    QT_TRANSLATE_NOOP("CoreWords", "Bits of every site's weight as the search allocated them."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Mean loss in nats a token: what each site as the plan wants it adds to the unquantized "
                     "model's, and what the plan saves with that site left in floats."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Divergence from the model with float weights, nats a token, over the average bits: of "
                     "every allocation that searches from the same plan on the same text have compared."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Zero-shot accuracy of %1 with 95 % intervals (Wilson; of the average, ±1.96 standard "
                     "errors), all items, seed %2."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Zero-shot accuracy of %1 with 95 % intervals (Wilson; of the average, ±1.96 standard "
                     "errors), %2 items a task, seed %3."),
    QT_TRANSLATE_NOOP("CoreWords", "Dotted: guessing."),
    QT_TRANSLATE_NOOP("CoreWords", "Relative to the calibration %1."),
    QT_TRANSLATE_NOOP("CoreWords", "Model %1."),
    QT_TRANSLATE_NOOP("CoreWords", "Tasks: %1, all items."),
    QT_TRANSLATE_NOOP("CoreWords", "Tasks: %1, %2 items each, seed %3."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "After what plan \"%1\" does before it quantizes, to the same of plan \"%2\"."),
    QT_TRANSLATE_NOOP("CoreWords", "A point shows the ratio furthest from 1 that falls on it."),
};

/// What stands at the places of sentences.
constexpr std::array kClauses{
    QT_TRANSLATE_NOOP("CoreWords", "off"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Largest absolute activation of every channel at the inputs of the linear layers of layer %1 of %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Largest absolute activation of every channel at the outputs of the linear layers of layer %1 of %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Magnitudes of all elements at the inputs of the linear layers of layer %1 of %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Magnitudes of all elements at the outputs of the linear layers of layer %1 of %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Values of every channel over all tokens at the inputs of the linear layers of layer %1 of %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Values of every channel over all tokens at the outputs of the linear layers of layer %1 of %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Largest absolute activation of every channel at the inputs of the linear layers of layer %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Largest absolute activation of every channel at the outputs of the linear layers of layer %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Magnitudes of all elements at the inputs of the linear layers of layer %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Magnitudes of all elements at the outputs of the linear layers of layer %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Values of every channel over all tokens at the inputs of the linear layers of layer %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Values of every channel over all tokens at the outputs of the linear layers of layer %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Largest absolute activation of every channel at the %1 in every layer, in %2 of its layer, of %3"),
    QT_TRANSLATE_NOOP(
        "CoreWords",
        "Largest absolute activation of every channel at the %1 in every layer, in %2 of its layer,"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Largest absolute activation of every channel at the %1 in every layer of %2"),
    QT_TRANSLATE_NOOP("CoreWords", "Largest absolute activation of every channel at the %1 in every layer"),
    QT_TRANSLATE_NOOP("CoreWords", "Largest absolute activation of every channel of %1"),
    QT_TRANSLATE_NOOP("CoreWords", "Largest absolute activation of every channel"),
    QT_TRANSLATE_NOOP("CoreWords", "rule %1, k = %2"),
    QT_TRANSLATE_NOOP("CoreWords", "rule %1"),
    QT_TRANSLATE_NOOP("CoreWords", "the mean and the deviation of all values"),
    QT_TRANSLATE_NOOP("CoreWords", "how many values reach a magnitude of 6"),
};

QString clause(const QString& text) {
    const auto part = [](const QString& value) {
        return localized(figureText(value.toStdString()));
    };
    return translatedPattern(kClauses, text, part).value_or(part(text));
}

QString sentence(const QString& text) {
    for (const Linear linear : kLinears) { // "x_proj: With 32 channels no channel can …"
        const QString head = qt(linearName(linear)) + QStringLiteral(": ");
        if (text.startsWith(head)) {
            return head + sentence(text.mid(head.size()));
        }
    }
    return translatedPattern(kSentences, text, clause).value_or(text);
}

} // namespace

QString captionText(std::string_view caption) {
    if (textLanguage() == QLatin1String("en")) {
        return qt(caption);
    }
    // Names hold points too, but hardly ever a blank and a capital letter behind one.
    static const QRegularExpression kBetween(QStringLiteral("(?<=\\.) (?=\\p{Lu}|\\d|\\w+_proj: )"));
    QStringList sentences = qt(caption).trimmed().split(kBetween);
    for (QString& each : sentences) {
        each = sentence(each);
    }
    return sentences.join(u' ');
}

} // namespace mambascope::ui
