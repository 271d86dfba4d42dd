// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan does about outliers beside smoothing and zeroing: rotation, channels kept in floats, clipped scales.
#include "core/quantization/export.h"
#include "tests/plugins/engine_support.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::test;

namespace {

QuantPlan w8a8(ActivationScale scale) {
    QuantPlan plan;
    plan.defaults.weightBits = plan.defaults.activationBits = 8;
    plan.defaults.activationScale = scale;
    return plan;
}

void models() {
    QTest::addColumn<QString>("model");
    for (const char* fixture : {"hf-f32", "hf-odd", "falcon-mamba", "mamba2"}) {
        QTest::newRow(fixture) << QString::fromStdString((test::fixtureFolder() / fixture).string());
    }
    QTest::newRow("demo") << QStringLiteral("demo");
}

} // namespace

class TorchTreatmentsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rotationAloneChangesNothing_data() { models(); }
    void rotationAloneChangesNothing() {
        // x Wᵀ = (x R)(W R)ᵀ. The fixtures' bound is their own: what another order of rounding may do to them.
        QFETCH(QString, model);
        const auto engine = engineFor(model.toStdString());
        QVERIFY(engine);
        const std::vector<float> before = logitsOf(*engine);
        QuantPlan plan;
        plan.defaults.rotate = true;
        QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
        const double changed = relativeDifference(logitsOf(*engine), before);
        qInfo("%.1e of the largest logit", changed);
        QVERIFY(changed <= (model == QLatin1String("demo") ? 1e-5 : 5e-5));
        QVERIFY(changed > 0); // it did rotate
    }

    void staticScalesOfRotatedInputsAreTheirMaxima_data() { models(); }
    void staticScalesOfRotatedInputsAreTheirMaxima() {
        // Where one site alone is quantized, and the calibration saw what is run, the calibrated maximum is that of the
        // tensor at run time.
        QFETCH(QString, model);
        const auto engine = engineFor(model.toStdString());
        QVERIFY(engine);
        const auto calibration = calibrationOf(*engine, {someTokens(41, 30)}, true);
        QVERIFY(calibration);
        const std::vector<float> before = logitsOf(*engine);
        for (const SiteId site : calibration->spec.sites()) {
            QuantPlan plan;
            SitePatch& patch = plan.sites[site];
            patch.rotate = true;
            patch.activationBits = 4;
            patch.activationScale = ActivationScale::Static;
            QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
            const std::vector<float> fixed = logitsOf(*engine);
            patch.activationScale = ActivationScale::Dynamic;
            QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
            QVERIFY2(logitsOf(*engine) == fixed, siteName(site).c_str());
            QVERIFY(relativeDifference(fixed, before) > 1e-6);
        }
        // Statistics of what is not rotated stay what they are without.
        const auto plain = calibrationOf(*engine, {someTokens(41, 30)});
        QVERIFY(plain->sites == calibration->sites && plain->rotatedInputs.empty());
    }

    void rotatedWeightsAreWrittenRotatedBack_data() { models(); }
    void rotatedWeightsAreWrittenRotatedBack() {
        QFETCH(QString, model);
        const auto engine = engineFor(model.toStdString());
        QVERIFY(engine);
        const std::vector<float> before = logitsOf(*engine);
        const auto calibration = calibrationOf(*engine);
        const test::TemporaryFolder folder;
        ExportRequest request;
        request.folder = folder.path() / "rotated";
        request.plan.defaults.weightBits = 4;
        request.plan.defaults.rotate = true;
        request.plan.defaults.alpha = 0.5;
        QVERIFY(engine->applyPlan(request.plan, calibration, {}).ok());
        const std::vector<float> planned = logitsOf(*engine);
        const auto report = engine->exportCheckpoint(request, calibration, {});
        QVERIFY2(report.ok(), report.ok() ? "" : describe(report.error()).c_str());
        const auto exported = engineFor(request.folder);
        QVERIFY(exported);
        QVERIFY(relativeDifference(planned, before) > 1e-3);
        const double changed = relativeDifference(logitsOf(*exported), planned);
        qInfo("%.1e of the largest logit", changed);
        QVERIFY(changed <= 1e-4); // smoothing and rotation each: the bound above
    }

    void channelsInFloatsAreUntouched() {
        // At out_proj of the last layer alone, everything flagged (k so small that half of the channels exceed it): what
        // is flagged contributes as in floats.
        const auto folder = test::fixtureFolder() / "hf-f32";
        const auto engine = engineFor(folder);
        const auto calibration = calibrationOf(*engine);
        QuantPlan plan = w8a8(ActivationScale::Static);
        plan.defaults.floatOutliers = true;
        plan.k = 1e-3;
        const auto checkpoint = openCheckpoint(folder).value();
        const auto resolved =
            resolvePlan(checkpoint->spec, plan, calibration.get(), nullptr, std::string()).value();
        const SiteId site{0, Linear::OutProj};
        const ResolvedSite& settings = resolved.sites[static_cast<std::size_t>(site.index())];
        QVERIFY(!settings.exempt.empty());
        const std::vector<float> weight =
            checkpoint->floats(checkpoint->names.blocks[0].linear(Linear::OutProj)).value();
        const std::vector<float> effective = effectiveWeight(*checkpoint, site, settings).value();
        const auto inputs = static_cast<std::size_t>(checkpoint->spec.inputs(Linear::OutProj));
        std::vector<float> scaled = weight; // the others are quantized as if the flagged ones were not there
        for (const std::int32_t c : settings.exempt) {
            for (auto i = static_cast<std::size_t>(c); i < weight.size(); i += inputs) {
                QCOMPARE(effective[i], weight[i]);
                scaled[i] = 0;
            }
        }
        fakeQuantizeWeight(
            scaled, static_cast<std::int64_t>(weight.size() / inputs), static_cast<std::int64_t>(inputs),
            settings.weight);
        for (std::size_t i = 0; i < weight.size(); ++i) {
            const bool exempt = std::binary_search(
                settings.exempt.begin(), settings.exempt.end(), static_cast<std::int32_t>(i % inputs));
            QVERIFY(exempt || effective[i] == scaled[i]);
        }
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        const std::vector<float> some = logitsOf(*engine);
        plan.defaults.floatOutliers = false;
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        QVERIFY(relativeDifference(some, logitsOf(*engine)) > 1e-4); // and the activations are not all quantized
    }

    void aRuleThatFlagsNothingKeepsNothingInFloats() {
        const auto engine = engineFor(test::fixtureFolder() / "hf-f32");
        const auto calibration = calibrationOf(*engine);
        QuantPlan plan = w8a8(ActivationScale::Token);
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        const std::vector<float> without = logitsOf(*engine);
        plan.defaults.floatOutliers = true;
        plan.k = 1e6;
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        QCOMPARE(logitsOf(*engine), without);
    }

    void theHundredthPercentileIsTheMaximum() {
        const auto engine = engineFor(test::fixtureFolder() / "hf-f32");
        const auto calibration = calibrationOf(*engine);
        QuantPlan plan = w8a8(ActivationScale::Static);
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        const std::vector<float> absmax = logitsOf(*engine);
        plan.defaults.activationClip = {ClipKind::Percentile, 100};
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        QVERIFY(relativeDifference(logitsOf(*engine), absmax) <= 5e-2); // the largest bin's end is not the maximum, but near
        plan.defaults.activationClip = {ClipKind::Percentile, 90};
        QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
        QVERIFY(relativeDifference(logitsOf(*engine), absmax) > 5e-2);
    }

    void scoresDoNotDependOnBatchForkingOrThreads_data() { models(); }
    void scoresDoNotDependOnBatchForkingOrThreads() {
        QFETCH(QString, model);
        const auto engine = engineFor(model.toStdString(), 2), alone = engineFor(model.toStdString(), 1);
        QVERIFY(engine && alone);
        const auto a = someTokens(37, 1);
        const std::vector<ScoreRequest> requests{
            {a, someTokens(5, 4)}, {a, someTokens(9, 5)}, {someTokens(90, 2), someTokens(17, 8)}};
        QuantPlan rotated = w8a8(ActivationScale::Token), exempt = w8a8(ActivationScale::Static);
        rotated.defaults.rotate = true;
        exempt.defaults.floatOutliers = true;
        exempt.k = 1;
        const auto calibration = calibrationOf(*engine);
        for (const QuantPlan& plan : {rotated, exempt}) {
            QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
            QVERIFY(alone->applyPlan(plan, calibration, {}).ok());
            std::vector<Score> singly;
            for (const ScoreRequest& request : requests) {
                singly.push_back(alone->score({&request, 1}, {}, {}).value().front());
            }
            QVERIFY(engine->score(requests, {}, {}).value() == singly);
        }
    }
};

QTEST_APPLESS_MAIN(TorchTreatmentsTest)
#include "torch_treatments_test.moc"
