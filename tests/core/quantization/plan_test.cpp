// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"

#include <QTest>

using namespace mambascope;

namespace {

constexpr int kLayers = 10;

SitePatch weightBits(int bits) {
    SitePatch patch;
    patch.weightBits = bits;
    return patch;
}

SitePatch activationBits(int bits) {
    SitePatch patch;
    patch.activationBits = bits;
    return patch;
}

SitePatch alpha(std::optional<double> value) {
    SitePatch patch;
    patch.alpha = value;
    return patch;
}

using Lines = std::vector<std::string>;

} // namespace

class PlanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theNarrowerLevelWins() {
        QuantPlan plan;
        plan.set({}, weightBits(8));
        plan.set({{}, {Linear::OutProj}}, weightBits(6));
        plan.set({{3}, {Linear::OutProj}}, weightBits(4));
        QCOMPARE(plan.at({0, Linear::InProj}).weightBits, 8);
        QCOMPARE(plan.at({0, Linear::OutProj}).weightBits, 6);
        QCOMPARE(plan.at({3, Linear::OutProj}).weightBits, 4);
        QCOMPARE(plan.at({3, Linear::OutProj}).activationBits, kBitsOff);
    }

    void settingAWiderLevelClearsTheNarrowerOnesInsideIt() {
        QuantPlan plan;
        plan.set({{3}, {}}, weightBits(4));
        plan.set({{3}, {Linear::XProj}}, activationBits(8));
        plan.set({{}, {Linear::XProj}}, weightBits(5));
        QCOMPARE(plan.at({3, Linear::XProj}).weightBits, 5);     // cleared
        QCOMPARE(plan.at({3, Linear::XProj}).activationBits, 8); // another setting stays
        QCOMPARE(plan.at({3, Linear::InProj}).weightBits, 4);    // another linear stays
        plan.set({}, weightBits(7));
        for (int i = 0; i < kLayers * 4; ++i) {
            QCOMPARE(plan.at(SiteId::fromIndex(i)).weightBits, 7);
        }
        QCOMPARE(plan.sites.size(), 1UL); // only the activation bits of x_proj 3 are left
        QVERIFY(plan.linears == QuantPlan().linears);
    }

    void aSelectionOfLayersTouchesOnlyThem() {
        QuantPlan plan;
        plan.set({{2, 5}, {Linear::InProj, Linear::DtProj}}, alpha(0.5));
        QCOMPARE(plan.sites.size(), 4UL);
        QVERIFY(plan.at({2, Linear::DtProj}).alpha == 0.5);
        QVERIFY(!plan.at({2, Linear::OutProj}).alpha.has_value());
        QVERIFY(!plan.at({3, Linear::InProj}).alpha.has_value());
    }

    void smoothingCanBeSwitchedOffAtOneSite() {
        QuantPlan plan;
        plan.set({}, alpha(0.5));
        plan.set({{1}, {Linear::XProj}}, alpha(std::nullopt));
        QVERIFY(!plan.at({1, Linear::XProj}).alpha.has_value());
        QVERIFY(plan.at({0, Linear::XProj}).alpha == 0.5);
    }

    void patchesMergeAndDropByField() {
        SitePatch patch = weightBits(8);
        patch.merge(activationBits(4));
        patch.merge(weightBits(2));
        QCOMPARE(*patch.weightBits, 2);
        QCOMPARE(*patch.activationBits, 4);
        patch.drop(weightBits(99)); // whatever the value
        QVERIFY(!patch.weightBits.has_value());
        QVERIFY(!patch.empty());
        patch.drop(activationBits(4));
        QVERIFY(patch.empty());
    }

    void whatCountsAsBaseline() {
        QVERIFY(QuantPlan().isBaseline(kLayers));
        QuantPlan plan;
        plan.set({}, weightBits(8));
        QVERIFY(!plan.isBaseline(kLayers));
        plan.groups = {false, false, false, false, false};
        QVERIFY(plan.isBaseline(kLayers)); // bits, but nothing in scope
        plan.groups.embedding = true;
        QVERIFY(!plan.isBaseline(kLayers));
        QuantPlan far;
        far.set({{kLayers}, {Linear::InProj}}, activationBits(8));
        QVERIFY(far.isBaseline(kLayers)); // a layer the model does not have
        QVERIFY(!far.isBaseline(kLayers + 1));
        QuantPlan smooth;
        smooth.set({{}, {Linear::DtProj}}, alpha(0.5));
        QVERIFY(!smooth.isBaseline(kLayers));
    }

    void whatNeedsACalibration() {
        QuantPlan plan;
        plan.set({}, weightBits(4));
        QVERIFY(!plan.needsCalibration(kLayers));
        plan.set({{2}, {Linear::InProj}}, activationBits(8));
        QVERIFY(plan.needsCalibration(kLayers));
        SitePatch dynamic;
        dynamic.activationScale = ActivationScale::Dynamic;
        plan.set({}, dynamic);
        QVERIFY(!plan.needsCalibration(kLayers));
        QuantPlan zero;
        SitePatch on;
        on.zeroOutliers = true;
        zero.set({{9}, {Linear::OutProj}}, on);
        QVERIFY(zero.needsCalibration(kLayers));
        QuantPlan smooth;
        smooth.set({}, alpha(0.0));
        QVERIFY(smooth.needsCalibration(kLayers));
    }

    void theHashIsOfWhatAPlanDoes() {
        QuantPlan plan;
        plan.set({}, weightBits(8));
        QuantPlan same = plan;
        same.name = "another name";
        same.linears[1].weightBits = 8;                // repeats the default
        same.sites[{4, Linear::XProj}].weightBits = 8; // repeats it again
        same.k = 3;                                    // zeroes nothing, so the rule does not matter
        QCOMPARE(planHash(same), planHash(plan));
        same.sites[{4, Linear::XProj}].weightBits = 7;
        QVERIFY(planHash(same) != planHash(plan));
        QuantPlan zero;
        zero.defaults.zeroOutliers = true;
        QuantPlan otherK = zero;
        otherK.k = 3;
        QVERIFY(planHash(zero) != planHash(otherK));
    }

    void differencesInWords() {
        QuantPlan from;
        from.set({}, weightBits(8));
        from.set({}, activationBits(8));
        QuantPlan to = from;
        to.set({{3, 4, 5, 6, 7}, {Linear::OutProj}}, activationBits(kBitsOff));
        QCOMPARE(planDiff(from, to, kLayers), (Lines{"layers 3–7, out_proj: activation bits 8 → off"}));
        QCOMPARE(planDiff(to, from, kLayers), (Lines{"layers 3–7, out_proj: activation bits off → 8"}));
        to.set({}, alpha(0.5));
        to.set({{0}, {}}, weightBits(4));
        QCOMPARE(
            planDiff(from, to, kLayers),
            (Lines{
                "layer 0, all sites: weight bits 8 → 4", "all sites: α off → 0.5",
                "layers 3–7, out_proj: activation bits 8 → off"}));
        QVERIFY(planDiff(from, from, kLayers).empty());
    }

    void differencesOfSeparateLayersAndLinears() {
        QuantPlan to;
        to.set({{0, 2, 3, 9}, {Linear::InProj, Linear::XProj}}, weightBits(4));
        to.set({{}, {Linear::DtProj}}, weightBits(4));
        QCOMPARE(
            planDiff(QuantPlan(), to, kLayers), (Lines{
                                                    "layers 0, 2–3, 9, in_proj, x_proj: weight bits off → 4",
                                                    "all layers, dt_proj: weight bits off → 4"}));
    }

    void detailsAreSaidWhereTheyAreSwitchedOn() {
        QuantPlan to;
        to.defaults.weightBits = 4;
        to.defaults.weightGranularity = {GranularityKind::Group, 128};
        to.defaults.activationBits = 8;
        to.defaults.activationSide = ActivationSide::Output;
        QCOMPARE(
            planDiff(QuantPlan(), to, kLayers), (Lines{
                                                    "all sites: weight bits off → 4 (group:128)",
                                                    "all sites: activation bits off → 8 (output)"}));
        QuantPlan other = to;
        other.defaults.weightGranularity = {GranularityKind::Channel, 0};
        other.defaults.activationScale = ActivationScale::Token;
        QCOMPARE(
            planDiff(to, other, kLayers), (Lines{
                                              "all sites: weight granularity group:128 → channel",
                                              "all sites: activation scale static → token"}));
    }

    void differencesOfScopeAndRule() {
        QuantPlan from;
        from.set({}, weightBits(8));
        QuantPlan to = from;
        to.groups = ParameterGroups::all();
        QCOMPARE(planDiff(from, to, kLayers), (Lines{"conv, ssm, embedding, head: weight bits off → 8"}));
        QuantPlan zero;
        zero.defaults.zeroOutliers = true;
        QuantPlan mad = zero;
        mad.rule = OutlierRule::Mad;
        mad.k = 4.5;
        QCOMPARE(
            planDiff(zero, mad, kLayers),
            (Lines{"outlier rule: channel-spread → mad", "outlier rule: k 6 → 4.5"}));
    }

    void plansThatDoTheSameHaveNoDifference() {
        QuantPlan a;
        QuantPlan b;
        b.k = 3;
        b.defaults.weightGranularity = {GranularityKind::Channel, 0}; // of weights that are not quantized
        b.defaults.activationScale = ActivationScale::Token;
        b.ssmInput = true;
        b.groups = ParameterGroups::all();
        QVERIFY(planDiff(a, b, kLayers).empty());
    }

    void scanAndStateInWords() {
        QuantPlan from, to;
        to.defaults.scanBits = 8;
        to.defaults.stateBits = 6;
        QCOMPARE(
            planDiff(from, to, kLayers),
            (Lines{
                "all layers, in_proj, x_proj, dt_proj: scan bits off → 8",
                "all layers, out_proj: state bits off → 6"}));
        QCOMPARE(planSummary(to), std::string("scan 8 (static) state 6"));
        from = to;
        to.defaults.activationScale = ActivationScale::Token;
        to.linears[3].stateBits = 8;
        QCOMPARE(
            planDiff(from, to, kLayers),
            (Lines{
                "all layers, in_proj, x_proj, dt_proj: scan scale static → token",
                "all layers, out_proj: state bits 6 → 8"}));
        QCOMPARE(planSummary(to), std::string("scan 8 (token) state 6; out_proj: scan 8 (token) state 8"));
    }

    void summaries() {
        QCOMPARE(planSummary(QuantPlan()), std::string("baseline"));
        QuantPlan plan;
        plan.defaults.weightBits = 8;
        plan.defaults.activationBits = 8;
        plan.defaults.alpha = 0.5;
        QCOMPARE(planSummary(plan), std::string("W8 A8 (inputs, static) α 0.5"));
        plan.set({{}, {Linear::OutProj}}, activationBits(kBitsOff));
        plan.set({{1}, {Linear::InProj}}, weightBits(4));
        QCOMPARE(
            planSummary(plan),
            std::string("W8 A8 (inputs, static) α 0.5; out_proj: W8 α 0.5; 1 site with own settings"));
        QuantPlan all;
        all.defaults.weightBits = 4;
        all.defaults.weightGranularity = {GranularityKind::Channel, 0};
        all.groups = ParameterGroups::all();
        QCOMPARE(planSummary(all), std::string("W4 channel; weights of all groups"));
        QuantPlan zero;
        zero.linears[0].zeroOutliers = true;
        zero.rule = OutlierRule::Mad;
        QCOMPARE(planSummary(zero), std::string("in_proj: zero outliers; mad k 6"));
    }
};

QTEST_APPLESS_MAIN(PlanTest)
#include "plan_test.moc"
