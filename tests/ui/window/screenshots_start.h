// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QString;

namespace mambascope::test {

/// Takes pictures of the start page, with a made-up cache and without one, and, if `scales` names a file of
/// activation scales, of the window that shows them. Returns the exit status.
int takeStartPages(const QString& folder, const QString& scales);

} // namespace mambascope::test
