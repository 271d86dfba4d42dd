// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTranslator>

#include <cmath>

namespace mambascope::test {

/// "Open" becomes "[Open~~]". Places for values, mnemonics and tags stay where they are.
class PseudoLocale : public QTranslator {
public:
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char*, int) const override {
        const QString text = QString::fromUtf8(source);
        const QLatin1String from(context);
        // Keys are read back by Qt; and the direction of writing is no text.
        if (from == QLatin1String("QShortcut") || from == QLatin1String("QGuiApplication") ||
            text.startsWith(QLatin1String("Ctrl+"))) {
            return {};
        }
        constexpr double kLonger = 0.4;
        return QStringLiteral("[%1%2]").arg(
            text,
            QString(static_cast<qsizetype>(std::ceil(kLonger * static_cast<double>(text.size()))), u'~'));
    }
};

/// What is left of a text outside of all brackets.
inline QString outside(const QString& text) {
    QString left;
    int depth = 0;
    for (const QChar each : text) {
        if (each == u'[') {
            ++depth;
        } else if (each == u']') {
            --depth;
            left += u' ';
        } else if (depth == 0) {
            left += each;
        }
    }
    return left;
}

} // namespace mambascope::test
