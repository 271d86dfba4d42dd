// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/calibration/calibration.h"

#include <cstddef>
#include <functional>
#include <span>

namespace mambascope {

/// The bytes of calibrationToBytes(), handed on in pieces instead of gathered. The first error of `take` ends
/// it.
Result<void> writeCalibrationBytes(
    const CalibrationSnapshot& snapshot, const std::function<Result<void>(std::span<const std::byte>)>& take);

} // namespace mambascope
