// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_command.h"

#include "core/base/file.h"
#include "core/calibration/import_scales.h"
#include "core/session/session.h"
#include "ui/figures/figure_painter.h"

#include <QCommandLineParser>
#include <QFile>

#include <algorithm>
#include <array>
#include <cstdio>

namespace mambascope::ui {
namespace {

const char* const kHelp = R"(Usage: mambascope figure CALIBRATION --layer N -o FILE… [options]
       mambascope figure CALIBRATION --kind heatmap -o FILE… [options]
       mambascope figure RESULTS --kind sweep -o FILE… [options]

Draws the figure of one layer: the absolute maximum of every channel at in, x, dt and out, with the band of the
outlier rule and the outlier channels marked. Or draws a heat map of one linear in all layers: layers by
channels, with the outlier channels of every layer counted. Or draws what a sweep found: accuracy with 95 %
intervals against the checkpoints' size, α, bits or granularity, whichever its plans differ in. Needs no display
with --platform offscreen.

CALIBRATION is a calibration file (mambascope-cli calibrate), a session, whose newest calibration is taken, or
activation scales of another tool (.pt). RESULTS is the results.json in the folder of mambascope-cli sweep.

  --kind layer|heatmap|sweep  what to draw (layer)
  --layer N                 the layer, from 0
  -o, --output FILE         .pdf, .svg, .png or .csv; may be given more than once
  --force                   overwrite FILE
  --side input|output       which tensor of the linear layers (input)
  --rule RULE               channel-spread, all-elements, llm-int8 or mad (channel-spread)
  --k K                     the rule's factor (6)
  --linear                  linear instead of logarithmic axis or colours
  --site in|x|dt|out        heat map: which linear (out)
  --show absmax|sigmas      heat map: what the colours say (absmax)
  --order depth|outliers|largest  heat map: how layers are sorted (depth)
  --colours NAME            heat map: cividis, viridis or grey (cividis)
  --plan FILE               heat map: a plan, whose bits are shown beside the layers
  --width MM, --height MM   size of the figure (180 × 130)
  --dpi N                   resolution of .png (300)
  --dark                    light on dark, for slides
  -h, --help                this text

Exit status: 0 done, 1 failed, 2 usage, 3 unreadable input.
)";

enum class Kind { Layer, HeatMap, Sweep };

std::optional<Kind> parseKind(std::string_view word) {
    constexpr std::array kKinds{
        std::pair("layer", Kind::Layer), std::pair("heatmap", Kind::HeatMap), std::pair("sweep", Kind::Sweep)};
    const auto* const found = std::find_if(
        kKinds.begin(), kKinds.end(), [word](const auto& kind) { return word == kind.first; });
    return found == kKinds.end() ? std::nullopt : std::optional(found->second);
}

/// What the command line asks for.
struct Request {
    std::filesystem::path input;
    std::vector<std::filesystem::path> outputs;
    int layer = 0;
    Kind kind = Kind::Layer;
    FigureOptions figure;
    HeatOptions heat;
    ColourMap colours = ColourMap::Cividis;
    std::filesystem::path plan;
    FigureExportOptions file;
    bool force = false;
    bool help = false;
};

std::string utf8(const QString& text) {
    return text.toStdString();
}

void addOptions(QCommandLineParser& parser) {
    const auto add = [&parser](const QStringList& names, bool hasValue) {
        parser.addOption(
            hasValue ? QCommandLineOption(names, QString(), QStringLiteral("value"))
                     : QCommandLineOption(names));
    };
    for (const auto* name :
         {"kind", "layer", "side", "rule", "k", "width", "height", "dpi", "site", "show", "order", "colours",
          "plan"}) {
        add({QString::fromLatin1(name)}, true);
    }
    add({QStringLiteral("o"), QStringLiteral("output")}, true);
    for (const auto* name : {"linear", "dark", "force"}) {
        add({QString::fromLatin1(name)}, false);
    }
    add({QStringLiteral("h"), QStringLiteral("help")}, false);
}

/// Reads a number if the option is set. Usage if it is none.
template <class Number>
Result<void> readNumber(const QCommandLineParser& parser, const char* name, Number& number) {
    const QString option = QString::fromLatin1(name);
    if (!parser.isSet(option)) {
        return {};
    }
    bool ok = false;
    const QString text = parser.value(option);
    if constexpr (std::is_integral_v<Number>) {
        number = text.toInt(&ok);
    } else {
        number = text.toDouble(&ok);
    }
    if (!ok) {
        return Error::usage(utf8(QStringLiteral("--%1 needs a number, not \"%2\".").arg(option, text)));
    }
    return {};
}

Result<void> readFigureOptions(const QCommandLineParser& parser, Request& request) {
    for (auto read :
         {readNumber(parser, "layer", request.layer), readNumber(parser, "k", request.figure.k),
          readNumber(parser, "width", request.file.widthMm),
          readNumber(parser, "height", request.file.heightMm), readNumber(parser, "dpi", request.file.dpi)}) {
        if (!read.ok()) {
            return read;
        }
    }
    if (!(request.figure.k > 0)) {
        return Error::usage("--k has to be greater than 0.");
    }
    if (parser.isSet(QStringLiteral("side"))) {
        const auto side = parseSide(utf8(parser.value(QStringLiteral("side"))));
        if (!side) {
            return Error::usage("--side is input or output.");
        }
        request.figure.side = *side;
    }
    if (parser.isSet(QStringLiteral("rule"))) {
        const auto rule = parseOutlierRule(utf8(parser.value(QStringLiteral("rule"))));
        if (!rule) {
            return Error::usage("--rule is channel-spread, all-elements, llm-int8 or mad.");
        }
        request.figure.rule = *rule;
    }
    request.figure.yScale = parser.isSet(QStringLiteral("linear")) ? AxisScale::Linear : AxisScale::Log;
    request.file.dark = parser.isSet(QStringLiteral("dark"));
    request.force = parser.isSet(QStringLiteral("force"));
    return {};
}

/// Reads a word if the option is set. Usage, with the words that it may be, if it is another one.
template <class Value, class Parse>
Result<void>
readWord(const QCommandLineParser& parser, const char* name, const char* words, Parse parse, Value& value) {
    const QString option = QString::fromLatin1(name);
    if (!parser.isSet(option)) {
        return {};
    }
    const auto parsed = parse(utf8(parser.value(option)));
    if (!parsed) {
        return Error::usage(std::string("--") + name + " is " + words + ".");
    }
    value = *parsed;
    return {};
}

Result<void> readHeatOptions(const QCommandLineParser& parser, Request& request) {
    for (const auto& read :
         {readWord(parser, "site", "in, x, dt or out", parseLinear, request.heat.linear),
          readWord(parser, "show", "absmax or sigmas", parseHeatStatistic, request.heat.statistic),
          readWord(parser, "order", "depth, outliers or largest", parseHeatOrder, request.heat.order),
          readWord(parser, "colours", "cividis, viridis or grey", parseColourMap, request.colours)}) {
        if (!read.ok()) {
            return read;
        }
    }
    if (request.heat.statistic == HeatStatistic::WeightAbsmax) {
        return Error::usage("--show is absmax or sigmas.", "The weights are not in a calibration.");
    }
    request.plan = utf8(parser.value(QStringLiteral("plan")));
    request.heat.side = request.figure.side;
    request.heat.rule = request.figure.rule;
    request.heat.k = request.figure.k;
    request.heat.scale = request.figure.yScale;
    return {};
}

Result<Request> parseRequest(const QStringList& arguments) {
    QCommandLineParser parser;
    addOptions(parser);
    const std::string hint = "See: mambascope figure --help";
    if (!parser.parse(QStringList{QStringLiteral("figure")} + arguments)) {
        return Error::usage(utf8(parser.errorText()), hint);
    }
    Request request;
    request.help = parser.isSet(QStringLiteral("help"));
    if (request.help) {
        return request;
    }
    if (parser.positionalArguments().size() != 1) {
        return Error::usage("figure needs one calibration file, session or results of a sweep.", hint);
    }
    if (auto read = readWord(parser, "kind", "layer, heatmap or sweep", parseKind, request.kind); !read.ok()) {
        return read.error();
    }
    const bool needsLayer = request.kind == Kind::Layer;
    if ((needsLayer && !parser.isSet(QStringLiteral("layer"))) || !parser.isSet(QStringLiteral("output"))) {
        return Error::usage(
            needsLayer ? "figure needs --layer and -o."
                       : utf8(QStringLiteral("figure --kind %1 needs -o.")
                                  .arg(parser.value(QStringLiteral("kind")))),
            hint);
    }
    request.input = utf8(parser.positionalArguments().constFirst());
    for (const QString& output : parser.values(QStringLiteral("output"))) {
        request.outputs.emplace_back(utf8(output));
    }
    if (auto read = readFigureOptions(parser, request); !read.ok()) {
        return read.error();
    }
    if (auto read = readHeatOptions(parser, request); !read.ok()) {
        return read.error();
    }
    return request;
}

bool isSession(const std::filesystem::path& path) {
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) && file.read(15) == "SQLite format 3";
}

