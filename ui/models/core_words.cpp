// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/core_words.h"

#include "ui/models/text.h"

#include <QCoreApplication>

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

} // namespace

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
