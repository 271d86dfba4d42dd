// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/text.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {

QString qt(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString number(qlonglong value) {
    return QLocale().toString(value);
}

QString significant(double value, int digits) {
    if (!std::isfinite(value)) {
        return std::isnan(value) ? QStringLiteral("NaN") : QStringLiteral("∞");
    }
    const double magnitude = std::fabs(value);
    if (magnitude != 0 && (magnitude < 1e-3 || magnitude >= 1e6)) {
        return QLocale().toString(value, 'e', digits - 1);
    }
    const int leading = magnitude == 0 ? 1 : static_cast<int>(std::floor(std::log10(magnitude))) + 1;
    return QLocale().toString(value, 'f', std::max(0, digits - leading));
}

QString percent(double share) {
    return QLocale().toString(share * 100, 'f', 1);
}

QString signedPercent(double share) {
    const double rounded = std::round(share * 1000) / 10;
    if (rounded == 0) {
        return QStringLiteral("±") + QLocale().toString(0.0, 'f', 1);
    }
    return (rounded > 0 ? QStringLiteral("+") : QStringLiteral("−")) +
           QLocale().toString(std::fabs(rounded), 'f', 1);
}

QString pValue(double p) {
    if (p < 0.001) {
        return QStringLiteral("p < ") + QLocale().toString(0.001, 'f', 3);
    }
    return QStringLiteral("p = ") + QLocale().toString(p, 'f', p < 0.1 ? 3 : 2);
}

} // namespace mambascope::ui
