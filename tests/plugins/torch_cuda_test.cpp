// SPDX-License-Identifier: GPL-3.0-or-later
// The engine on a GPU: the fixtures' golden outputs, the demo model's expected ones, and the processor's
// backend.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/calibration/accumulator.h"
#include "core/evaluation/evaluator.h"
#include "core/quantization/quantizer.h"
#include "core/tokenizer/tokenizer.h"
#include "plugins/torch/device.h"
#include "plugins/torch/engine.h"
#include "plugins/torch/guard.h"
#include "tests/plugins/golden.h"
#include "tests/support/paths.h"

#include <QTest>

#include <bit>
#include <cstring>
#include <limits>
#include <random>

using namespace mambascope;
using namespace mambascope::test;

namespace {

std::unique_ptr<TorchEngine>
engineFor(const std::string& model, const std::string& device, const std::string& dtype = "f32") {
    auto engine = std::make_unique<TorchEngine>();
    LoadRequest request;
    request.model = model;
    request.device = device;
    request.dtype = dtype;
    return engine->load(request, {}).ok() ? std::move(engine) : nullptr;
}

std::vector<float> normal(std::int64_t count, unsigned seed, float scale = 1.0f) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0.0f, scale);
    std::vector<float> x(static_cast<std::size_t>(count));
    std::generate(x.begin(), x.end(), [&] { return distribution(generator); });
    return x;
}

std::vector<std::int32_t> someTokens(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::vector<std::int32_t> tokens(count);
    std::generate(tokens.begin(), tokens.end(), [&] { return static_cast<std::int32_t>(generator() % 256); });
    return tokens;
}

std::vector<float> downloaded(Backend& backend, const DeviceArray& array) {
    std::vector<float> host(static_cast<std::size_t>(array.count()));
    backend.download(array.data(), array.count(), host.data());
    return host;
}

/// x rounded to bf16, to nearest, ties to even (no NaN in here).
std::uint16_t toBf16(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
float fromBf16(std::uint16_t x) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
}

/// Rounds x to bf16 and uploads it as 2-byte elements.
DeviceArray bf16Array(Backend& backend, std::vector<float>& x) {
    std::vector<float> packed((x.size() + 1) / 2);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::uint16_t rounded = toBf16(x[i]);
        std::memcpy(reinterpret_cast<char*>(packed.data()) + 2 * i, &rounded, 2);
        x[i] = fromBf16(rounded);
    }
    return DeviceArray(backend, packed);
}

double norm(const std::vector<float>& x) {
    double sum = 0;
    for (const float value : x) {
        sum += static_cast<double>(value) * static_cast<double>(value);
    }
    return std::sqrt(sum);
}

/// ‖a − b‖ / ‖b‖.
double relativeDistance(std::vector<float> a, const std::vector<float>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] -= b[i];
    }
    return norm(a) / norm(b);
}

/// Two sequences of 5 and 12 rows.
const std::vector<Segment> kSegments{{0, 5}, {5, 12}};
constexpr std::int64_t kRows = 17;

} // namespace

class TorchCudaTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const std::vector<DeviceInfo> devices = availableDevices();
        QCOMPARE(devices.front().id, std::string("cpu"));
        if (devices.size() == 1) {
            QSKIP("there is no CUDA device, or libtorch has no CUDA");
        }
        QCOMPARE(devices[1].id, std::string("cuda:0"));
        QVERIFY(!devices[1].name.empty());
        QVERIFY(devices[1].memoryBytes > 0);
        qInfo("%s", devices[1].name.c_str());
        m_gpu = openDevice("cuda:0", 1).value().backend;
        m_cpu = openDevice("cpu", 2).value().backend;
    }

    void namesOfDevices() {
        for (const char* name : {"cuda", "auto"}) {
            const auto opened = openDevice(name, 1);
            QVERIFY(opened.ok());
            QCOMPARE(opened.value().info.id, std::string("cuda:0"));
        }
        for (const char* name : {"cuda:99", "cuda:", "cuda:x"}) {
            const auto opened = openDevice(name, 1);
            QVERIFY(!opened.ok());
            QVERIFY(opened.error().code == ErrorCode::Usage);
            QVERIFY(opened.error().message.find(name) != std::string::npos);
        }
    }

    void tooMuchMemoryIsAnErrorOfItsOwn() {
        const Result<void> result = guarded([&]() -> Result<void> {
            m_gpu->allocate(std::int64_t{1} << 42); // 16 TiB
            return {};
        });
        QVERIFY(!result.ok());
        QVERIFY(result.error().code == ErrorCode::OutOfMemory);
        QVERIFY(!result.error().hint.empty());
        const DeviceArray works(*m_gpu, normal(10, 1)); // and it is over
        QCOMPARE(downloaded(*m_gpu, works), normal(10, 1));
    }

    void quantizerIsTheProcessors_data() {
        QTest::addColumn<int>("scaling");
        QTest::addColumn<int>("bits");
        QTest::addColumn<bool>("prepared");
        for (const ActivationScale scaling :
             {ActivationScale::Static, ActivationScale::Dynamic, ActivationScale::Token}) {
            for (const int bits : {2, 4, 8}) {
                for (const bool prepared : {false, true}) {
                    QTest::addRow(
                        "%s %d%s", std::string(activationScaleName(scaling)).c_str(), bits,
                        prepared ? " zeroed and smoothed" : "")
                        << static_cast<int>(scaling) << bits << prepared;
                }
            }
        }
    }
    void quantizerIsTheProcessors() {
        QFETCH(int, scaling);
        QFETCH(int, bits);
        QFETCH(bool, prepared);
        constexpr std::int64_t kColumns = 301, kStride = 310;
        std::vector<float> x = normal(kRows * kStride, 1, 3.0f);
        for (std::size_t i = 0; i < 40; ++i) {
            x[kStride + i] = (static_cast<float>(i) - 20.5f) * 0.25f; // ties of the static scale
        }
        x[5] = std::nanf(""), x[8] = INFINITY, x[9] = -INFINITY, x[10] = 0.0f;
        std::fill_n(x.begin() + 3 * kStride, kColumns, 0.0f); // a row without a scale
        std::vector<float> keep(kColumns, std::bit_cast<float>(~std::uint32_t{0}));
        keep[5] = keep[100] = 0.0f;
        std::vector<float> smoothing = normal(kColumns, 2);
        for (float& s : smoothing) {
            s = std::fabs(s) + 0.01f;
        }
        const auto run = [&](Backend& backend, bool inPlace) {
            const DeviceArray in(backend, x), out(backend, std::vector<float>(x.size(), 0.0f));
            const DeviceArray mask(backend, keep), factors(backend, smoothing);
            Transform how;
            how.quantizer = {bits, static_cast<ActivationScale>(scaling), 0.25f};
            if (prepared) {
                how.keep = reinterpret_cast<const std::uint32_t*>(mask.data());
                how.smoothing = factors.data();
            }
            const Matrix from{in.data(), kRows, kColumns, kStride};
            const Matrix to{out.data(), kRows, kColumns, kStride};
            backend.transform(from, how, kSegments, inPlace ? from : to);
            return downloaded(backend, inPlace ? in : out);
        };
        for (const bool inPlace : {false, true}) {
            const std::vector<float> expected = run(*m_cpu, inPlace), got = run(*m_gpu, inPlace);
            for (std::size_t i = 0; i < got.size(); ++i) {
                const bool same = got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i]));
                QVERIFY2(
                    same, qPrintable(QStringLiteral("%1: %2 is %3").arg(i).arg(got[i]).arg(expected[i])));
            }
        }
        if (!prepared && static_cast<ActivationScale>(scaling) == ActivationScale::Static) {
            std::vector<float> core(x.begin() + kStride, x.begin() + kStride + kColumns);
            fakeQuantize(core, 0.25f, bits);
            const std::vector<float> got = run(*m_gpu, true);
            QVERIFY(std::equal(core.begin(), core.end(), got.begin() + kStride));
        }
    }

    void preparationWithoutAQuantizer() {
        const std::vector<float> x = normal(kRows * 9, 3), smoothing = normal(9, 4);
        const auto run = [&](Backend& backend) {
            const DeviceArray in(backend, x), factors(backend, smoothing);
            Transform how;
            how.smoothing = factors.data();
            const Matrix m{in.data(), kRows, 9, 9};
            backend.transform(m, how, kSegments, m);
            return downloaded(backend, in);
        };
        QCOMPARE(run(*m_gpu), run(*m_cpu));
    }

    void sequencesLikeTheProcessors_data() {
        QTest::addColumn<int>("states");
        for (const int states : {1, 5, 16, 33, 100}) {
            QTest::addRow("%d states", states) << states;
        }
    }
    void sequencesLikeTheProcessors() {
        // Channels that fill no block, sequences that begin from a state and leave one, in place for one.
        QFETCH(int, states);
        constexpr std::int64_t kChannels = 45;
        constexpr int kKernel = 4;
        const std::int64_t stateSize = kChannels * (kKernel - 1 + states);
        const auto run = [&](Backend& backend) {
            const auto array = [&](std::int64_t count, unsigned seed, float scale = 1.0f) {
                return DeviceArray(backend, normal(count, seed, scale));
            };
            const auto matrix = [](const DeviceArray& memory, std::int64_t columns) {
                return Matrix{memory.data(), kRows, columns, columns};
            };
            const DeviceArray x = array(kRows * kChannels, 1), u = array(kRows * kChannels, 2);
            const DeviceArray dt = array(kRows * kChannels, 3), z = array(kRows * kChannels, 4);
            const DeviceArray b = array(kRows * states, 5), c = array(kRows * states, 6);
            const DeviceArray weight = array(kKernel * kChannels, 7), bias = array(kChannels, 8);
            std::vector<float> rates = normal(states * kChannels, 9);
            for (float& rate : rates) {
                rate = -std::fabs(rate) - 0.1f;
            }
            const DeviceArray decay(backend, rates), from = array(stateSize, 10), to = array(stateSize, 11);
            const std::vector<Segment> segments{
                {0, 2, from.data(), from.data()}, {2, 14, nullptr, to.data()}, {16, 1, nullptr, nullptr}};
            backend.convSilu(
                {matrix(x, kChannels), matrix(u, kChannels), weight.data(), bias.data(), kKernel, 0},
                segments);
            ScanArguments scan;
            scan.dt = scan.y = matrix(dt, kChannels);
            scan.u = matrix(u, kChannels), scan.z = matrix(z, kChannels);
            scan.b = matrix(b, states), scan.c = matrix(c, states);
            scan.dtBias = bias.data(), scan.decay = decay.data(), scan.d = bias.data();
            scan.state = states, scan.stateOffset = kChannels * (kKernel - 1);
            backend.scan(scan, segments);
            return joined(
                {downloaded(backend, u), downloaded(backend, dt), downloaded(backend, from),
                 downloaded(backend, to)});
        };
        const std::vector<float> expected = run(*m_cpu);
        const double difference = largestDifference(run(*m_gpu), expected) / largestMagnitude(expected);
        qInfo("largest difference %.1e", difference);
        QVERIFY(difference < 1e-6);
    }

    void headLikeTheProcessors() {
        // More tokens than one block of the vocabulary, and not a multiple of it.
        constexpr std::int64_t kVocabulary = 20011, kHidden = 24;
        const std::vector<float> w = normal(kVocabulary * kHidden, 1), x = normal(kRows * kHidden, 2);
        std::vector<std::int32_t> targets(kRows);
        for (std::size_t i = 0; i < targets.size(); ++i) {
            targets[i] = static_cast<std::int32_t>(i * 1250);
        }
        std::vector<float> tied = w;
        std::copy_n(tied.begin(), kHidden, tied.begin() + 9000 * kHidden); // tokens 0 and 9000 are one
        std::vector<float> rows = x;
        for (std::int64_t i = 0; i < kHidden; ++i) {
            rows[static_cast<std::size_t>(i)] = 20 * tied[static_cast<std::size_t>(i)]; // row 0 chooses them
        }
        rows[3 * kHidden] = std::nanf("");
        const auto run = [&](Backend& backend) {
            const auto head = backend.prepare(tied, kVocabulary, kHidden);
            const DeviceArray in(backend, rows);
            return backend.scoreRows(*head, {in.data(), kRows, kHidden, kHidden}, targets);
        };
        const std::vector<RowScore> expected = run(*m_cpu), got = run(*m_gpu);
        QCOMPARE(got[0].argmax, 0);
        for (std::size_t i = 0; i < got.size(); ++i) {
            QCOMPARE(got[i].finite, i != 3);
            if (i != 3) {
                QCOMPARE(got[i].argmax, expected[i].argmax);
                QVERIFY(std::fabs(got[i].logLikelihood - expected[i].logLikelihood) < 1e-4);
            }
        }
    }

    void statisticsAreTheProcessors_data() {
        QTest::addColumn<int>("columns");
        QTest::addColumn<bool>("bf16");
        for (const int columns : {1, 80, 301, 512}) {
            QTest::addRow("%d", columns) << columns << false;
            QTest::addRow("%d bf16", columns) << columns << true;
        }
    }
    void statisticsAreTheProcessors() {
        // Batches of different sizes, among them one that ends in the middle of a block of rows; values
        // around 6, outside of the histogram, too large for fp32 sums, and not finite.
        QFETCH(int, columns);
        QFETCH(bool, bf16);
        const std::int64_t stride = (columns + 7) / 8 * 8;
        const auto collector = m_gpu->makeStatistics(std::vector<int>{3, columns});
        QVERIFY(collector != nullptr);
        StatisticsAccumulator expected(columns);
        unsigned seed = 1;
        for (const std::int64_t rows : {1, 128, 700, 77}) {
            std::vector<float> x = normal(rows * stride, seed++, 3.0f);
            if (rows == 700) {
                const std::vector<float> odd{6.0f,   -6.0f, 5.96875f, 0.0f,      1e-30f, 1e17f,
                                             -1e18f, 1e16f, INFINITY, -INFINITY, 1e-6f,  -0.0f};
                for (std::size_t i = 0; i < odd.size(); ++i) {
                    x[static_cast<std::size_t>(stride) * (40 * i + 3) +
                      (i % static_cast<std::size_t>(columns))] = odd[i];
                }
            }
            const DeviceArray memory = bf16 ? bf16Array(*m_gpu, x) : DeviceArray(*m_gpu, x);
            expected.add(x.data(), rows, stride);
            collector->add(1, {memory.data(), rows, columns, stride, bf16 ? Element::BF16 : Element::F32});
            m_gpu->finish(); // before `memory` goes
        }
        const std::vector<ChannelStatistics> all = collector->finish();
        const ChannelStatistics want = expected.finish(), &got = all.at(1);
        QCOMPARE(all.at(0).absmax, std::vector<float>(3, 0.0f)); // nothing was added there
        QCOMPARE(got.absmax, want.absmax);
        QCOMPARE(got.min, want.min);
        QCOMPARE(got.max, want.max);
        QCOMPARE(got.above6, want.above6);
        QCOMPARE(got.histogram, want.histogram);
        QCOMPARE(got.nonfinite, want.nonfinite);
        QCOMPARE(want.nonfinite, std::int64_t{2});
        for (std::size_t c = 0; c < want.mean.size(); ++c) {
            // fp32 sums of 4 or 64 terms differ by a few units of 2^-24 of their spread.
            const double spread = std::sqrt(static_cast<double>(want.m2[c]));
            QVERIFY(
                std::fabs(static_cast<double>(got.mean[c]) - static_cast<double>(want.mean[c])) <=
                1e-6 * spread);
            QVERIFY(
                std::fabs(static_cast<double>(got.m2[c]) - static_cast<double>(want.m2[c])) <=
                2e-6 * spread * spread);
        }
    }

    void recordedWorkWaitsForStatistics() {
        // Each round collects from a matrix and then overwrites it: at once, while recording, and from the
        // recording.
        constexpr std::int64_t kMany = 4096, kColumns = 512;
        std::vector<float> x = normal(kMany * kColumns, 1);
        const DeviceArray memory(*m_gpu, x), ones(*m_gpu, std::vector<float>(kColumns, 1.0f));
        const Matrix m{memory.data(), kMany, kColumns, kColumns};
        const std::vector<Segment> segments{{0, kMany}};
        const auto collector = m_gpu->makeStatistics(std::vector<int>{static_cast<int>(kColumns)});
        StatisticsAccumulator expected(static_cast<int>(kColumns));
        for (int round = 0; round < 5; ++round) {
            collector->add(0, m);
            expected.add(x.data(), kMany, kColumns);
            QVERIFY(m_gpu->repeated({&memory, kMany}, segments, [&] {
                m_gpu->addBias(m, ones.data());
                return true;
            }));
            for (float& value : x) {
                value += 1.0f;
            }
        }
        const ChannelStatistics got = collector->finish().at(0), want = expected.finish();
        QCOMPARE(got.min, want.min);
        QCOMPARE(got.max, want.max);
        QCOMPARE(got.histogram, want.histogram);
    }

    void quantizerOfBf16Values_data() { quantizerIsTheProcessors_data(); }
    void quantizerOfBf16Values() {
        // What bf16 mode promises: the processor's result for the bf16 value, rounded to bf16.
        QFETCH(int, scaling);
        QFETCH(int, bits);
        QFETCH(bool, prepared);
        constexpr std::int64_t kColumns = 301, kStride = 304;
        std::vector<float> x = normal(kRows * kStride, 1, 3.0f);
        const DeviceArray rounded = bf16Array(*m_gpu, x), plain(*m_cpu, x);
        const std::vector<float> keep = [] {
            std::vector<float> bitsOfAll(kColumns, std::bit_cast<float>(~std::uint32_t{0}));
            bitsOfAll[5] = 0.0f;
            return bitsOfAll;
        }();
        std::vector<float> smoothing = normal(kColumns, 2);
        for (float& s : smoothing) {
            s = std::fabs(s) + 0.01f;
        }
        const auto run = [&](Backend& backend, Matrix m) {
            const DeviceArray mask(backend, keep), factors(backend, smoothing);
            Transform how;
            how.quantizer = {bits, static_cast<ActivationScale>(scaling), 0.25f};
            if (prepared) {
                how.keep = reinterpret_cast<const std::uint32_t*>(mask.data());
                how.smoothing = factors.data();
            }
            backend.transform(m, how, kSegments, m);
            std::vector<float> result(kRows * kColumns);
            backend.downloadMatrix(m, result.data());
            return result;
        };
        std::vector<float> expected = run(*m_cpu, {plain.data(), kRows, kColumns, kStride});
        for (float& value : expected) {
            value = fromBf16(toBf16(value));
        }
        QCOMPARE(run(*m_gpu, {rounded.data(), kRows, kColumns, kStride, Element::BF16}), expected);
    }

    void bf16StaysInItsBudget_data() {
        QTest::addColumn<QString>("fixture");
        for (const char* name :
             {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd", "falcon-mamba", "mamba2"}) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }
    void bf16StaysInItsBudget() {
        // The bound that cuda_backend.h derives; TF32 rounds only products' operands, to 2^-11 of themselves.
        QFETCH(QString, fixture);
        const std::filesystem::path folder = fixtureFolder() / fixture.toStdString();
        const Golden golden{openSafetensors(folder / "golden.safetensors").value()};
        const std::vector<float> logits = golden.floats("logits");
        double tf32 = 0, bf16 = 0;
        int layers = 0;
        for (const std::string dtype : {"tf32", "bf16"}) {
            const auto engine = engineFor(folder.string(), "cuda:0", dtype);
            QVERIFY(engine);
            const auto result = engine->forward({golden.sequences(), true}, {});
            QVERIFY(result.ok());
            layers = static_cast<int>(result.value().hiddenStates.size()) - 1;
            (dtype == "tf32" ? tf32 : bf16) = relativeDistance(joined(result.value().logits), logits);
            const std::vector<float> hidden = golden.floats("hidden." + std::to_string(layers));
            QVERIFY(
                relativeDistance(joined(result.value().hiddenStates.back()), hidden) <
                (33 * layers + 2) * 0x1p-9);
        }
        const double budget = (33 * layers + 2) * 0x1p-9;
        qInfo("bf16 %.1e, budget %.1e; tf32 %.1e", bf16, budget, tf32);
        QVERIFY(bf16 <= budget);
        QVERIFY(bf16 > 1e-4); // else it was not bf16
        QVERIFY(tf32 <= budget / 4);
    }

    void dtypesThatAreNotThere() {
        const auto half = openDevice("cuda:0", 1, "f16");
        QVERIFY(!half.ok());
        QVERIFY(half.error().code == ErrorCode::Usage);
        QVERIFY(half.error().message.find("f16") != std::string::npos);
        const auto processor = openDevice("cpu", 1, "bf16");
        QVERIFY(!processor.ok());
        QVERIFY(processor.error().code == ErrorCode::Usage);
    }

    void recordedPassesAreTheSame() {
        // The third pass of a shape is a recording, and a plan makes a new one.
        const auto engine = engineFor((fixtureFolder() / "hf-f32").string(), "cuda:0");
        QVERIFY(engine);
        const ForwardRequest request{{someTokens(40, 1), someTokens(23, 2)}, false};
        const auto logits = [&] {
            return joined(engine->forward(request, {}).value().logits);
        };
        const std::vector<float> first = logits();
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(logits(), first);
        }
        QuantPlan plan;
        plan.defaults.weightBits = 4;
        QVERIFY(engine->applyPlan(plan, nullptr, {}).ok());
        const std::vector<float> planned = logits();
        QVERIFY(planned != first);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(logits(), planned);
        }
    }

    void fullMemoryHalvesTheBatch() {
        const auto engine = engineFor("demo", "cuda:0");
        QVERIFY(engine);
        std::vector<ScoreRequest> requests;
        for (unsigned i = 0; i < 64; ++i) {
            requests.push_back({someTokens(250, i), someTokens(6, i + 1000)});
        }
        // All memory but 64 MiB, which is less than a pass over all 16384 tokens takes.
        DeviceArray reserve(*m_gpu, std::int64_t{16} << 20);
        std::vector<DeviceArray> hog;
        for (std::int64_t count = std::int64_t{1} << 32; count >= std::int64_t{1} << 19;) {
            try {
                hog.emplace_back(*m_gpu, count);
            } catch (const DeviceOutOfMemory&) {
                count /= 2;
            }
        }
        reserve = {};
        std::string phases;
        Job job;
        job.onProgress = [&](const Progress& progress) {
            phases += progress.phase + "\n";
        };
        const auto squeezed = engine->score(requests, {}, job);
        hog.clear();
        QVERIFY2(squeezed.ok(), squeezed.ok() ? "" : squeezed.error().message.c_str());
        QVERIFY2(phases.find("because the GPU's memory is full") != std::string::npos, phases.c_str());
        const auto wide = engine->score(requests, {}, {});
        QVERIFY(wide.ok());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            QVERIFY(std::fabs(wide.value()[i].logLikelihood - squeezed.value()[i].logLikelihood) < 1e-3);
        }
    }

    void goldenFixtures_data() {
        QTest::addColumn<QString>("fixture");
        for (const char* name :
             {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd", "falcon-mamba", "mamba2"}) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }
    void goldenFixtures() {
        QFETCH(QString, fixture);
        const std::filesystem::path folder = fixtureFolder() / fixture.toStdString();
        const auto engine = engineFor(folder.string(), "cuda:0");
        QVERIFY(engine);
        const Golden golden{openSafetensors(folder / "golden.safetensors").value()};
        const auto result = engine->forward({golden.sequences(), true}, {});
        QVERIFY(result.ok());
        const std::vector<float> logits = golden.floats("logits");
        const double difference =
            largestDifference(joined(result.value().logits), logits) / largestMagnitude(logits);
        qInfo("logits: largest difference %.1e of the largest logit", difference);
        QVERIFY(difference <= kTolerance);
        const std::vector<std::int32_t> greedy = golden.integers("greedy"); // 9 tokens of prompt, 12 appended
        const auto generated = engine->generate({{greedy.begin(), greedy.begin() + 9}, 12}, {});
        QVERIFY(generated.ok());
        QCOMPARE(generated.value(), std::vector<std::int32_t>(greedy.begin() + 9, greedy.end()));
    }

    void forkingAndBatchesAgree() {
        const auto engine = engineFor((fixtureFolder() / "hf-f32").string(), "cuda:0");
        QVERIFY(engine);
        const auto a = someTokens(37, 1), b = someTokens(90, 2);
        const std::vector<ScoreRequest> requests{
            {a, someTokens(5, 4)}, {a, someTokens(9, 5)}, {a, someTokens(1, 6)}, {b, someTokens(17, 8)}};
        const std::vector<Score> together = engine->score(requests, {}, {}).value();
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const Score alone = engine->score({&requests[i], 1}, {}, {}).value().front();
            QVERIFY(std::fabs(alone.logLikelihood - together[i].logLikelihood) < 1e-4);
        }
    }

    void demoModel() {
        const auto engine = engineFor("demo", "cuda:0");
        QVERIFY(engine);
        const Json expected =
            parseJson(readFile(goldenFolder() / "demo_expected.json").value(), "demo_expected.json").value();
        const auto tokenizer = Tokenizer::fromJson(engine->tokenizerJson().value(), "tokenizer.json").value();
        CalibrationRequest request; // the first 64 windows of 256 tokens, back to back
        request.windows =
            calibrationWindows(tokenizer->encode(readFile(demoCalibrationText()).value()), {64, 256, 0, true})
                .value();
        const auto snapshot = engine->calibrate(request, {});
        QVERIFY(snapshot.ok());
        for (int i = 0; i < snapshot.value().spec.siteCount(); ++i) {
            for (const Side side : {Side::Input, Side::Output}) {
                const SiteId site = SiteId::fromIndex(i);
                const Json& line = expected["calibration"]["sites"].at(siteName(site, side));
                const ChannelStatistics& statistics = snapshot.value().at(site, side);
                QCOMPARE(statistics.largestChannel(), line["max_channel"].get<int>());
                const double relative =
                    static_cast<double>(statistics.largest()) / line["max_absmax"].get<double>() - 1;
                QVERIFY2(std::fabs(relative) < 1e-4, siteName(site, side).c_str());
            }
        }
        EvaluationRequest tasks;
        const std::vector<Task> all = parseTaskList("all").value();
        for (const Task task : all) {
            tasks.tasks.push_back(loadTask(task, demoTasksFolder()).value());
        }
        const auto result = evaluate(*engine, *tokenizer, tasks, {}, {});
        QVERIFY(result.ok());
        for (const TaskResult& task : result.value().tasks) {
            const Json& line = expected["results"]["baseline"][std::string(taskName(task.task))];
            QCOMPARE(task.metrics.n, line["n"].get<int>());
            qInfo(
                "%s: %d correct, expected %d", std::string(taskName(task.task)).c_str(), task.metrics.correct,
                line["correct"].get<int>());
            QVERIFY(std::abs(task.metrics.correct - line["correct"].get<int>()) <= 1);
        }
    }

private:
    std::unique_ptr<Backend> m_gpu, m_cpu;
};

QTEST_APPLESS_MAIN(TorchCudaTest)
#include "torch_cuda_test.moc"
