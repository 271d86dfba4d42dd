// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/search_text.h"

#include "core/figure/search_trace_sites.h"
#include "ui/models/text.h"

#include <QCoreApplication>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace mambascope::ui {
namespace {

constexpr int kDigits = 3;

/// The context of the texts here.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(SearchText)
};

QString shortText(double value) {
    return std::isfinite(value) ? significant(value, kDigits) : QStringLiteral("—");
}

std::optional<SearchTarget> targetOf(const Json& trace) {
    const Json target = trace.is_object() ? trace.value("target", Json()) : Json();
    return target.is_string() ? parseSearchTarget(target.get<std::string>()) : std::nullopt;
}

int siteCount(const Json& trace) {
    return static_cast<int>(trace.value("sites", Json::object()).size());
}

QString bitsFound(const Json& trace) {
    const Json allocations = trace.value("allocations", Json::object());
    const Json chosen = trace.value("chosen", Json());
    const QString text =
        Texts::tr("Bits found for %n sites, %1 a weight on average.", nullptr, siteCount(trace))
            .arg(shortText(tracedNumber(trace, "average_bits")));
    if (!allocations.is_object() || !chosen.is_string() || !allocations.contains(chosen.get<std::string>())) {
        return text;
    }
    const double divergence = tracedNumber(allocations[chosen.get<std::string>()], "divergence");
    const double uniform = tracedNumber(allocations.value("uniform", Json()), "divergence");
    if (!std::isfinite(uniform)) {
        return text + u' ' + Texts::tr("Divergence: %1 nats a token.").arg(shortText(divergence));
    }
    return text + u' ' +
           Texts::tr("Divergence: %1 nats a token; with uniform bits: %2.")
               .arg(shortText(divergence), shortText(uniform));
}

/// The site that adds most by itself, else the one without which most is saved.
QString mostSensitive(const Json& trace) {
    // A NaN is never the larger one.
    const TracedLoss none{{}, -std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    TracedLoss adds = none, saves = none;
    for (const TracedLoss& loss : tracedLosses(trace).value_or(std::vector<TracedLoss>())) {
        adds = loss.added > adds.added ? loss : adds;
        saves = loss.saved > saves.saved ? loss : saves;
    }
    if (std::isfinite(adds.added)) {
        return Texts::tr("%1 adds most by itself, %2.").arg(qt(siteName(adds.site)), shortText(adds.added));
    }
    return std::isfinite(saves.saved)
               ? Texts::tr("Leaving %1 in floats saves most, %2.").arg(qt(siteName(saves.site)), shortText(saves.saved))
               : QString();
}

} // namespace

QString searchTitle(SearchTarget target) {
    switch (target) {
    case SearchTarget::Alpha:
        return Texts::tr("Searching α");
    case SearchTarget::Bits:
        return Texts::tr("Searching bits");
    case SearchTarget::Sensitivity:
        break;
    }
    return Texts::tr("Measuring sensitivity");
}

QString searchName(const Json& trace) {
    const auto target = targetOf(trace);
    if (target == SearchTarget::Alpha) {
        return Texts::tr("α of every site");
    }
    if (target == SearchTarget::Bits) {
        const double budget = tracedNumber(trace, "budget_bits");
        return std::isfinite(budget) ? Texts::tr("%1 bits on average").arg(shortText(budget))
                                     : Texts::tr("bits");
    }
    return target ? Texts::tr("sensitivity") : Texts::tr("unknown");
}

QString foundText(const Json& trace) {
    const auto target = targetOf(trace);
    if (target == SearchTarget::Alpha) {
        const double before = tracedNumber(trace, "error_before"), after = tracedNumber(trace, "error_after");
        if (!std::isfinite(before) || !std::isfinite(after)) { // of an earlier version
            return Texts::tr("α found for %n sites.", nullptr, siteCount(trace));
        }
        return Texts::tr(
                   "α found for %n sites: mean error of the linears' outputs %1 % → %2 %.", nullptr,
                   siteCount(trace))
            .arg(shortText(100 * before), shortText(100 * after));
    }
    if (target == SearchTarget::Bits) {
        return bitsFound(trace);
    }
    if (target != SearchTarget::Sensitivity) {
        return {};
    }
    const double added = tracedNumber(trace, "plan") - tracedNumber(trace, "baseline");
    const QString whole = Texts::tr("The plan adds %1 nats a token to the loss.").arg(shortText(added));
    const QString most = mostSensitive(trace);
    return most.isEmpty() ? whole : QString(whole + u' ' + most);
}

} // namespace mambascope::ui
