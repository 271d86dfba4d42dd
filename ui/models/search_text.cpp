// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/search_text.h"

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

double numberIn(const Json& json, const char* member) {
    const auto found = json.is_object() ? json.find(member) : json.end();
    return json.is_object() && found != json.end() && found->is_number()
               ? found->get<double>()
               : std::numeric_limits<double>::quiet_NaN();
}

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
            .arg(shortText(numberIn(trace, "average_bits")));
    if (!allocations.is_object() || !chosen.is_string() || !allocations.contains(chosen.get<std::string>())) {
        return text;
    }
    const double divergence = numberIn(allocations[chosen.get<std::string>()], "divergence");
    const double uniform = numberIn(allocations.value("uniform", Json()), "divergence");
    if (!std::isfinite(uniform)) {
        return text + u' ' + Texts::tr("Divergence: %1 nats a token.").arg(shortText(divergence));
    }
    return text + u' ' +
           Texts::tr("Divergence: %1 nats a token; with uniform bits: %2.")
               .arg(shortText(divergence), shortText(uniform));
}

/// The site that adds most by itself, else the one without which most is saved.
QString mostSensitive(const Json& trace) {
    const double baseline = numberIn(trace, "baseline"), plan = numberIn(trace, "plan");
    std::string alone, saved;
    double most = -std::numeric_limits<double>::infinity(), best = most;
    const Json sites = trace.value("sites", Json::object());
    for (const auto& [name, site] : sites.items()) {
        if (const double added = numberIn(site, "only") - baseline; added > most) {
            most = added;
            alone = name;
        }
        if (const double less = plan - numberIn(site, "without"); less > best) {
            best = less;
            saved = name;
        }
    }
    if (!alone.empty()) {
        return Texts::tr("%1 adds most by itself, %2.").arg(qt(alone), shortText(most));
    }
    return saved.empty() ? QString()
                         : Texts::tr("Leaving %1 in floats saves most, %2.").arg(qt(saved), shortText(best));
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
        const double budget = numberIn(trace, "budget_bits");
        return std::isfinite(budget) ? Texts::tr("%1 bits on average").arg(shortText(budget))
                                     : Texts::tr("bits");
    }
    return target ? Texts::tr("sensitivity") : Texts::tr("unknown");
}

QString foundText(const Json& trace) {
    const auto target = targetOf(trace);
    if (target == SearchTarget::Alpha) {
        const double before = numberIn(trace, "error_before"), after = numberIn(trace, "error_after");
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
    const double added = numberIn(trace, "plan") - numberIn(trace, "baseline");
    const QString whole = Texts::tr("The plan adds %1 nats a token to the loss.").arg(shortText(added));
    const QString most = mostSensitive(trace);
    return most.isEmpty() ? whole : QString(whole + u' ' + most);
}

} // namespace mambascope::ui
