// SPDX-License-Identifier: GPL-3.0-or-later
// Products in bf16 and int8 of every instruction set that this processor has, against their definitions.
#include "core/quantization/quantizer.h"
#include "plugins/torch/cpu/cpu_backend.h"

#include <QTest>

#include <bit>
#include <cmath>
#include <random>

using namespace mambascope;

namespace {

std::vector<float> normal(std::int64_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution;
    std::vector<float> x(static_cast<std::size_t>(count));
    for (float& value : x) {
        value = distribution(generator);
    }
    return x;
}

float rounded(float x) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(toBf16(x)) << 16);
}

constexpr const char* kNames[] = {"portable", "avx2", "avx512", "amx"};

/// The shapes reach every remainder: of rows, panels, blocks and depth.
struct Shape {
    std::int64_t rows, inputs, outputs;
};
constexpr Shape kShapes[] = {{1, 1, 1},    {2, 7, 3},      {5, 64, 15},   {17, 65, 33},
                             {33, 127, 48}, {14, 130, 100}, {40, 200, 70}, {6, 2, 31}};

/// What a set of products makes of x [rows, inputs] and a weight [outputs, inputs], on one thread.
struct Operands {
    std::vector<std::byte> a, panels;
    ProductTile tile;
    std::vector<float> out;

    Operands(const ProductShape& shape, const Shape& size)
        : a(static_cast<std::size_t>(
              (size.rows + shape.rowUnit - 1) / shape.rowUnit * shape.rowUnit * shape.depth(size.inputs) *
              shape.inputBytes))
        , panels(static_cast<std::size_t>(shape.panels(size.outputs) * shape.panelBytes(size.inputs)))
        , out(static_cast<std::size_t>(size.rows * size.outputs), -1.0f) {
        tile.a = a.data();
        tile.lda = shape.depth(size.inputs) * shape.inputBytes;
        tile.panels = panels.data();
        tile.depth = shape.depth(size.inputs);
        tile.outputs = size.outputs;
        tile.lastPanel = shape.panels(size.outputs);
        tile.rows = size.rows;
        tile.c = out.data();
        tile.ldc = size.outputs;
    }
    std::byte* row(std::int64_t r) { return a.data() + r * tile.lda; }
    std::byte* panel(const ProductShape& shape, std::int64_t p) {
        return panels.data() + p * tile.depth * shape.panel * shape.weightBytes;
    }
};

std::vector<float> bf16Product(
    const Bf16Products& products, const Shape& size, const std::vector<float>& x, const std::vector<float>& w) {
    Operands operands(products.shape, size);
    for (std::int64_t r = 0; r < size.rows; ++r) {
        products.convert(x.data() + r * size.inputs, size.inputs, operands.tile.depth, operands.row(r));
    }
    for (std::int64_t p = 0; p < operands.tile.lastPanel; ++p) {
        packPanel(
            products.shape, w.data(), size.outputs, size.inputs, p,
            reinterpret_cast<std::uint16_t*>(operands.panel(products.shape, p)));
    }
    products.multiply(operands.tile);
    return operands.out;
}

/// A model's linear under a plan with 8-bit weights, a scale an output, and 8-bit inputs.
ResolvedSite w8a8(ActivationScale scaling, float scale = 0) {
    ResolvedSite site;
    site.weight = {8, {GranularityKind::Channel, 0}, NumberFormat::Int};
    site.input = {8, scaling, scale, NumberFormat::Int};
    return site;
}

} // namespace

class TorchProductsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bf16RoundsToNearestEven() {
        // By hand: bf16 has 7 bits behind the point. 1 + 2^-8 lies between 1 and 1 + 2^-7: the even one is 1.
        QCOMPARE(rounded(1.0f), 1.0f);
        QCOMPARE(rounded(1.0f + 0x1p-8f), 1.0f);
        QCOMPARE(rounded(1.0f + 0x1p-8f + 0x1p-20f), 1.0f + 0x1p-7f);
        QCOMPARE(rounded(1.0f + 3 * 0x1p-8f), 1.0f + 2 * 0x1p-7f);
        QCOMPARE(rounded(-3.4e38f), -INFINITY);
        QVERIFY(std::isnan(rounded(std::bit_cast<float>(0x7f800001u)))); // its low bits alone are cut off
    }

    void bf16_data() { instructionSets(); }
    void bf16() {
        QFETCH(QString, name);
        const Bf16Products* products = findBf16Products(name.toLatin1().constData());
        if (products == nullptr) {
            QSKIP("this processor does not have it");
        }
        for (const Shape& size : kShapes) {
            const std::vector<float> x = normal(size.rows * size.inputs, 1);
            const std::vector<float> w = normal(size.outputs * size.inputs, 2);
            const std::vector<float> got = bf16Product(*products, size, x, w);
            for (std::int64_t i = 0; i < size.rows * size.outputs; ++i) {
                const float* a = x.data() + i / size.outputs * size.inputs;
                const float* b = w.data() + i % size.outputs * size.inputs;
                double exact = 0, magnitudes = 0;
                for (std::int64_t k = 0; k < size.inputs; ++k) {
                    const double term = static_cast<double>(rounded(a[k])) * static_cast<double>(rounded(b[k]));
                    exact += term;
                    magnitudes += std::fabs(term);
                }
                // Products of two bf16 are exact in fp32; a sum of n terms rounds n times, in any order.
                const double bound = static_cast<double>(size.inputs) * 0x1p-24 * magnitudes;
                const auto value = static_cast<double>(got[static_cast<std::size_t>(i)]);
                QVERIFY2(
                    std::fabs(value - exact) <= bound,
                    qPrintable(QStringLiteral("%1 × %2 × %3: %4, not %5")
                                   .arg(size.rows)
                                   .arg(size.inputs)
                                   .arg(size.outputs)
                                   .arg(value)
                                   .arg(exact)));
            }
        }
    }

    void aRowOfBf16DoesNotKnowItsNeighbours_data() { instructionSets(); }
    void aRowOfBf16DoesNotKnowItsNeighbours() {
        QFETCH(QString, name);
        const Bf16Products* products = findBf16Products(name.toLatin1().constData());
        if (products == nullptr) {
            QSKIP("this processor does not have it");
        }
        const Shape all{41, 130, 50};
        const std::vector<float> x = normal(all.rows * all.inputs, 3), w = normal(all.outputs * all.inputs, 4);
        const std::vector<float> together = bf16Product(*products, all, x, w);
        for (std::int64_t r = 0; r < all.rows; ++r) {
            const std::vector<float> row(x.begin() + r * all.inputs, x.begin() + (r + 1) * all.inputs);
            const std::vector<float> alone = bf16Product(*products, {1, all.inputs, all.outputs}, row, w);
            QVERIFY(std::equal(alone.begin(), alone.end(), together.begin() + r * all.outputs));
        }
    }

    void int8IsExact_data() { instructionSets(); }
    void int8IsExact() {
        QFETCH(QString, name);
        const Int8Products* products = findInt8Products(name.toLatin1().constData());
        if (products == nullptr) {
            QSKIP("this processor does not have it");
        }
        std::mt19937 generator(5);
        for (const Shape& size : kShapes) {
            Operands operands(products->shape, size);
            // All integers, the extremes often.
            std::vector<std::int8_t> q(static_cast<std::size_t>(size.rows * size.inputs)),
                w(static_cast<std::size_t>(size.outputs * size.inputs));
            for (auto* values : {&q, &w}) {
                for (std::int8_t& value : *values) {
                    const unsigned draw = generator() % 4;
                    value = static_cast<std::int8_t>(
                        draw == 0 ? 127 : draw == 1 ? -127 : static_cast<int>(generator() % 255) - 127);
                }
            }
            std::vector<float> rowScales(static_cast<std::size_t>(size.rows)),
                outputScales(static_cast<std::size_t>(operands.tile.lastPanel * products->shape.panel));
            for (std::int64_t r = 0; r < size.rows; ++r) {
                // A power of two as Δ, so that the floats are the integers' multiples.
                const float scale = std::ldexp(1.0f, static_cast<int>(r % 5) - 3);
                std::vector<float> x(static_cast<std::size_t>(size.inputs));
                for (std::size_t k = 0; k < x.size(); ++k) {
                    x[k] = static_cast<float>(q[static_cast<std::size_t>(r) * x.size() + k]) * scale;
                }
                rowScales[static_cast<std::size_t>(r)] = scale;
                QVERIFY(products->convert(
                    x.data(), {scale, 127}, size.inputs, operands.tile.depth, operands.row(r)));
            }
            std::vector<std::int32_t> offsets(outputScales.size());
            for (std::int64_t o = 0; o < size.outputs; ++o) {
                outputScales[static_cast<std::size_t>(o)] = 0.1f + 0.01f * static_cast<float>(o);
                for (std::int64_t k = 0; k < size.inputs; ++k) {
                    offsets[static_cast<std::size_t>(o)] += 128 * w[static_cast<std::size_t>(o * size.inputs + k)];
                }
            }
            for (std::int64_t p = 0; p < operands.tile.lastPanel; ++p) {
                packPanel(
                    products->shape, w.data(), size.outputs, size.inputs, p,
                    reinterpret_cast<std::int8_t*>(operands.panel(products->shape, p)));
            }
            operands.tile.rowScale = rowScales.data();
            operands.tile.outputScale = outputScales.data();
            operands.tile.outputOffset = products->biased ? offsets.data() : nullptr;
            products->multiply(operands.tile);
            for (std::int64_t i = 0; i < size.rows * size.outputs; ++i) {
                std::int64_t sum = 0;
                for (std::int64_t k = 0; k < size.inputs; ++k) {
                    sum += std::int64_t{q[static_cast<std::size_t>(i / size.outputs * size.inputs + k)]} *
                           w[static_cast<std::size_t>(i % size.outputs * size.inputs + k)];
                }
                const float expected =
                    (static_cast<float>(sum) * outputScales[static_cast<std::size_t>(i % size.outputs)]) *
                    rowScales[static_cast<std::size_t>(i / size.outputs)];
                QCOMPARE(operands.out[static_cast<std::size_t>(i)], expected);
            }
        }
    }

    void integersAreTheQuantizers_data() { instructionSets(); }
    void integersAreTheQuantizers() {
        QFETCH(QString, name);
        const Int8Products* products = findInt8Products(name.toLatin1().constData());
        if (products == nullptr) {
            QSKIP("this processor does not have it");
        }
        std::vector<float> x = normal(301, 6);
        x[5] = INFINITY;
        x[6] = -INFINITY;
        x[7] = 0.5f * 0.01f; // half a step: to the even integer
        x[8] = 1.5f * 0.01f;
        const ProductShape& shape = products->shape;
        const std::int64_t depth = shape.depth(301);
        for (const int bits : {2, 5, 8}) {
            for (const float scale : {0.0f, 0.01f, 1.0f / 3}) {
                std::vector<std::int8_t> expected(x.size());
                quantize(x, scale, bits, expected);
                std::vector<std::byte> out(static_cast<std::size_t>(depth * shape.inputBytes));
                QVERIFY(products->convert(
                    x.data(), {scale, static_cast<float>(quantizerMax(bits))}, 301, depth, out.data()));
                for (std::size_t i = 0; i < x.size(); ++i) {
                    const int q = shape.inputBytes == 2 ? reinterpret_cast<const std::int16_t*>(out.data())[i]
                                  : products->biased    ? static_cast<int>(out[i]) - 128
                                                        : static_cast<std::int8_t>(out[i]);
                    QCOMPARE(q, static_cast<int>(expected[i]));
                }
            }
        }
        x[300] = std::nanf("");
        std::vector<std::byte> out(static_cast<std::size_t>(depth * shape.inputBytes));
        QVERIFY(!products->convert(x.data(), {0.01f, 127}, 301, depth, out.data()));
    }

    void integersGiveWhatFakeQuantizationGives_data() {
        QTest::addColumn<int>("scaling");
        QTest::newRow("static") << static_cast<int>(ActivationScale::Static);
        QTest::newRow("dynamic") << static_cast<int>(ActivationScale::Dynamic);
        QTest::newRow("token") << static_cast<int>(ActivationScale::Token);
    }
    void integersGiveWhatFakeQuantizationGives() {
        QFETCH(int, scaling);
        const Shape size{23, 190, 77};
        const ResolvedSite site = w8a8(static_cast<ActivationScale>(scaling), 0.021f);
        std::vector<float> x = normal(size.rows * size.inputs, 7), w = normal(size.outputs * size.inputs, 8);
        x[3] = 50; // an outlier, beyond the static scale's reach
        fakeQuantizeWeight(w, size.outputs, size.inputs, site.weight);
        const std::vector<Segment> segments{{0, 9, nullptr, nullptr}, {9, 14, nullptr, nullptr}};
        CpuBackend floats(selectKernels(), 2), integers(selectKernels(), 2, CpuPrecision::Int8);
        const auto product = [&](CpuBackend& backend) {
            std::vector<float> in = x, out(static_cast<std::size_t>(size.rows * size.outputs));
            const Matrix a{in.data(), size.rows, size.inputs, size.inputs};
            const Matrix y{out.data(), size.rows, size.outputs, size.outputs};
            const auto weight = backend.prepare(w, size.outputs, size.inputs, {&site, Linear::XProj});
            if (weight->integers) {
                backend.integerLinear(*weight, a, site.input, segments, y);
            } else {
                backend.transform(a, {nullptr, nullptr, site.input, false, nullptr}, segments, a);
                backend.linear(*weight, a, y);
            }
            return out;
        };
        QVERIFY(integers.multipliesIntegers(site, Linear::XProj));
        const std::vector<float> expected = product(floats), got = product(integers);
        for (std::size_t i = 0; i < got.size(); ++i) {
            // Both sum the same 190 products of q·Δ; only floats round them. |q·Δ| ≤ 50 and 4, mostly far less.
            QVERIFY(std::fabs(got[i] - expected[i]) <= 190 * 0x1p-23f * 50 * 4);
        }
    }

    void whatIsNoNumberSpoilsItsRow() {
        const ResolvedSite site = w8a8(ActivationScale::Token);
        std::vector<float> x = normal(3 * 64, 9);
        x[64] = std::nanf("");
        const std::vector<float> w = normal(20 * 64, 10);
        CpuBackend backend(selectKernels(), 1, CpuPrecision::Int8);
        std::vector<float> out(3 * 20);
        const auto weight = backend.prepare(w, 20, 64, {&site, Linear::OutProj});
        backend.integerLinear(*weight, {x.data(), 3, 64, 64}, site.input, {}, {out.data(), 3, 20, 20});
        for (std::size_t i = 0; i < out.size(); ++i) {
            QCOMPARE(std::isnan(out[i]), i / 20 == 1);
        }
    }

    void whichLinearsMultiplyIntegers() {
        const CpuBackend backend(selectKernels(), 1, CpuPrecision::Int8);
        const ResolvedSite plain;
        QVERIFY(backend.multipliesIntegers(plain, Linear::InProj));
        QVERIFY(backend.multipliesIntegers(plain, Linear::OutProj));
        QVERIFY(!backend.multipliesIntegers(plain, Linear::XProj));
        QVERIFY(backend.multipliesIntegers(w8a8(ActivationScale::Static), Linear::DtProj));
        ResolvedSite group = w8a8(ActivationScale::Static);
        group.weight.granularity = {GranularityKind::Group, 32};
        QVERIFY(!backend.multipliesIntegers(group, Linear::InProj));
        ResolvedSite fp8 = w8a8(ActivationScale::Static);
        fp8.input.format = NumberFormat::Fp8E4M3;
        QVERIFY(!backend.multipliesIntegers(fp8, Linear::InProj));
        QVERIFY(!CpuBackend(selectKernels(), 1).multipliesIntegers(plain, Linear::InProj));
    }

private:
    static void instructionSets() {
        QTest::addColumn<QString>("name");
        for (const char* name : kNames) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }
};

QTEST_APPLESS_MAIN(TorchProductsTest)
#include "torch_products_test.moc"
