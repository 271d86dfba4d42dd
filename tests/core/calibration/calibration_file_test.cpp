// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/calibration/accumulator.h"
#include "core/checkpoint/safetensors.h"
#include "tests/support/paths.h"

#include <QTest>
#include <functional>
#include <random>

using namespace mambascope;

namespace {

ModelSpec smallSpec() {
    ModelSpec spec;
    spec.layers = 2;
    spec.hidden = 6;
    spec.inner = 9; // odd, so that arrays would not fall on 8 bytes by themselves
    spec.state = 3;
    spec.dtRank = 5;
    spec.convKernel = 4;
    spec.vocabulary = 11;
    return spec;
}

CalibrationSnapshot snapshot(unsigned seed = 1) {
    CalibrationSnapshot result;
    result.spec = smallSpec();
    result.source = {"c0ffee", "small-model", "7e47", "wiki.txt", 3,           5,
                     -2,       true,          true,   15,         "torch 0.1", "f32"};
    std::mt19937 generator(seed);
    for (int i = 0; i < result.spec.siteCount(); ++i) {
        std::array<ChannelStatistics, 2> sides;
        for (const Side side : {Side::Input, Side::Output}) {
            const int channels = result.spec.channels(SiteId::fromIndex(i).linear, side);
            StatisticsAccumulator accumulator(channels);
            std::vector<float> x(static_cast<std::size_t>(channels) * 15);
            for (float& v : x) {
                v = static_cast<float>(static_cast<std::int32_t>(generator())) * 3e-9f;
            }
            x[0] = std::numeric_limits<float>::quiet_NaN();
            accumulator.add(x.data(), 15, channels);
            sides[static_cast<std::size_t>(side)] = accumulator.finish();
        }
        result.sites.push_back(std::move(sides));
    }
    return result;
}

std::vector<TensorToWrite> copyTensors(const TensorFile& file) {
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, view] : file.tensors()) {
        tensors.push_back({name, view.dtype, view.shape, [&view]() -> Result<std::vector<std::byte>> {
                               return std::vector<std::byte>(view.bytes.begin(), view.bytes.end());
                           }});
    }
    return tensors;
}

} // namespace

class CalibrationFileTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsSavedLoadsBack() {
        const test::TemporaryFolder folder;
        const auto path = folder.path() / "c.safetensors";
        const CalibrationSnapshot saved = snapshot();
        QVERIFY(saveCalibration(path, saved, false).ok());
        const auto loaded = loadCalibration(path);
        QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.error().message.c_str());
        QVERIFY(loaded.value() == saved);
        QCOMPARE(calibrationHash(loaded.value()), calibrationHash(saved));
    }

    void theFileHasTheTensorsOfItsContract() {
        const test::TemporaryFolder folder;
        const auto path = folder.path() / "c.safetensors";
        const CalibrationSnapshot saved = snapshot();
        QVERIFY(saveCalibration(path, saved, false).ok());
        const TensorFile file = openSafetensors(path).value();
        QCOMPARE(file.tensors().size(), 2UL * 4 * 2 * 8);
        const TensorView* absmax = file.find("layers.1.out_proj.input.absmax");
        QVERIFY(absmax != nullptr);
        QVERIFY(absmax->dtype == DType::F32);
        QCOMPARE(absmax->shape, std::vector<std::int64_t>{9});
        QCOMPARE(toFloat(*absmax).value(), saved.at({1, Linear::OutProj}, Side::Input).absmax);
        QVERIFY(file.find("layers.0.x_proj.output.above6")->dtype == DType::I64);
        QCOMPARE(
            file.find("layers.0.x_proj.output.histogram")->shape, std::vector<std::int64_t>{kHistogramBins});
    }

    void rotatedInputsAreKeptWhereObserved() {
        CalibrationSnapshot saved = snapshot();
        const std::string without = calibrationHash(saved);
        saved.source.rotated = true;
        saved.rotatedInputs.resize(saved.sites.size());
        saved.rotatedInputs[3] = saved.sites[3][0];
        const auto bytes = calibrationToBytes(saved).value();
        QVERIFY(calibrationFromBytes(bytes, "memory").value() == saved);
        QVERIFY(calibrationHash(saved) != without);
        const TensorFile file = parseSafetensors(bytes, "memory").value();
        QVERIFY(file.find("layers.0.out_proj.rotated_input.absmax") != nullptr);
        QVERIFY(file.find("layers.0.in_proj.rotated_input.absmax") == nullptr);
    }

    void bytesInMemoryAreTheFile() {
        const test::TemporaryFolder folder;
        const auto path = folder.path() / "c.safetensors";
        const CalibrationSnapshot saved = snapshot();
        const auto bytes = calibrationToBytes(saved).value();
        QVERIFY(saveCalibration(path, saved, false).ok());
        const std::string file = readFile(path).value();
        QCOMPARE(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), file);
        QVERIFY(calibrationFromBytes(bytes, "memory").value() == saved);
    }

    void aSideThatWasNotObservedStaysAway() {
        CalibrationSnapshot partial = snapshot();
        partial.sites[2][1] = {};
        const auto bytes = calibrationToBytes(partial).value();
        QVERIFY(calibrationFromBytes(bytes, "memory").value() == partial);
    }

    void theHashKnowsEverything() {
        const CalibrationSnapshot base = snapshot();
        const std::string hash = calibrationHash(base);
        QCOMPARE(hash, calibrationHash(snapshot()));
        const std::vector<std::function<void(CalibrationSnapshot&)>> edits{
            [](auto& s) { s.source.seed = 8; },
            [](auto& s) { s.source.partial = false; },
            [](auto& s) { s.spec.normEpsilon = 1e-3f; },
            [](auto& s) { s.sites[3][1].absmax[2] += 1; },
            [](auto& s) { s.sites[0][0].nonfinite = 5; },
            [](auto& s) { s.sites[7][0].histogram[9] += 1; },
            [](auto& s) {
                std::swap(s.sites[0], s.sites[4]);
            }};
        for (const auto& edit : edits) {
            CalibrationSnapshot other = base;
            edit(other);
            QVERIFY(calibrationHash(other) != hash);
        }
    }

    void anExistingFileIsNotOverwrittenUnasked() {
        const test::TemporaryFolder folder;
        const auto path = folder.path() / "c.safetensors";
        QVERIFY(saveCalibration(path, snapshot(1), false).ok());
        const auto refused = saveCalibration(path, snapshot(2), false);
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().code == ErrorCode::Usage);
        QVERIFY(loadCalibration(path).value() == snapshot(1));
        QVERIFY(saveCalibration(path, snapshot(2), true).ok());
        QVERIFY(loadCalibration(path).value() == snapshot(2));
    }

    /// Every refusal is Unreadable and has its own sentence.
    void refusals_data() {
        using Edit = std::function<void(std::vector<TensorToWrite>&, std::map<std::string, std::string>&)>;
        QTest::addColumn<Edit>("edit");
        QTest::addColumn<QString>("says");
        const auto find = [](auto& tensors, const char* name) {
            return std::find_if(
                tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == name; });
        };
        QTest::newRow("weights, no calibration") << Edit([](auto&, auto& metadata) {
            metadata = {{"format", "pt"}};
        }) << "is no calibration";
        QTest::newRow("newer format")
            << Edit([](auto&, auto& metadata) { metadata["version"] = "2"; }) << "format version 2";
        QTest::newRow("no version") << Edit([](auto&, auto& metadata) { metadata.erase("version"); })
                                    << "format version is missing";
        QTest::newRow("no spec") << Edit([](auto&, auto& metadata) { metadata.erase("spec"); })
                                 << "no \"spec\"";
        QTest::newRow("spec is a list")
            << Edit([](auto&, auto& metadata) { metadata["spec"] = "[]"; }) << "is no object";
        QTest::newRow("no source") << Edit([](auto&, auto& metadata) { metadata.erase("source"); })
                                   << "no \"source\"";
        QTest::newRow("tensor missing") << Edit([find](auto& tensors, auto&) {
            tensors.erase(find(tensors, "layers.0.in_proj.input.m2"));
        }) << "no tensor layers.0.in_proj.input.m2";
        QTest::newRow("wrong length") << Edit([find](auto& tensors, auto&) {
            *find(tensors, "layers.1.dt_proj.output.max") =
                floatTensor("layers.1.dt_proj.output.max", {4}, {1, 2, 3, 4});
        }) << "layers.1.dt_proj.output.max has 4 values, but its model has 9";
        QTest::newRow("wrong type") << Edit([find](auto& tensors, auto&) {
            *find(tensors, "layers.1.dt_proj.input.min") =
                intTensor("layers.1.dt_proj.input.min", {5}, {1, 2, 3, 4, 5});
        }) << "holds I64 values instead of F32";
    }

    void refusals() {
        using Edit = std::function<void(std::vector<TensorToWrite>&, std::map<std::string, std::string>&)>;
        QFETCH(Edit, edit);
        QFETCH(QString, says);
        const auto bytes = calibrationToBytes(snapshot()).value();
        const TensorFile file = parseSafetensors(bytes, "good").value();
        auto tensors = copyTensors(file);
        auto metadata = file.metadata();
        edit(tensors, metadata);
        const test::TemporaryFolder folder;
        const auto path = folder.path() / "bad.safetensors";
        QVERIFY(writeSafetensors(path, tensors, metadata, false).ok());
        const auto loaded = loadCalibration(path);
        QVERIFY(!loaded.ok());
        QVERIFY(loaded.error().code == ErrorCode::Unreadable);
        QVERIFY2(
            QString::fromStdString(loaded.error().message).contains(says), loaded.error().message.c_str());
    }

    void damagedMetadataCannotAskForMemory() {
        CalibrationSnapshot s = snapshot();
        s.spec.layers = 2'000'000'000;
        const auto loaded = calibrationFromBytes(calibrationToBytes(s).value(), "bad");
        QVERIFY(!loaded.ok());
        QVERIFY(loaded.error().code == ErrorCode::Unreadable);
    }

    void truncatedBytesAreRefusedAtEveryLength() {
        const auto bytes = calibrationToBytes(snapshot()).value();
        for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 7) {
            QVERIFY(!calibrationFromBytes(std::span(bytes).first(size), "cut").ok());
        }
    }

    void aMissingFileIsUnreadable() {
        const test::TemporaryFolder folder;
        const auto loaded = loadCalibration(folder.path() / "nothing.safetensors");
        QVERIFY(!loaded.ok());
        QVERIFY(loaded.error().code == ErrorCode::Unreadable);
    }
};

QTEST_APPLESS_MAIN(CalibrationFileTest)
#include "calibration_file_test.moc"
