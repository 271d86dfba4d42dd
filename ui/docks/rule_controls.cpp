// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/rule_controls.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QSignalBlocker>

namespace mambascope::ui {
namespace {

/// The context of the texts here.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(RuleControls)
};

void addRule(QComboBox& box, OutlierRule rule, const QString& text, const QString& meaning) {
    box.addItem(text, static_cast<int>(rule));
    box.setItemData(box.count() - 1, meaning, Qt::ToolTipRole);
}

} // namespace

void fillRuleControls(QComboBox& rule, QDoubleSpinBox& k) {
    addRule(
        rule, OutlierRule::ChannelSpread, Texts::tr("channel spread"),
        Texts::tr("absmax above mean + k standard deviations of the channels' absmax"));
    addRule(
        rule, OutlierRule::AllElements, Texts::tr("all elements"),
        Texts::tr("absmax above k standard deviations of all values"));
    addRule(rule, OutlierRule::LlmInt8, Texts::tr("LLM.int8()"), Texts::tr("some magnitude of 6 or more"));
    addRule(
        rule, OutlierRule::Mad, Texts::tr("MAD"),
        Texts::tr("absmax above median + k scaled median absolute deviations"));
    rule.setAccessibleName(Texts::tr("Outlier rule"));
    k.setAccessibleName(Texts::tr("Factor k of the outlier rule"));
    k.setPrefix(Texts::tr("k "));
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
