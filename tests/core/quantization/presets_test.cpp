// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/quantization/plan.h"
#include "core/quantization/settings.h"
#include "tests/support/paths.h"

#include <QTest>
#include <algorithm>

using namespace mambascope;

namespace {

std::vector<std::string> groupsInScope(const QuantPlan& plan) {
    std::vector<std::string> names;
    const OrderedJson json = toJson(plan);
    for (const auto& name : json["scope"]) {
        names.push_back(name.get<std::string>());
    }
    return names;
}

} // namespace

class PresetsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesOfTheSpecification() {
        // quantization specification, "Presets", in its order
        const std::vector<std::string> expected{
            "baseline",
            "W8 (mlp)",
            "W8 (all)",
            "W4 (mlp)",
            "W4 (all)",
            "W8A8 (mlp)",
            "W8A8 (all)",
            "W8A8 input",
            "zero outliers in",
            "zero outliers x",
            "zero outliers dt",
            "zero outliers out",
            "zero outliers all",
            "SmoothQuant W8A8 α=0.5",
            "W4A8",
            "W4A4"};
        const auto names = presetNames();
        QVERIFY(names.size() > expected.size());
        QVERIFY(std::equal(expected.begin(), expected.end(), names.begin()));
    }

    void everyListedNameIsAccepted() {
        std::vector<std::string> hashes;
        for (const std::string& name : presetNames()) {
            const auto plan = presetPlan(name);
            QVERIFY2(plan.ok(), name.c_str());
            QCOMPARE(plan.value().name, name);
            hashes.push_back(planHash(plan.value()));
        }
        std::sort(hashes.begin(), hashes.end());
        QVERIFY(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end()); // no two do the same
    }

    /// Settings of the plans that the reference implementation ran on the demo model.
    void settingsOfTheReferencePlans_data() {
        QTest::addColumn<QString>("name");
        const std::string text = readFile(test::goldenFolder() / "demo_expected.json").value();
        const Json golden = Json::parse(text);
        for (const auto& [name, settings] : golden["plans"].items()) {
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
        }
    }

    void settingsOfTheReferencePlans() {
        QFETCH(QString, name);
        const std::string text = readFile(test::goldenFolder() / "demo_expected.json").value();
        const Json expected = Json::parse(text)["plans"][name.toStdString()];
        const auto made = presetPlan(name.toStdString());
        QVERIFY2(made.ok(), made.ok() ? "" : made.error().message.c_str());
        const QuantPlan& plan = made.value();
        QCOMPARE(plan.defaults.weightBits, expected["w_bits"].get<int>());
        QCOMPARE(granularityName(plan.defaults.weightGranularity), expected["w_gran"].get<std::string>());
        if (plan.defaults.weightBits < kBitsOff) {
            QCOMPARE(groupsInScope(plan), expected["scope"].get<std::vector<std::string>>());
        }
        QCOMPARE(plan.defaults.activationBits, expected["a_bits"].get<int>());
        if (!expected["a_side"].is_null()) {
            QCOMPARE(
                std::string(activationSideName(plan.defaults.activationSide)),
                expected["a_side"].get<std::string>());
        }
        QCOMPARE(
            std::string(activationScaleName(plan.defaults.activationScale)),
            expected["a_scale"].get<std::string>());
        QCOMPARE(plan.defaults.alpha.has_value(), !expected["smooth"].is_null());
        if (plan.defaults.alpha) {
            QCOMPARE(*plan.defaults.alpha, expected["smooth"].get<double>());
        }
        std::vector<std::string> zeroed;
        for (const Linear linear : kLinears) {
            if (plan.at({5, linear}).zeroOutliers) {
                zeroed.emplace_back(linearName(linear));
            }
        }
        QCOMPARE(zeroed, expected["zero"].get<std::vector<std::string>>());
        QCOMPARE(std::string(outlierRuleName(plan.rule)), expected["rule"].get<std::string>());
        QCOMPARE(plan.k, expected["k"].get<double>());
        QVERIFY(plan.sites.empty());
    }

    void spellings() {
        const auto same = [](const char* a, const char* b) {
            return presetPlan(a).ok() && presetPlan(b).ok() &&
                   planHash(presetPlan(a).value()) == planHash(presetPlan(b).value());
        };
        QVERIFY(same("SmoothQuant W8A8 alpha 0.5", "SmoothQuant W8A8 α=0.5"));
        QVERIFY(same("smoothquant w8a8 alpha=0.5", "SmoothQuant W8A8 α=0.5"));
        QVERIFY(same("W8A8 input per-channel weights", "W8A8 input per-channel"));
        QVERIFY(same("W4 channel", "W4 per-channel"));
        QVERIFY(same("W8A8  INPUT ", "W8A8 input"));
        QCOMPARE(
            presetPlan("smoothquant w8a8 alpha 0.5").value().name, std::string("SmoothQuant W8A8 α=0.5"));
        QVERIFY(presetPlan("W4A8").value().defaults.activationSide == ActivationSide::Input);
    }

    void unknownNames_data() {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"", "W8A8", "W9 (mlp)", "W5A5 input", "baseline 2", "zero outliers", "zero outliers conv",
              "zero outliers in (sixsigma)", "SmoothQuant W8A8", "SmoothQuant W8A8 α=1.5",
              "SmoothQuant W8 α=0.5", "W8 input", "W4 group:0", "W8 (some)", "W8A8 α=0.5",
              "Baseline model"}) {
            QTest::newRow(name) << QString(name);
        }
    }
    void unknownNames() {
        QFETCH(QString, name);
        const auto plan = presetPlan(name.toStdString());
        QVERIFY(!plan.ok());
        QVERIFY(plan.error().code == ErrorCode::Usage);
        QVERIFY(plan.error().hint.find("zero outliers dt") != std::string::npos);
    }

    void anEditedPlanDoesNotPassForThePreset() {
        QuantPlan plan = presetPlan("W8A8 input").value();
        QCOMPARE(nameAfterEdit(plan), std::string("W8A8 input"));
        plan.defaults.activationBits = 4;
        plan.name = nameAfterEdit(plan);
        QCOMPARE(plan.name, std::string("W8A8 input, edited"));
        plan.defaults.weightBits = 4;
        QCOMPARE(nameAfterEdit(plan), std::string("W8A8 input, edited")); // once
        plan.defaults.weightBits = plan.defaults.activationBits = 8;
        QCOMPARE(nameAfterEdit(plan), std::string("W8A8 input"));
        plan.name = "mine"; // whoever names a plan means what is in it
        plan.defaults.weightBits = 4;
        QCOMPARE(nameAfterEdit(plan), std::string("mine"));
        plan.name.clear();
        QCOMPARE(nameAfterEdit(plan), std::string());
    }
};

QTEST_APPLESS_MAIN(PresetsTest)
#include "presets_test.moc"
