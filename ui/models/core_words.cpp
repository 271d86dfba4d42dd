// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/core_words.h"

#include "core/model/site.h"
#include "ui/models/patterns.h"
#include "ui/models/text.h"

#include <QCoreApplication>
#include <QStringList>

#include <array>

namespace mambascope::ui {
namespace {

/// The context of the texts here.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(CoreWords)
};

/// What the core says, for the translators to find.
constexpr std::array kPhases{
    QT_TRANSLATE_NOOP("CoreWords", "Calibrating"),
    QT_TRANSLATE_NOOP("CoreWords", "Scoring"),
    QT_TRANSLATE_NOOP("CoreWords", "Measuring sites"),
    QT_TRANSLATE_NOOP("CoreWords", "Measuring the whole plan"),
    QT_TRANSLATE_NOOP("CoreWords", "One site at a time on"),
    QT_TRANSLATE_NOOP("CoreWords", "One site at a time off"),
    QT_TRANSLATE_NOOP("CoreWords", "Measuring bits"),
    QT_TRANSLATE_NOOP("CoreWords", "Comparing allocations"),
    QT_TRANSLATE_NOOP("CoreWords", "Reading tasks"),
    QT_TRANSLATE_NOOP("CoreWords", "Quantizing"),
    QT_TRANSLATE_NOOP("CoreWords", "Tokenizing"),
    QT_TRANSLATE_NOOP("CoreWords", "Hashing the checkpoint"),
    QT_TRANSLATE_NOOP("CoreWords", "Looking through the cache"),
    QT_TRANSLATE_NOOP("CoreWords", "weights"),
    QT_TRANSLATE_NOOP("CoreWords", "writing"),
};

/// What they say of a linear. Names of plans end like that too.
constexpr std::array kLinearTexts{
    QT_TRANSLATE_NOOP("CoreWords", "%1 inputs"),         QT_TRANSLATE_NOOP("CoreWords", "%1 outputs"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 input"),          QT_TRANSLATE_NOOP("CoreWords", "%1 output"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 weight columns"),
};

/// What figures say, one part between two "·" each; the first that fits counts.
constexpr std::array kFigureTexts{
    QT_TRANSLATE_NOOP("CoreWords", "layer %1"),
    QT_TRANSLATE_NOOP("CoreWords", "layer"),
    QT_TRANSLATE_NOOP("CoreWords", "distribution"),
    QT_TRANSLATE_NOOP("CoreWords", "channels over tokens"),
    QT_TRANSLATE_NOOP("CoreWords", "1 channel"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 channels"),
    QT_TRANSLATE_NOOP("CoreWords", "1 outlier"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 outliers"),
    QT_TRANSLATE_NOOP("CoreWords", "1 run"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 runs"),
    QT_TRANSLATE_NOOP("CoreWords", "1 site"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 sites"),
    QT_TRANSLATE_NOOP("CoreWords", "no outlier possible"),
    QT_TRANSLATE_NOOP("CoreWords", "rule not possible"),
    QT_TRANSLATE_NOOP("CoreWords", "max %1 at channel %2"),
    QT_TRANSLATE_NOOP("CoreWords", "σ of all elements %1"),
    QT_TRANSLATE_NOOP("CoreWords", "max %1"),
    QT_TRANSLATE_NOOP("CoreWords", "after smoothing, α %1, and zeroing: max %2"),
    QT_TRANSLATE_NOOP("CoreWords", "after smoothing, α %1: max %2"),
    QT_TRANSLATE_NOOP("CoreWords", "after zeroing: max %1"),
    QT_TRANSLATE_NOOP("CoreWords", "channel"),
    QT_TRANSLATE_NOOP("CoreWords", "channel %1"),
    QT_TRANSLATE_NOOP("CoreWords", "absolute maximum |%1|"),
    QT_TRANSLATE_NOOP("CoreWords", "absolute maximum / 6"),
    QT_TRANSLATE_NOOP("CoreWords", "scaled MADs above the median"),
    QT_TRANSLATE_NOOP("CoreWords", "σ above the mean"),
    QT_TRANSLATE_NOOP("CoreWords", "weight column |W|"),
    QT_TRANSLATE_NOOP("CoreWords", "mean + %1σ"),
    QT_TRANSLATE_NOOP("CoreWords", "|μ| + %1σ of all elements"),
    QT_TRANSLATE_NOOP("CoreWords", "median + %1 scaled MAD"),
    QT_TRANSLATE_NOOP("CoreWords", "magnitude |%1|"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 %"),
    QT_TRANSLATE_NOOP("CoreWords", "share of elements"),
    QT_TRANSLATE_NOOP("CoreWords", "share"),
    QT_TRANSLATE_NOOP("CoreWords", "channels, by absmax"),
    QT_TRANSLATE_NOOP("CoreWords", "value %1"),
    QT_TRANSLATE_NOOP("CoreWords", "smallest to largest"),
    QT_TRANSLATE_NOOP("CoreWords", "mean ± σ"),
    QT_TRANSLATE_NOOP("CoreWords", "mean"),
    QT_TRANSLATE_NOOP("CoreWords", "accuracy, %"),
    QT_TRANSLATE_NOOP("CoreWords", "runs"),
    QT_TRANSLATE_NOOP("CoreWords", "weight bits"),
    QT_TRANSLATE_NOOP("CoreWords", "mean bits of the linears' weights"),
    QT_TRANSLATE_NOOP("CoreWords", "size"),
    QT_TRANSLATE_NOOP("CoreWords", "linears, embedding and head, MiB"),
    QT_TRANSLATE_NOOP("CoreWords", "migration strength"),
    QT_TRANSLATE_NOOP("CoreWords", "mean α of the smoothed sites"),
    QT_TRANSLATE_NOOP("CoreWords", "Accuracy of the runs"),
    QT_TRANSLATE_NOOP("CoreWords", "Search"),
    QT_TRANSLATE_NOOP("CoreWords", "Search %1: α of every site"),
    QT_TRANSLATE_NOOP("CoreWords", "Search %1: bits of every site"),
    QT_TRANSLATE_NOOP("CoreWords", "Search %1: how sensitive every site is"),
    QT_TRANSLATE_NOOP("CoreWords", "off"),
    QT_TRANSLATE_NOOP("CoreWords", "Average"),
    QT_TRANSLATE_NOOP("CoreWords", "parameters"),
    QT_TRANSLATE_NOOP("CoreWords", "ratio of the largest magnitudes"),
    QT_TRANSLATE_NOOP("CoreWords", "migration strength α"),
    QT_TRANSLATE_NOOP("CoreWords", "bits of the weights"),
    QT_TRANSLATE_NOOP("CoreWords", "weights to a scale"),
    QT_TRANSLATE_NOOP("CoreWords", "Weight bits"),
    QT_TRANSLATE_NOOP("CoreWords", "bits"),
    QT_TRANSLATE_NOOP("CoreWords", "added loss, nats a token"),
    QT_TRANSLATE_NOOP("CoreWords", "saved loss, nats a token"),
    QT_TRANSLATE_NOOP("CoreWords", "One site at a time on"),
    QT_TRANSLATE_NOOP("CoreWords", "One site at a time off"),
    QT_TRANSLATE_NOOP("CoreWords", "Allocations"),
    QT_TRANSLATE_NOOP("CoreWords", "1 allocation"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 allocations"),
    QT_TRANSLATE_NOOP("CoreWords", "average bits of the linears' weights"),
    QT_TRANSLATE_NOOP("CoreWords", "divergence, nats a token"),
    QT_TRANSLATE_NOOP("CoreWords", "no smoothing, error %1; without %2"),
    QT_TRANSLATE_NOOP("CoreWords", "α %1, error %2; without %3"),
    QT_TRANSLATE_NOOP("CoreWords", "error"),
    QT_TRANSLATE_NOOP("CoreWords", "best to worst"),
    QT_TRANSLATE_NOOP("CoreWords", "chosen"),
    QT_TRANSLATE_NOOP("CoreWords", "Not searched"),
    QT_TRANSLATE_NOOP("CoreWords", "No run yet"),
    QT_TRANSLATE_NOOP("CoreWords", "No run smooths"),
    QT_TRANSLATE_NOOP("CoreWords", "Not observed in this calibration"),
    QT_TRANSLATE_NOOP("CoreWords", "Not observed in this calibration."),
    QT_TRANSLATE_NOOP("CoreWords", "The weights are not known"),
    QT_TRANSLATE_NOOP("CoreWords", "The weights are not known: this needs the checkpoint itself."),
    QT_TRANSLATE_NOOP("CoreWords", "Only the largest magnitudes are known here."),
    QT_TRANSLATE_NOOP("CoreWords", "This model has no %1."),
    QT_TRANSLATE_NOOP("CoreWords", "Columns of a weight belong to input channels. Show the inputs."),
    QT_TRANSLATE_NOOP("CoreWords", "The outlier rule has no answer here."),
    QT_TRANSLATE_NOOP("CoreWords", "The inputs of %1 are not known in both."),
    QT_TRANSLATE_NOOP("CoreWords", "All channels of %1 are as large in both."),
};

QString figurePart(const QString& part) {
    for (const char* known : kLinearTexts) {
        const auto found = placesIn(QString::fromUtf8(known), part);
        if (found && parseLinear(found->at(0).toStdString())) {
            return Texts::tr(known).arg(found->at(0));
        }
    }
    return translatedPattern(kFigureTexts, part, localized).value_or(part);
}

} // namespace

QString figureText(std::string_view text) {
    const QString dot = QStringLiteral(" · ");
    QStringList parts = qt(text).split(dot);
    for (QString& part : parts) {
        part = figurePart(part);
    }
    return parts.join(dot);
}

QString phaseText(std::string_view phase) {
    constexpr std::string_view kEvaluating = "Evaluating ", kDetail = " (";
    if (phase.starts_with(kEvaluating)) {
        return Texts::tr("Evaluating %1").arg(qt(phase.substr(kEvaluating.size())));
    }
    const std::string_view what = phase.substr(0, phase.find(kDetail)); // the rest is in numbers
    for (const char* known : kPhases) {
        if (what == known) {
            return Texts::tr(known) + qt(phase.substr(what.size()));
        }
    }
    return qt(phase);
}

} // namespace mambascope::ui
