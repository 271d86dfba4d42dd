// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/records.h"
#include "core/evaluation/tasks.h"

#include <string>
#include <string_view>
#include <vector>

/// One reader a task and format (evaluation specification, section 4). None fills in more than the items and
/// the note.
namespace mambascope {

Result<LoadedItems> loadLambada(const LineFile& file);
Result<LoadedItems> loadHellaSwag(const LineFile& file); ///< JSON lines, prepared lines, six-line text (.txt)
Result<LoadedItems>
loadPiqa(const LineFile& file); ///< labels: "<name>-labels.lst" beside it, or a field "label"
Result<LoadedItems> loadWinoGrande(const LineFile& file);
Result<LoadedItems> loadRte(const LineFile& file);  ///< JSON lines of SuperGLUE or GLUE, or GLUE's .tsv
Result<LoadedItems> loadCopa(const LineFile& file); ///< JSON lines or .xml

/// A multiple-choice item: the same context for all, a space between context and choice.
TaskItem choiceItem(const std::string& context, const std::vector<std::string>& choices, int gold);

/// From premise, question ("cause" or "effect") and the two alternatives.
TaskItem
copaItem(std::string_view premise, bool isCause, std::string_view first, std::string_view second, int gold);
Result<LoadedItems> loadCopaXml(const LineFile& file);

} // namespace mambascope