Result<std::shared_ptr<const CalibrationSnapshot>> readCalibration(const std::filesystem::path& path) {
    if (!isSession(path)) {
        auto loaded = openCalibrationOrScales(path);
        if (!loaded.ok()) {
            return loaded.error();
        }
        return std::shared_ptr<const CalibrationSnapshot>(
            std::make_shared<CalibrationSnapshot>(std::move(loaded.value().snapshot)));
    }
    auto session = Session::openForReading(path);
    if (!session.ok()) {
        return session.error();
    }
    auto calibration = session.value()->calibration();
    if (calibration == nullptr) {
        return Error::unreadable(
            "The session \"" + path.filename().string() + "\" has no calibration.",
            "Calibrate in the window, or with mambascope-cli calibrate.");
    }
    return calibration;
}

template <class Drawn>
Result<void> exportAll(const Drawn& figure, const Request& request) {
    for (const auto& output : request.outputs) {
        if (auto written = exportFigure(figure, output, request.file, request.force); !written.ok()) {
            return written;
        }
    }
    return {};
}

Result<void> exportHeatMap(const CalibrationSnapshot& calibration, const Request& request) {
    HeatFigure figure;
    figure.colours = request.colours;
    if (!request.plan.empty()) {
        const auto text = readFile(request.plan);
        const auto plan = text.ok() ? parsePlan(text.value(), request.plan.filename().string())
                                    : Result<QuantPlan>(text.error());
        if (!plan.ok()) {
            return plan.error();
        }
        figure.plan = heatPlanCells(plan.value(), calibration.spec.layers, request.heat.linear);
    }
    figure.map = std::make_shared<const HeatMap>(heatMap(calibration, nullptr, request.heat));
    if (!figure.map->emptyText.empty()) {
        return Error::usage(figure.map->emptyText, "Choose another --site, --side, --show or --rule.");
    }
    return exportAll(figure, request);
}

