// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/report/report.h"
#include "core/session/session.h"

#include <QByteArray>

#include <filesystem>

class QTextDocument;

namespace mambascope::ui {

/// Moves rows of tables that the end of a page would cut to the next page, unless they are longer than half
/// of one. For a document that has its page size.
void keepRowsWhole(QTextDocument& document);

/// The report as a PDF of A4 pages with their numbers at the foot; figures are drawn, not images. The same
/// report gives the same bytes. Needs a QGuiApplication.
QByteArray renderReport(const PrintedReport& report);

/// Writes the report of a session as the extension says, .pdf or .html, by a temporary name and a rename.
/// Usage if the extension is another one, or the file exists and `overwrite` is false.
Result<void> exportReport(const Session& session, const std::filesystem::path& path, bool overwrite);

} // namespace mambascope::ui
