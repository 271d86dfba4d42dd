// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/resolve.h"

#include "core/calibration/histogram.h"
#include "core/quantization/quantizer.h"

#include <QTest>
#include <cmath>

using namespace mambascope;

namespace {

constexpr SiteId kXProj0{0, Linear::XProj};
constexpr SiteId kOutProj1{1, Linear::OutProj};

ModelSpec smallSpec() {
    ModelSpec spec;
    spec.layers = 2;
    spec.hidden = 20;
    spec.inner = 40; // enough channels for six sigma at x_proj and out_proj, not at in_proj and dt_proj
    spec.state = 4;
    spec.dtRank = 3;
    spec.convKernel = 4;
    spec.vocabulary = 50;
    return spec;
}

/// Every channel has an absmax of 1 at inputs and 2 at outputs; out_proj of layer 1 has an outlier of 500
/// at 7.
CalibrationSnapshot calibration() {
    CalibrationSnapshot snapshot;
    snapshot.spec = smallSpec();
    snapshot.source.checkpointHash = "aa";
    for (int i = 0; i < snapshot.spec.siteCount(); ++i) {
        std::array<ChannelStatistics, 2> sides;
        for (const Side side : {Side::Input, Side::Output}) {
            const auto channels =
                static_cast<std::size_t>(snapshot.spec.channels(SiteId::fromIndex(i).linear, side));
            ChannelStatistics& s = sides[static_cast<std::size_t>(side)];
            s.absmax.assign(channels, side == Side::Input ? 1.0f : 2.0f);
            s.min = s.max = s.mean = s.m2 = std::vector<float>(channels);
            s.above6.resize(channels);
            s.histogram.resize(kHistogramBins);
        }
        snapshot.sites.push_back(std::move(sides));
    }
    snapshot.sites[static_cast<std::size_t>(kOutProj1.index())][0].absmax[7] = 500;
    return snapshot;
}

/// Every column of every weight has an absmax of 0.25.
WeightStatistics weights() {
    WeightStatistics statistics;
    const ModelSpec spec = smallSpec();
    for (int i = 0; i < spec.siteCount(); ++i) {
        statistics.columnAbsmax.emplace_back(
            static_cast<std::size_t>(spec.inputs(SiteId::fromIndex(i).linear)), 0.25f);
    }
    return statistics;
}

QuantPlan preset(const char* name) {
    return presetPlan(name).value();
}

Result<ResolvedPlan> resolve(const QuantPlan& plan) {
    const CalibrationSnapshot snapshot = calibration();
    const WeightStatistics statistics = weights();
    return resolvePlan(smallSpec(), plan, &snapshot, &statistics, "aa");
}

ResolvedSite siteOf(const Result<ResolvedPlan>& plan, SiteId site) {
    return plan.value().sites[static_cast<std::size_t>(site.index())];
}

} // namespace

class ResolveTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theBaselineDoesNothingAndNeedsNothing() {
        const auto plan = resolvePlan(smallSpec(), QuantPlan(), nullptr, nullptr, "aa");
        QVERIFY(plan.ok());
        QCOMPARE(plan.value().sites.size(), 8UL);
        for (const ResolvedSite& site : plan.value().sites) {
            QVERIFY(site == ResolvedSite());
        }
        QVERIFY(plan.value().exactUnderForking);
        QVERIFY(plan.value().warnings.empty());
    }

    void weightOnlyPlansNeedNoCalibration() {
        const auto plan = resolvePlan(smallSpec(), preset("W4 channel"), nullptr, nullptr, "");
        QVERIFY(plan.ok());
        QCOMPARE(siteOf(plan, kXProj0).weight.bits, 4);
        QVERIFY(siteOf(plan, kXProj0).weight.granularity.kind == GranularityKind::Channel);
        QVERIFY(!plan.value().conv.active());
        QVERIFY(!plan.value().embedding.active());
    }

    void scopeAllReachesEveryGroup() {
        const auto plan = resolvePlan(smallSpec(), preset("W8 (all)"), nullptr, nullptr, "");
        for (const WeightQuantization* how :
             {&plan.value().conv, &plan.value().ssm, &plan.value().embedding, &plan.value().head}) {
            QCOMPARE(how->bits, 8);
        }
    }

    void aTiedHeadIsQuantizedIfEitherGroupIsInScope() {
        QuantPlan plan = preset("W8 (mlp)");
        plan.groups.head = true;
        ModelSpec spec = smallSpec();
        spec.tiedHead = true;
        QCOMPARE(resolvePlan(spec, plan, nullptr, nullptr, "").value().embedding.bits, 8);
        spec.tiedHead = false;
        QVERIFY(!resolvePlan(spec, plan, nullptr, nullptr, "").value().embedding.active());
        QCOMPARE(resolvePlan(spec, plan, nullptr, nullptr, "").value().head.bits, 8);
    }

    void staticScalesAreTheLargestChannelOverQmax() {
        const auto input = resolve(preset("W8A8 input"));
        QCOMPARE(siteOf(input, kOutProj1).input.scale, 500.0f / 127.0f);
        QCOMPARE(siteOf(input, kXProj0).input.scale, 1.0f / 127.0f);
        QVERIFY(!siteOf(input, kXProj0).output.active());
        const auto output = resolve(preset("W8A8 (mlp)"));
        QCOMPARE(siteOf(output, kOutProj1).output.scale, 2.0f / 127.0f);
        QVERIFY(!siteOf(output, kOutProj1).input.active());
    }

    void bothSides() {
        QuantPlan plan = preset("W8A8 input");
        plan.defaults.activationSide = ActivationSide::Both;
        plan.defaults.activationBits = 4;
        const ResolvedSite site = siteOf(resolve(plan), kXProj0);
        QCOMPARE(site.input.scale, 1.0f / 7.0f);
        QCOMPARE(site.output.scale, 2.0f / 7.0f);
    }

    void zeroingTakesTheOutlierOutOfTheScale() {
        QuantPlan plan = preset("W8A8 input");
        plan.defaults.zeroOutliers = true;
        const auto resolved = resolve(plan);
        QCOMPARE(siteOf(resolved, kOutProj1).zeroed, std::vector<std::int32_t>{7});
        QCOMPARE(siteOf(resolved, kOutProj1).input.scale, 1.0f / 127.0f);
        QVERIFY(siteOf(resolved, kXProj0).zeroed.empty());
        // in_proj has 20 channels and dt_proj 3: six sigma cannot flag anything there, said once a linear.
        QCOMPARE(resolved.value().warnings.size(), 2UL);
        QVERIFY(resolved.value().warnings[0].find("in_proj, layers 0–1: zeroing outliers does nothing") == 0);
        QVERIFY(resolved.value().warnings[1].find("dt_proj, layers 0–1:") == 0);
    }

    void smoothingAtAlphaOneMakesEveryChannelReachOne() {
        const auto plan = resolve(preset("SmoothQuant W8A8 α=1"));
        const ResolvedSite site = siteOf(plan, kOutProj1);
        QCOMPARE(site.smoothing.size(), 40UL);
        QCOMPARE(site.smoothing[7], 500.0f); // s = max|X|
        QCOMPARE(site.smoothing[8], 1.0f);
        QCOMPARE(site.input.scale, 1.0f / 127.0f); // absmax_j / s_j = 1
    }

    void smoothingAtOneHalf() {
        const ResolvedSite site = siteOf(resolve(preset("SmoothQuant W8A8 α=0.5")), kOutProj1);
        // s = √(max|X| / max|W|): √(500 / 0.25) = √2000 and √(1 / 0.25) = 2.
        QCOMPARE(site.smoothing[7], static_cast<float>(std::sqrt(2000.0)));
        QCOMPARE(site.smoothing[0], 2.0f);
        QCOMPARE(site.input.scale, 500.0f / static_cast<float>(std::sqrt(2000.0)) / 127.0f);
    }

    void aZeroedChannelIsNotSmoothed() {
        QuantPlan plan = preset("SmoothQuant W8A8 α=0.5");
        plan.defaults.zeroOutliers = true;
        const ResolvedSite site = siteOf(resolve(plan), kOutProj1);
        QCOMPARE(site.smoothing[7], 1.0f);
        QCOMPARE(site.input.scale, 0.5f / 127.0f); // 1 / 2 of the others
    }

    void smoothingDoesNotTouchTheOutputScale() {
        QuantPlan plan = preset("SmoothQuant W8A8 α=0.5");
        plan.defaults.activationSide = ActivationSide::Both;
        QCOMPARE(siteOf(resolve(plan), kOutProj1).output.scale, 2.0f / 127.0f);
    }

    void theScansInputIsNotSmoothed() {
        QuantPlan plan = preset("SmoothQuant W8A8 α=0.5");
        plan.ssmInput = true;
        const auto resolved = resolve(plan);
        QCOMPARE(siteOf(resolved, kXProj0).input.scale, 0.5f / 127.0f);
        QCOMPARE(resolved.value().scans[0].u.scale, 1.0f / 127.0f);
        QVERIFY(resolved.value().ssmInput);
    }

    void theScansInputsHaveScalesOfTheirOwn() {
        CalibrationSnapshot snapshot = calibration();
        const auto side = [&](Linear linear, Side s) -> std::vector<float>& {
            return snapshot.sites[static_cast<std::size_t>(SiteId{0, linear}.index())][static_cast<std::size_t>(s)]
                .absmax;
        };
        // Columns: u and z 40 each; Δ 3, B and C 4 each.
        side(Linear::InProj, Side::Output)[39] = 1000, side(Linear::InProj, Side::Output)[40] = 3;
        side(Linear::XProj, Side::Output)[2] = 1000, side(Linear::XProj, Side::Output)[3] = 4;
        side(Linear::XProj, Side::Output)[10] = 5;
        side(Linear::XProj, Side::Input)[0] = 6;
        side(Linear::DtProj, Side::Output)[39] = 7;
        QuantPlan plan;
        plan.defaults.scanBits = 8;
        plan.defaults.stateBits = 6;
        const auto resolved = resolvePlan(smallSpec(), plan, &snapshot, nullptr, "aa");
        QVERIFY(resolved.ok());
        const ResolvedScan& scan = resolved.value().scans[0];
        QCOMPARE(scan.z.scale, 3.0f / 127.0f);
        QCOMPARE(scan.b.scale, 4.0f / 127.0f);
        QCOMPARE(scan.c.scale, 5.0f / 127.0f);
        QCOMPARE(scan.u.scale, 6.0f / 127.0f);
        QCOMPARE(scan.dt.scale, 7.0f / 127.0f);
        QCOMPARE(scan.stateBits, 6);
        QVERIFY(resolved.value().exactUnderForking);
        for (const ResolvedSite& site : resolved.value().sites) {
            QVERIFY(site == ResolvedSite()); // the linears see none of it
        }
        // u is what x_proj reads: where the plan zeroes it for the scan, it is left out of the scale.
        plan.ssmInput = plan.linears[1].zeroOutliers.emplace(true);
        side(Linear::XProj, Side::Input)[0] = 600;
        QCOMPARE(resolvePlan(smallSpec(), plan, &snapshot, nullptr, "aa").value().scans[0].u.scale, 1.0f / 127.0f);
    }

    void aPlanKnowsWhereScanAndStateBelong() {
        QuantPlan plan;
        plan.linears[0].stateBits = 8; // in_proj has no state behind it
        plan.linears[3].scanBits = 8;  // the scan reads nothing of out_proj
        QVERIFY(plan.isBaseline(2));
        QVERIFY(resolve(plan).value().scans == std::vector<ResolvedScan>(2));
        plan.linears[3].stateBits = 8;
        QVERIFY(!plan.isBaseline(2));
        QVERIFY(!plan.needsCalibration(2)); // the state's scales are those of every token
        plan.sites[{1, Linear::DtProj}].scanBits = 8;
        QVERIFY(plan.needsCalibration(2));
        plan.defaults.activationScale = ActivationScale::Dynamic;
        QVERIFY(!plan.needsCalibration(2));
        const auto resolved = resolve(plan);
        QVERIFY(!resolved.value().exactUnderForking);
        QVERIFY(!resolved.value().scans[0].dt.active());
        QVERIFY(resolved.value().scans[1].dt.active());
        QCOMPARE(resolved.value().scans[0].stateBits, 8);
    }

    void staticScalesOfTheScanAreRefusedWhereNobodyCalibratedThem() {
        QuantPlan plan;
        plan.defaults.scanBits = 8;
        const CalibrationSnapshot snapshot = calibration();
        ModelSpec spec = smallSpec();
        spec.architecture = Architecture::FalconMamba;
        const auto falcon = resolvePlan(spec, plan, &snapshot, nullptr, "aa");
        QVERIFY(!falcon.ok());
        QVERIFY(falcon.error().message.find("B and C behind their norm") != std::string::npos);
        plan.linears[1].activationScale = ActivationScale::Token;
        QVERIFY(resolvePlan(spec, plan, &snapshot, nullptr, "aa").ok());
        spec.linearBias = true;
        const auto biased = resolvePlan(spec, plan, &snapshot, nullptr, "aa");
        QVERIFY(!biased.ok());
        QVERIFY(biased.error().message.find("z with its bias") != std::string::npos);
        plan.defaults.activationClip = {ClipKind::Mse, 0};
        QVERIFY(!resolve(plan).ok()); // the histograms are empty
    }

    void runTimeScales() {
        const auto dynamic = resolvePlan(smallSpec(), preset("W8A8 input dynamic"), nullptr, nullptr, "aa");
        QVERIFY(dynamic.ok()); // needs no calibration
        QVERIFY(!dynamic.value().exactUnderForking);
        QVERIFY(siteOf(dynamic, kXProj0).input.scaling == ActivationScale::Dynamic);
        QCOMPARE(siteOf(dynamic, kXProj0).input.bits, 8);
        const auto token = resolvePlan(smallSpec(), preset("W8A8 input token"), nullptr, nullptr, "aa");
        QVERIFY(token.value().exactUnderForking);
        QVERIFY(resolve(preset("W8A8 input")).value().exactUnderForking);
    }

    void aSilentSiteGivesAScaleOfZeroAndAWarning() {
        CalibrationSnapshot snapshot = calibration();
        auto& absmax = snapshot.sites[static_cast<std::size_t>(kXProj0.index())][0].absmax;
        std::fill(absmax.begin(), absmax.end(), 0.0f);
        const auto plan = resolvePlan(smallSpec(), preset("W8A8 input"), &snapshot, nullptr, "aa");
        QCOMPARE(siteOf(plan, kXProj0).input.scale, 0.0f);
        QCOMPARE(plan.value().warnings.size(), 1UL);
        QVERIFY(plan.value().warnings[0].find("x_proj, layer 0:") == 0);
    }

    void outliersInFloatsLeaveTheScaleToTheOthers() {
        QuantPlan plan = preset("W8A8 input");
        plan.defaults.floatOutliers = true;
        const auto resolved = resolve(plan);
        QCOMPARE(siteOf(resolved, kOutProj1).exempt, std::vector<std::int32_t>{7});
        QCOMPARE(siteOf(resolved, kOutProj1).input.scale, 1.0f / 127.0f);
        QVERIFY(siteOf(resolved, kOutProj1).zeroed.empty());
        QVERIFY(siteOf(resolved, kXProj0).exempt.empty());
        plan.defaults.zeroOutliers = true; // what is zeroed need not be kept
        QVERIFY(siteOf(resolve(plan), kOutProj1).exempt.empty());
    }

    void percentilesClipStaticScales() {
        // 990 magnitudes of the bin [1, √2·…) and ten of the last occupied one, by hand: the 99th percentile is the upper
        // edge of the lower bin, the 50th lies 500/990 of the way into it.
        CalibrationSnapshot snapshot = calibration();
        ChannelStatistics& input = snapshot.sites[static_cast<std::size_t>(kOutProj1.index())][0];
        const auto bin = static_cast<std::size_t>(histogramBin(1.0f));
        input.histogram[bin] = 990;
        input.histogram[static_cast<std::size_t>(histogramBin(500.0f))] = 10;
        QuantPlan plan = preset("W8A8 input");
        plan.sites[kOutProj1].activationClip = Clip{ClipKind::Percentile, 99};
        const auto scaleOf = [&] {
            return siteOf(resolvePlan(smallSpec(), plan, &snapshot, nullptr, "aa"), kOutProj1).input.scale;
        };
        const float upper = histogramEdge(static_cast<int>(bin) + 1);
        QCOMPARE(scaleOf(), upper / 127.0f);
        plan.sites[kOutProj1].activationClip = Clip{ClipKind::Percentile, 50};
        QVERIFY(std::fabs(scaleOf() - (1 + (upper - 1) * 500 / 990) / 127) < 1e-6f);
    }

    void rotatedInputsHaveTheirOwnStaticScale() {
        CalibrationSnapshot snapshot = calibration();
        QuantPlan plan = preset("W8A8 input");
        SitePatch rotate;
        rotate.rotate = true;
        plan.set({{1}, {Linear::OutProj}}, rotate);
        QVERIFY(plan.needsRotatedInputs(2));
        snapshot.rotatedInputs.resize(snapshot.sites.size());
        ChannelStatistics& rotated = snapshot.rotatedInputs[static_cast<std::size_t>(kOutProj1.index())];
        rotated = snapshot.at(kOutProj1, Side::Input);
        std::fill(rotated.absmax.begin(), rotated.absmax.end(), 0.5f);
        rotated.absmax.back() = 254.0f;
        rotated.histogram[static_cast<std::size_t>(histogramBin(1.0f))] = 100;
        const auto resolved = [&] {
            return resolvePlan(smallSpec(), plan, &snapshot, nullptr, "aa");
        };
        QCOMPARE(siteOf(resolved(), kOutProj1).input.scale, 2.0f);
        QVERIFY(siteOf(resolved(), kXProj0).input.scale != 2.0f);
        plan.sites[kOutProj1].activationClip = Clip{ClipKind::Percentile, 100}; // from the rotated inputs' distribution
        QCOMPARE(siteOf(resolved(), kOutProj1).input.scale, histogramEdge(histogramBin(1.0f) + 1) / 127.0f);
        rotated.absmax.pop_back();
        QVERIFY(resolved().error().message.find("rotated channels at layers.1.out_proj") != std::string::npos);
        plan.set({}, rotate);
        rotated = {};
        QVERIFY(!resolved().ok());
        plan.defaults.activationSide = ActivationSide::Output; // the rotation ends before
        plan.sites.clear();
        QVERIFY(!plan.needsRotatedInputs(2));
        QVERIFY(resolved().ok());
    }

    void treatmentsThatDoNotGoTogether() {
        const CalibrationSnapshot good = calibration(); // without a distribution
        const WeightStatistics statistics = weights();
        const auto says = [&](const SitePatch& patch, const char* preset) {
            QuantPlan plan = presetPlan(preset).value();
            plan.set({}, patch);
            const auto result = resolvePlan(smallSpec(), plan, &good, &statistics, "aa");
            return result.ok() ? std::string() : result.error().message;
        };
        const auto contains = [](const std::string& text, const char* part) {
            return text.find(part) != std::string::npos;
        };
        SitePatch rotate, exempt, both, percentile, mse;
        rotate.rotate = true;
        exempt.floatOutliers = true;
        both.rotate = both.floatOutliers = true;
        both.activationScale = ActivationScale::Token;
        percentile.activationClip = Clip{ClipKind::Percentile, 99};
        QVERIFY(contains(says(rotate, "W8A8 input"), "did not observe the rotated inputs"));
        QVERIFY(contains(says(rotate, "SmoothQuant W8A8 α=0.5"), "without smoothing, which gives no static scale"));
        rotate.zeroOutliers = true;
        QVERIFY(contains(says(rotate, "W8A8 input"), "without zeroed channels, which gives no static scale"));
        rotate.zeroOutliers = false;
        rotate.activationScale = ActivationScale::Token;
        QVERIFY(says(rotate, "W8A8 input").empty());
        QVERIFY(contains(says(both, "W8A8 input"), "none of them can be kept in floats"));
        QVERIFY(contains(says(percentile, "W8A8 input"), "no distribution"));
        QVERIFY(contains(says(percentile, "SmoothQuant W8A8 α=0.5"), "before smoothing"));
        exempt.activationFormat = NumberFormat::Fp8E4M3;
        QVERIFY(contains(says(exempt, "W8A8 input"), "beside integers only"));
        mse.activationClip = Clip{ClipKind::Mse, 0};
        mse.activationFormat = NumberFormat::Fp8E4M3;
        QVERIFY(contains(says(mse, "W8A8 input"), "mse clipping is of integers"));
    }

    void refusals() {
        const CalibrationSnapshot good = calibration();
        const WeightStatistics statistics = weights();
        const QuantPlan plan = preset("W8A8 input");
        const auto refused = [](const Result<ResolvedPlan>& result, const char* says) {
            return !result.ok() && result.error().code == ErrorCode::Usage &&
                   result.error().message.find(says) != std::string::npos;
        };
        QVERIFY(refused(resolvePlan(smallSpec(), plan, nullptr, nullptr, "aa"), "needs a calibration"));
        QVERIFY(refused(resolvePlan(smallSpec(), plan, &good, nullptr, "bb"), "another checkpoint"));
        QVERIFY(resolvePlan(smallSpec(), plan, &good, nullptr, "").ok()); // hash unknown
        QVERIFY(refused(
            resolvePlan(smallSpec(), preset("SmoothQuant W8A8 α=0.5"), &good, nullptr, "aa"),
            "statistics of the model's weights"));
        ModelSpec deeper = smallSpec();
        deeper.layers = 3;
        QVERIFY(refused(resolvePlan(deeper, plan, &good, nullptr, "aa"), "2 layers, but this one has 3"));
        ModelSpec wider = smallSpec();
        wider.inner = 48;
        QVERIFY(refused(
            resolvePlan(wider, plan, &good, nullptr, "aa"), "80 channels at layers.0.in_proj.output"));
        QuantPlan far = plan;
        far.sites[{2, Linear::InProj}].weightBits = 4;
        QVERIFY(refused(
            resolvePlan(smallSpec(), far, &good, nullptr, "aa"),
            "layers.2.in_proj, but the model has 2 layers"));
        CalibrationSnapshot oneSided = good;
        oneSided.sites[static_cast<std::size_t>(kXProj0.index())][0] = {};
        QVERIFY(refused(
            resolvePlan(smallSpec(), plan, &oneSided, nullptr, "aa"),
            "no statistics of layers.0.x_proj.input"));
        QVERIFY(resolvePlan(smallSpec(), preset("W8A8 (mlp)"), &oneSided, nullptr, "aa").ok());
    }
};

QTEST_APPLESS_MAIN(ResolveTest)
#include "resolve_test.moc"
