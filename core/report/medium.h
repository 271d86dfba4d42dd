// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/report.h"
#include "core/report/results.h"

#include <functional>
#include <string>

namespace mambascope {

/// How a page for the screen and one for paper differ.
struct Medium {
    RunsAre runsAre = RunsAre::Columns;
    std::function<std::string(const ReportFigure&)> figure; ///< HTML of one, with its title and caption
    /// What is long and not what one reads first: HTML to put in its place, or nothing if it comes at the
    /// end.
    std::function<std::string(const std::string& title, const std::string& content)> appendix;
};

} // namespace mambascope
