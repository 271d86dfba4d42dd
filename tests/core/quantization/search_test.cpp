// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/search.h"
#include "tests/core/quantization/tiny_spec.h"

#include <QTest>

#include <array>
#include <cmath>
#include <random>

using namespace mambascope;

namespace {

ModelSpec twoLayers() {
    return test::tinySpec(2);
}

QuantPlan w8a8() {
    return presetPlan("W8A8 input").value();
}

/// errors[candidate][site] that `of` gives.
template <class F>
std::vector<std::vector<double>> errorsOf(std::size_t candidates, F of) {
    std::vector<std::vector<double>> errors(candidates, std::vector<double>(8));
    for (std::size_t c = 0; c < candidates; ++c) {
        for (std::size_t s = 0; s < 8; ++s) {
            errors[c][s] = of(c, SiteId::fromIndex(static_cast<int>(s)));
        }
    }
    return errors;
}

} // namespace

class SearchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everySiteGetsItsBestAlpha() {
        const std::array grid{0.0, 0.5, 1.0};
        QCOMPARE(alphaCandidates(w8a8(), grid).size(), std::size_t{4});
        QCOMPARE(*alphaCandidates(w8a8(), grid)[1].at({1, Linear::XProj}).alpha, 0.5);
        QVERIFY(!alphaCandidates(w8a8(), grid)[3].at({1, Linear::XProj}).alpha);
        // in_proj likes 0, x_proj 0.5, dt_proj none; out_proj has 1 as the only candidate that is finite.
        const auto errors = errorsOf(4, [](std::size_t c, SiteId site) {
            constexpr std::array<std::size_t, 4> best{0, 1, 3, 2};
            const bool here = c == best[static_cast<std::size_t>(site.linear)];
            return here ? 0.1 : site.linear == Linear::OutProj ? NAN : 0.2;
        });
        const Result<SearchResult> found = chooseAlpha(twoLayers(), w8a8(), grid, errors);
        QVERIFY(found.ok());
        const QuantPlan& plan = found.value().plan;
        QCOMPARE(*plan.at({0, Linear::InProj}).alpha, 0.0);
        QCOMPARE(*plan.at({1, Linear::XProj}).alpha, 0.5);
        QVERIFY(!plan.at({1, Linear::DtProj}).alpha);
        QCOMPARE(*plan.at({0, Linear::OutProj}).alpha, 1.0);
        QCOMPARE(plan.at({0, Linear::OutProj}).activationBits, 8); // all else stays
        const OrderedJson trace = toJson(found.value());
        QCOMPARE(trace["sites"]["layers.0.dt_proj"]["chosen"].get<std::string>(), std::string("off"));
        QVERIFY(trace["sites"]["layers.0.out_proj"]["errors"][0].is_null());
    }

    void alphaOfAPlanThatQuantizesNothingIsRefused() {
        const std::array grid{0.5};
        const auto errors = errorsOf(2, [](std::size_t, SiteId) { return 0.0; });
        const auto refused = chooseAlpha(twoLayers(), QuantPlan(), grid, errors);
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().code == ErrorCode::Usage);
    }

    void countsAverageBits() {
        const ModelSpec spec = twoLayers();
        QCOMPARE(siteWeightCount(spec), std::int64_t{2 * 144});
        QCOMPARE(averageWeightBits(spec, QuantPlan()), 16.0);
        QuantPlan plan = w8a8();
        QCOMPARE(averageWeightBits(spec, plan), 8.0);
        plan.linears[static_cast<std::size_t>(Linear::InProj)].weightBits = 2; // 64 of 144 values
        QCOMPARE(averageWeightBits(spec, plan), (64 * 2 + 80 * 8) / 144.0);
        plan.linears[static_cast<std::size_t>(Linear::InProj)].weightFormat = NumberFormat::MxFp4;
        QCOMPARE(averageWeightBits(spec, plan), (64 * 4.25 + 80 * 8) / 144.0);
    }

    void bitsKeepTheBudget_data() {
        QTest::addColumn<double>("budget");
        for (const double budget : {8.0, 7.9, 6.0, 4.5, 3.1, 2.0}) {
            QTest::addRow("%.1f", budget) << budget;
        }
    }

    /// Whatever the budget: it is kept, and no site could be raised without breaking it.
    void bitsKeepTheBudget() {
        QFETCH(double, budget);
        const std::array bits{8, 6, 4, 2};
        QCOMPARE(bitCandidates(QuantPlan(), bits)[2].at({0, Linear::InProj}).weightBits, 4);
        const auto errors = errorsOf(
            4, [&](std::size_t c, SiteId site) { return std::exp2(-2.0 * bits[c]) * (1 + site.index()); });
        const ModelSpec spec = twoLayers();
        const auto found = allocateBits(spec, QuantPlan(), bits, errors, {}, budget);
        QVERIFY(found.ok());
        const double used = averageWeightBits(spec, found.value().plan);
        QVERIFY(used <= budget + 1e-12);
        for (const SearchedSite& searched : found.value().sites) {
            QCOMPARE(found.value().plan.at(searched.site).weightBits, bits[searched.chosen]);
            if (searched.chosen > 0) {
                const double count = spec.inputs(searched.site.linear) * spec.outputs(searched.site.linear);
                const double more = count * (bits[searched.chosen - 1] - bits[searched.chosen]) / (2 * 144);
                QVERIFY(used + more > budget);
            }
        }
    }

    void sensitiveSitesKeepTheirBits() {
        const std::array bits{8, 4};
        // Everything alike, but layer 1 matters a thousand times more to the model.
        const auto errors = errorsOf(2, [](std::size_t c, SiteId) { return c == 0 ? 0.0 : 1.0; });
        const auto losses = errorsOf(
            2, [](std::size_t c, SiteId site) { return c == 0 ? 0.0 : site.layer == 1 ? 1000.0 : 1.0; });
        const auto found = allocateBits(twoLayers(), QuantPlan(), bits, errors, losses, 6.0).value();
        for (const SearchedSite& searched : found.sites) {
            QCOMPARE(found.plan.at(searched.site).weightBits, searched.site.layer == 0 ? 4 : 8);
            QCOMPARE(searched.errors, (std::vector<double>{0.0, 1.0}));
        }
        // By errors alone dt_proj, which saves nothing, is the last to be lowered.
        const auto plain = allocateBits(twoLayers(), QuantPlan(), bits, errors, {}, 4.5).value();
        QCOMPARE(plain.plan.at({0, Linear::DtProj}).weightBits, 8);
        QCOMPARE(plain.plan.at({0, Linear::InProj}).weightBits, 4);
    }

    void noOtherAllocationHasASmallerLoss() {
        // Against all 3^8 allocations of random losses.
        const std::array bits{8, 4, 2};
        const ModelSpec spec = twoLayers();
        std::mt19937 random(1);
        for (const double budget : {2.0, 2.7, 4.0, 5.3, 7.9, 8.0}) {
            const auto losses = errorsOf(3, [&](std::size_t, SiteId) { return static_cast<double>(random() % 1000); });
            const auto found = allocateBits(spec, QuantPlan(), bits, losses, {}, budget).value();
            double least = INFINITY, chosen = 0;
            for (const SearchedSite& searched : found.sites) {
                chosen += searched.errors[searched.chosen];
            }
            for (int code = 0; code < 6561; ++code) {
                double loss = 0, used = 0;
                int rest = code;
                for (const SiteId site : spec.sites()) {
                    const auto c = static_cast<std::size_t>(rest % 3);
                    rest /= 3;
                    loss += losses[c][static_cast<std::size_t>(site.index())];
                    used += spec.inputs(site.linear) * spec.outputs(site.linear) * bits[c];
                }
                least = used <= budget * 288 ? std::min(least, loss) : least;
            }
            QCOMPARE(chosen, least);
        }
    }

    void weightsWithoutACommonUnitKeepTheBudgetToo() {
        // hidden 2561 and inner 5119: units are coarser than the greatest common divisor, which is 1.
        ModelSpec spec = twoLayers();
        spec.hidden = 2561, spec.inner = 5119, spec.dtRank = 161, spec.state = 16;
        const std::array bits{8, 4, 2};
        const auto errors = errorsOf(3, [&](std::size_t c, SiteId) { return std::exp2(-bits[c]); });
        for (const double budget : {2.0, 2.01, 4.7, 8.0}) {
            const auto found = allocateBits(spec, QuantPlan(), bits, errors, {}, budget);
            QVERIFY(found.ok());
            QVERIFY(averageWeightBits(spec, found.value().plan) <= budget + 1e-12);
        }
        QVERIFY(averageWeightBits(spec, allocateBits(spec, QuantPlan(), bits, errors, {}, 4.7).value().plan) > 4);
    }

    void aBudgetBelowTheFewestBitsIsRefused() {
        const std::array bits{8, 4};
        const auto errors = errorsOf(2, [](std::size_t, SiteId) { return 1.0; });
        const auto refused = allocateBits(twoLayers(), QuantPlan(), bits, errors, {}, 3.9);
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().message.find("3.9") != std::string::npos);
    }

    void oneSiteOnAndOff() {
        QuantPlan plan = w8a8();
        plan.defaults.alpha = 0.5;
        const SiteId site{1, Linear::OutProj};
        const QuantPlan on = onlySite(plan, site), off = withoutSite(plan, site);
        for (const SiteId other : twoLayers().sites()) {
            QCOMPARE(on.at(other) == plan.at(other), other == site);
            QCOMPARE(off.at(other) == plan.at(other), other != site);
        }
        QVERIFY(off.at(site) == SiteSettings{});
        QVERIFY(!on.isBaseline(2));
        QuantPlan all = presetPlan("W4 (all)").value();
        QVERIFY(!onlySite(all, site).groups.embedding); // nothing but the site
    }
};

QTEST_APPLESS_MAIN(SearchTest)
#include "search_test.moc"
