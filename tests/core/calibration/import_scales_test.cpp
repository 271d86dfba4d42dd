// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/import_scales.h"
#include "core/calibration/outliers.h"
#include "core/checkpoint/pytorch.h"
#include "core/checkpoint/safetensors.h"

#include "tests/support/paths.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace mambascope;

namespace {

/// Scales of a model of two layers: hidden 3, inner 4, rank 2; value c of a site is c + 1.
class Scales {
public:
    Scales() {
        for (const char* layer : {"0", "1"}) {
            const std::string mixer = std::string("backbone.layers.") + layer + ".mixer.";
            put(mixer + "in_proj", {1, 2, 3});
            put(mixer + "x_proj", {1, 2, 3, 4});
            put(mixer + "dt_proj", {1, 2});
            put(mixer + "out_proj", {1, 2, 3, 4});
        }
        put("lm_head", {1, 2, 3});
    }

    void put(const std::string& name, std::vector<float> values) { m_vectors[name] = std::move(values); }
    void remove(const std::string& name) { m_vectors.erase(name); }

    TensorFile file() const {
        TensorFile file;
        for (const auto& [name, values] : m_vectors) {
            file.add(name, {DType::F32, {std::ssize(values)}, std::as_bytes(std::span(values))});
        }
        return file;
    }

    Result<ImportedScales> import() const { return importScales(file(), "tiny"); }

    void save(const std::filesystem::path& path) const {
        std::vector<TensorToWrite> tensors;
        for (const auto& [name, values] : m_vectors) {
            tensors.push_back(floatTensor(name, {std::ssize(values)}, values));
        }
        QVERIFY(writeSafetensors(path, tensors, {}, true).ok());
    }

private:
    std::map<std::string, std::vector<float>> m_vectors;
};

} // namespace

class ImportScalesTest : public QObject {
    Q_OBJECT

    static void verifyRefused(const Scales& scales, const QString& words) {
        const auto imported = scales.import();
        QVERIFY(!imported.ok());
        QCOMPARE(imported.error().code, ErrorCode::Unreadable);
        QVERIFY2(
            QString::fromStdString(imported.error().message).contains(words),
            imported.error().message.c_str());
        QVERIFY(!imported.error().hint.empty());
    }

private Q_SLOTS:
    void becomesACalibration() {
        const auto imported = Scales().import();
        QVERIFY2(imported.ok(), imported.ok() ? "" : imported.error().message.c_str());
        const CalibrationSnapshot& snapshot = imported.value().snapshot;
        QCOMPARE(snapshot.spec.layers, 2);
        QCOMPARE(snapshot.spec.hidden, 3);
        QCOMPARE(snapshot.spec.inner, 4);
        QCOMPARE(snapshot.spec.dtRank, 2);
        QCOMPARE(snapshot.source.checkpointName, std::string("tiny"));
        QVERIFY(snapshot.source.checkpointHash.empty());
        const ChannelStatistics& dt = snapshot.at({1, Linear::DtProj}, Side::Input);
        QCOMPARE(dt.absmax, (std::vector<float>{1, 2}));
        QCOMPARE(dt.max, dt.absmax);
        QCOMPARE(dt.min, (std::vector<float>{-1, -2}));
        QCOMPARE(dt.mean, (std::vector<float>{0, 0}));
        QCOMPARE(dt.above6, (std::vector<std::int64_t>{0, 0}));
        QCOMPARE(snapshot.at({1, Linear::DtProj}, Side::Output).channels(), 0);
        // lm_head is the only one that is left out.
        QVERIFY(imported.value().notes.back().ends_with("Mamba block: lm_head."));
    }

    void survivesItsFile() {
        const auto imported = Scales().import();
        const auto bytes = calibrationToBytes(imported.value().snapshot);
        const auto again = calibrationFromBytes(bytes.value(), "x");
        QVERIFY2(again.ok(), again.ok() ? "" : again.error().message.c_str());
        QVERIFY(again.value() == imported.value().snapshot);
    }

    void refusesWhatIsIncomplete() {
        Scales missing;
        missing.remove("backbone.layers.0.mixer.x_proj");
        verifyRefused(missing, "layers.0.x_proj are missing");
        Scales far;
        far.put("backbone.layers.2147483647.mixer.in_proj", {1, 2, 3});
        verifyRefused(far, "layers.2.in_proj are missing");
        Scales wide;
        wide.put("backbone.layers.1.mixer.out_proj", {1, 2, 3});
        verifyRefused(wide, "layers.1.out_proj have 3 channels, but the others ask for 4");
        Scales twice;
        twice.put("layers.1.mixer.out_proj", {1, 2, 3, 4});
        verifyRefused(twice, "layers.1.out_proj are there twice");
        Scales empty;
        empty.put("backbone.layers.1.mixer.out_proj", {});
        verifyRefused(empty, "is no vector of activation scales");
        for (const float value : {-1.0f, INFINITY, NAN}) {
            Scales odd;
            odd.put("backbone.layers.1.mixer.dt_proj", {1, value});
            verifyRefused(odd, "channel 1 of backbone.layers.1.mixer.dt_proj is negative or not finite");
        }
        QVERIFY(!importScales(TensorFile(), "x").ok());
    }

