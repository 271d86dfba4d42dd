// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels of every instruction set that this processor has, against references in double.
#include "core/quantization/quantizer.h"
#include "plugins/torch/cpu/kernels.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <random>

using namespace mambascope;

namespace {

std::vector<float> normal(std::size_t count, unsigned seed, float scale = 1.0f) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0.0f, scale);
    std::vector<float> x(count);
    std::generate(x.begin(), x.end(), [&] { return distribution(generator); });
    return x;
}

double ulps(float got, double expected) {
    const float nearest = static_cast<float>(expected);
    const double ulp = static_cast<double>(std::nextafter(std::fabs(nearest), INFINITY)) -
                       std::fabs(static_cast<double>(nearest));
    return std::fabs(static_cast<double>(got) - expected) / ulp;
}

double softplus(double x) {
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
double silu(double x) {
    return x / (1 + std::exp(-x));
}

/// Inputs of a scan, all [tokens, channels] or [tokens, state].
struct Scan {
    int tokens, channels, state;
    float stateLimit = 0;
    std::vector<float> dt, u, z, b, c, dtBias, decay, d, h0;

    Scan(int t, int channelCount, int n)
        : tokens(t)
        , channels(channelCount)
        , state(n)
        , dt(normal(size(t, channels), 1))
        , u(normal(size(t, channels), 2))
        , z(normal(size(t, channels), 3))
        , b(normal(size(t, n), 4))
        , c(normal(size(t, n), 5))
        , dtBias(normal(size(1, channels), 6))
        , decay(normal(size(n, channels), 7))
        , d(normal(size(1, channels), 8))
        , h0(normal(size(n, channels), 9)) {
        for (float& a : decay) {
            a = -std::fabs(a) - 0.1f;
        }
    }
    static std::size_t size(int a, int b) {
        return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
    }

    /// y [tokens, channels] in double; h afterwards in `h`.
    std::vector<double> reference(std::vector<double>& h) const {
        std::vector<double> y(size(tokens, channels));
        h.assign(h0.begin(), h0.end());
        for (int t = 0; t < tokens; ++t) {
            for (int i = 0; i < channels; ++i) {
                const std::size_t at = size(t, channels) + static_cast<std::size_t>(i),
                                  ch = static_cast<std::size_t>(i);
                const double delta = softplus(static_cast<double>(dt[at]) + static_cast<double>(dtBias[ch]));
                double sum = 0;
                for (int n = 0; n < state; ++n) {
                    const std::size_t hn = size(n, channels) + ch,
                                      bn = size(t, state) + static_cast<std::size_t>(n);
                    h[hn] = std::exp2(delta * static_cast<double>(decay[hn])) * h[hn] +
                            delta * static_cast<double>(u[at]) * static_cast<double>(b[bn]);
                    sum += h[hn] * static_cast<double>(c[bn]);
                }
                y[at] = (sum + static_cast<double>(d[ch]) * static_cast<double>(u[at])) *
                        silu(static_cast<double>(z[at]));
            }
        }
        return y;
    }

    /// Tokens [first, last) on channels [0, channels), y into `y`, h continued.
    void
    run(const Kernels& kernels, int first, int last, std::vector<float>& y, std::vector<float>& h) const {
        ScanTile tile;
        const std::size_t at = size(first, channels), states = size(first, state);
        tile.dt = dt.data() + at, tile.u = u.data() + at, tile.z = z.data() + at, tile.y = y.data() + at;
        tile.dtStride = tile.uStride = tile.zStride = tile.yStride = channels;
        tile.b = b.data() + states, tile.c = c.data() + states, tile.bcStride = state;
        tile.dtBias = dtBias.data(), tile.decay = decay.data(), tile.d = d.data();
        tile.inner = channels, tile.h = h.data(), tile.hStride = channels, tile.state = state;
        tile.tokens = last - first, tile.lastChannel = channels, tile.stateLimit = stateLimit;
        kernels.scan(tile);
    }
};

/// Inputs of one head's scan.
struct HeadScan {
    int tokens, channels, state;
    float dtBias = 0.3f, decay = -0.8f, d = 1.7f, dtMin, dtMax, stateLimit = 0;
    std::vector<float> dt, u, b, c, h0;

    HeadScan(int t, int channelCount, int n, float low, float high)
        : tokens(t)
        , channels(channelCount)
        , state(n)
        , dtMin(low)
        , dtMax(high)
        , dt(normal(Scan::size(t, 1), 1))
        , u(normal(Scan::size(t, channelCount), 2))
        , b(normal(Scan::size(t, n), 4))
        , c(normal(Scan::size(t, n), 5))
        , h0(normal(Scan::size(n, channelCount), 9)) {}

    /// y [tokens, channels] in double.
    std::vector<double> reference() const {
        std::vector<double> y(Scan::size(tokens, channels)), h(h0.begin(), h0.end());
        for (int t = 0; t < tokens; ++t) {
            const double step = std::clamp(
                softplus(static_cast<double>(dt[Scan::size(t, 1)]) + static_cast<double>(dtBias)),
                static_cast<double>(dtMin), static_cast<double>(dtMax));
            for (int i = 0; i < channels; ++i) {
                const std::size_t at = Scan::size(t, channels) + static_cast<std::size_t>(i);
                const double input = static_cast<double>(u[at]);
                double sum = static_cast<double>(d) * input;
                for (int n = 0; n < state; ++n) {
                    const std::size_t hn = Scan::size(n, channels) + static_cast<std::size_t>(i);
                    const std::size_t bn = Scan::size(t, state) + static_cast<std::size_t>(n);
                    h[hn] = std::exp2(step * static_cast<double>(decay)) * h[hn] +
                            step * input * static_cast<double>(b[bn]);
                    sum += h[hn] * static_cast<double>(c[bn]);
                }
                y[at] = sum;
            }
        }
        return y;
    }

    void
    run(const Kernels& kernels, int first, int last, std::vector<float>& y, std::vector<float>& h) const {
        HeadScanTile tile;
        const std::size_t at = Scan::size(first, channels), states = Scan::size(first, state);
        tile.dt = dt.data() + first, tile.dtStride = 1;
        tile.u = u.data() + at, tile.y = y.data() + at, tile.uStride = tile.yStride = channels;
        tile.b = b.data() + states, tile.c = c.data() + states, tile.bcStride = state;
        tile.dtBias = dtBias, tile.decay = decay, tile.d = d, tile.dtMin = dtMin, tile.dtMax = dtMax;
        tile.h = h.data(), tile.hStride = channels, tile.state = state;
        tile.tokens = last - first, tile.channels = channels, tile.stateLimit = stateLimit;
        kernels.headScan(tile);
    }
};

/// Whether a scan that rounds its state gives the bits of one that stops after every token and has the core's
/// quantizer round each channel's states.
template <class AnyScan>
bool quantizesStates(AnyScan scan, const Kernels& kernels) {
    constexpr int kBits = 4;
    const auto channels = static_cast<std::size_t>(scan.channels), states = static_cast<std::size_t>(scan.state);
    for (std::size_t i = 1; i < scan.u.size(); i += channels) {
        scan.u[i] = 0; // the states of channel 1 are too small for a scale
    }
    for (std::size_t n = 0; n < states; ++n) {
        scan.h0[n * channels + 1] = 1e-40f;
    }
    AnyScan plain = scan;
    std::vector<float> y(scan.u.size()), h = scan.h0, yExpected(y.size()), hExpected = scan.h0;
    for (int t = 0; t < scan.tokens; ++t) {
        plain.run(kernels, t, t + 1, yExpected, hExpected);
        for (std::size_t c = 0; c < channels; ++c) {
            std::vector<float> ofChannel(states);
            for (std::size_t n = 0; n < states; ++n) {
                ofChannel[n] = hExpected[n * channels + c];
            }
            fakeQuantize(ofChannel, quantizerScale(finiteAbsmax(ofChannel), kBits), kBits);
            for (std::size_t n = 0; n < states; ++n) {
                hExpected[n * channels + c] = ofChannel[n];
            }
        }
    }
    scan.stateLimit = static_cast<float>(quantizerMax(kBits));
    scan.run(kernels, 0, scan.tokens, y, h);
    return h == hExpected && y == yExpected && h[1] == 0.0f && h[0] != 0.0f;
}

} // namespace

class TorchKernelsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        QFETCH(QString, isa);
        m_kernels = findKernels(isa.toLatin1().constData());
        if (m_kernels == nullptr) {
            QSKIP("this processor does not have these instructions");
        }
    }

    void exponentials_data() { instructionSets(); }
    void exponentials() {
        std::vector<float> x;
        for (float value = -80.0f; value < 80.0f; value += 0.00317f) {
            x.push_back(value);
        }
        std::vector<float> e(x.size()), decay(x.size()), s(x.size());
        const auto count = static_cast<std::int64_t>(x.size());
        m_kernels->expArray(x.data(), count, e.data());
        m_kernels->decayArray(x.data(), count, decay.data());
        m_kernels->softplusArray(x.data(), count, s.data());
        double worst = 0, worstDecay = 0, worstSoftplus = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double value = static_cast<double>(x[i]);
            worst = std::max(worst, ulps(e[i], std::exp(value)));
            if (value <= 0) {
                worstDecay = std::max(worstDecay, std::abs(static_cast<double>(decay[i]) / std::exp2(value) - 1));
            }
            worstSoftplus = std::max(worstSoftplus, ulps(s[i], softplus(value)));
        }
        qInfo("ulps: exp %.2f, softplus %.2f; decay %.2g", worst, worstSoftplus, worstDecay);
        // The bounds that simd.h states; the portable form rounds after every multiplication.
        QVERIFY(worst < 2.0);
        QVERIFY(worstDecay < 1.2e-7);
        QVERIFY(worstSoftplus < 4.0);
    }

    void exponentialsAtTheEdges_data() { instructionSets(); }
    void exponentialsAtTheEdges() {
        const float inf = std::numeric_limits<float>::infinity();
        const float most = std::numeric_limits<float>::max();
        const std::vector<float> x{0.0f, -0.0f, -inf, -150.0f, std::nanf(""), 25.0f, -most, -126.0f};
        std::vector<float> e(x.size()), s(x.size()), decay(x.size());
        m_kernels->expArray(x.data(), 8, e.data());
        m_kernels->softplusArray(x.data(), 8, s.data());
        m_kernels->decayArray(x.data(), 8, decay.data());
        QCOMPARE(e[0], 1.0f);
        QCOMPARE(e[1], 1.0f);
        QVERIFY(e[2] >= 0 && e[2] < 1e-37f);
        QVERIFY(e[3] >= 0 && e[3] < 1e-37f);
        QVERIFY(std::isnan(e[4]));
        QVERIFY(std::isnan(s[4]));
        QVERIFY(e[6] >= 0 && e[6] < 1e-37f);
        QVERIFY(s[2] >= 0 && s[2] < 1e-37f);
        QCOMPARE(decay[0], 1.0f);
        QCOMPARE(decay[1], 1.0f);
        for (const std::size_t tiny : {2U, 3U, 6U, 7U}) {
            QVERIFY(decay[tiny] >= 0 && decay[tiny] < 1.3e-38f);
        }
        QVERIFY(std::isnan(decay[4]));
        // NaNs with something in their low bits, as a file may hold them.
        const std::uint32_t bits = 0x7fc001ffU;
        float odd;
        std::memcpy(&odd, &bits, sizeof(odd));
        m_kernels->expArray(&odd, 1, e.data());
        QVERIFY(std::isnan(e[0]));
        QCOMPARE(s[5], 25.0f); // ln(1 + e^25) − 25 = 1.4e−11, far below half an ulp
    }

    void matrixProduct_data() { instructionSets(); }
    void matrixProduct() {
        // Outputs that leave a partial panel, inputs that leave a partial depth block, rows that leave a
        // partial tile.
        for (const auto& [outputs, inputs] : {std::pair{44, 384}, {80, 800}, {7, 12}, {200, 48}}) {
            const auto w = normal(Scan::size(outputs, inputs), 11);
            const int most = 31;
            const auto x = normal(Scan::size(most, inputs), 12);
            const int panels = (outputs + m_kernels->panelWidth - 1) / m_kernels->panelWidth;
            std::vector<float> packed(Scan::size(panels * m_kernels->panelWidth, inputs));
            m_kernels->packPanels(w.data(), outputs, inputs, 0, panels, packed.data());
            std::vector<float> all;
            for (const int rows : {most, 1, 2, 5, 14, 15, 29}) {
                std::vector<float> y(Scan::size(rows, outputs), -1.0f);
                GemmTile tile;
                tile.a = x.data(), tile.lda = inputs, tile.panels = packed.data(), tile.inputs = inputs;
                tile.outputs = outputs, tile.lastPanel = panels, tile.rows = rows, tile.c = y.data(),
                tile.ldc = outputs;
                m_kernels->gemm(tile);
                if (all.empty()) {
                    all = y;
                    for (int r = 0; r < rows; ++r) {
                        for (int o = 0; o < outputs; ++o) {
                            double sum = 0, magnitude = 0;
                            for (int k = 0; k < inputs; ++k) {
                                const double product =
                                    static_cast<double>(
                                        x[Scan::size(r, inputs) + static_cast<std::size_t>(k)]) *
                                    static_cast<double>(
                                        w[Scan::size(o, inputs) + static_cast<std::size_t>(k)]);
                                sum += product;
                                magnitude += std::fabs(product);
                            }
                            const double got =
                                static_cast<double>(y[Scan::size(r, outputs) + static_cast<std::size_t>(o)]);
                            QVERIFY(std::fabs(got - sum) < 1e-6 * magnitude);
                        }
                    }
                }
                // A row does not depend on the rows around it.
                QVERIFY(std::equal(y.begin(), y.end(), all.begin()));
            }
        }
    }

    void scanAgainstDouble_data() { instructionSets(); }
    void scanAgainstDouble() {
        for (const auto& [tokens, channels, state] :
             {std::tuple{40, 48, 16}, {17, 35, 16}, {23, 19, 8}, {9, 33, 5}}) {
            const Scan scan(tokens, channels, state);
            std::vector<double> hExpected;
            const std::vector<double> expected = scan.reference(hExpected);
            std::vector<float> y(expected.size()), h = scan.h0;
            scan.run(*m_kernels, 0, tokens, y, h);
            double largest = 0, error = 0;
            for (std::size_t i = 0; i < y.size(); ++i) {
                largest = std::max(largest, std::fabs(expected[i]));
                error = std::max(error, std::fabs(static_cast<double>(y[i]) - expected[i]));
            }
            QVERIFY(error < 3e-6 * largest);
            for (std::size_t i = 0; i < h.size(); ++i) {
                QVERIFY(
                    std::fabs(static_cast<double>(h[i]) - hExpected[i]) <
                    1e-5 * (1 + std::fabs(hExpected[i])));
            }
            // Continued from the state it left at any token, the scan gives the same bits.
            std::vector<float> yParts(y.size()), hParts = scan.h0;
            const int cut = tokens / 3;
            scan.run(*m_kernels, 0, cut, yParts, hParts);
            scan.run(*m_kernels, cut, tokens, yParts, hParts);
            QCOMPARE(yParts, y);
            QCOMPARE(hParts, h);
        }
    }

    void headScanAgainstDouble_data() { instructionSets(); }
    void headScanAgainstDouble() {
        // Token counts around the kernel's blocks of 16, channels and states that leave vectors partly empty.
        for (const auto& [tokens, channels, state, low, high] :
             {std::tuple(1, 1, 1, 0.0f, INFINITY), std::tuple(16, 64, 128, 0.0f, INFINITY),
              std::tuple(45, 21, 6, 0.0f, INFINITY), std::tuple(45, 21, 6, 0.5f, 0.9f)}) {
            const HeadScan scan(tokens, channels, state, low, high);
            std::vector<float> y(scan.u.size()), h = scan.h0;
            scan.run(*m_kernels, 0, tokens, y, h);
            const std::vector<double> expected = scan.reference();
            double largest = 0, error = 0;
            for (std::size_t i = 0; i < y.size(); ++i) {
                largest = std::max(largest, std::fabs(expected[i]));
                error = std::max(error, std::fabs(static_cast<double>(y[i]) - expected[i]));
            }
            QVERIFY(error < 3e-6 * largest);
            // Continued from the state it left at any token, the scan gives the same bits.
            std::vector<float> yParts(y.size()), hParts = scan.h0;
            scan.run(*m_kernels, 0, tokens / 3, yParts, hParts);
            scan.run(*m_kernels, tokens / 3, tokens, yParts, hParts);
            QCOMPARE(yParts, y);
            QCOMPARE(hParts, h);
        }
    }

    void statesAreQuantizedAfterEveryToken_data() { instructionSets(); }
    void statesAreQuantizedAfterEveryToken() {
        for (const auto& [tokens, channels, state] : {std::tuple{40, 35, 16}, {19, 21, 6}}) {
            QVERIFY(quantizesStates(Scan(tokens, channels, state), *m_kernels));
            QVERIFY(quantizesStates(HeadScan(tokens, channels, state, 0.0f, INFINITY), *m_kernels));
        }
    }

    void gateAndNormWithoutWeights_data() { instructionSets(); }
    void gateAndNormWithoutWeights() {
        constexpr std::size_t kChannels = 37;
        std::vector<float> x = normal(kChannels, 71);
        const std::vector<float> before = x, gate = normal(kChannels, 72, 3.0f);
        m_kernels->gateRow(gate.data(), kChannels, x.data());
        double squares = 0;
        for (std::size_t c = 0; c < kChannels; ++c) {
            const double expected = static_cast<double>(before[c]) * silu(static_cast<double>(gate[c]));
            QVERIFY(std::fabs(static_cast<double>(x[c]) - expected) < 1e-6 * (1 + std::fabs(expected)));
            squares += static_cast<double>(x[c]) * static_cast<double>(x[c]);
        }
        const std::vector<float> gated = x;
        m_kernels->addNorm(nullptr, x.data(), nullptr, 1e-6f, kChannels, x.data()); // in place
        for (std::size_t c = 0; c < kChannels; ++c) {
            const double expected = static_cast<double>(gated[c]) / std::sqrt(squares / kChannels + 1e-6);
            QVERIFY(std::fabs(static_cast<double>(x[c]) - expected) < 1e-6 * (1 + std::fabs(expected)));
        }
    }

    void convolutionAndNorm_data() { instructionSets(); }
    void convolutionAndNorm() {
        const int channels = 37, kernel = 4;
        const auto w = normal(Scan::size(kernel, channels), 21), x = normal(Scan::size(kernel, channels), 22);
        const auto bias = normal(channels, 23);
        const float* taps[kernel] = {
            nullptr, x.data() + channels, x.data() + 2 * channels, x.data() + 3 * channels};
        std::vector<float> out(channels);
        m_kernels->convSilu(taps, kernel, w.data(), bias.data(), channels, out.data());
        for (std::size_t c = 0; c < channels; ++c) {
            double sum = static_cast<double>(bias[c]);
            for (std::size_t k = 1; k < kernel; ++k) { // the first tap lies before the sequence
                sum += static_cast<double>(w[k * channels + c]) * static_cast<double>(x[k * channels + c]);
            }
            QVERIFY(std::fabs(static_cast<double>(out[c]) - silu(sum)) < 1e-6 * (1 + std::fabs(sum)));
        }
        std::vector<float> residual = normal(channels, 24), norm(channels);
        const std::vector<float> before = residual, add = normal(channels, 25);
        m_kernels->addNorm(add.data(), residual.data(), w.data(), 1e-3f, channels, norm.data());
        double squares = 0;
        for (std::size_t c = 0; c < channels; ++c) {
            QCOMPARE(residual[c], before[c] + add[c]);
            squares += static_cast<double>(residual[c]) * static_cast<double>(residual[c]);
        }
        for (std::size_t c = 0; c < channels; ++c) {
            const double expected = static_cast<double>(residual[c]) / std::sqrt(squares / channels + 1e-3) *
                                    static_cast<double>(w[c]);
            QVERIFY(std::fabs(static_cast<double>(norm[c]) - expected) < 1e-6 * (1 + std::fabs(expected)));
        }
    }

    void quantizerIsTheCores_data() { instructionSets(); }
    void quantizerIsTheCores() {
        std::vector<float> x = normal(1003, 31, 3.0f);
        x[5] = 2.5f * 0.25f, x[6] = -3.5f * 0.25f; // ties go to the even neighbour
        x[7] = std::nanf(""), x[8] = INFINITY, x[9] = -INFINITY, x[10] = 0.0f;
        for (const int bits : {2, 4, 8}) {
            for (const float scale : {0.25f, 0.013f, 0.0f}) {
                std::vector<float> expected = x, got(x.size());
                fakeQuantize(expected, scale, bits);
                m_kernels->quantize(
                    x.data(), {scale, static_cast<float>(quantizerMax(bits))}, 1003, got.data());
                for (std::size_t i = 0; i < x.size(); ++i) {
                    QVERIFY(got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i])));
                }
            }
        }
        const std::vector<float> finite(x.begin() + 11, x.end());
        QCOMPARE(m_kernels->absmax(x.data(), 1003), finiteAbsmax(x));
        QCOMPARE(m_kernels->absmax(finite.data(), 992), finiteAbsmax(finite));
    }

    void inputPreparation_data() { instructionSets(); }
    void inputPreparation() {
        std::vector<float> x = normal(21, 41), s = normal(21, 42), out(21);
        x[3] = std::nanf(""), x[20] = INFINITY;
        std::vector<std::uint32_t> keep(21, ~0u);
        keep[3] = keep[11] = keep[20] = 0;
        m_kernels->prepareInput(x.data(), keep.data(), s.data(), 21, out.data());
        for (std::size_t c = 0; c < 21; ++c) {
            QCOMPARE(out[c], keep[c] != 0 ? x[c] / s[c] : 0.0f / s[c]); // zero whatever stood there
        }
    }

    void logSumExp_data() { instructionSets(); }
    void logSumExp() {
        for (const std::int64_t count : {1, 7, 16, 100, 513}) {
            const auto x = normal(static_cast<std::size_t>(count), 51, 5.0f);
            float largest = 0;
            double sum = 0, expected = 0;
            m_kernels->maxAndSumExp(x.data(), count, &largest, &sum);
            QCOMPARE(largest, *std::max_element(x.begin(), x.end()));
            for (const float value : x) {
                expected += std::exp(static_cast<double>(value) - static_cast<double>(largest));
            }
            QVERIFY(std::fabs(sum / expected - 1) < 1e-6);
        }
        std::vector<float> x = normal(100, 52);
        x[40] = std::nanf("");
        float largest = 0;
        double sum = 0;
        m_kernels->maxAndSumExp(x.data(), 100, &largest, &sum);
        QVERIFY(std::isnan(sum));
    }

private:
    static void instructionSets() {
        QTest::addColumn<QString>("isa");
        for (const char* name : {"portable", "avx2", "avx512"}) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }

    const Kernels* m_kernels = nullptr;
};

QTEST_APPLESS_MAIN(TorchKernelsTest)
#include "torch_kernels_test.moc"
