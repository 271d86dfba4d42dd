// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/text.h"
#include "core/sweep/table_layout.h"
#include "core/sweep/tables.h"

#include <array>
#include <utility>

namespace mambascope {
namespace {

std::string inMarkdown(const std::string& text) {
    return replaced(replaced(text, "|", "\\|"), "\n", " ");
}

std::string markdownCell(const TableCell& cell) {
    std::string text = cell.value;
    if (!cell.error.empty()) {
        text += " ± " + cell.error;
    }
    if (!cell.difference.empty()) {
        text += std::string(" (") + cell.difference + (cell.significant ? "\\*" : "") + ")";
    }
    return text;
}

/// Special characters of LaTeX, and those that its standard fonts have only in mathematics.
std::string inLatex(const std::string& text) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kEscapes{{
        {"\\", "\\textbackslash{}"},
        {"&", "\\&"},
        {"%", "\\%"},
        {"$", "\\$"},
        {"#", "\\#"},
        {"_", "\\_"},
        {"^", "\\textasciicircum{}"},
        {"~", "\\textasciitilde{}"},
        {"<", "$<$"},
        {">", "$>$"},
        {"−", "$-$"},
        {"–", "--"},
        {"±", "$\\pm$"},
        {"α", "$\\alpha$"},
        {"σ", "$\\sigma$"},
    }};
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        std::string_view from = std::string_view(text).substr(i, 1), to = from;
        if (text[i] == '{' || text[i] == '}') {
            result += '\\';
        }
        for (const auto& [special, escaped] : kEscapes) {
            if (std::string_view(text).substr(i).starts_with(special)) {
                from = special;
                to = escaped;
            }
        }
        result += to;
        i += from.size();
    }
    return result;
}

std::string latexCell(const TableCell& cell) {
    std::string text = inLatex(cell.value);
    if (!cell.error.empty()) {
        text += " {\\scriptsize $\\pm$ " + cell.error + "}";
    }
    if (!cell.difference.empty()) {
        text += std::string(" (") + inLatex(cell.difference) + (cell.significant ? "$^{*}$" : "") + ")";
    }
    return text;
}

} // namespace

std::string sweepMarkdown(const SweepRequest& request, std::span<const SweepGroup> groups) {
    const TableLayout table = layoutTable(request, groups);
    std::string text = "# " + inMarkdown(table.title) + "\n\n";
    std::string rule = "| ---";
    std::string chance = "| chance";
    text += "|";
    if (table.manyCheckpoints) {
        text += " checkpoint |";
        rule += " | ---";
        chance += " |";
    }
    text += " plan |";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        text += std::string(" ") + inMarkdown(table.columns[i]) + " |";
        rule += " | ---:";
        chance += std::string(" | ") + table.chance[i];
    }
    text += "\n" + rule + " |\n";
    for (const TableRow& row : table.rows) {
        text +=
            table.manyCheckpoints ? std::string("| ") + inMarkdown(row.checkpoint) + " |" : std::string("|");
        const std::string plan = inMarkdown(row.plan);
        text += row.printed ? std::string(" *") + plan + ", as printed* |" : std::string(" ") + plan + " |";
        for (const TableCell& cell : row.cells) {
            text += std::string(" ") + markdownCell(cell) + " |";
        }
        text += "\n";
    }
    text += chance + " |\n\n";
    for (const std::string& note : table.notes) {
        text += "- " + replaced(note, "*", "\\*") + "\n";
    }
    return text;
}

std::string sweepLatex(const SweepRequest& request, std::span<const SweepGroup> groups) {
    const TableLayout table = layoutTable(request, groups);
    const std::string before = table.manyCheckpoints ? "ll" : "l";
    std::string text = "% " + replaced(table.title, "\n", " ") +
                       "\n% \\usepackage{booktabs}\n\\begin{tabular}{" + before +
                       std::string(table.columns.size(), 'r') + "}\n\\toprule\n";
    text += table.manyCheckpoints ? "checkpoint & plan" : "plan";
    std::string chance = table.manyCheckpoints ? " & chance" : "chance";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        text += " & " + inLatex(table.columns[i]);
        chance += " & " + table.chance[i];
    }
    text += " \\\\\n\\midrule\n";
    for (const TableRow& row : table.rows) {
        text += table.manyCheckpoints ? inLatex(row.checkpoint) + " & " : std::string();
        text += row.printed ? "\\emph{" + inLatex(row.plan) + ", as printed}" : inLatex(row.plan);
        for (const TableCell& cell : row.cells) {
            text += " & " + latexCell(cell);
        }
        text += " \\\\\n";
    }
    text += "\\midrule\n" + chance + " \\\\\n\\bottomrule\n\\end{tabular}\n";
    for (const std::string& note : table.notes) {
        text += "% " + replaced(note, "\n", " ") + "\n";
    }
    return text;
}

} // namespace mambascope
