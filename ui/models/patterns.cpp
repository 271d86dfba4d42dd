// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/patterns.h"

#include <QCoreApplication>
#include <QLocale>

namespace mambascope::ui {

std::optional<QStringList> placesIn(const QString& pattern, const QString& text) {
    QStringList found;
    qsizetype at = 0, from = 0;
    for (int number = 1;; ++number) {
        const QString place = u'%' + QString::number(number);
        const qsizetype here = pattern.indexOf(place, from);
        if (here < 0) {
            break;
        }
        const QStringView before = QStringView(pattern).mid(from, here - from);
        if (!QStringView(text).mid(at).startsWith(before)) {
            return std::nullopt;
        }
        at += before.size();
        from = here + place.size();
        const qsizetype next = pattern.indexOf(u'%' + QString::number(number + 1), from);
        const QStringView after = QStringView(pattern).mid(from, next < 0 ? -1 : next - from);
        const qsizetype end = next < 0 ? text.size() - after.size() : text.indexOf(after, at);
        if (end <= at) {
            return std::nullopt;
        }
        found.append(text.mid(at, end - at));
        at = end;
    }
    return QStringView(text).mid(at) == QStringView(pattern).mid(from) ? std::optional(found) : std::nullopt;
}

namespace {

/// False if a text cannot be what a pattern says, which is soon found out for nearly all of them.
bool mayBegin(const char* pattern, const QString& text) {
    qsizetype at = 0;
    for (; pattern[at] != '\0' && pattern[at] != '%'; ++at) {
        const auto unit = static_cast<unsigned char>(pattern[at]);
        if (unit >= 0x80) {
            return true;
        }
        if (at >= text.size() || text[at].unicode() != unit) {
            return false;
        }
    }
    return true;
}

} // namespace

std::optional<QString> translatedPattern(
    std::span<const char* const> patterns, const QString& text,
    const std::function<QString(const QString&)>& place) {
    for (const char* known : patterns) { // "%1 sites" fits "mean α of the smoothed sites" as well
        if (mayBegin(known, text) && text == QString::fromUtf8(known)) {
            return QCoreApplication::translate("CoreWords", known);
        }
    }
    for (const char* known : patterns) {
        if (!mayBegin(known, text)) {
            continue;
        }
        const auto found = placesIn(QString::fromUtf8(known), text);
        if (!found) {
            continue;
        }
        QString result = QCoreApplication::translate("CoreWords", known);
        for (qsizetype i = found->size(); i > 0; --i) { // from the last: a value may hold a "%1" itself
            result.replace(u'%' + QString::number(i), place(found->at(i - 1)));
        }
        return result;
    }
    return std::nullopt;
}

QString textLanguage() {
    return QCoreApplication::translate("CoreWords", "en");
}

QString localized(const QString& value) {
    bool isNumber = false;
    QLocale::c().toDouble(value, &isNumber);
    return isNumber ? QString(value).replace(u'.', QLocale().decimalPoint()) : value;
}

} // namespace mambascope::ui
