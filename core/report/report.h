// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/figure/chart.h"
#include "core/figure/figure.h"
#include "core/figure/sweep_figure.h"
#include "core/session/session.h"

#include <string>
#include <variant>
#include <vector>

namespace mambascope {

/// A figure of a report.
using ReportFigure = std::variant<Figure, Chart, SweepFigure>;

/// A report whose figures somebody else draws.
struct PrintedReport {
    std::string title;
    std::string html; ///< the page; `<img src="figure-i">` where figures[i] belongs
    std::vector<ReportFigure> figures;
};

/// A session as one HTML page for people: checkpoint, calibration with its outliers and the figure of the
/// layer with the largest one, the plan in words, results with 95 % Wilson intervals and, where there is a
/// baseline, the paired differences to it, every search and sweep with its table and figure, notes, and the
/// command lines that make it again. Self-contained
/// (inline style and SVG, no script, nothing from the network); light or dark as the reader's system is; the
/// same session gives the same page. Fails only if results or records cannot be read from the session's file.
Result<std::string> sessionReport(const Session& session);

/// The same for paper: black on white, a row a run in the table of results, and everything unfolded.
Result<PrintedReport> printedReport(const Session& session);

} // namespace mambascope
