// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/svg.h"

#include "core/figure/svg_shapes.h"

#include <algorithm>
#include <ranges>

namespace mambascope {
namespace {

using svg::number;

std::string colourOf(const ChartSeries& series) {
    constexpr const char* kColours[] = {"var(--in)", "var(--x)", "var(--dt)", "var(--out)"};
    return kColours[static_cast<std::size_t>(series.colour)];
}

/// Both ribbons of a panel have the same colour: the wider one is lighter.
const char* opacityOf(const ChartPanel& panel, const ChartSeries& series) {
    return &series == &panel.series.front() ? "0.25" : "0.45";
}

/// One panel at a place of the drawing.
class ChartSvg {
public:
    ChartSvg(const ChartPanel& panel, const SvgSize& size, double left, double top)
        : m_panel(panel)
        , m_frame{left + svg::kLeft, left + size.panelWidth - svg::kRight,
                  top + svg::kTop,   top + size.panelHeight - svg::kBottom,
                  panel.x.range,     panel.y.range,
                  panel.x.scale,     panel.y.scale} {}

    std::string paint() const {
        std::string drawn = svg::heading(m_frame, m_panel.title, m_panel.subtitle);
        if (m_panel.series.empty()) {
            return drawn + svg::text(
                               (m_frame.left + m_frame.right) / 2, (m_frame.top + m_frame.bottom) / 2,
                               "middle", "fill:var(--faint)", m_panel.emptyText);
        }
        drawn += svg::axes(
            m_frame, svg::namedTicks(m_panel.x.range, m_panel.x.scale, m_panel.x.whole), m_panel.x.label,
            m_panel.y.label);
        for (const ChartSeries& series : m_panel.series) {
            drawn += painted(series);
        }
        for (const ChartMark& mark : m_panel.marks) {
            const char* colour = mark.outlier ? "var(--mark)" : "var(--faint)";
            const double x = m_frame.x(mark.x);
            drawn +=
                svg::line(
                    x, m_frame.top, x, m_frame.bottom, std::string("stroke-dasharray:3 3;stroke:") + colour) +
                svg::text(x + 3, m_frame.top + 10, "start", std::string("fill:") + colour, mark.label);
        }
        return drawn + legend();
    }

private:
    std::string painted(const ChartSeries& series) const {
        switch (series.kind) {
        case ChartKind::Bars:
            return bars(series);
        case ChartKind::Line:
            return line(series);
        case ChartKind::Points:
            return points(series);
        case ChartKind::Ribbon:
            break;
        }
        return ribbon(series);
    }

    std::string bars(const ChartSeries& series) const {
        std::string path;
        for (const ChartPoint& point : series.points) {
            path += std::string("M") + number(m_frame.x(point.x)) + " " + number(m_frame.bottom) + "V" +
                    number(m_frame.y(point.y)) + "H" + number(m_frame.x(point.xEnd)) + "V" +
                    number(m_frame.bottom) + "Z";
        }
        return "<path d=\"" + path + "\" style=\"fill:" + colourOf(series) + "\"/>";
    }

    std::string line(const ChartSeries& series) const {
        std::string path;
        for (const ChartPoint& point : series.points) {
            path += std::string(path.empty() ? "M" : "L") + number(m_frame.x(point.x)) + " " +
                    number(m_frame.y(point.y));
        }
        return "<path d=\"" + path +
               "\" style=\"fill:none;stroke-width:1.5;stroke-linecap:round;stroke:" + colourOf(series) +
               "\"/>";
    }

    std::string points(const ChartSeries& series) const {
        std::string drawn;
        for (const ChartPoint& point : series.points) {
            const double x = m_frame.x(point.x);
            if (point.low && point.high) {
                drawn += svg::line(
                    x, m_frame.y(*point.low), x, m_frame.y(*point.high), "stroke:" + colourOf(series));
            }
            drawn += "<circle cx=\"" + number(x) + "\" cy=\"" + number(m_frame.y(point.y)) +
                     "\" r=\"3\" style=\"fill:" + colourOf(series) + "\"/>";
        }
        return drawn;
    }

    std::string ribbon(const ChartSeries& series) const {
        std::string path;
        for (const ChartPoint& point : series.points) {
            path += std::string(path.empty() ? "M" : "L") + number(m_frame.x(point.x)) + " " +
                    number(m_frame.y(point.high.value_or(point.y)));
        }
        for (const ChartPoint& point : std::views::reverse(series.points)) {
            path += std::string("L") + number(m_frame.x(point.x)) + " " +
                    number(m_frame.y(point.low.value_or(point.y)));
        }
        return "<path d=\"" + path + "Z\" style=\"fill-opacity:" + opacityOf(m_panel, series) +
               ";fill:" + colourOf(series) + "\"/>";
    }

    /// Beside the title, from the right.
    std::string legend() const {
        if (m_panel.series.size() < 2) {
            return {};
        }
        constexpr double kSample = 14, kGap = 4, kBetween = 12;
        std::string drawn;
        double x = m_frame.right + kBetween;
        const double y = m_frame.top - 22;
        for (const ChartSeries& series : std::views::reverse(m_panel.series)) {
            x -= kSample + kGap + svg::textWidth(series.label) + kBetween;
            const bool line = series.kind == ChartKind::Line;
            const std::string colour = colourOf(series);
            drawn += svg::text(x + kSample + kGap, y, "start", "fill:var(--ink)", series.label);
            drawn += line ? svg::line(x, y - 4, x + kSample, y - 4, "stroke-width:1.5;stroke:" + colour)
                          : "<rect x=\"" + number(x) + "\" y=\"" + number(y - 9) + "\" width=\"" +
                                number(kSample) + "\" height=\"10\" style=\"fill-opacity:" +
                                (series.kind == ChartKind::Ribbon ? opacityOf(m_panel, series) : "1") +
                                ";fill:" + colour + "\"/>";
        }
        return drawn;
    }

    const ChartPanel& m_panel;
    svg::Frame m_frame;
};

} // namespace

std::string figureToSvg(const Chart& chart, const SvgSize& size) {
    const int count = static_cast<int>(chart.panels.size());
    const int columns = std::max(1, std::min(size.columns, count));
    const int rows = (count + columns - 1) / columns;
    std::string body;
    for (int i = 0; i < count; ++i) {
        body += "<g>" +
                ChartSvg(
                    chart.panels[static_cast<std::size_t>(i)], size, i % columns * size.panelWidth,
                    i / columns * size.panelHeight)
                    .paint() +
                "</g>";
    }
    return svg::drawing(columns * size.panelWidth, rows * size.panelHeight, chart.title, chart.caption, body);
}

} // namespace mambascope
