// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mambascope {

/// Standard errors of a normal distribution on either side of its mean that hold 95 % of it.
inline constexpr double kNormal95 = 1.95996;

} // namespace mambascope
