// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/ratio_map.h"

#include <QtTest>

#include <cmath>
#include <random>

using namespace mambascope;

namespace {

ModelSpec spec(int layers, int inner) {
    ModelSpec spec;
    spec.layers = layers;
    spec.hidden = inner / 2;
    spec.inner = inner;
    spec.state = 4;
    spec.dtRank = 2;
    return spec;
}

/// Every channel of out_proj's inputs between 1 and 2.
SiteAbsmax quiet(const ModelSpec& spec) {
    std::mt19937 random(5);
    SiteAbsmax absmax(static_cast<std::size_t>(spec.siteCount()));
    for (int layer = 0; layer < spec.layers; ++layer) {
        for (int i = 0; i < spec.inner; ++i) {
            absmax[static_cast<std::size_t>(SiteId{layer, Linear::OutProj}.index())].push_back(
                1 + static_cast<float>(random() % 1000) / 1000);
        }
    }
    return absmax;
}

float& at(SiteAbsmax& absmax, int layer, int channel) {
    return absmax[static_cast<std::size_t>(SiteId{layer, Linear::OutProj}.index())]
                 [static_cast<std::size_t>(channel)];
}

} // namespace

class RatioMapTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ratiosAreThoseOfTheMaxima() {
        const ModelSpec shape = spec(3, 64);
        SiteAbsmax from = quiet(shape), to = from;
        at(to, 1, 7) = 8 * at(from, 1, 7);
        at(to, 2, 3) = 0;
        const RatioMap map = ratioMap(shape, Linear::OutProj, from, to, OutlierRule::ChannelSpread, 6);
        QCOMPARE(map.at(1, 7), 3.0F);
        QCOMPARE(map.range, 3.0);
        QVERIFY(std::isinf(map.at(2, 3)) && map.at(2, 3) < 0);
        QCOMPARE(map.at(0, 0), 0.0F);
        QVERIFY(map.emptyText.empty());
        const QString csv = QString::fromStdString(ratioMapToCsv(map));
        QCOMPARE(csv.count(u'\n'), 1 + 3 * 64);
        QVERIFY(csv.contains(QStringLiteral("\n1,7,8,")));
    }

    void outliersComeAndGo() {
        const ModelSpec shape = spec(2, 64);
        SiteAbsmax from = quiet(shape), to = from;
        at(from, 0, 5) = 1000;
        at(to, 1, 60) = 500;
        const RatioMap map = ratioMap(shape, Linear::OutProj, from, to, OutlierRule::ChannelSpread, 6);
        QCOMPARE(map.changed.size(), std::size_t{2});
        QCOMPARE(map.changed[0], (ChangedOutlier{0, 5, false, 1000, at(to, 0, 5)}));
        QCOMPARE(map.changed[1], (ChangedOutlier{1, 60, true, at(from, 1, 60), 500}));
    }

    void noChangeIsLostAtAnySize() {
        const ModelSpec shape = spec(64, 5120);
        const SiteAbsmax from = quiet(shape);
        for (const int width : {200, 333, 1001, 4000, 6000}) {
            for (const int bands : {20, 64, 200}) {
                for (const bool up : {false, true}) {
                    SiteAbsmax to = from;
                    at(to, 17, 4093) *= up ? 16.0F : 1.0F / 16;
                    const RatioMap map =
                        ratioMap(shape, Linear::OutProj, from, to, OutlierRule::ChannelSpread, 6);
                    const std::vector<float> pixels = pooledRatios(map, width, bands);
                    QCOMPARE(pixels.size(), static_cast<std::size_t>(width * bands));
                    QVERIFY(std::ranges::find(pixels, up ? 4.0F : -4.0F) != pixels.end());
                }
            }
        }
    }

    void whatIsMissingOrTheSameSaysSo() {
        const ModelSpec shape = spec(2, 64);
        const SiteAbsmax some = quiet(shape);
        const auto text = [&](Linear linear, const SiteAbsmax& to) {
            return QString::fromStdString(ratioMap(shape, linear, some, to, OutlierRule::Mad, 6).emptyText);
        };
        QCOMPARE(text(Linear::InProj, some), QStringLiteral("The inputs of in_proj are not known in both."));
        QCOMPARE(
            text(Linear::OutProj, some), QStringLiteral("All channels of out_proj are as large in both."));
        QCOMPARE(text(Linear::OutProj, {}), QStringLiteral("The inputs of out_proj are not known in both."));
    }
};

QTEST_APPLESS_MAIN(RatioMapTest)
#include "ratio_map_test.moc"
