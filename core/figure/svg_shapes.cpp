// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/svg_shapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace mambascope::svg {
namespace {

std::string formatted(double value, std::chars_format format, int precision) {
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr;
    return {text.data(), end};
}

std::vector<double> linearTicks(double low, double high) {
    const double span = high - low;
    const double power = std::pow(10.0, std::floor(std::log10(span / 4)));
    const double steps = span / 4 / power;
    const double step = power * (steps < 1.5 ? 1 : steps < 3.5 ? 2 : steps < 7.5 ? 5 : 10);
    std::vector<double> ticks;
    for (double tick = std::ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) {
        ticks.push_back(std::fabs(tick) < step * 1e-9 ? 0 : tick);
    }
    return ticks;
}

std::vector<double> powersOfTen(double low, double high) {
    std::vector<double> ticks;
    const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
    const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
    const int step = std::max(1, (last - first) / 6 + ((last - first) % 6 == 0 ? 0 : 1));
    for (int exponent = first; exponent <= last; exponent += step) {
        ticks.push_back(std::pow(10.0, exponent));
    }
    return ticks;
}

/// 1, 2 and 5 times the powers of ten.
std::vector<double> fewDecades(double low, double high) {
    std::vector<double> ticks;
    for (int exponent = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, exponent) <= high;
         ++exponent) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double tick = factor * std::pow(10.0, exponent);
            if (tick >= low && tick <= high) {
                ticks.push_back(tick);
            }
        }
    }
    return ticks;
}

} // namespace

std::string number(double value) {
    return formatted(std::clamp(value, -1e6, 1e6), std::chars_format::fixed, 2);
}

std::string tickText(double value) {
    return formatted(value, std::chars_format::general, 6);
}

double textWidth(std::string_view utf8) {
    constexpr double kLetter = 6.4;
    return kLetter * static_cast<double>(
                         std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string
text(double x, double y, std::string_view anchor, std::string_view style, const std::string& content) {
    std::string element = "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"";
    element.append(anchor).append("\" style=\"").append(style).append("\">");
    return element + escapedXml(content) + "</text>";
}

std::string line(double x1, double y1, double x2, double y2, std::string_view style) {
    std::string element = "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) +
                          "\" y2=\"" + number(y2) + "\" style=\"";
    return element.append(style).append("\"/>");
}

std::vector<double> ticks(const AxisRange& range, AxisScale scale) {
    if (!(range.high > range.low)) {
        return {range.low};
    }
    if (scale != AxisScale::Log) {
        return linearTicks(range.low, range.high);
    }
    for (const auto& candidates : {powersOfTen(range.low, range.high), fewDecades(range.low, range.high)}) {
        if (candidates.size() > 1) {
            return candidates;
        }
    }
    return linearTicks(range.low, range.high);
}

std::vector<NamedTick> namedTicks(const AxisRange& range, AxisScale scale, bool whole) {
    std::vector<NamedTick> named;
    for (const double tick : ticks(range, scale)) {
        if (!whole || tick == std::floor(tick)) {
            named.push_back({tick, tickText(tick)});
        }
    }
    return named;
}

std::string axes(
    const Frame& frame, const std::vector<NamedTick>& names, const std::string& xLabel,
    const std::string& yLabel) {
    std::string svg;
    for (const double tick : ticks(frame.yRange, frame.yScale)) {
        svg += line(frame.left, frame.y(tick), frame.right, frame.y(tick), "stroke:var(--grid)") +
               text(frame.left - 6, frame.y(tick) + 4, "end", "fill:var(--faint)", tickText(tick));
    }
    svg += line(frame.left, frame.bottom, frame.right, frame.bottom, "stroke:var(--faint)");
    double free = -std::numeric_limits<double>::infinity();
    for (const NamedTick& tick : names) {
        const double x = frame.x(tick.value), half = textWidth(tick.name) / 2;
        if (x - half > free) {
            svg += text(x, frame.bottom + 14, "middle", "fill:var(--faint)", tick.name);
            free = x + half + 4;
        }
    }
    svg += text((frame.left + frame.right) / 2, frame.bottom + 28, "middle", "fill:var(--faint)", xLabel);
    if (!yLabel.empty()) {
        const double middle = (frame.top + frame.bottom) / 2, x = frame.left - 46;
        svg += "<g transform=\"rotate(-90 " + number(x) + " " + number(middle) + ")\">" +
               text(x, middle, "middle", "fill:var(--faint)", yLabel) + "</g>";
    }
    return svg;
}

std::string heading(const Frame& frame, const std::string& title, const std::string& subtitle) {
    return text(frame.left, frame.top - 22, "start", "fill:var(--ink);font-weight:600", title) +
           text(frame.left, frame.top - 8, "start", "fill:var(--faint)", subtitle);
}

std::string drawing(
    int width, int height, const std::string& title, const std::string& caption, const std::string& body) {
    const std::string w = std::to_string(width), h = std::to_string(height);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " + w + " " + h +
           "\" width=\"" + w + "\" height=\"" + h +
           "\" style=\"font:12px sans-serif;max-width:100%;height:auto\"><title>" + escapedXml(title) +
           "</title><desc>" + escapedXml(caption) + "</desc>" + body + "</svg>";
}

} // namespace mambascope::svg