    void opensWhateverHoldsMaxima() {
        const test::TemporaryFolder folder;
        const auto scales = folder.path() / "my-model.safetensors";
        Scales().save(scales);
        QVERIFY(isCalibrationOrScales(scales));
        const auto imported = openCalibrationOrScales(scales);
        QVERIFY2(imported.ok(), imported.ok() ? "" : imported.error().message.c_str());
        QCOMPARE(imported.value().snapshot.source.checkpointName, std::string("my-model"));
        QVERIFY(imported.value().snapshot.source.imported());
        QVERIFY(!imported.value().notes.empty());
        const auto calibration = folder.path() / "calibration.safetensors";
        QVERIFY(saveCalibration(calibration, imported.value().snapshot, false).ok());
        QVERIFY(isCalibrationOrScales(calibration));
        const auto again = openCalibrationOrScales(calibration);
        QVERIFY(again.ok() && again.value().snapshot == imported.value().snapshot);
        QVERIFY(again.value().notes.empty());
    }

    void weightsAreNeither() {
        const test::TemporaryFolder folder;
        const auto weights = folder.path() / "model.safetensors";
        QVERIFY(writeSafetensors(
                    weights,
                    {floatTensor("backbone.layers.0.mixer.in_proj.weight", {2, 1}, {1, 2}),
                     floatTensor("backbone.layers.0.mixer.in_proj.bias", {2}, {1, 2})},
                    {}, true)
                    .ok());
        QVERIFY(!isCalibrationOrScales(weights));
        const auto opened = openCalibrationOrScales(weights);
        QVERIFY(!opened.ok());
        QVERIFY(opened.error().message.find("no calibration of mambascope") != std::string::npos);
        QVERIFY(!isCalibrationOrScales(folder.path() / "nowhere.pt"));
        QVERIFY(!isCalibrationOrScales(folder.path()));
        for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
            for (const char* fixture : {"hf-f32", "ssm-original"}) {
                QVERIFY(!isCalibrationOrScales(test::fixtureFolder() / fixture / name));
            }
        }
    }

    /// Shares of channels above mean + 6 standard deviations of a layer's absmaxes, all layers together, in
    /// hundredths of a percent: the reference facts' table of the published scales.
    void publishedScalesHaveTheKnownOutliers_data() {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("hidden");
        QTest::addColumn<QList<int>>("shares");
        QTest::newRow("mamba-790m-hf.pt") << 48 << 1536 << QList<int>{54, 45, 13, 22};
        QTest::newRow("mamba-1.4b-hf.pt") << 48 << 2048 << QList<int>{43, 50, 11, 18};
        QTest::newRow("mamba-2.8b-hf.pt") << 64 << 2560 << QList<int>{31, 54, 15, 21};
    }

    void publishedScalesHaveTheKnownOutliers() {
        QFETCH(int, layers);
        QFETCH(int, hidden);
        QFETCH(QList<int>, shares);
        const auto data = test::sharedData();
        if (!data || !std::filesystem::exists(*data / "act-scales" / QTest::currentDataTag())) {
            QSKIP("The published activation scales are not on this machine.");
        }
        const auto file = openPyTorch(*data / "act-scales" / QTest::currentDataTag());
        QVERIFY2(file.ok(), file.ok() ? "" : file.error().message.c_str());
        const auto imported = importScales(file.value(), "x");
        QVERIFY2(imported.ok(), imported.ok() ? "" : imported.error().message.c_str());
        const CalibrationSnapshot& snapshot = imported.value().snapshot;
        QCOMPARE(snapshot.spec.layers, layers);
        QCOMPARE(snapshot.spec.hidden, hidden);
        QCOMPARE(snapshot.spec.inner, 2 * hidden);
        QCOMPARE(snapshot.spec.dtRank, hidden / 16);
        for (const Linear linear : kLinears) {
            double outliers = 0, channels = 0;
            for (int layer = 0; layer < layers; ++layer) {
                const ChannelStatistics& input = snapshot.at({layer, linear}, Side::Input);
                outliers +=
                    static_cast<double>(findOutliers(input, OutlierRule::ChannelSpread, 6).outliers.size());
                channels += input.channels();
            }
            QCOMPARE(
                static_cast<int>(std::lround(outliers / channels * 10'000)),
                shares[static_cast<int>(linear)]);
        }
        for (int index = 0; index < snapshot.spec.siteCount(); ++index) {
            const ChannelStatistics& input = snapshot.at(SiteId::fromIndex(index), Side::Input);
            for (const auto rule : {OutlierRule::AllElements, OutlierRule::LlmInt8}) {
                QVERIFY(!findOutliers(input, rule, 6).answerable);
            }
        }
    }
};

QTEST_APPLESS_MAIN(ImportScalesTest)
#include "import_scales_test.moc"
