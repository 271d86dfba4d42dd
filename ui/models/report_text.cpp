// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/core_words.h"
#include "ui/models/patterns.h"

#include <QCoreApplication>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace mambascope::ui {
namespace {

/// What reports say between two tags; the first that fits counts.
constexpr std::array kReportTexts{
    QT_TRANSLATE_NOOP("CoreWords", "The session has no checkpoint yet."),
    QT_TRANSLATE_NOOP("CoreWords", "There is no calibration."),
    QT_TRANSLATE_NOOP("CoreWords", "There are no results yet."),
    QT_TRANSLATE_NOOP("CoreWords", "%1 layers, width %2, inner width %3, %4 states, vocabulary %5"),
    QT_TRANSLATE_NOOP("CoreWords", "name"),
    QT_TRANSLATE_NOOP("CoreWords", "architecture"),
    QT_TRANSLATE_NOOP("CoreWords", "shape"),
    QT_TRANSLATE_NOOP("CoreWords", "parameters"),
    QT_TRANSLATE_NOOP("CoreWords", "stored as"),
    QT_TRANSLATE_NOOP("CoreWords", "hash"),
    QT_TRANSLATE_NOOP("CoreWords", "site"),
    QT_TRANSLATE_NOOP("CoreWords", "outlier channels"),
    QT_TRANSLATE_NOOP("CoreWords", "layers with any"),
    QT_TRANSLATE_NOOP("CoreWords", "largest"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 in channel %2 of layer %3"),
    QT_TRANSLATE_NOOP("CoreWords", "text"),
    QT_TRANSLATE_NOOP("CoreWords", "token ids"),
    QT_TRANSLATE_NOOP("CoreWords", "windows"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 of %2 tokens, back to back"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 of %2 tokens, at random positions, seed %3"),
    QT_TRANSLATE_NOOP("CoreWords", "The plan file"),
    QT_TRANSLATE_NOOP("CoreWords", "Session %1, by mambascope %2."),
    QT_TRANSLATE_NOOP("CoreWords", "Checkpoint"),
    QT_TRANSLATE_NOOP("CoreWords", "Results"),
    QT_TRANSLATE_NOOP("CoreWords", "Searches"),
    QT_TRANSLATE_NOOP("CoreWords", "Sweeps"),
    QT_TRANSLATE_NOOP("CoreWords", "Plan"),
    QT_TRANSLATE_NOOP("CoreWords", "Calibration"),
    QT_TRANSLATE_NOOP("CoreWords", "Notes"),
    QT_TRANSLATE_NOOP("CoreWords", "Make it again"),
    QT_TRANSLATE_NOOP("CoreWords", "task"),
    QT_TRANSLATE_NOOP("CoreWords", "items"),
    QT_TRANSLATE_NOOP("CoreWords", "run"),
    QT_TRANSLATE_NOOP("CoreWords", "note"),
    QT_TRANSLATE_NOOP("CoreWords", "average"),
    QT_TRANSLATE_NOOP("CoreWords", "run %1: unnamed plan (stopped)"),
    QT_TRANSLATE_NOOP("CoreWords", "run %1: unnamed plan"),
    QT_TRANSLATE_NOOP("CoreWords", "run %1: %2 (stopped)"),
    QT_TRANSLATE_NOOP("CoreWords", "run %1: %2"),
    QT_TRANSLATE_NOOP("CoreWords", "common items"),
    QT_TRANSLATE_NOOP("CoreWords", "difference, points"),
    QT_TRANSLATE_NOOP("CoreWords", "gained"),
    QT_TRANSLATE_NOOP("CoreWords", "lost"),
    QT_TRANSLATE_NOOP("CoreWords", "McNemar p"),
    QT_TRANSLATE_NOOP("CoreWords", "Also different:"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "The runs were not all measured on the same items: compare them by the differences "
                     "below, which are over the items that two runs have in common."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Shares in per cent, behind them their 95 % interval (Wilson). The average is the "
                     "unweighted mean of the tasks that a run has."),
    QT_TRANSLATE_NOOP("CoreWords", "The session has no complete run without quantization to compare with."),
    QT_TRANSLATE_NOOP("CoreWords", "as printed"),
    QT_TRANSLATE_NOOP("CoreWords", "checkpoint"),
    QT_TRANSLATE_NOOP("CoreWords", "plan"),
    QT_TRANSLATE_NOOP("CoreWords", "recipe"),
    QT_TRANSLATE_NOOP("CoreWords", "all"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 a task, drawn at random, seed %2"),
    QT_TRANSLATE_NOOP("CoreWords", "its calibration"),
    QT_TRANSLATE_NOOP("CoreWords", "%1, computed in %2 on %3 by %4"),
    QT_TRANSLATE_NOOP("CoreWords", "%1, computed in %2 on %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1, computed in %2"),
    QT_TRANSLATE_NOOP("CoreWords", "This record holds no results of a sweep."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Shares in per cent; below them their 95 % interval (Wilson), and the paired difference "
                     "in points to the first plan of the same checkpoint. * McNemar's p below 0.05; for the "
                     "average, a 95 % bootstrap interval without 0."),
    QT_TRANSLATE_NOOP("CoreWords", "Sweep %1: %2"),
    QT_TRANSLATE_NOOP("CoreWords", "begun with"),
    QT_TRANSLATE_NOOP("CoreWords", "measured on"),
    QT_TRANSLATE_NOOP("CoreWords", "to choose from"),
    QT_TRANSLATE_NOOP("CoreWords", "bits a weight"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 at most, %2 used"),
    QT_TRANSLATE_NOOP("CoreWords", "calibration"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 windows of %2 tokens of %3, back to back"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 windows of %2 tokens of %3, at random positions, seed %4"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 windows of %2 tokens, back to back"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 windows of %2 tokens, at random positions, seed %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1, taken"),
    QT_TRANSLATE_NOOP("CoreWords", "allocation"),
    QT_TRANSLATE_NOOP("CoreWords", "loss, nats a token"),
    QT_TRANSLATE_NOOP("CoreWords", "divergence, nats a token"),
    QT_TRANSLATE_NOOP("CoreWords", "linear"),
    QT_TRANSLATE_NOOP("CoreWords", "bits, and at how many layers"),
    QT_TRANSLATE_NOOP("CoreWords", "α, and at how many layers"),
    QT_TRANSLATE_NOOP("CoreWords", "mean error"),
    QT_TRANSLATE_NOOP("CoreWords", "mean error without smoothing"),
    QT_TRANSLATE_NOOP("CoreWords", "mean error with %1 bits"),
    QT_TRANSLATE_NOOP("CoreWords", "mean error with %1"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Loss without quantization %1, with the plan %2 nats a token. The most sensitive sites, "
                     "and what they change of the two:"),
    QT_TRANSLATE_NOOP("CoreWords", "quantized alone"),
    QT_TRANSLATE_NOOP("CoreWords", "left out of the plan"),
    QT_TRANSLATE_NOOP("CoreWords", "Change of the loss, nats a token: quantized alone, and left out."),
    QT_TRANSLATE_NOOP("CoreWords", "What was chosen, and its error."),
    QT_TRANSLATE_NOOP("CoreWords", "This record is not the trace of a search."),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Errors are those of a linear's output against the unquantized one: the sum of squared "
                     "differences over the sum of squares."),
    QT_TRANSLATE_NOOP("CoreWords", "Every site of search %1"),
    QT_TRANSLATE_NOOP("CoreWords", "baseline"),
    QT_TRANSLATE_NOOP("CoreWords", "%1, perplexity"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "%1: the data files differ, so rows of the same number need not be the same item"),
};

/// What they say with numbers alone; names may read like that too.
constexpr std::array kNumberTexts{
    QT_TRANSLATE_NOOP("CoreWords", "Search %1"),  QT_TRANSLATE_NOOP("CoreWords", "Sweep %1"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 of %2"),   QT_TRANSLATE_NOOP("CoreWords", "of %1"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 million"), QT_TRANSLATE_NOOP("CoreWords", "(%1 not finite)"),
};

/// What was chosen, and at how many layers.
constexpr const char* kChosenAt = QT_TRANSLATE_NOOP("CoreWords", "%1 at %2");

/// What a plan does besides, between "; ".
constexpr std::array kListTexts{
    QT_TRANSLATE_NOOP("CoreWords", "1 site with own settings"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 sites with own settings"),
    QT_TRANSLATE_NOOP("CoreWords", "weights of all groups"),
    QT_TRANSLATE_NOOP("CoreWords", "weights of %1"),
    QT_TRANSLATE_NOOP("CoreWords", "scan input too"),
};

/// Notes of sweeps and tasks.
constexpr std::array kNotes{
    QT_TRANSLATE_NOOP("CoreWords", "Items: %1, drawn at random (seed %2)."),
    QT_TRANSLATE_NOOP("CoreWords", "Items: %1."),
    QT_TRANSLATE_NOOP("CoreWords", "Calibration of %1: %2."),
    QT_TRANSLATE_NOOP("CoreWords", "1 broken line was left out. The first: %1"),
    QT_TRANSLATE_NOOP("CoreWords", "%1 broken lines were left out. The first: %2"),
    QT_TRANSLATE_NOOP(
        "CoreWords", "Six-line text form of HellaSwag: the leading spaces of its choices are lost, so scores "
                     "deviate slightly from those of the original data."),
};

/// Lines of what differs between two plans, or two runs.
constexpr std::array kChanges{
    QT_TRANSLATE_NOOP("CoreWords", "calibration: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "items a task: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "seed: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "engine: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "tokenizer: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "computed in: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "device: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "stopped before its end: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: weight bits %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: weight granularity %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: activation bits %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: activation side %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: activation scale %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: activation clipping %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: scan bits %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: scan scale %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: state bits %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: zero outliers %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: rotation %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: outliers in floats %2 → %3"),
    QT_TRANSLATE_NOOP("CoreWords", "outlier rule: k %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "outlier rule: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "scan input, as x_proj's: %1 → %2"),
    QT_TRANSLATE_NOOP("CoreWords", "%1: α %2 → %3"),
};

/// What stands at the places of those lines.
constexpr std::array kChangeParts{
    QT_TRANSLATE_NOOP("CoreWords", "yes"),
    QT_TRANSLATE_NOOP("CoreWords", "no"),
    QT_TRANSLATE_NOOP("CoreWords", "all sites"),
    QT_TRANSLATE_NOOP("CoreWords", "all layers, all sites"),
    QT_TRANSLATE_NOOP("CoreWords", "all layers, %1"),
    QT_TRANSLATE_NOOP("CoreWords", "layers %1, all sites"),
    QT_TRANSLATE_NOOP("CoreWords", "layer %1, all sites"),
    QT_TRANSLATE_NOOP("CoreWords", "layers %1"),
    QT_TRANSLATE_NOOP("CoreWords", "layer %1, %2"),
    QT_TRANSLATE_NOOP("CoreWords", "on"),
    QT_TRANSLATE_NOOP("CoreWords", "off"),
    QT_TRANSLATE_NOOP("CoreWords", "none"),
};

bool isNumeric(const QString& text) {
    static const QRegularExpression kNumbers(QStringLiteral("^[-−+–±∞<>*%() 0-9.e]*$"));
    return kNumbers.match(text).hasMatch();
}

QString numbers(QString text) {
    static const QRegularExpression kPoint(QStringLiteral("(?<=\\d)\\.(?=\\d)"));
    static const QRegularExpression kVersion(QStringLiteral("\\d\\.\\d+\\.\\d"));
    return isNumeric(text) && !kVersion.match(text).hasMatch()
               ? text.replace(kPoint, QLocale().decimalPoint())
               : text;
}

/// "PIQA 100 of 1838, RTE 277 of 277".
QString counts(QString text) {
    static const QRegularExpression kCount(QStringLiteral("(\\d+) of (\\d+)"));
    const QString said = QCoreApplication::translate("CoreWords", "%1 of %2");
    return text.replace(kCount, QString(said).replace(u'%', u'\\'));
}

QString changePart(const QString& text) {
    return translatedPattern(kChangeParts, text, numbers).value_or(numbers(text));
}

std::optional<QString> withNumbers(const QString& text) {
    for (const char* known : kNumberTexts) {
        if (const auto places = placesIn(QString::fromUtf8(known), text);
            places && std::ranges::all_of(*places, isNumeric)) {
            return translatedPattern(std::span(&known, 1), text, numbers);
        }
    }
    return std::nullopt;
}

/// A list of numbers and "off", or of how often each was chosen; nothing if any part of it is something else.
std::optional<QString> listed(const QString& text) {
    const auto isChoice = [](const QString& choice) {
        return choice == QLatin1String("off") || isNumeric(choice);
    };
    QStringList parts = text.split(QStringLiteral(", "));
    for (QString& part : parts) {
        const auto places = placesIn(QString::fromUtf8(kChosenAt), part);
        if (places && isChoice(places->at(0)) && isNumeric(places->at(1))) {
            part = translatedPattern(std::span(&kChosenAt, 1), part, changePart).value_or(part);
        } else if (isChoice(part)) {
            part = changePart(part);
        } else {
            return std::nullopt;
        }
    }
    return parts.join(
        QLocale().decimalPoint() == QLatin1String(",") ? QStringLiteral("; ") : QStringLiteral(", "));
}

/// A plan in a line; what it does to sites is said in its own notation.
QString summary(const QString& text) {
    QStringList parts = text.split(QStringLiteral("; "));
    for (QString& part : parts) {
        part = translatedPattern(kListTexts, part, numbers).value_or(part);
    }
    return parts.join(QStringLiteral("; "));
}

QString spoken(const QString& text) {
    if (const auto known = withNumbers(text)) {
        return *known;
    }
    if (const auto known = listed(text)) {
        return *known;
    }
    if (const auto known = translatedPattern(kReportTexts, text, numbers)) {
        return *known;
    }
    if (const auto change = translatedPattern(kChanges, text, changePart)) {
        return *change;
    }
    if (const auto note = translatedPattern(kNotes, text, counts)) {
        return *note;
    }
    const std::string plain = text.toStdString();
    QString said = captionText(plain);
    if (said == text) {
        said = figureText(plain);
    }
    if (said == text && text.endsWith(u'.')) { // a figure's title in front of its caption
        return spoken(text.chopped(1)) + u'.';
    }
    return said == text && text.contains(QLatin1String("; ")) ? summary(text) : said;
}

QString unescaped(QString text) {
    return text.replace(QLatin1String("&lt;"), QLatin1String("<"))
        .replace(QLatin1String("&gt;"), QLatin1String(">"))
        .replace(QLatin1String("&quot;"), QLatin1String("\""))
        .replace(QLatin1String("&#39;"), QLatin1String("'"))
        .replace(QLatin1String("&apos;"), QLatin1String("'"))
        .replace(QLatin1String("&amp;"), QLatin1String("&"));
}

} // namespace

std::string reportText(const std::string& page) {
    const QString language = textLanguage();
    if (language == QLatin1String("en")) {
        return page;
    }
    static const QRegularExpression kPart(
        QStringLiteral("<(style|code|pre)\\b.*?</\\1>|<span translate=\"no\">.*?</span>|<[^>]*>|[^<]+"),
        QRegularExpression::DotMatchesEverythingOption);
    const QString all = QString::fromStdString(page);
    QString result;
    for (auto part = kPart.globalMatch(all); part.hasNext();) {
        const QString text = part.next().captured();
        const QString inner = text.trimmed();
        if (text.startsWith(u'<') || inner.isEmpty()) {
            result += text;
            continue;
        }
        const qsizetype from = text.indexOf(inner);
        result += text.left(from) + spoken(unescaped(inner)).toHtmlEscaped() + text.mid(from + inner.size());
    }
    result.replace(QLatin1String("<html lang=\"en\">"), QStringLiteral("<html lang=\"%1\">").arg(language));
    return result.toStdString();
}

} // namespace mambascope::ui
