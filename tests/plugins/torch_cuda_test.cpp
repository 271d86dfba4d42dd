// SPDX-License-Identifier: GPL-3.0-or-later
// The operations on a GPU against the processor's.
#include "core/calibration/accumulator.h"
#include "core/quantization/quantizer.h"
#include "plugins/torch/guard.h"
#include "tests/plugins/cuda_support.h"
#include "tests/plugins/golden.h"

#include <QTest>

#include <limits>

using namespace mambascope;
using namespace mambascope::test;

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

    void floatFormatsAreTheProcessors_data() {
        QTest::addColumn<int>("format");
        QTest::addColumn<int>("scaling");
        for (const NumberFormat format :
             {NumberFormat::Fp8E4M3, NumberFormat::Fp8E5M2, NumberFormat::MxFp4, NumberFormat::NvFp4}) {
            for (const ActivationScale scaling :
                 {ActivationScale::Static, ActivationScale::Dynamic, ActivationScale::Token}) {
                QTest::addRow(
                    "%s %s", std::string(numberFormatName(format)).c_str(),
                    std::string(activationScaleName(scaling)).c_str())
                    << static_cast<int>(format) << static_cast<int>(scaling);
            }
        }
    }
    void floatFormatsAreTheProcessors() {
        QFETCH(int, format);
        QFETCH(int, scaling);
        constexpr std::int64_t kColumns = 301; // the last block is shorter
        std::vector<float> x = normal(kRows * kColumns, 3, 40.0f);
        std::fill_n(x.begin() + 32, 16, 0.0f);
        x[100] = 1e-30f, x[400] = INFINITY, x[401] = -INFINITY, x[402] = 0.75f;
        const auto run = [&](Backend& backend) {
            const DeviceArray array(backend, x);
            const Matrix m{array.data(), kRows, kColumns, kColumns};
            Transform how;
            how.quantizer.scaling = static_cast<ActivationScale>(scaling);
            how.quantizer.scale = 0.03f;
            how.quantizer.format = static_cast<NumberFormat>(format);
            backend.transform(m, how, kSegments, m);
            return downloaded(backend, array);
        };
        const std::vector<float> expected = run(*m_cpu);
        QVERIFY(expected != x);
        QCOMPARE(run(*m_gpu), expected);
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
            const auto head = backend.prepare(tied, kVocabulary, kHidden, {});
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

    void rotationAndFloatsAreTheProcessors_data() {
        QTest::addColumn<int>("channels");
        for (const int channels : {1, 37, 104, 1536, 5120}) {
            QTest::addRow("%d", channels) << channels;
        }
    }
    void rotationAndFloatsAreTheProcessors() {
        // Every step is the same operation in the same order: bit for bit.
        QFETCH(int, channels);
        const std::vector<float> x = normal(kRows * channels, 13);
        std::vector<float> exempt(static_cast<std::size_t>(channels), 0.0f), smoothing(exempt.size(), 1.25f);
        exempt.back() = std::bit_cast<float>(~std::uint32_t{0});
        const auto run = [&](Backend& backend, bool rotate, ActivationScale scaling) {
            const DeviceArray in(backend, x), bits(backend, exempt), divisors(backend, smoothing),
                out(backend, kRows * channels);
            Transform how;
            how.smoothing = divisors.data();
            how.rotate = rotate;
            how.exempt = rotate ? nullptr : reinterpret_cast<const std::uint32_t*>(bits.data());
            how.quantizer = {8, scaling, 0.02f, NumberFormat::Int};
            backend.transform(
                {in.data(), kRows, channels, channels}, how, kSegments,
                {out.data(), kRows, channels, channels});
            return downloaded(backend, out);
        };
        for (const ActivationScale scaling :
             {ActivationScale::Static, ActivationScale::Dynamic, ActivationScale::Token}) {
            for (const bool rotate : {false, true}) {
                QCOMPARE(run(*m_gpu, rotate, scaling), run(*m_cpu, rotate, scaling));
            }
        }
    }

    void integersAreTheProcessors_data() {
        QTest::addColumn<int>("scaling");
        QTest::addColumn<int>("inputs");
        QTest::addColumn<int>("outputs");
        for (const auto& [inputs, outputs] : {std::pair(48, 80), std::pair(37, 61), std::pair(768, 3072)}) {
            QTest::addRow("static %d %d", inputs, outputs)
                << static_cast<int>(ActivationScale::Static) << inputs << outputs;
            QTest::addRow("dynamic %d %d", inputs, outputs)
                << static_cast<int>(ActivationScale::Dynamic) << inputs << outputs;
            QTest::addRow("token %d %d", inputs, outputs)
                << static_cast<int>(ActivationScale::Token) << inputs << outputs;
        }
    }
    void integersAreTheProcessors() {
        QFETCH(int, scaling);
        QFETCH(int, inputs);
        QFETCH(int, outputs);
        ResolvedSite site;
        site.weight = {8, {GranularityKind::Channel, 0}, NumberFormat::Int};
        site.input = {8, static_cast<ActivationScale>(scaling), 0.021f, NumberFormat::Int};
        std::vector<float> x = normal(kRows * inputs, 11), w = normal(std::int64_t{outputs} * inputs, 12);
        x[1] = 60; // an outlier
        x[static_cast<std::size_t>(3 * inputs)] = std::nanf("");
        fakeQuantizeWeight(w, outputs, inputs, site.weight);
        const auto processor = openDevice("cpu", 2, "int8"), gpu = openDevice("cuda:0", 2, "int8");
        QVERIFY(processor.ok() && gpu.ok());
        const auto run = [&](Backend& backend) {
            const auto weight = backend.prepare(w, outputs, inputs, {&site, Linear::XProj});
            const DeviceArray in(backend, x), out(backend, kRows * outputs);
            backend.integerLinear(
                *weight, {in.data(), kRows, inputs, inputs}, site.input, kSegments,
                {out.data(), kRows, outputs, outputs});
            return downloaded(backend, out);
        };
        const std::vector<float> expected = run(*processor.value().backend), got = run(*gpu.value().backend);
        for (std::size_t i = 0; i < got.size(); ++i) {
            const bool spoilt = i / static_cast<std::size_t>(outputs) == 3;
            QVERIFY(spoilt ? std::isnan(got[i]) && std::isnan(expected[i]) : got[i] == expected[i]);
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
        // around 6, outside of the histogram, too large for fp32 sums, and not finite; a channel with nothing
        // but large ones, all in one bin.
        QFETCH(int, columns);
        QFETCH(bool, bf16);
        const std::int64_t stride = (columns + 7) / 8 * 8;
        const auto collector = m_gpu->makeStatistics(std::vector<int>{3, columns});
        QVERIFY(collector != nullptr);
        StatisticsAccumulator expected(columns);
        unsigned seed = 1;
        for (const std::int64_t rows : {1, 128, 700, 77, 1024}) {
            std::vector<float> x = normal(rows * stride, seed++, 3.0f);
            if (rows == 700) {
                const std::vector<float> odd{6.0f,   -6.0f, 5.96875f, 0.0f,      1e-30f, 1e17f,
                                             -1e18f, 1e16f, INFINITY, -INFINITY, 1e-6f,  -0.0f};
                for (std::size_t i = 0; i < odd.size(); ++i) {
                    x[static_cast<std::size_t>(stride) * (40 * i + 3) +
                      (i % static_cast<std::size_t>(columns))] = odd[i];
                }
            }
            for (std::size_t i = 0; rows == 1024 && i < x.size(); i += static_cast<std::size_t>(stride)) {
                x[i] = 0x1p60f;
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
            // fp32 sums of 16 or 64 terms differ by a few units of 2^-24 of their spread.
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

private:
    std::unique_ptr<Backend> m_gpu, m_cpu;
};

QTEST_APPLESS_MAIN(TorchCudaTest)
#include "torch_cuda_test.moc"
