// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// WikiText as the perplexity measures cut and clean it (evaluation specification, section 5).
namespace mambascope {

/// Documents: a line with a top-level heading opens one. Text in front of the first heading is a document of
/// its own unless it is blank.
std::vector<std::string> splitDocuments(std::string_view text);
/// Undoes the tokenization of WikiText's raw form.
std::string detokenize(std::string_view document);
/// All lines as rows of the data set, blank ones empty, joined with two line feeds.
std::string joinRows(std::string_view text);

} // namespace mambascope
