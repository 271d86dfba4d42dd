// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/session/session.h"
#include "tests/support/paths.h"
#include "ui/figures/figure_command.h"
#include "ui/theme/colour_map.h"

#include <QImage>
#include <QStringList>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

/// Two layers; the four sites of a layer have 64, 128, 4 and 128 channels. Channel c of every site has absmax
/// 1 + c / 100, channel 7 of layers.1.out_proj has 500.
CalibrationSnapshot handmadeCalibration() {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 2;
    snapshot.spec.hidden = 64;
    snapshot.spec.inner = 128;
    snapshot.spec.dtRank = 4;
    snapshot.spec.state = 16;
    snapshot.spec.convKernel = 4;
    snapshot.spec.vocabulary = 512;
    snapshot.source.checkpointName = "handmade";
    snapshot.source.checkpointHash = "00112233445566778899aabbccddeeff";
    snapshot.source.samples = 1;
    snapshot.source.length = 8;
    snapshot.source.tokens = 8;
    snapshot.source.engine = "hand";
    snapshot.source.dtype = "f32";
    snapshot.sites.resize(8);
    for (int index = 0; index < 8; ++index) {
        const SiteId site = SiteId::fromIndex(index);
        const int channels = site.linear == Linear::InProj ? 64 : site.linear == Linear::DtProj ? 4 : 128;
        ChannelStatistics statistics;
        for (int c = 0; c < channels; ++c) {
            statistics.absmax.push_back(1.0F + static_cast<float>(c) / 100);
        }
        if (index == 7) {
            statistics.absmax[7] = 500;
        }
        statistics.max = statistics.absmax;
        statistics.min.assign(statistics.absmax.size(), 0.0F);
        statistics.mean.assign(statistics.absmax.size(), 0.5F);
        statistics.m2.assign(statistics.absmax.size(), 0.1F);
        statistics.above6.assign(statistics.absmax.size(), 0);
        statistics.histogram.assign(kHistogramBins, 0);
        snapshot.sites[static_cast<std::size_t>(index)][0] = statistics;
    }
    return snapshot;
}

} // namespace

class FigureCommandTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void drawsALayerIntoSeveralFiles();
    void drawsAHeatMapTheSameTwice();
    void aHeatMapShowsEveryOutlier();
    void drawsASweep();
    void takesASession();
    void badCommandLinesAreUsage_data();
    void badCommandLinesAreUsage();
    void unreadableInputIs3();
    void helpSucceeds();

private:
    QString path(const char* name) const { return QString::fromStdString((m_folder.path() / name).string()); }
    test::TemporaryFolder m_folder;
};

void FigureCommandTest::initTestCase() {
    const auto saved = saveCalibration(m_folder.path() / "c.safetensors", handmadeCalibration(), false);
    QVERIFY2(saved.ok(), saved.ok() ? "" : describe(saved.error()).c_str());
}

void FigureCommandTest::drawsALayerIntoSeveralFiles() {
    const QStringList arguments{
        path("c.safetensors"), QStringLiteral("--layer"), QStringLiteral("1"), QStringLiteral("-o"),
        path("a.csv"),         QStringLiteral("-o"),      path("a.png"),       QStringLiteral("--output"),
        path("a.pdf"),         QStringLiteral("--k"),     QStringLiteral("5")};
    QCOMPARE(runFigureCommand(arguments), 0);
    const auto csv = readFile(m_folder.path() / "a.csv");
    QVERIFY(csv.ok());
    // Channel 7 of out_proj, of absmax 500, is an outlier.
    QVERIFY(csv.value().find(",7,500,1,") != std::string::npos);
    QVERIFY(std::filesystem::file_size(m_folder.path() / "a.png") > 1000);
    QVERIFY(std::filesystem::file_size(m_folder.path() / "a.pdf") > 1000);
    QCOMPARE(runFigureCommand(arguments), 2); // the files exist
    QCOMPARE(runFigureCommand(arguments + QStringList{QStringLiteral("--force")}), 0);
}

