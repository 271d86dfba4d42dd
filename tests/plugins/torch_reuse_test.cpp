// SPDX-License-Identifier: GPL-3.0-or-later
// What score() keeps between plans changes no number, whatever happens in between.
#include "core/engine/describe.h"
#include "core/model/locate.h"
#include "plugins/torch/device.h"
#include "plugins/torch/engine.h"
#include "tests/support/paths.h"

#include <QTest>

#include <random>

using namespace mambascope;

namespace {

constexpr int kNothing = 0;

std::unique_ptr<TorchEngine> engineFor(
    const std::filesystem::path& model, int megabytes, int threads = 2, const char* device = "cpu",
    const char* dtype = "f32") {
    auto engine = std::make_unique<TorchEngine>();
    LoadRequest request;
    request.model = model.string();
    request.device = device;
    request.dtype = dtype;
    request.threads = threads;
    request.reuseMegabytes = megabytes;
    return engine->load(request, {}).ok() ? std::move(engine) : nullptr;
}

std::filesystem::path modelNamed(const QString& name) {
    return name == QLatin1String("demo") ? demoModelFolder() : test::fixtureFolder() / name.toStdString();
}

/// A row for one model of every architecture.
void models() {
    QTest::addColumn<QString>("model");
    for (const char* model : {"hf-f32", "falcon-mamba", "mamba2", "demo"}) {
        QTest::newRow(model) << QString::fromLatin1(model);
    }
}

std::vector<std::int32_t> someTokens(std::size_t count, std::mt19937& random) {
    std::vector<std::int32_t> tokens(count);
    for (std::int32_t& token : tokens) {
        token = static_cast<std::int32_t>(random() % 256); // every model's vocabulary has so many
    }
    return tokens;
}

/// Items with one to four choices of one to nine tokens after contexts of one to sixty: some share a context.
std::vector<ScoreRequest> someRequests(int items, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<ScoreRequest> requests;
    for (int item = 0; item < items; ++item) {
        const auto context = someTokens(1 + random() % 60, random);
        for (unsigned choice = 0; choice <= static_cast<unsigned>(item) % 4; ++choice) {
            requests.push_back({context, someTokens(1 + random() % 9, random)});
        }
    }
    return requests;
}

std::shared_ptr<const CalibrationSnapshot> calibrationOf(TorchEngine& engine) {
    std::mt19937 random(20);
    CalibrationRequest request;
    request.windows = {someTokens(64, random), someTokens(50, random)};
    auto snapshot = engine.calibrate(request, {});
    return snapshot.ok() ? std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value()) : nullptr;
}

/// One of everything that a user can change, somewhere.
void edit(QuantPlan& plan, int layers, bool mamba2, std::mt19937& random) {
    const Linear linear =
        mamba2 ? (random() % 2 == 0 ? Linear::InProj : Linear::OutProj) : static_cast<Linear>(random() % 4);
    const SiteId site{static_cast<int>(random() % static_cast<unsigned>(layers)), linear};
    SitePatch& patch = plan.sites[site];
    switch (random() % 13) {
    case 0:
        patch.weightBits = 2 + static_cast<int>(random() % 7);
        break;
    case 1:
        patch.weightGranularity = random() % 2 == 0 ? Granularity{GranularityKind::Channel, 0}
                                                    : Granularity{GranularityKind::Group, 16};
        break;
    case 2:
        patch.activationBits = 4 + static_cast<int>(random() % 5);
        patch.activationScale = random() % 2 == 0 ? ActivationScale::Static : ActivationScale::Token;
        patch.rotate = false; // these two do not go with every static scale
        patch.scanBits = kBitsOff;
        break;
    case 3:
        patch.activationBits = 8; // from now on contexts are not shared, until it is changed
        patch.activationScale = ActivationScale::Dynamic;
        break;
    case 4:
        patch.alpha = std::optional<double>(0.25 * static_cast<double>(random() % 5));
        break;
    case 5:
        patch.zeroOutliers = random() % 2 == 0;
        break;
    case 6:
        plan.groups = random() % 2 == 0 ? ParameterGroups::all() : ParameterGroups::mlp();
        plan.defaults.weightBits = 8;
        break;
    case 7:
        plan.ssmInput = !mamba2 && !plan.ssmInput;
        break;
    case 8:
        patch.stateBits = 2 + static_cast<int>(random() % 7);
        break;
    case 9:
        patch.scanBits = 4 + static_cast<int>(random() % 5);
        patch.activationScale = ActivationScale::Token;
        break;
    case 10:
        patch.rotate = true;
        patch.floatOutliers = false;
        patch.activationScale = ActivationScale::Token;
        break;
    case 11:
        patch.rotate = false;
        patch.floatOutliers = true;
        plan.k = 1;
        break;
    default:
        plan.sites.erase(site); // an edit taken back
    }
}

} // namespace

class TorchReuseTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void editsGiveTheSameBits_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<int>("megabytes");
        QTest::addColumn<int>("batchTokens");
        for (const char* model : {"hf-f32", "falcon-mamba", "mamba2", "demo"}) {
            for (const int megabytes : {kAutomaticReuse, 1, 0}) {
                for (const int batchTokens : {1024, 90}) {
                    QTest::addRow("%s, %d MiB, %d tokens", model, megabytes, batchTokens)
                        << QString::fromLatin1(model) << megabytes << batchTokens;
                }
            }
        }
    }
    void editsGiveTheSameBits() {
        QFETCH(QString, model);
        QFETCH(int, megabytes);
        QFETCH(int, batchTokens);
        const auto engine = engineFor(modelNamed(model), megabytes, model == QLatin1String("demo") ? 1 : 2);
        const auto reference = engineFor(modelNamed(model), kNothing, 1);
        QVERIFY(engine && reference);
        QVERIFY(reference->residuals() == nullptr);
        ScoringLimits limits;
        limits.batchTokens = batchTokens;
        engine->setScoringLimits(limits);
        const auto calibration = calibrationOf(*reference);
        const ModelSpec& spec = calibration->spec;
        const std::vector<ScoreRequest> requests = someRequests(14, 1);
        std::vector<ScoreRequest> other = someRequests(6, 2);
        std::mt19937 random(3);
        QuantPlan plan;
        for (int step = 0; step < 12; ++step) {
            const auto applied = engine->applyPlan(plan, calibration, {});
            QVERIFY2(applied.ok(), applied.ok() ? "" : describe(applied.error()).c_str());
            QVERIFY(reference->applyPlan(plan, calibration, {}).ok());
            QVERIFY(engine->score(requests, {}, {}).value() == reference->score(requests, {}, {}).value());
            if (step % 5 == 4) { // other items in between, in another order every time
                std::shuffle(other.begin(), other.end(), random);
                QVERIFY(engine->score(other, {}, {}).value() == reference->score(other, {}, {}).value());
            }
            edit(plan, spec.layers, spec.architecture == Architecture::Mamba2, random);
        }
        QCOMPARE(engine->residuals() != nullptr, megabytes != 0);
        if (engine->residuals() != nullptr) {
            const ResidualStore::Usage usage = engine->residuals()->usage();
            qInfo(
                "%lld of %lld layers not run again", static_cast<long long>(usage.layersReused),
                static_cast<long long>(usage.layersReused + usage.layersRun));
            QVERIFY(usage.layersReused > 0);
            QVERIFY(megabytes < 0 || engine->residuals()->bytes() <= std::int64_t{megabytes} << 20);
        }
    }

    /// There scores depend on how many rows a pass has, so both engines get the same passes.
    void editsOnAGpuGiveTheSameBits_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QByteArray>("dtype");
        for (const char* model : {"hf-f32", "falcon-mamba", "mamba2", "demo"}) {
            for (const char* dtype : {"f32", "tf32", "bf16"}) {
                QTest::addRow("%s, %s", model, dtype) << QString::fromLatin1(model) << QByteArray(dtype);
            }
        }
    }
    void editsOnAGpuGiveTheSameBits() {
        if (availableDevices().size() == 1) {
            QSKIP("there is no CUDA device, or libtorch has no CUDA");
        }
        QFETCH(QString, model);
        QFETCH(QByteArray, dtype);
        const auto engine = engineFor(modelNamed(model), kAutomaticReuse, 0, "cuda:0", dtype);
        const auto reference = engineFor(modelNamed(model), kNothing, 0, "cuda:0", dtype);
        QVERIFY(engine && reference);
        ScoringLimits limits;
        limits.batchTokens = 300;
        engine->setScoringLimits(limits);
        reference->setScoringLimits(limits);
        const auto calibration = calibrationOf(*reference);
        const ModelSpec& spec = calibration->spec;
        const std::vector<ScoreRequest> requests = someRequests(14, 1);
        std::mt19937 random(3);
        QuantPlan plan;
        for (int step = 0; step < 12; ++step) {
            QVERIFY(engine->applyPlan(plan, calibration, {}).ok());
            QVERIFY(reference->applyPlan(plan, calibration, {}).ok());
            QVERIFY(engine->score(requests, {}, {}).value() == reference->score(requests, {}, {}).value());
            edit(plan, spec.layers, spec.architecture == Architecture::Mamba2, random);
        }
        QVERIFY(engine->residuals()->usage().layersReused > 0);
    }

    void anEditRunsOnlyWhatIsBehindIt() {
        // 8 layers; every depth is kept, so an edit of layer k runs 8 − k layers of every batch.
        const auto engine = engineFor(demoModelFolder(), kAutomaticReuse);
        const std::vector<ScoreRequest> requests = someRequests(14, 1);
        QVERIFY(engine->score(requests, {}, {}).ok());
        const std::int64_t whole = engine->residuals()->usage().layersRun;
        QCOMPARE(engine->residuals()->usage().layersReused, std::int64_t{0});
        QVERIFY(whole % 8 == 0);
        std::int64_t before = whole;
        for (const int layer : {7, 6, 4, 1, 0, 3}) {
            QuantPlan plan;
            plan.sites[{layer, Linear::InProj}].weightBits = 4;
            QVERIFY(
                engine->applyPlan({}, nullptr, {}).ok()); // back: what is behind the last edit is run anew
            QVERIFY(engine->score(requests, {}, {}).ok());
            before = engine->residuals()->usage().layersRun;
            QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
            QVERIFY(engine->score(requests, {}, {}).ok());
            QCOMPARE(engine->residuals()->usage().layersRun - before, whole * (8 - layer) / 8);
        }
    }

    void aCancelledRunLeavesNothingWrong_data() { models(); }
    void aCancelledRunLeavesNothingWrong() {
        QFETCH(QString, model);
        const auto engine = engineFor(modelNamed(model), kAutomaticReuse);
        const auto reference = engineFor(modelNamed(model), kNothing);
        ScoringLimits limits;
        limits.batchTokens = 90;
        engine->setScoringLimits(limits);
        const std::vector<ScoreRequest> requests = someRequests(14, 1);
        QVERIFY(engine->score(requests, {}, {}).ok());
        QuantPlan plan;
        for (int step = 0; step < 12; ++step) {
            plan.sites[{step % 2, Linear::OutProj}].weightBits = 2 + step % 7;
            QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
            // Stopped by progress: in front of a batch, whose first pass then ends at its first layer.
            std::stop_source stop;
            const Job job{stop.get_token(), [&](const Progress& progress) {
                              if (progress.done >= static_cast<std::uint64_t>(2 * step)) {
                                  stop.request_stop();
                              }
                          }};
            QVERIFY(engine->score(requests, {}, job).error().code == ErrorCode::Cancelled);
            if (step % 3 == 2) {
                QVERIFY(reference->applyPlan(plan, nullptr, {}).ok());
                QVERIFY(
                    engine->score(requests, {}, {}).value() == reference->score(requests, {}, {}).value());
            }
        }
    }

    void anotherModelStartsFromNothing() {
        const auto engine = engineFor(demoModelFolder(), kAutomaticReuse);
        const std::vector<ScoreRequest> requests = someRequests(10, 1);
        const std::vector<Score> demo = engine->score(requests, {}, {}).value();
        LoadRequest request;
        request.device = "cpu";
        request.model = (test::fixtureFolder() / "hf-f32").string();
        QVERIFY(engine->load(request, {}).ok());
        QCOMPARE(engine->residuals()->bytes(), std::int64_t{0});
        QVERIFY(
            engine->score(requests, {}, {}).value() ==
            engineFor(request.model, kNothing)->score(requests, {}, {}).value());
        request.model = demoModelFolder().string();
        QVERIFY(engine->load(request, {}).ok());
        QVERIFY(engine->score(requests, {}, {}).value() == demo);
        QCOMPARE(engine->residuals()->usage().layersReused, std::int64_t{0});
    }

    void aPlanThatFailedIsNotThePlan() {
        const auto engine = engineFor(demoModelFolder(), kAutomaticReuse);
        const std::vector<ScoreRequest> requests = someRequests(10, 1);
        const std::vector<Score> before = engine->score(requests, {}, {}).value();
        QuantPlan plan;
        plan.defaults.activationBits = 8; // static scales, and no calibration to take them from
        QVERIFY(!engine->applyPlan(plan, nullptr, {}).ok());
        QVERIFY(engine->score(requests, {}, {}).value() == before);
    }

    void theSameItemsAgainRunOnlyWhatIsNotKept() {
        const auto engine = engineFor(demoModelFolder(), kAutomaticReuse);
        const std::vector<ScoreRequest> requests = someRequests(10, 1);
        const std::vector<Score> first = engine->score(requests, {}, {}).value();
        const std::int64_t whole = engine->residuals()->usage().layersRun;
        QVERIFY(engine->score(requests, {}, {}).value() == first);
        QCOMPARE(engine->residuals()->usage().layersRun - whole, whole / 8); // the last layer
        // Setting the same plan again changes nothing of that.
        QuantPlan named;
        named.name = "another name";
        QVERIFY(engine->applyPlan(named, nullptr, {}).ok());
        const std::int64_t before = engine->residuals()->usage().layersRun;
        QVERIFY(engine->score(requests, {}, {}).value() == first);
        QCOMPARE(engine->residuals()->usage().layersRun - before, whole / 8);
        // A part of them is the same until the batch in which it ends.
        QVERIFY(
            engine->score(std::span(requests).first(5), {}, {}).value() ==
            std::vector<Score>(first.begin(), first.begin() + 5));
    }

    void littleMemoryGoesToTheDepthsThatSaveMost() {
        // Two of the demo's depths fit: in front of layers 4 and 6. All in one batch, so that no third one
        // fits in part.
        const std::vector<ScoreRequest> requests = someRequests(40, 1);
        ScoringLimits limits;
        limits.batchTokens = 100'000;
        const auto all = engineFor(demoModelFolder(), kAutomaticReuse);
        all->setScoringLimits(limits);
        QVERIFY(all->score(requests, {}, {}).ok());
        const std::int64_t oneDepth = all->residuals()->bytes() / 7;
        const auto megabytes = static_cast<int>((2 * oneDepth + (std::int64_t{1} << 20) - 1) >> 20);
        QVERIFY(3 * oneDepth > std::int64_t{megabytes} << 20); // else there is room for a third
        const auto engine = engineFor(demoModelFolder(), megabytes);
        engine->setScoringLimits(limits);
        QVERIFY(engine->score(requests, {}, {}).ok());
        const std::int64_t whole = engine->residuals()->usage().layersRun;
        QuantPlan plan;
        plan.sites[{7, Linear::InProj}].weightBits = 4;
        QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
        QVERIFY(engine->score(requests, {}, {}).ok());
        QCOMPARE(engine->residuals()->usage().layersRun - whole, whole * 2 / 8);
        // An edit makes its own depth the one to keep.
        plan.sites[{7, Linear::InProj}].weightBits = 5;
        const std::int64_t before = engine->residuals()->usage().layersRun;
        QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
        QVERIFY(engine->score(requests, {}, {}).ok());
        QCOMPARE(engine->residuals()->usage().layersRun - before, whole / 8);
    }
};

QTEST_APPLESS_MAIN(TorchReuseTest)
#include "torch_reuse_test.moc"
