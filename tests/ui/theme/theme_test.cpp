// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QIcon>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

// Relative luminance and contrast ratio as WCAG 2.1 defines them.
double luminance(const QColor& colour) {
    const auto linear = [](double c) {
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

} // namespace

class ThemeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void contrastOfBlackOnWhiteIs21();
    void textIsReadable_data();
    void textIsReadable();
    void stemsAndMarksStandOut_data();
    void stemsAndMarksStandOut();
    void modesSwitchThePalette();
    void systemFollowsTheDesktop();
    void everyIconIsDrawnInTheTextColour();
    void anUnknownIconIsNull();
};

void ThemeTest::contrastOfBlackOnWhiteIs21() {
    QCOMPARE(std::lround(contrast(Qt::black, Qt::white) * 10), 210L); // WCAG's example
}

void ThemeTest::textIsReadable_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void ThemeTest::textIsReadable() {
    QFETCH(bool, dark);
    const PlotColours c = PlotColours::of(dark);
    QCOMPARE(c.isDark, dark);
    for (const QColor& ground : {c.background, c.window, c.raised}) {
        for (const QColor& text : {c.text, c.secondaryText, c.good, c.bad, c.neutral}) {
            QVERIFY2(
                contrast(text, ground) >= 4.5, qPrintable(text.name() + QLatin1Char('/') + ground.name()));
        }
    }
    QVERIFY(contrast(c.text, c.bandFill) >= 4.5);
    QVERIFY(contrast(c.bandEdge, c.background) >= 4.5); // it is the colour of the band's label
    QVERIFY(contrast(c.onAccent, c.accent) >= 4.5);
}

void ThemeTest::stemsAndMarksStandOut_data() {
    textIsReadable_data();
}

void ThemeTest::stemsAndMarksStandOut() {
    QFETCH(bool, dark);
    const PlotColours c = PlotColours::of(dark);
    for (const QColor& ground : {c.background, c.bandFill}) {
        for (const QColor& mark : {c.stem[0], c.stem[1], c.stem[2], c.stem[3], c.outlier, c.cursor}) {
            QVERIFY2(contrast(mark, ground) >= 3, qPrintable(mark.name() + QLatin1Char('/') + ground.name()));
        }
    }
    QVERIFY(contrast(c.axis, c.background) >= 3);
    QVERIFY(contrast(c.accent, c.window) >= 3);
}

void ThemeTest::modesSwitchThePalette() {
    Theme theme(qApp);
    QSignalSpy changed(&theme, &Theme::changed);
    theme.setMode(ThemeMode::Dark);
    QVERIFY(theme.isDark());
    QCOMPARE(QApplication::palette().color(QPalette::Base), PlotColours::dark().background);
    theme.setMode(ThemeMode::Light);
    QVERIFY(!theme.isDark());
    QCOMPARE(QApplication::palette().color(QPalette::Base), PlotColours::light().background);
    QCOMPARE(changed.count(), 2);
    theme.setMode(ThemeMode::Light);
    QCOMPARE(changed.count(), 2);
}

void ThemeTest::systemFollowsTheDesktop() {
    Theme theme(qApp);
    QCOMPARE(theme.mode(), ThemeMode::System);
    QPalette night;
    night.setColor(QPalette::Window, QColor(0x202020));
    night.setColor(QPalette::WindowText, QColor(0xf0f0f0));
    QApplication::setPalette(night);
    QTRY_VERIFY(theme.isDark());
    QPalette day;
    day.setColor(QPalette::Window, QColor(0xf0f0f0));
    day.setColor(QPalette::WindowText, QColor(0x202020));
    QApplication::setPalette(day);
    QTRY_VERIFY(!theme.isDark());
    // A mode that the user chose does not follow.
    theme.setMode(ThemeMode::Light);
    QApplication::setPalette(night);
    QCoreApplication::processEvents();
    QVERIFY(!theme.isDark());
}

void ThemeTest::everyIconIsDrawnInTheTextColour() {
    Theme theme(qApp);
    theme.setMode(ThemeMode::Dark);
    for (const auto* name :
         {"open",    "calibrate", "evaluate", "stop",  "undo",     "redo",  "export", "save",
          "copy",    "light",     "dark",     "theme", "log",      "add",   "remove", "close",
          "warning", "error",     "info",     "done",  "settings", "search"}) {
        const QString text = QString::fromLatin1(name);
        const QImage image = themedIcon(text, theme).pixmap(32, 32).toImage();
        bool found = false;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                found |= image.pixelColor(x, y) == theme.colours().text;
            }
        }
        QVERIFY2(found, name);
    }
}

void ThemeTest::anUnknownIconIsNull() {
    Theme theme(qApp);
    QVERIFY(themedIcon(u"no-such-icon", theme).isNull());
}

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