void FigureCommandTest::drawsAHeatMapTheSameTwice() {
    const auto plan = presetPlan("W8A8 input").value();
    QVERIFY(writeFile(m_folder.path() / "plan.json", toJson(plan).dump(), true).ok());
    for (const char* name : {"h1", "h2"}) {
        QStringList arguments{path("c.safetensors"),     QStringLiteral("--kind"),  QStringLiteral("heatmap"),
                              QStringLiteral("--order"), QStringLiteral("largest"), QStringLiteral("--show"),
                              QStringLiteral("sigmas"),  QStringLiteral("--plan"),  path("plan.json")};
        for (const char* extension : {".pdf", ".svg", ".png", ".csv"}) {
            arguments << QStringLiteral("-o") << path(name) + QLatin1String(extension);
        }
        QCOMPARE(runFigureCommand(arguments), 0);
    }
    for (const char* extension : {".pdf", ".svg", ".png", ".csv"}) {
        const auto first = readFile(m_folder.path() / (std::string("h1") + extension));
        const auto second = readFile(m_folder.path() / (std::string("h2") + extension));
        QVERIFY(first.ok() && second.ok());
        QVERIFY2(first.value() == second.value(), extension);
        QVERIFY(first.value().size() > 1000);
    }
    const auto csv = readFile(m_folder.path() / "h1.csv");
    QVERIFY(csv.value().starts_with("layer,channel,sigmas,spreads,outlier\n1,0,")); // layer 1 has the largest
    const auto svg = readFile(m_folder.path() / "h1.svg");
    QVERIFY(svg.value().find("handmade · out_proj inputs") != std::string::npos);
}

void FigureCommandTest::aHeatMapShowsEveryOutlier() {
    QCOMPARE(
        runFigureCommand(
            {path("c.safetensors"), QStringLiteral("--kind"), QStringLiteral("heatmap"),
             QStringLiteral("--dpi"), QStringLiteral("72"), QStringLiteral("-o"), path("o.png")}),
        0);
    const QImage image(path("o.png"));
    QVERIFY(!image.isNull());
    // Channel 7 of layer 1 alone has the largest colour: more of it than a line, and in the field, not only
    // in the bar of colours, which is at the right.
    const QRgb largest = colourTable(ColourMap::Cividis)[255];
    int inField = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width() * 3 / 4; ++x) {
            inField += (image.pixel(x, y) & 0xffffff) == (largest & 0xffffff);
        }
    }
    QVERIFY2(inField > 20, qPrintable(QString::number(inField)));
}

void FigureCommandTest::drawsASweep() {
    const auto plan = [](const char* name, int bits, double accuracy) {
        return Json{
            {"plan_name", name},
            {"plan", {{"defaults", {{"w_bits", bits}}}}},
            {"tasks",
             {{"copa",
               {{"metric", "acc"},
                {"acc", accuracy},
                {"acc_stderr", 0.02},
                {"acc_interval", {accuracy - 0.04, accuracy + 0.04}}}}}}};
    };
    const Json results{
        {"title", "A sweep"},
        {"checkpoints",
         {{{"name", "demo"}, {"parameters", 1}, {"plans", {plan("eight", 8, 0.9), plan("four", 4, 0.5)}}}}}};
    QVERIFY(writeFile(m_folder.path() / "results.json", results.dump(), true).ok());
    for (const char* name : {"s1", "s2"}) {
        QStringList arguments{path("results.json"), QStringLiteral("--kind"), QStringLiteral("sweep")};
        for (const char* extension : {".pdf", ".svg", ".png", ".csv"}) {
            arguments << QStringLiteral("-o") << path(name) + QLatin1String(extension);
        }
        QCOMPARE(runFigureCommand(arguments), 0);
    }
    for (const char* extension : {".pdf", ".svg", ".png", ".csv"}) {
        const auto first = readFile(m_folder.path() / (std::string("s1") + extension));
        const auto second = readFile(m_folder.path() / (std::string("s2") + extension));
        QVERIFY(first.ok() && second.ok());
        QVERIFY2(first.value() == second.value(), extension);
    }
    const std::string svg = readFile(m_folder.path() / "s1.svg").value();
    for (const char* shown : {">eight<", ">four<", ">copa<", ">Average<"}) {
        QVERIFY2(svg.find(shown) != std::string::npos, shown);
    }
    const std::string csv = readFile(m_folder.path() / "s1.csv").value();
    QVERIFY(csv.starts_with("panel,series,x,plan,accuracy,low,high\n\"\",\"eight\",\"copa\",\"eight\",90,"));
    QCOMPARE(
        runFigureCommand({path("c.safetensors"), QStringLiteral("--kind"), QStringLiteral("sweep"),
                          QStringLiteral("-o"), path("s3.png")}),
        3);
}

