// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/search/candidates.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mambascope {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

template <class Number>
bool parse(const std::string& text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

Result<std::vector<double>> parseGrid(const std::string& text) {
    const Error bad = Error::usage(
        "'" + text + "' is no grid of migration strengths.",
        "Write FROM:TO:STEP, e.g. 0:1:0.1, or values from 0 to 1 separated by commas.");
    std::vector<double> grid;
    const std::vector<std::string> range = split(text, ':');
    if (range.size() == 3) {
        double from = 0, to = 0, step = 0;
        if (!parse(range[0], from) || !parse(range[1], to) || !parse(range[2], step) || !(step >= 0.001)) {
            return bad;
        }
        // Two decimals more than the step, so that 0.1 · 3 is 0.3.
        for (int i = 0; from + i * step <= to + step / 1000; ++i) {
            grid.push_back(std::round((from + i * step) * 1e5) / 1e5);
        }
    } else {
        for (const std::string& word : split(text, ',')) {
            if (!parse(word, grid.emplace_back())) {
                return bad;
            }
        }
    }
    const bool inside = std::all_of(grid.begin(), grid.end(), [](double a) { return a >= 0 && a <= 1; });
    return grid.empty() || !inside ? Result<std::vector<double>>(bad) : grid;
}

Result<std::vector<int>> parseBitList(const std::string& text) {
    std::vector<int> bits;
    for (const std::string& word : split(text, ',')) {
        if (!parse(word, bits.emplace_back()) || bits.back() < 2 || bits.back() > 8) {
            return Error::usage("'" + text + "' is no list of bits.", "Write e.g. 8,6,4, each from 2 to 8.");
        }
    }
    std::sort(bits.rbegin(), bits.rend());
    bits.erase(std::unique(bits.begin(), bits.end()), bits.end());
    return bits;
}

} // namespace mambascope
