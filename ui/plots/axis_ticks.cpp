// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/axis_ticks.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kTolerance = 1e-9;

QString superscript(int exponent) {
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString text = exponent < 0 ? QStringLiteral("⁻") : QString();
    const QString plain = QString::number(std::abs(exponent));
    for (const QChar digit : plain) {
        text += digits[digit.digitValue()];
    }
    return text;
}

QString powerLabel(int exponent) {
    if (exponent >= -2 && exponent <= 4) {
        return formatValue(std::pow(10.0, exponent));
    }
    return QStringLiteral("10") + superscript(exponent);
}

/// The gap between two labels, in units of a digit's size.
double spacing(const std::function<double(const QString&)>& labelExtent) {
    return labelExtent(QStringLiteral("0")) * 0.9;
}

bool overlaps(
    const std::vector<AxisTicks::Major>& ticks, const AxisRange& range, AxisScale scale, double length,
    const std::function<double(const QString&)>& labelExtent) {
    const double gap = spacing(labelExtent);
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        const double distance = length * (axisFraction(ticks[i].value, range, scale) -
                                          axisFraction(ticks[i - 1].value, range, scale));
        if ((labelExtent(ticks[i].label) + labelExtent(ticks[i - 1].label)) / 2 + gap > distance) {
            return true;
        }
    }
    return false;
}

QString linearLabel(double value, double step) {
    const int decimals = std::clamp(-static_cast<int>(std::floor(std::log10(step) + kTolerance)), 0, 12);
    if (std::abs(value) >= 1e6 || (step < 1e-4 && value != 0)) {
        return QLocale().toString(value, 'g', 4);
    }
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    return locale.toString(value, 'f', decimals);
}

AxisTicks linearTicks(
    double low, double high, double length, const std::function<double(const QString&)>& labelExtent,
    bool wholeNumbers) {
    AxisTicks ticks;
    const int largest = static_cast<int>(std::ceil(std::log10(high - low)));
    // From fine to coarse, until the labels fit and are few enough to read; a label gets at least three times
    // its own room.
    for (int power = largest - 3; power <= largest; ++power) {
        for (const int factor : {1, 2, 5}) {
            const double step = factor * std::pow(10.0, power);
            if (wholeNumbers && step < 1) {
                continue;
            }
            const double count = (high - low) / step;
            if (count > 7.5) {
                continue;
            }
            ticks.major.clear();
            for (double i = std::ceil(low / step - kTolerance); i <= std::floor(high / step + kTolerance);
                 ++i) {
                ticks.major.push_back({i * step, linearLabel(i * step, step)});
            }
            if (overlaps(ticks.major, {low, high}, AxisScale::Linear, length, labelExtent)) {
                continue;
            }
            const int parts = factor == 2 ? 4 : 5;
            const double minor = step / parts;
            if (!wholeNumbers || minor >= 1) {
                for (double i = std::ceil(low / minor - kTolerance);
                     i <= std::floor(high / minor + kTolerance); ++i) {
                    if (std::fmod(std::abs(i) + 0.25, parts) > 0.5) {
                        ticks.minor.push_back(i * minor);
                    }
                }
            }
            return ticks;
        }
    }
    return ticks;
}

/// An axis that shows less than two powers of ten: 1, 2, 5 of each, as many as fit.
std::vector<AxisTicks::Major>
ticksWithinDecades(double low, double high, int first, int last, const std::vector<int>& factors) {
    std::vector<AxisTicks::Major> ticks;
    for (int exponent = first; exponent <= last; ++exponent) {
        for (const int factor : factors) {
            const double value = factor * std::pow(10.0, exponent);
            if (value >= low * (1 - kTolerance) && value <= high * (1 + kTolerance)) {
                ticks.push_back({value, factor == 1 ? powerLabel(exponent) : formatValue(value)});
            }
        }
    }
    return ticks;
}

