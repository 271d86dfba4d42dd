// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/html.h"

#include "core/figure/svg.h"

#include <array>
#include <charconv>
#include <cmath>

namespace mambascope::html {

std::string text(std::string_view content) {
    return escapedXml(content);
}

std::string verbatim(std::string_view content) {
    return "<span translate=\"no\">" + text(content) + "</span>";
}

std::string element(std::string_view name, const std::string& content, std::string_view attributes) {
    std::string result = "<";
    result.append(name);
    if (!attributes.empty()) {
        result.append(" ").append(attributes);
    }
    return result.append(">").append(content).append("</").append(name).append(">\n");
}

std::string table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows) {
    if (rows.empty()) {
        return {};
    }
    std::string head;
    for (const std::string& cell : heads) {
        head += element("th", cell, "scope=\"col\"");
    }
    std::string body;
    for (const std::vector<std::string>& row : rows) {
        std::string cells;
        for (std::size_t i = 0; i < row.size(); ++i) {
            cells += i == 0 ? element("th", row[i], "scope=\"row\"") : element("td", row[i]);
        }
        body += element("tr", cells);
    }
    return element(
        "table", (heads.empty() ? "" : element("thead", element("tr", head))) + element("tbody", body));
}

std::string list(const std::vector<std::string>& items) {
    std::string result;
    for (const std::string& item : items) {
        result += element("li", text(item));
    }
    return result.empty() ? result : element("ul", result);
}

std::string number(double value, int decimals) {
    if (std::isnan(value)) {
        return "–";
    }
    if (std::isinf(value)) {
        return value < 0 ? "−∞" : "∞";
    }
    std::array<char, 400> buffer{};
    const auto end =
        std::to_chars(
            buffer.data(), buffer.data() + buffer.size(), std::fabs(value),
            std::fabs(value) < 1e15 ? std::chars_format::fixed : std::chars_format::scientific, decimals)
            .ptr;
    const std::string digits(buffer.data(), end);
    const bool zero = digits.find_first_not_of("0.") == std::string::npos;
    return (value < 0 && !zero ? "−" : "") + digits;
}

std::string scientific(double value) {
    if (!std::isfinite(value)) {
        return number(value, 0);
    }
    std::array<char, 32> buffer{};
    const auto end =
        std::to_chars(
            buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::general, 3)
            .ptr;
    return (value < 0 ? "−" : "") + std::string(buffer.data(), end);
}

std::string signedNumber(double value, int decimals) {
    const std::string plain = number(value, decimals);
    return value > 0 && plain.find_first_not_of("0.") != std::string::npos ? "+" + plain : plain;
}

std::string page(std::string_view title, std::string_view style, const std::string& body) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n" +
           element("title", text(title)) + element("style", std::string(style)) +
           "</head>\n<body>\n<main>\n" + body + "</main>\n</body>\n</html>\n";
}

} // namespace mambascope::html
