// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/svg.h"

#include "core/figure/svg_shapes.h"

#include <algorithm>
#include <array>

namespace mambascope {
namespace {

using svg::number;

/// The colour of a series; neighbours are far apart.
const char* colourOf(std::size_t series) {
    constexpr std::array kColours{"var(--out)", "var(--mark)", "var(--in)", "var(--x)", "var(--dt)"};
    return kColours[series % kColours.size()];
}

const char* dashesOf(std::size_t series) {
    constexpr std::array kDashes{"6 4", "8 3 2 3", "8 3 2 3 2 3"};
    return kDashes[series % kDashes.size()];
}

/// A circle, square, triangle or diamond.
std::string marker(double x, double y, std::size_t series) {
    const auto at = [&](double dx, double dy) {
        return number(x + dx) + " " + number(y + dy);
    };
    const std::string style =
        std::string("style=\"stroke:var(--paper);stroke-width:0.6;fill:") + colourOf(series) + "\"/>";
    switch (series % 4) {
    case 0:
        return "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"3.5\" " + style;
    case 1:
        return "<path d=\"M" + at(-3, -3) + "L" + at(3, -3) + "L" + at(3, 3) + "L" + at(-3, 3) + "Z\" " +
               style;
    case 2:
        return "<path d=\"M" + at(0, -4.2) + "L" + at(3.9, 2.8) + "L" + at(-3.9, 2.8) + "Z\" " + style;
    default:
        return "<path d=\"M" + at(0, -4.6) + "L" + at(4.6, 0) + "L" + at(0, 4.6) + "L" + at(-4.6, 0) +
               "Z\" " + style;
    }
}

class SweepSvg {
public:
    SweepSvg(const SweepFigure& figure, const SvgSize& size)
        : m_figure(figure)
        , m_size(size)
        , m_columns(figure.panels.size() > 1 ? std::max(1, size.columns) : 1)
        , m_panelWidth(
              figure.panels.size() > 1 ? size.panelWidth : size.panelWidth * std::max(1, size.columns))
        , m_values(accuracyRange(figure)) {}

    std::string draw() const {
        const int count = static_cast<int>(m_figure.panels.size());
        const int rows = (count + m_columns - 1) / m_columns;
        int top = 0;
        std::string body = count > 0 ? legend(top) : std::string();
        for (int i = 0; i < count; ++i) {
            body += "<g>" +
                    panel(
                        m_figure.panels[static_cast<std::size_t>(i)], i % m_columns * m_panelWidth,
                        top + i / m_columns * m_size.panelHeight) +
                    "</g>";
        }
        return svg::drawing(
            m_columns * m_panelWidth, top + rows * m_size.panelHeight, m_figure.title, m_figure.caption,
            body);
    }

private:
    /// Series are in the same order in every panel. Adds its height.
    std::string legend(int& height) const {
        constexpr int kLine = 20, kSample = 26, kBetween = 18;
        std::string drawn;
        double x = svg::kLeft;
        double y = kLine / 2.0;
        const auto& series = m_figure.panels.front().series;
        for (std::size_t i = 0; i < series.size(); ++i) {
            const double width = kSample + 6 + svg::textWidth(series[i].name);
            if (x > svg::kLeft && x + width > m_columns * m_panelWidth - svg::kRight) {
                x = svg::kLeft;
                y += kLine;
            }
            if (isReference(m_figure, series[i])) {
                drawn += svg::line(x, y, x + kSample, y, levelStyle(i));
            } else {
                drawn += (series[i].joined ? svg::line(x, y, x + kSample, y, lineStyle(i)) : std::string()) +
                         marker(x + kSample / 2.0, y, i);
            }
            drawn += svg::text(x + kSample + 6, y + 4, "start", "fill:var(--ink)", series[i].name);
            x += width + kBetween;
        }
        height += static_cast<int>(y) + kLine / 2;
        return drawn;
    }

    static std::string lineStyle(std::size_t series) {
        return std::string("fill:none;stroke-width:1.5;stroke:") + colourOf(series);
    }
    static std::string levelStyle(std::size_t series) {
        return std::string("stroke:var(--faint);stroke-dasharray:") + dashesOf(series);
    }

    std::vector<svg::NamedTick> names(const AxisRange& range) const {
        std::vector<svg::NamedTick> named;
        for (const auto& [value, name] : m_figure.ticks) {
            named.push_back({value, name});
        }
        for (std::size_t i = 0; i < m_figure.categories.size(); ++i) {
            named.push_back({static_cast<double>(i), m_figure.categories[i]});
        }
        return named.empty() ? svg::namedTicks(range, m_figure.xScale, false) : named;
    }

    std::string panel(const AccuracyPanel& panel, double left, double top) const {
        const svg::Frame frame{left + svg::kLeft,      left + m_panelWidth - svg::kRight,
                               top + svg::kTop - 12,   top + m_size.panelHeight - svg::kBottom,
                               horizontalRange(m_figure, panel), m_values,
                               m_figure.xScale,        AxisScale::Linear};
        std::string drawn =
            svg::text(frame.left, frame.top - 10, "start", "fill:var(--ink);font-weight:600", panel.title) +
            svg::axes(frame, names(frame.xRange), m_figure.xLabel, "accuracy, %");
        if (panel.chance && *panel.chance >= m_values.low) {
            const double y = frame.y(*panel.chance);
            drawn += svg::line(frame.left, y, frame.right, y, "stroke:var(--faint);stroke-dasharray:1 3");
        }
        for (const bool references : {true, false}) { // series lie above levels
            for (std::size_t i = 0; i < panel.series.size(); ++i) {
                if (isReference(m_figure, panel.series[i]) == references) {
                    drawn += references ? level(frame, panel.series[i], i) : series(frame, panel, i);
                }
            }
        }
        return drawn;
    }

    static std::string level(const svg::Frame& frame, const AccuracySeries& series, std::size_t index) {
        std::string drawn;
        for (const AccuracyPoint& point : series.points) {
            drawn +=
                svg::line(frame.left, frame.y(point.y), frame.right, frame.y(point.y), levelStyle(index));
        }
        return drawn;
    }

    std::string series(const svg::Frame& frame, const AccuracyPanel& panel, std::size_t index) const {
        const AccuracySeries& shown = panel.series[index];
        const double shift = besides(m_figure, panel, index);
        const std::string stroke = std::string("stroke:") + colourOf(index);
        std::string path, intervals, markers;
        for (const AccuracyPoint& point : shown.points) {
            const double x = frame.x(point.x + shift), y = frame.y(point.y);
            const double low = frame.y(std::max(point.low, m_values.low));
            const double high = frame.y(std::min(point.high, m_values.high));
            path += std::string(path.empty() ? "M" : "L") + number(x) + " " + number(y);
            intervals += svg::line(x, low, x, high, stroke) + svg::line(x - 2, low, x + 2, low, stroke) +
                         svg::line(x - 2, high, x + 2, high, stroke);
            markers += marker(x, y, index);
        }
        if (shown.joined && !path.empty()) {
            path = "<path d=\"" + path + "\" style=\"" + lineStyle(index) + "\"/>";
        } else {
            path.clear();
        }
        return path + intervals + markers;
    }

    const SweepFigure& m_figure;
    const SvgSize& m_size;
    int m_columns;
    int m_panelWidth;
    AxisRange m_values;
};

} // namespace

std::string figureToSvg(const SweepFigure& figure, const SvgSize& size) {
    return SweepSvg(figure, size).draw();
}

} // namespace mambascope
