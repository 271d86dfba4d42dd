// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"

#include <string>

namespace mambascope {

/// The sentences that captions of figures are made of.

/// `what` was measured ("Largest absolute activation of every channel at …"), of which model, on what text.
std::string sourceSentence(const std::string& what, const CalibrationSource& source);
/// What the band reaches to, and which rule with which k marks channels.
std::string bandSentence(OutlierRule rule, double k);
/// The band's upper edge in a few characters: "mean + 6σ".
std::string bandLabel(OutlierRule rule, double k);
/// "rule channel-spread, k = 6".
std::string ruleName(OutlierRule rule, double k);
/// Four significant digits, the same in every locale.
std::string rounded(double value);
/// "1 outlier", "3 outliers".
std::string counted(std::size_t count, const std::string& noun);

} // namespace mambascope
