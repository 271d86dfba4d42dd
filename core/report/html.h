// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mambascope::html {

/// Text for a page, escaped.
std::string text(std::string_view content);
/// A name or what somebody wrote: text that no translation may change.
std::string verbatim(std::string_view content);
/// `content`, which is HTML already, in an element: element("p", …); with attributes if given
/// ("class=\"x\"").
std::string element(std::string_view name, const std::string& content, std::string_view attributes = {});
/// A table: cells are HTML; the first cell of a row is its head. No rows give nothing.
std::string table(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows);
/// Items are text.
std::string list(const std::vector<std::string>& items);
/// A number with so many decimals, the same in every locale; "–" for NaN, "∞" for infinity.
std::string number(double value, int decimals);
/// Three significant digits: "0.0123", "1.23e-05"; the same in every locale, "–" for NaN.
std::string scientific(double value);
/// number() with a sign.
std::string signedNumber(double value, int decimals);
/// A whole page; `style` is CSS.
std::string page(std::string_view title, std::string_view style, const std::string& body);

} // namespace mambascope::html