AxisTicks
logTicks(double low, double high, double length, const std::function<double(const QString&)>& labelExtent) {
    AxisTicks ticks;
    const int first = static_cast<int>(std::floor(std::log10(low) + kTolerance));
    const int last = static_cast<int>(std::ceil(std::log10(high) - kTolerance));
    const bool few = ticksWithinDecades(low, high, first, last, {1}).size() < 3;
    if (few) {
        for (const auto& factors :
             {std::vector<int>{1, 2, 5}, std::vector<int>{1, 3}, std::vector<int>{1, 5}}) {
            ticks.major = ticksWithinDecades(low, high, first, last, factors);
            if (ticks.major.size() >= 2 &&
                !overlaps(ticks.major, {low, high}, AxisScale::Log, length, labelExtent)) {
                break;
            }
            ticks.major.clear();
        }
    }
    if (few && ticks.major.empty()) { // less than a decade: round numbers, as far as there is room
        for (const AxisTicks::Major& tick : linearTicks(low, high, length, labelExtent, false).major) {
            ticks.major.push_back(tick);
            if (tick.value <= 0 || overlaps(ticks.major, {low, high}, AxisScale::Log, length, labelExtent)) {
                ticks.major.pop_back();
            }
        }
    }
    for (int step = 1; ticks.major.empty() && step <= std::max(1, last - first); ++step) {
        for (int exponent = first; exponent <= last; ++exponent) {
            const double value = std::pow(10.0, exponent);
            if (exponent % step == 0 && value >= low * (1 - kTolerance) && value <= high * (1 + kTolerance)) {
                ticks.major.push_back({value, powerLabel(exponent)});
            }
        }
        if (overlaps(ticks.major, {low, high}, AxisScale::Log, length, labelExtent)) {
            ticks.major.clear();
        }
    }
    // Minor ticks closer than a fifth of a label are noise; then the powers of ten between the labels remain.
    const double decade = length / std::log10(high / low);
    const bool fine = decade > labelExtent(QStringLiteral("0")) * 2;
    for (int exponent = first; exponent <= last; ++exponent) {
        for (int factor = 1; factor <= (fine ? 9 : 1); ++factor) {
            const double value = factor * std::pow(10.0, exponent);
            const bool isMajor = std::any_of(ticks.major.begin(), ticks.major.end(), [&](const auto& tick) {
                return std::abs(tick.value / value - 1) < 1e-6;
            });
            if (value >= low && value <= high && !isMajor) {
                ticks.minor.push_back(value);
            }
        }
    }
    return ticks;
}

AxisTicks
symlogTicks(const AxisRange& range, double length, const std::function<double(const QString&)>& labelExtent) {
    const double largest = std::max(std::abs(range.low), std::abs(range.high));
    const int first = static_cast<int>(std::ceil(std::log10(range.linear) - kTolerance));
    const int last = std::max(first, static_cast<int>(std::floor(std::log10(largest) + kTolerance)));
    AxisTicks ticks;
    for (int step = 1; step <= last - first + 1; ++step) {
        ticks.major.clear();
        const auto add = [&](double value, const QString& label) {
            if (value >= range.low && value <= range.high) {
                ticks.major.push_back({value, label});
            }
        };
        std::vector<int> exponents; // from the largest down, so that the end of the axis keeps its number
        for (int exponent = last; exponent >= first; exponent -= step) {
            exponents.push_back(exponent);
        }
        for (const int exponent : exponents) {
            add(-std::pow(10.0, exponent), QStringLiteral("−") + powerLabel(exponent));
        }
        add(0, formatValue(0));
        for (auto exponent = exponents.rbegin(); exponent != exponents.rend(); ++exponent) {
            add(std::pow(10.0, *exponent), powerLabel(*exponent));
        }
        if (!overlaps(ticks.major, range, AxisScale::Symlog, length, labelExtent)) {
            break;
        }
    }
    return ticks;
}

} // namespace

AxisTicks axisTicks(
    const AxisRange& range, AxisScale scale, double length,
    const std::function<double(const QString&)>& labelExtent, bool wholeNumbers) {
    if (!(range.high > range.low) || !std::isfinite(range.low) || !std::isfinite(range.high) || length <= 0 ||
        (scale == AxisScale::Log && range.low <= 0)) {
        return {};
    }
    switch (scale) {
    case AxisScale::Linear:
        break;
    case AxisScale::Log:
        return logTicks(range.low, range.high, length, labelExtent);
    case AxisScale::Symlog:
        return symlogTicks(range, length, labelExtent);
    }
    return linearTicks(range.low, range.high, length, labelExtent, wholeNumbers);
}

QString formatValue(double value) {
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    const double size = std::abs(value);
    if (size == 0 || !std::isfinite(value)) {
        return locale.toString(value, 'g', 4);
    }
    if (size >= 1e6 || size < 1e-4) {
        return locale.toString(value, 'g', 3);
    }
    if (size >= 1000) {
        return locale.toString(value, 'f', 0);
    }
    return locale.toString(value, 'g', 4);
}

} // namespace mambascope::ui
