// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/evaluation/metrics.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// A figure that a paper printed.
struct PublishedValue {
    Task task;
    Metric metric; ///< what the figure is, which is not the same in every row of a column
    double percent;
};

/// What Mamba-PTQ (arXiv 2407.12397) printed in Table 1 for a plan, by the preset's name; empty for other
/// plans, and for every checkpoint but mamba-1.4b (told by its shape and by "1.4b" in its name). Its Tables 2
/// and 3 are not known.
std::span<const PublishedValue> publishedValues(const LoadedModel& model, std::string_view plan);

/// How those figures have to be read: the errata.
std::vector<std::string> publishedNotes();

} // namespace mambascope
