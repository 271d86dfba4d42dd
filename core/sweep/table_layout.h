// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sweep/runner.h"

#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// A table before it is written down in one of its forms.
struct TableCell {
    std::string value;        ///< "44.30"; "–" if there is none
    std::string error;        ///< "0.69": standard error, or empty
    std::string difference;   ///< "−0.40": to the first plan, or empty
    bool significant = false; ///< McNemar's p of the difference is below 0.05
};
struct TableRow {
    std::string checkpoint, plan;
    std::vector<TableCell> cells; ///< by column
    bool printed = false;         ///< a paper's figures for the row above
};
struct TableLayout {
    std::string title;
    std::vector<std::string> columns; ///< "HellaSwag acc_norm"
    std::vector<std::string> chance;  ///< by column: "25.0", or empty
    std::vector<TableRow> rows;
    std::vector<std::string> notes; ///< sentences
    bool manyCheckpoints = false;
};

TableLayout layoutTable(const SweepRequest& request, std::span<const SweepGroup> groups);

} // namespace mambascope
