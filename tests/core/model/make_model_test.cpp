// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/model/model.h"
#include "core/model/random_values.h"

#include "tests/support/paths.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

int entries(const fs::path& folder) {
    return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::vector<float> values(const Checkpoint& checkpoint, const std::string& name) {
    return toFloat(checkpoint.tensor(name)).value();
}

struct Moments {
    double mean = 0;
    double deviation = 0;
    float largest = 0;
};

Moments momentsOf(const std::vector<float>& list) {
    Moments moments;
    for (const float value : list) {
        moments.mean += value / static_cast<double>(list.size());
        moments.largest = std::max(moments.largest, std::abs(value));
    }
    for (const float value : list) {
        moments.deviation +=
            (value - moments.mean) * (value - moments.mean) / static_cast<double>(list.size());
    }
    moments.deviation = std::sqrt(moments.deviation);
    return moments;
}

} // namespace

class MakeModelTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFewLayersOfAShape() {
        const test::TemporaryFolder folder;
        QVERIFY(makeModel("mamba-tiny:5", 0, folder.path() / "five", {}).ok());
        const auto five = openCheckpoint(folder.path() / "five");
        QCOMPARE(five.value()->spec.layers, 5);
        QCOMPARE(five.value()->spec.hidden, 64);
        for (const char* wrong : {"mamba-tiny:", "mamba-tiny:0", "mamba-tiny:2x", "mamba-tiny:1001"}) {
            const auto refused = makeModel(wrong, 0, folder.path() / "none", {});
            QVERIFY(!refused.ok());
            QVERIFY(refused.error().message.find("number of layers") != std::string::npos);
        }
    }

    void theSameSeedGivesTheSameBytes() {
        const test::TemporaryFolder folder;
        std::vector<std::string> files;
        for (const auto& [name, seed] : {std::pair("a", 1), std::pair("b", 1), std::pair("c", 2)}) {
            QVERIFY(makeModel("mamba-tiny", static_cast<std::uint64_t>(seed), folder.path() / name, {}).ok());
            files.push_back(readFile(folder.path() / name / "model.safetensors").value());
        }
        QVERIFY(files[0] == files[1]);
        QVERIFY(files[0] != files[2]);
        QCOMPARE(entries(folder.path()), 3);
    }

    void everyArchitectureOpensWithoutAWarning() {
        const test::TemporaryFolder folder;
        for (const auto& [like, architecture] :
             {std::pair("mamba2-tiny", Architecture::Mamba2),
              std::pair("falcon-mamba-tiny", Architecture::FalconMamba)}) {
            QVERIFY(makeModel(like, 0, folder.path() / like, {}).ok());
            const auto opened = openCheckpoint(folder.path() / like);
            QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
            QVERIFY2(
                opened.value()->warnings.empty(),
                opened.value()->warnings.empty() ? "" : opened.value()->warnings.front().c_str());
            const ModelSpec& spec = opened.value()->spec;
            QCOMPARE(spec.architecture, architecture);
            QCOMPARE(std::tuple(spec.layers, spec.hidden, spec.inner), std::tuple(2, 64, 128));
            QCOMPARE(spec.tiedHead, architecture == Architecture::Mamba2);
        }
    }

    void opensWithoutAWarning() {
        const test::TemporaryFolder folder;
        QVERIFY(makeModel("mamba-tiny", 0, folder.path() / "m", {}).ok());
        const auto opened = openCheckpoint(folder.path() / "m");
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        QVERIFY(opened.value()->warnings.empty());
        const ModelSpec& spec = opened.value()->spec;
        QCOMPARE(
            std::tuple(
                spec.layers, spec.hidden, spec.inner, spec.state, spec.dtRank, spec.convKernel,
                spec.vocabulary),
            std::tuple(2, 64, 128, 16, 4, 4, 512));
        QVERIFY(spec.tiedHead && spec.residualInFp32 && spec.convBias && !spec.linearBias);
    }

    /// Mamba's initialisation; 512 · 64 draws put the sample deviation within 2 % (5 sigma) of the true one.
    void weightsAreInitialisedAsMambaDoes() {
        const test::TemporaryFolder folder;
        QVERIFY(makeModel("mamba-tiny", 0, folder.path() / "m", {}).ok());
        const auto opened = openCheckpoint(folder.path() / "m");
        const Checkpoint& model = *opened.value();
        const TensorNames::Block& block = model.names.blocks[1];
        const Moments embedding = momentsOf(values(model, model.names.embedding));
        QVERIFY(std::abs(embedding.mean) < 0.001);
        QVERIFY(std::abs(embedding.deviation / 0.02 - 1) < 0.02);
        QVERIFY(embedding.largest > 3.5 * 0.02);
        const Moments in = momentsOf(values(model, block.inProj)); // uniform in ±1/sqrt(64)
        QVERIFY(in.largest <= 0.125f && in.largest > 0.1249f);
        QVERIFY(std::abs(in.deviation / (0.125 / std::sqrt(3.0)) - 1) < 0.02);
        const Moments out = momentsOf(values(model, block.outProj)); // ±1/sqrt(128)/sqrt(2 layers)
        QVERIFY(out.largest <= 0.0625f && out.largest > 0.0624f);
        for (const float bias : values(model, block.dtBias)) {
            const double step = std::log1p(std::exp(static_cast<double>(bias)));
            QVERIFY(step > 0.000999 && step < 0.100001);
        }
        const std::vector<float> aLog = values(model, block.aLog);
        for (std::size_t i = 0; i < aLog.size(); ++i) {
            QVERIFY(std::abs(std::exp(aLog[i]) - static_cast<float>(i % 16 + 1)) < 1e-5f * 16);
        }
        QCOMPARE(values(model, block.d), std::vector<float>(128, 1.0f));
        QCOMPARE(values(model, block.norm), std::vector<float>(64, 1.0f));
        QVERIFY(values(model, model.names.blocks[0].xProj) != values(model, block.xProj));
    }

    /// Fractions of a normal distribution beyond 1, 2 and 3 sigma: 0.3173, 0.0455, 0.0027.
    void randomValuesAreNormal() {
        const RandomValues random(5, 0);
        constexpr int kDraws = 1'000'000;
        std::array<int, 4> beyond{};
        for (int i = 0; i < kDraws; ++i) {
            for (int sigma = 1; sigma <= 3; ++sigma) {
                beyond[static_cast<std::size_t>(sigma)] +=
                    std::abs(random.normal(static_cast<std::uint64_t>(i))) > sigma;
            }
        }
        QVERIFY2(std::abs(beyond[1] / double{kDraws} - 0.3173) < 0.004, std::to_string(beyond[1]).c_str());
        QVERIFY2(std::abs(beyond[2] / double{kDraws} - 0.0455) < 0.002, std::to_string(beyond[2]).c_str());
        QVERIFY2(std::abs(beyond[3] / double{kDraws} - 0.0027) < 0.0005, std::to_string(beyond[3]).c_str());
    }

    void refusesUnknownNamesAndExistingFolders() {
        const test::TemporaryFolder folder;
        const Result<void> unknown = makeModel("mamba-7b", 0, folder.path() / "m", {});
        QCOMPARE(unknown.error().code, ErrorCode::Usage);
        QVERIFY(unknown.error().hint.find("mamba-130m") != std::string::npos);
        QCOMPARE(makeModel("mamba-tiny", 0, folder.path(), {}).error().code, ErrorCode::Usage);
        QCOMPARE(makeModel("mamba-tiny", 0, folder.path() / "no" / "m", {}).error().code, ErrorCode::Usage);
        QCOMPARE(entries(folder.path()), 0);
    }

    void cancellingLeavesNothingBehind() {
        const test::TemporaryFolder folder;
        std::stop_source stop;
        Job job{stop.get_token(), [&stop](const Progress& progress) {
                    if (2 * progress.done > progress.total) {
                        stop.request_stop();
                    }
                }};
        const Result<void> made = makeModel("mamba-tiny", 0, folder.path() / "m", job);
        QVERIFY(!made.ok());
        QCOMPARE(made.error().code, ErrorCode::Cancelled);
        QCOMPARE(entries(folder.path()), 0);
    }

    void reportsProgressToTheEnd() {
        const test::TemporaryFolder folder;
        std::vector<std::uint64_t> done;
        std::uint64_t total = 0;
        QVERIFY(makeModel(
                    "mamba-tiny", 0, folder.path() / "m",
                    {{},
                     [&](const Progress& progress) {
                         done.push_back(progress.done);
                         total = progress.total;
                     }})
                    .ok());
        QVERIFY(std::is_sorted(done.begin(), done.end()));
        QCOMPARE(done.back(), total);
    }
};

QTEST_APPLESS_MAIN(MakeModelTest)
#include "make_model_test.moc"
