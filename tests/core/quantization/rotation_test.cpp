// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/rotation.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace mambascope;

namespace {

std::vector<float> normal(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution;
    std::vector<float> x(count);
    for (float& value : x) {
        value = distribution(generator);
    }
    return x;
}

double product(const float* a, const float* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
}

void sizes() {
    QTest::addColumn<int>("size");
    // Powers of two, an odd one, a prime, mamba-130m's inner width 512 · 3, 2.8b's 1024 · 5.
    for (const int size : {1, 2, 64, 9, 37, 104, 1536, 5120}) {
        QTest::addRow("%d", size) << size;
    }
}

} // namespace

class RotationTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fourByHand() {
        // H of 4: ½ · (+ + + +, + − + −, + + − −, + − − +).
        std::vector<float> x{1, 2, 3, 5};
        Rotation(4).apply(x);
        QCOMPARE(x, (std::vector<float>{5.5f, -1.5f, -2.5f, 0.5f}));
    }

    void threeByHand() {
        // The cosine transform of (1, 1, 1) is (√3, 0, 0).
        std::vector<float> x{1, 1, 1};
        Rotation(3).apply(x);
        QVERIFY(std::fabs(x[0] - std::sqrt(3.0f)) < 1e-6f);
        QVERIFY(std::fabs(x[1]) < 1e-6f && std::fabs(x[2]) < 1e-6f);
    }

    void productsStay_data() { sizes(); }
    void productsStay() {
        // (x R)(w R)ᵀ = x wᵀ, to the rounding of some 30 additions.
        QFETCH(int, size);
        const auto n = static_cast<std::size_t>(size);
        std::vector<float> x = normal(n, 1), w = normal(n, 2);
        const double before = product(x.data(), w.data(), n);
        const double scale = std::sqrt(product(x.data(), x.data(), n) * product(w.data(), w.data(), n));
        Rotation(size).apply(x);
        Rotation(size).apply(w);
        QVERIFY(std::fabs(product(x.data(), w.data(), n) - before) <= 4e-6 * scale);
    }

    void theInverseUndoes_data() { sizes(); }
    void theInverseUndoes() {
        QFETCH(int, size);
        const std::vector<float> x = normal(static_cast<std::size_t>(size) * 3, 3);
        std::vector<float> y = x;
        Rotation(size).apply(y);
        Rotation(size).applyInverse(y);
        for (std::size_t i = 0; i < x.size(); ++i) {
            QVERIFY(std::fabs(x[i] - y[i]) < 1e-5f);
        }
    }

    void anOutlierIsSpread_data() { sizes(); }
    void anOutlierIsSpread() {
        // One channel alone becomes magnitudes of at most √2 / √n of it everywhere (1 / √2^k of H, √(2 / m) of D).
        QFETCH(int, size);
        std::vector<float> x(static_cast<std::size_t>(size), 0.0f);
        x[x.size() / 2] = 100;
        Rotation(size).apply(x);
        const float largest = std::fabs(*std::max_element(
            x.begin(), x.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); }));
        QVERIFY(largest <= 100 * std::sqrt(2.0f / static_cast<float>(size)) * 1.00001f || size == 1);
    }
};

QTEST_APPLESS_MAIN(RotationTest)
#include "rotation_test.moc"
