// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/svg.h"

#include "core/figure/svg_shapes.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

using svg::kBottom;
using svg::kLeft;
using svg::kRight;
using svg::kTop;
using svg::line;
using svg::number;
using svg::text;
using svg::tickText;

const char* colourOf(Linear linear) {
    switch (linear) {
    case Linear::InProj:
        return "var(--in)";
    case Linear::XProj:
        return "var(--x)";
    case Linear::DtProj:
        return "var(--dt)";
    case Linear::OutProj:
        break;
    }
    return "var(--out)";
}

/// One panel at a place of the drawing.
class PanelPainter {
public:
    PanelPainter(const StemPanel& panel, AxisScale scale, const SvgSize& size, double left, double top)
        : m_panel(panel)
        , m_scale(scale)
        , m_range(valueRange(panel, scale))
        , m_left(left + kLeft)
        , m_right(left + size.panelWidth - kRight)
        , m_top(top + kTop)
        , m_bottom(top + size.panelHeight - kBottom) {}

    std::string paint() {
        std::string svg =
            text(m_left, m_top - 22, "start", "fill:var(--ink);font-weight:600", m_panel.title) +
            text(m_left, m_top - 8, "start", "fill:var(--faint)", m_panel.subtitle);
        if (m_panel.values.empty()) {
            return svg + text(
                             (m_left + m_right) / 2, (m_top + m_bottom) / 2, "middle", "fill:var(--faint)",
                             m_panel.emptyText);
        }
        return svg + axes() + band() + stems() + marks();
    }

private:
    double x(double channel) const {
        const auto last = static_cast<double>(m_panel.values.size());
        return m_left + (channel + 0.5) / last * (m_right - m_left);
    }

    double y(double value) const {
        double share = 0;
        if (m_scale == AxisScale::Log) {
            const double v = std::max(value, m_range.low);
            share = std::log(v / m_range.low) / std::log(m_range.high / m_range.low);
        } else {
            share = (value - m_range.low) / (m_range.high - m_range.low);
        }
        return m_bottom - std::clamp(share, 0.0, 1.0) * (m_bottom - m_top);
    }

    std::string axes() const {
        std::string svg;
        for (const double tick : svg::ticks(m_range, m_scale)) {
            svg += line(m_left, y(tick), m_right, y(tick), "stroke:var(--grid)") +
                   text(m_left - 6, y(tick) + 4, "end", "fill:var(--faint)", tickText(tick));
        }
        const auto channels = static_cast<double>(m_panel.values.size());
        for (const double tick : svg::ticks({0, std::max(1.0, channels - 1)}, AxisScale::Linear)) {
            if (tick == std::floor(tick) && tick < channels) {
                svg += text(x(tick), m_bottom + 14, "middle", "fill:var(--faint)", tickText(tick));
            }
        }
        svg += line(m_left, m_bottom, m_right, m_bottom, "stroke:var(--faint)");
        svg += text((m_left + m_right) / 2, m_bottom + 28, "middle", "fill:var(--faint)", m_panel.xLabel);
        return svg;
    }

    std::string band() const {
        if (!m_panel.bandLow || !m_panel.bandHigh) {
            return {};
        }
        const double high = y(*m_panel.bandHigh), low = y(*m_panel.bandLow);
        return "<rect x=\"" + number(m_left) + "\" y=\"" + number(high) + "\" width=\"" +
               number(m_right - m_left) + "\" height=\"" + number(low - high) +
               "\" style=\"fill:var(--band)\"/>" +
               text(m_right - 4, high - 4, "end", "fill:var(--faint)", m_panel.bandLabel);
    }

    std::string stems() const {
        const int columns = static_cast<int>(m_right - m_left);
        const auto channels = static_cast<double>(m_panel.values.size());
        std::string path;
        for (const ColumnExtent& extent : columnExtents(m_panel.values, -0.5, channels - 0.5, columns)) {
            if (std::isfinite(extent.high)) {
                path.append("M").append(number(m_left + extent.column + 0.5));
                path.append(" ").append(number(m_bottom));
                path.append("V").append(number(y(static_cast<double>(extent.high))));
            }
        }
        return "<path d=\"" + path +
               "\" style=\"fill:none;stroke-width:1;stroke:" + colourOf(m_panel.linear) + "\"/>";
    }

    std::string marks() const {
        std::vector<OutlierMark> largest = m_panel.marks;
        std::sort(largest.begin(), largest.end(), [](const OutlierMark& a, const OutlierMark& b) {
            return a.value > b.value;
        });
        std::string svg;
        std::vector<std::pair<double, double>> labelled;
        for (const OutlierMark& mark : largest) {
            const double atX = x(mark.channel), atY = y(static_cast<double>(mark.value));
            svg += "<circle cx=\"" + number(atX) + "\" cy=\"" + number(atY) +
                   "\" r=\"2.5\" style=\"fill:var(--mark)\"/>";
            const bool free = std::none_of(labelled.begin(), labelled.end(), [&](const auto& other) {
                return std::fabs(other.first - atX) < 34 && std::fabs(other.second - atY) < 12;
            });
            if (free) {
                const bool right = atX > m_right - 40;
                svg += text(
                    atX + (right ? -5 : 5), atY + 4, right ? "end" : "start", "fill:var(--mark)", mark.label);
                labelled.emplace_back(atX, atY);
            }
        }
        return svg;
    }

    const StemPanel& m_panel;
    AxisScale m_scale;
    AxisRange m_range;
    double m_left, m_right, m_top, m_bottom;
};

} // namespace

std::string escapedXml(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            // XML has no other control characters.
            result += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
        }
    }
    return result;
}

std::string figureToSvg(const Figure& figure, const SvgSize& size) {
    const int columns = std::max(1, std::min(size.columns, static_cast<int>(figure.panels.size())));
    const int rows = (static_cast<int>(figure.panels.size()) + columns - 1) / columns;
    std::string body;
    for (std::size_t i = 0; i < figure.panels.size(); ++i) {
        const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
        body += "<g>" +
                PanelPainter(
                    figure.panels[i], figure.yScale, size, column * size.panelWidth, row * size.panelHeight)
                    .paint() +
                "</g>";
    }
    return svg::drawing(
        columns * size.panelWidth, rows * size.panelHeight, figure.title, figure.caption, body);
}

} // namespace mambascope
