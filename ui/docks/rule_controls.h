// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/outliers.h"

class QComboBox;
class QDoubleSpinBox;

namespace mambascope::ui {

/// An outlier rule and its factor k as a list and a spin box, for whoever asks for them.
void fillRuleControls(QComboBox& rule, QDoubleSpinBox& k);
OutlierRule ruleOf(const QComboBox& rule);
/// Shows a rule without telling anybody; k is off where the rule has none.
void showRule(QComboBox& rule, QDoubleSpinBox& k, OutlierRule value, double factor);

} // namespace mambascope::ui