void FigureCommandTest::takesASession() {
    {
        auto session = Session::create(m_folder.path() / "s.mscope", false);
        QVERIFY(session.ok());
        const auto snapshot = std::make_shared<const CalibrationSnapshot>(handmadeCalibration());
        CheckpointReference reference;
        reference.path = "/nowhere";
        reference.name = "handmade";
        reference.hash = snapshot->source.checkpointHash;
        reference.spec = snapshot->spec;
        QVERIFY(session.value()->setCheckpoint(reference).ok());
        QCOMPARE(
            runFigureCommand(
                {path("s.mscope"), QStringLiteral("--layer"), QStringLiteral("1"), QStringLiteral("-o"),
                 path("none.csv")}),
            3); // no calibration yet
        QVERIFY(!std::filesystem::exists(m_folder.path() / "none.csv"));
        QVERIFY(session.value()->addCalibration(snapshot).ok());
    }
    QCOMPARE(
        runFigureCommand(
            {path("s.mscope"), QStringLiteral("--layer"), QStringLiteral("1"), QStringLiteral("-o"),
             path("s.csv")}),
        0);
    QVERIFY(readFile(m_folder.path() / "s.csv").value().find(",7,500,1,") != std::string::npos);
}

void FigureCommandTest::badCommandLinesAreUsage_data() {
    QTest::addColumn<QString>("arguments");
    for (const auto* arguments :
         {"",
          "C",
          "C --layer 1",
          "C -o F.png",
          "C --layer 2 -o F.png",
          "C --layer -1 -o F.png",
          "C --layer one -o F.png",
          "C --layer 1 -o F.jpeg",
          "C C --layer 1 -o F.png",
          "C --layer 1 -o F.png --k 0",
          "C --layer 1 -o F.png --k x",
          "C --layer 1 -o F.png --side up",
          "C --layer 1 -o F.png --rule mine",
          "C --layer 1 -o F.png --dpi 1",
          "C --layer 1 -o F.png --width 1",
          "C --layer 1 -o F.png --what",
          "C --kind pie -o F.png",
          "C --kind heatmap",
          "C --kind heatmap -o F.png --site q",
          "C --kind heatmap -o F.png --show weight",
          "C --kind heatmap -o F.png --order random",
          "C --kind heatmap -o F.png --colours jet",
          "C --kind heatmap -o F.png --side output"}) {
        QTest::newRow(arguments) << QString::fromLatin1(arguments);
    }
}

void FigureCommandTest::badCommandLinesAreUsage() {
    QFETCH(QString, arguments);
    QStringList list;
    for (const QString& word : arguments.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        list
            << (word == QLatin1String("C")          ? path("c.safetensors")
                : word.startsWith(QLatin1Char('F')) ? path("bad") + word.mid(1)
                                                    : word);
    }
    QCOMPARE(runFigureCommand(list), 2);
    QVERIFY(!std::filesystem::exists(m_folder.path() / "bad.png"));
}

void FigureCommandTest::unreadableInputIs3() {
    QVERIFY(writeFile(m_folder.path() / "garbage", "no calibration at all", false).ok());
    for (const auto* name : {"garbage", "missing.safetensors"}) {
        QCOMPARE(
            runFigureCommand(
                {path(name), QStringLiteral("--layer"), QStringLiteral("0"), QStringLiteral("-o"),
                 path("x.png")}),
            3);
    }
}

void FigureCommandTest::helpSucceeds() {
    QCOMPARE(runFigureCommand({QStringLiteral("--help")}), 0);
}

QTEST_MAIN(FigureCommandTest)
#include "figure_command_test.moc"
