// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/rule_controls.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QSignalBlocker>

namespace mambascope::ui {
namespace {

QString translate(const char* text) {
    return QCoreApplication::translate("RuleControls", text);
}

void addRule(QComboBox& box, OutlierRule rule, const QString& text, const QString& meaning) {
    box.addItem(text, static_cast<int>(rule));
    box.setItemData(box.count() - 1, meaning, Qt::ToolTipRole);
}

} // namespace

void fillRuleControls(QComboBox& rule, QDoubleSpinBox& k) {
    addRule(
        rule, OutlierRule::ChannelSpread, translate("channel spread"),
        translate("absmax above mean + k standard deviations of the channels' absmax"));
    addRule(
        rule, OutlierRule::AllElements, translate("all elements"),
        translate("absmax above k standard deviations of all values"));
    addRule(rule, OutlierRule::LlmInt8, translate("LLM.int8()"), translate("some magnitude of 6 or more"));
    addRule(
        rule, OutlierRule::Mad, translate("MAD"),
        translate("absmax above median + k scaled median absolute deviations"));
    rule.setAccessibleName(translate("Outlier rule"));
    k.setAccessibleName(translate("Factor k of the outlier rule"));
    k.setPrefix(translate("k "));
    k.setRange(0.5, 1000);
    k.setDecimals(1);
    k.setSingleStep(0.5);
    k.setKeyboardTracking(false);
}

OutlierRule ruleOf(const QComboBox& rule) {
    return static_cast<OutlierRule>(rule.currentData().toInt());
}

void showRule(QComboBox& rule, QDoubleSpinBox& k, OutlierRule value, double factor) {
    const QSignalBlocker quietRule(rule);
    const QSignalBlocker quietK(k);
    rule.setCurrentIndex(rule.findData(static_cast<int>(value)));
    if (k.value() != factor) {
        k.setValue(factor);
    }
    k.setEnabled(value != OutlierRule::LlmInt8);
}

} // namespace mambascope::ui
