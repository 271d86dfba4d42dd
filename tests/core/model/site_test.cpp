// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/site.h"

#include <QTest>

using namespace mambascope;

class SiteTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesAreThoseOfTheCommandLineContract() {
        QCOMPARE(siteName({7, Linear::OutProj}), std::string("layers.7.out_proj"));
        QCOMPARE(siteName({0, Linear::XProj}, Side::Input), std::string("layers.0.x_proj.input"));
        QCOMPARE(siteName({12, Linear::DtProj}, Side::Output), std::string("layers.12.dt_proj.output"));
    }

    void everySiteHasOneNameAndOneIndex() {
        for (int index = 0; index < 4 * 64; ++index) {
            const SiteId site = SiteId::fromIndex(index);
            QCOMPARE(site.index(), index);
            QVERIFY(parseSite(siteName(site)) == site);
        }
        QVERIFY((SiteId{0, Linear::OutProj} < SiteId{1, Linear::InProj}));
    }

    void refusesWhatIsNoSite() {
        for (const char* text :
             {"", "layers", "layers.", "layers.1", "layers.1.", "layers.-1.x_proj", "layers.+1.x_proj",
              "layers.01.x_proj", "layers.1.x", "layers.1.x_proj.input", "layers.1.x_projs", "layers.x_proj",
              "layers.99999999999.x_proj", "Layers.1.x_proj", "layers.1 .x_proj"}) {
            QVERIFY2(!parseSite(text).has_value(), text);
        }
    }

    void linearsHaveTwoSpellings() {
        for (const Linear linear : kLinears) {
            QVERIFY(parseLinear(linearName(linear)) == linear);
            QVERIFY(parseLinear(linearShortName(linear)) == linear);
        }
        QVERIFY(!parseLinear("conv1d").has_value());
        for (const Side side : {Side::Input, Side::Output}) {
            QVERIFY(parseSide(sideName(side)) == side);
        }
        QVERIFY(!parseSide("in").has_value());
    }
};

QTEST_APPLESS_MAIN(SiteTest)
#include "site_test.moc"
