// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan does to weights and states on a GPU, against the core's quantizer.
#include "core/quantization/quantizer.h"
#include "core/quantization/rotation.h"
#include "tests/plugins/cuda_support.h"
#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

constexpr std::int64_t kTokens = 12, kChannels = 70;

/// Rounds the states [states, kChannels] of every channel as the core does.
void quantizeStates(std::vector<float>& h, int bits) {
    const std::size_t states = h.size() / kChannels;
    for (std::size_t c = 0; c < kChannels; ++c) {
        std::vector<float> ofChannel(states);
        for (std::size_t n = 0; n < states; ++n) {
            ofChannel[n] = h[n * kChannels + c];
        }
        fakeQuantize(ofChannel, quantizerScale(finiteAbsmax(ofChannel), bits), bits);
        for (std::size_t n = 0; n < states; ++n) {
            h[n * kChannels + c] = ofChannel[n];
        }
    }
}

/// A scan of kTokens tokens on a device, of Mamba (one channel's states a column) or of Mamba-2 (two heads).
class Scan {
public:
    Scan(Backend& backend, int states, bool heads)
        : m_backend(backend)
        , m_states(states)
        , m_heads(heads)
        , m_dt(backend, normal(kTokens * kChannels, 1))
        , m_u(backend, normal(kTokens * kChannels, 2))
        , m_z(backend, normal(kTokens * kChannels, 3))
        , m_b(backend, normal(kTokens * states, 4))
        , m_c(backend, normal(kTokens * states, 5))
        , m_bias(backend, normal(kChannels, 6))
        , m_decay(backend, decay(states))
        , m_y(backend, kTokens * kChannels)
        , m_state(backend, normal(states * kChannels, 8)) {}

    /// Tokens [first, last), continued from the state, which is left behind.
    void run(std::int64_t first, std::int64_t last, float stateLimit) {
        const std::vector<Segment> segments{{first, last - first, m_state.data(), m_state.data()}};
        if (m_heads) {
            HeadScanArguments scan;
            scan.dt = {m_dt.data(), kTokens, 2, kChannels};
            scan.u = matrix(m_u, kChannels), scan.y = matrix(m_y, kChannels);
            scan.b = matrix(m_b, m_states), scan.c = matrix(m_c, m_states);
            scan.dtBias = m_bias.data(), scan.decay = m_decay.data(), scan.d = m_bias.data();
            scan.dtMax = INFINITY, scan.heads = 2, scan.groups = 1, scan.state = m_states;
            scan.stateLimit = stateLimit;
            m_backend.headScan(scan, segments);
        } else {
            ScanArguments scan;
            scan.dt = matrix(m_dt, kChannels), scan.u = matrix(m_u, kChannels);
            scan.z = matrix(m_z, kChannels), scan.y = matrix(m_y, kChannels);
            scan.b = matrix(m_b, m_states), scan.c = matrix(m_c, m_states);
            scan.dtBias = m_bias.data(), scan.decay = m_decay.data(), scan.d = m_bias.data();
            scan.state = m_states, scan.stateLimit = stateLimit;
            m_backend.scan(scan, segments);
        }
    }
    std::vector<float> state() const { return downloaded(m_backend, m_state); }
    void setState(const std::vector<float>& h) {
        m_backend.upload(h.data(), static_cast<std::int64_t>(h.size()), m_state.data());
    }
    std::vector<float> y() const { return downloaded(m_backend, m_y); }

private:
    static std::vector<float> decay(int states) {
        std::vector<float> rates = normal(states * kChannels, 7);
        for (float& rate : rates) {
            rate = -std::fabs(rate) - 0.1f;
        }
        return rates;
    }
    static Matrix matrix(const DeviceArray& memory, std::int64_t columns) {
        return {memory.data(), kTokens, columns, columns};
    }

    Backend& m_backend;
    int m_states;
    bool m_heads;
    DeviceArray m_dt, m_u, m_z, m_b, m_c, m_bias, m_decay, m_y, m_state;
};

} // namespace

class TorchCudaPlanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (availableDevices().size() == 1) {
            QSKIP("there is no CUDA device, or libtorch has no CUDA");
        }
        m_gpu = openDevice("cuda:0", 1).value().backend;
    }

    void statesAreQuantizedAfterEveryToken_data() {
        QTest::addColumn<int>("states");
        QTest::addColumn<bool>("heads");
        for (const int states : {1, 5, 16, 33, 128}) {
            QTest::addRow("%d states", states) << states << false;
            QTest::addRow("%d states, heads", states) << states << true;
        }
    }
    void statesAreQuantizedAfterEveryToken() {
        // One launch gives the states of launches of one token each between which the core's quantizer rounds the
        // state: bit for bit. y is another sum of the same products where the kernels differ.
        QFETCH(int, states);
        QFETCH(bool, heads);
        constexpr int kBits = 4;
        const auto limit = static_cast<float>(quantizerMax(kBits));
        Scan stepwise(*m_gpu, states, heads), atOnce(*m_gpu, states, heads), inParts(*m_gpu, states, heads);
        for (std::int64_t t = 0; t < kTokens; ++t) {
            stepwise.run(t, t + 1, 0.0f);
            std::vector<float> h = stepwise.state();
            quantizeStates(h, kBits);
            stepwise.setState(h);
        }
        atOnce.run(0, kTokens, limit);
        QCOMPARE(atOnce.state(), stepwise.state());
        QVERIFY(relativeDistance(atOnce.y(), stepwise.y()) < 1e-6);
        // Forked anywhere, the same bits.
        inParts.run(0, 5, limit);
        inParts.run(5, kTokens, limit);
        QCOMPARE(inParts.state(), atOnce.state());
        QCOMPARE(inParts.y(), atOnce.y());
    }

    void weightsAreQuantizedOnTheDevice_data() {
        QTest::addColumn<QString>("granularity");
        QTest::addColumn<QString>("format");
        QTest::addColumn<int>("bits");
        QTest::addColumn<QString>("treatment");
        for (const char* granularity : {"tensor", "channel", "group:32"}) {
            for (const int bits : {2, 4, 8}) {
                for (const char* treatment : {"none", "smoothed", "rotated", "exempt"}) {
                    const bool host = QLatin1String(granularity) == QLatin1String("group:32") &&
                                      QLatin1String(treatment) == QLatin1String("exempt");
                    if (!host) {
                        QTest::addRow("%s %d %s", granularity, bits, treatment)
                            << granularity << "int" << bits << treatment;
                    }
                }
            }
        }
        for (const char* format : {"fp8_e4m3", "fp8_e5m2", "mxfp4", "nvfp4"}) {
            QTest::addRow("%s", format) << "tensor" << format << 16 << "smoothed";
        }
        QTest::addRow("fp8_e4m3 channel") << "channel" << "fp8_e4m3" << 16 << "none";
    }
    void weightsAreQuantizedOnTheDevice() {
        // The rows of the identity take the weight out again, exactly: every product but one is 0.
        QFETCH(QString, granularity);
        QFETCH(QString, format);
        QFETCH(int, bits);
        QFETCH(QString, treatment);
        constexpr std::int64_t kOutputs = 75, kInputs = 96;
        std::vector<float> weight = normal(kOutputs * kInputs, 1);
        std::fill_n(weight.begin() + 2 * kInputs, kInputs, 0.0f); // a row without a scale
        ResolvedSite site;
        site.weight = {bits, *parseGranularity(granularity.toStdString()), *parseNumberFormat(format.toStdString())};
        std::vector<float> expected = weight, mask(kInputs, 0.0f);
        if (treatment == QLatin1String("smoothed")) {
            site.smoothing = normal(kInputs, 2);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                expected[i] *= site.smoothing[i % kInputs];
            }
        }
        if (treatment == QLatin1String("rotated")) {
            site.rotate = true;
            Rotation(kInputs).apply(expected);
        }
        if (treatment == QLatin1String("exempt")) {
            site.exempt = {5};
            mask[5] = std::bit_cast<float>(~std::uint32_t{0});
            weight[5] = 50;
            for (std::size_t i = 5; i < expected.size(); i += kInputs) {
                expected[i] = 0;
            }
        }
        fakeQuantizeWeight(expected, kOutputs, kInputs, site.weight);
        for (std::size_t i = 5; i < expected.size() && !site.exempt.empty(); i += kInputs) {
            expected[i] = weight[i];
        }
        const auto plain = m_gpu->prepare(weight, kOutputs, kInputs, {});
        const DeviceArray factors(*m_gpu, std::max<std::int64_t>(1, kInputs)), exempt(*m_gpu, mask);
        if (!site.smoothing.empty()) {
            m_gpu->upload(site.smoothing.data(), kInputs, factors.data());
        }
        const auto quantized = m_gpu->quantized(
            *plain, {&site, Linear::InProj}, site.smoothing.empty() ? nullptr : factors.data(),
            site.exempt.empty() ? nullptr : reinterpret_cast<const std::uint32_t*>(exempt.data()));
        QVERIFY(quantized != nullptr);
        std::vector<float> identity(kInputs * kInputs, 0.0f);
        for (std::size_t i = 0; i < kInputs; ++i) {
            identity[i * (kInputs + 1)] = 1.0f;
        }
        const DeviceArray x(*m_gpu, identity), y(*m_gpu, kInputs * kOutputs);
        m_gpu->linear(*quantized, {x.data(), kInputs, kInputs, kInputs}, {y.data(), kInputs, kOutputs, kOutputs});
        const std::vector<float> columns = downloaded(*m_gpu, y);
        for (std::size_t o = 0; o < kOutputs; ++o) {
            for (std::size_t i = 0; i < kInputs; ++i) {
                QCOMPARE(columns[i * kOutputs + o] == expected[o * kInputs + i], true);
            }
        }
    }

    void roundedAfterTheyAreQuantized_data() {
        QTest::addColumn<int>("bits");
        for (const int bits : {3, 4, 8, kBitsOff}) {
            QTest::addRow("%d", bits) << bits;
        }
    }
    void roundedAfterTheyAreQuantized() {
        // In bf16 too, scales and integers are those of the floats, which that dtype does not multiply with.
        QFETCH(int, bits);
        constexpr std::int64_t kOutputs = 72, kInputs = 96;
        const auto gpu = openDevice("cuda:0", 1, "bf16").value().backend;
        const std::vector<float> weight = normal(kOutputs * kInputs, 1);
        ResolvedSite site;
        site.weight = {bits, *parseGranularity("channel"), NumberFormat::Int};
        std::vector<float> quantized = weight;
        fakeQuantizeWeight(quantized, kOutputs, kInputs, site.weight);
        const auto expected = gpu->prepare(quantized, kOutputs, kInputs, {});
        const auto made = gpu->quantized(
            *gpu->exactFloats(weight, kOutputs, kInputs), {&site, Linear::InProj}, nullptr, nullptr);
        QVERIFY(made != nullptr);
        std::vector<std::uint16_t> identity(kInputs * kInputs, 0);
        for (std::size_t i = 0; i < kInputs; ++i) {
            identity[i * (kInputs + 1)] = 0x3f80;
        }
        const DeviceArray x(*gpu, kInputs * kInputs / 2);
        gpu->upload(reinterpret_cast<const float*>(identity.data()), x.count(), x.data());
        const auto columns = [&](const LinearWeight& of) {
            const DeviceArray y(*gpu, kInputs * kOutputs / 2);
            gpu->linear(
                of, {x.data(), kInputs, kInputs, kInputs, Element::BF16},
                {y.data(), kInputs, kOutputs, kOutputs, Element::BF16});
            std::vector<float> raw(kInputs * kOutputs / 2);
            gpu->download(y.data(), y.count(), raw.data());
            return raw;
        };
        const auto bytes = [](const std::vector<float>& raw) {
            return QByteArray(reinterpret_cast<const char*>(raw.data()), static_cast<qsizetype>(raw.size() * 4));
        };
        QCOMPARE(bytes(columns(*made)), bytes(columns(*expected)));
    }

    void everyPlanIsMadeOfTheFloats_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("dtype");
        for (const char* model : {"hf-f32", "hf-bf16-untied", "falcon-mamba", "mamba2"}) {
            for (const char* dtype : {"f32", "bf16"}) {
                QTest::addRow("%s %s", model, dtype)
                    << QString::fromStdString((fixtureFolder() / model).string()) << dtype;
            }
        }
    }
    void everyPlanIsMadeOfTheFloats() {
        // And not of the plan before it: going there and back changes no bit.
        QFETCH(QString, model);
        QFETCH(QString, dtype);
        const auto engine = engineFor(model.toStdString(), "cuda:0", dtype.toStdString());
        QVERIFY(engine);
        const ForwardRequest request{{someTokens(40, 1)}, false};
        const auto logits = [&](const QuantPlan& plan) {
            return engine->applyPlan(plan, nullptr, {}).ok() ? engine->forward(request, {}).value().logits.front()
                                                            : std::vector<float>();
        };
        const std::vector<float> floats = logits({});
        QuantPlan four, eight;
        four.defaults.weightBits = 4, eight.defaults.weightBits = 8;
        const std::vector<float> first = logits(four);
        QVERIFY(first != floats);
        QVERIFY(logits(eight) != first);
        QCOMPARE(logits(four), first);
        QCOMPARE(logits({}), floats);
    }

private:
    std::unique_ptr<Backend> m_gpu;
};

QTEST_APPLESS_MAIN(TorchCudaPlanTest)
#include "torch_cuda_plan_test.moc"
