// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/context.h"

#include <string>

namespace mambascope::cli {

/// What `bench --tasks` is asked for.
struct InteractiveBench {
    std::string tasks; ///< empty: not this, but tokens per second
    std::string data;
    int limit = 300;
};
void addInteractiveOptions(CLI::App& verb, InteractiveBench& options);

/// How long somebody waits who edits a plan: time until the accuracy is there again after an edit of one
/// layer, over that of a full evaluation (an engine that keeps nothing between plans); until the first
/// interval; what sharing contexts saves; and how long a result takes that the session has. Every round does
/// all of it, on new plans; figures are medians. Failed if a result depends on how it was come by.
Result<void> benchInteractive(
    const Context& context, const std::string& model, int rounds, const InteractiveBench& options,
    const OutputOptions& output);

} // namespace mambascope::cli