Result<void> exportSweep(const Request& request) {
    const auto text = readFile(request.input);
    if (!text.ok()) {
        return text.error();
    }
    const auto json = parseJson(text.value(), request.input.filename().string());
    if (!json.ok()) {
        return json.error();
    }
    const auto figure = sweepFigure(json.value(), request.input.filename().string());
    return figure.ok() ? exportAll(figure.value(), request) : figure.error();
}

Result<void> perform(const Request& request) {
    if (request.kind == Kind::Sweep) {
        return exportSweep(request);
    }
    const auto calibration = readCalibration(request.input);
    if (!calibration.ok()) {
        return calibration.error();
    }
    if (request.kind == Kind::HeatMap) {
        return exportHeatMap(*calibration.value(), request);
    }
    const int layers = calibration.value()->spec.layers;
    if (request.layer < 0 || request.layer >= layers) {
        return Error::usage(
            "There is no layer " + std::to_string(request.layer) + ".",
            "The model has layers 0 to " + std::to_string(layers - 1) + ".");
    }
    return exportAll(layerFigure(*calibration.value(), request.layer, request.figure), request);
}

} // namespace

int runFigureCommand(const QStringList& arguments) {
    const auto request = parseRequest(arguments);
    if (request.ok() && request.value().help) {
        std::fputs(kHelp, stdout);
        return 0;
    }
    const Result<void> done = request.ok() ? perform(request.value()) : Result<void>(request.error());
    if (done.ok()) {
        return 0;
    }
    std::fprintf(stderr, "mambascope: %s\n", describe(done.error()).c_str());
    return exitStatus(done.error());
}

} // namespace mambascope::ui
