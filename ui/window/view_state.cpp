// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/view_state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>

namespace mambascope::ui {
namespace {

constexpr std::array<std::string_view, 3> kMiddles{"overview", "both", "layer"};

std::string text(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void readInt(const Json& json, const char* key, int low, int high, int& value) {
    const auto found = json.find(key);
    if (found != json.end() && found->is_number_integer()) {
        const auto number = found->get<std::int64_t>();
        if (number >= low && number <= high) {
            value = static_cast<int>(number);
        }
    }
}

void readSeed(const Json& json, qint64& value) {
    const auto found = json.find("seed");
    if (found != json.end() && found->is_number_integer()) {
        value = found->get<std::int64_t>();
    }
}

void readBool(const Json& json, const char* key, bool& value) {
    const auto found = json.find(key);
    if (found != json.end() && found->is_boolean()) {
        value = found->get<bool>();
    }
}

void readString(const Json& json, const char* key, QString& value) {
    const auto found = json.find(key);
    if (found != json.end() && found->is_string()) {
        value = QString::fromStdString(found->get<std::string>());
    }
}

Json calibrationJson(const CalibrationSettings& settings) {
    return {
        {"text", settings.textFile.toStdString()},
        {"samples", settings.samples},
        {"length", settings.length},
        {"seed", settings.seed},
        {"contiguous", settings.contiguous},
        {"rotated", settings.rotated}};
}

void readCalibration(const Json& json, CalibrationSettings& settings) {
    readString(json, "text", settings.textFile);
    readInt(json, "samples", 1, 1'000'000, settings.samples);
    readInt(json, "length", 1, 1'000'000, settings.length);
    readSeed(json, settings.seed);
    readBool(json, "contiguous", settings.contiguous);
    readBool(json, "rotated", settings.rotated);
}

Json evaluationJson(const EvaluationSettings& settings) {
    Json tasks = Json::array();
    for (const Task task : settings.tasks) {
        tasks.push_back(std::string(taskName(task)));
    }
    Json files = Json::array();
    for (const QString& file : settings.taskFiles) {
        files.push_back(file.toStdString());
    }
    return {
        {"folder", settings.folder.toStdString()},
        {"tasks", std::move(tasks)},
        {"task_files", std::move(files)},
        {"limit", settings.limit},
        {"seed", settings.seed},
        {"early_stop", settings.earlyStop},
        {"reuse_memory", settings.reuseMegabytes}};
}

void readEvaluation(const Json& json, EvaluationSettings& settings) {
    readString(json, "folder", settings.folder);
    readInt(json, "limit", 0, 100'000'000, settings.limit);
    readSeed(json, settings.seed);
    readInt(json, "reuse_memory", kAutomaticReuse, 1 << 24, settings.reuseMegabytes);
    if (const auto level = json.find("early_stop"); level != json.end() && level->is_number() &&
                                                    level->get<double>() >= 0 &&
                                                    level->get<double>() <= 0.5) {
        settings.earlyStop = level->get<double>();
    }
    const auto entries = [&json](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_array() ? *found : Json::array();
    };
    settings.taskFiles.clear();
    for (const Json& file : entries("task_files")) {
        if (file.is_string()) {
            settings.taskFiles.append(QString::fromStdString(file.get<std::string>()));
        }
    }
    std::vector<Task> tasks;
    for (const Json& name : entries("tasks")) {
        if (const auto task = name.is_string() ? parseTask(name.get<std::string>()) : std::nullopt) {
            tasks.push_back(*task);
        }
    }
    if (!tasks.empty() || !settings.taskFiles.isEmpty()) {
        settings.tasks = tasks;
    }
}

Json searchJson(const SearchSettings& settings) {
    return {
        {"target", std::string(searchTargetName(settings.target))},
        {"text", settings.textFile.toStdString()},
        {"samples", settings.samples},
        {"length", settings.length},
        {"seed", settings.seed},
        {"grid", settings.grid.toStdString()},
        {"bits", settings.bits},
        {"average_bits", settings.averageBits},
        {"budget_bytes", settings.budgetBytes},
        {"weighted", settings.weighted},
        {"on", settings.only},
        {"off", settings.without}};
}

void readSearch(const Json& json, SearchSettings& settings) {
    settings.target = parseSearchTarget(text(json, "target")).value_or(settings.target);
    readString(json, "text", settings.textFile);
    readInt(json, "samples", 1, 1'000'000, settings.samples);
    readInt(json, "length", 2, 1'000'000, settings.length);
    readSeed(json, settings.seed);
    readString(json, "grid", settings.grid);
    readBool(json, "weighted", settings.weighted);
    readBool(json, "on", settings.only);
    readBool(json, "off", settings.without);
    if (const auto bits = json.find("average_bits"); bits != json.end() && bits->is_number()) {
        settings.averageBits = std::clamp(bits->get<double>(), 2.0, 8.0);
    }
    if (const auto bytes = json.find("budget_bytes"); bytes != json.end() && bytes->is_number_integer()) {
        settings.budgetBytes = std::max<qint64>(0, bytes->get<std::int64_t>());
    }
    std::vector<int> bits;
    for (const Json& width : json.value("bits", Json::array())) {
        if (width.is_number_integer() && width.get<std::int64_t>() >= 2 && width.get<std::int64_t>() <= 8) {
            bits.push_back(static_cast<int>(width.get<std::int64_t>()));
        }
    }
    std::ranges::sort(bits, std::greater{});
    bits.erase(std::ranges::unique(bits).begin(), bits.end());
    settings.bits = bits.empty() ? settings.bits : bits;
}

} // namespace

Json toJson(const ViewData& view) {
    return {
        {"layer", view.layer},
        {"side", std::string(sideName(view.side))},
        {"rule", std::string(outlierRuleName(view.rule))},
        {"k", view.k},
        {"weight_panels", view.weightPanels},
        {"diagram", view.diagram},
        {"linear", std::string(linearName(view.linear))},
        {"channel", view.channel},
        {"scale", std::string(axisScaleName(view.scale))},
        {"middle", std::string(kMiddles[static_cast<std::size_t>(view.middle)])},
        {"heat_statistic", std::string(heatStatisticName(view.heatStatistic))},
        {"heat_order", std::string(heatOrderName(view.heatOrder))},
        {"heat_scale", std::string(axisScaleName(view.heatScale))},
        {"colours", std::string(colourMapName(view.colourMap))},
        {"all_layers", view.allLayers},
        {"docks", view.docks.toBase64().toStdString()},
        {"calibration", calibrationJson(view.calibration)},
        {"evaluation", evaluationJson(view.evaluation)},
        {"search", searchJson(view.search)}};
}

void readView(const Json& json, ViewData& view) {
    if (!json.is_object()) {
        return;
    }
    readInt(json, "layer", 0, 1'000'000, view.layer);
    view.side = parseSide(text(json, "side")).value_or(view.side);
    view.rule = parseOutlierRule(text(json, "rule")).value_or(view.rule);
    if (const auto k = json.find("k"); k != json.end() && k->is_number()) {
        const double number = k->get<double>();
        view.k = std::isfinite(number) && number > 0 ? number : view.k;
    }
    view.linear = parseLinear(text(json, "linear")).value_or(view.linear);
    readBool(json, "weight_panels", view.weightPanels);
    readBool(json, "diagram", view.diagram);
    readInt(json, "channel", -1, 100'000'000, view.channel);
    view.scale = parseAxisScale(text(json, "scale")).value_or(view.scale);
    if (const auto middle = std::ranges::find(kMiddles, text(json, "middle")); middle != kMiddles.end()) {
        view.middle = static_cast<Middle>(middle - kMiddles.begin());
    }
    view.heatStatistic = parseHeatStatistic(text(json, "heat_statistic")).value_or(view.heatStatistic);
    view.heatOrder = parseHeatOrder(text(json, "heat_order")).value_or(view.heatOrder);
    view.heatScale = parseAxisScale(text(json, "heat_scale")).value_or(view.heatScale);
    view.colourMap = parseColourMap(text(json, "colours")).value_or(view.colourMap);
    readBool(json, "all_layers", view.allLayers);
    if (const std::string docks = text(json, "docks"); !docks.empty()) {
        view.docks = QByteArray::fromBase64(QByteArray::fromStdString(docks));
    }
    if (const auto found = json.find("calibration"); found != json.end() && found->is_object()) {
        readCalibration(*found, view.calibration);
    }
    if (const auto found = json.find("evaluation"); found != json.end() && found->is_object()) {
        readEvaluation(*found, view.evaluation);
    }
    if (const auto found = json.find("search"); found != json.end() && found->is_object()) {
        readSearch(*found, view.search);
    }
}

template <class T>
void ViewState::assign(T ViewData::*member, const T& value) {
    if (!(m_data.*member == value)) {
        m_data.*member = value;
        Q_EMIT changed();
    }
}

void ViewState::set(const ViewData& data) {
    if (!(m_data == data)) {
        m_data = data;
        Q_EMIT changed();
    }
}

void ViewState::setLayer(int layer) {
    assign(&ViewData::layer, layer);
}
void ViewState::setLinear(Linear linear) {
    assign(&ViewData::linear, linear);
}
void ViewState::setSelection(int layer, Linear linear, int channel) {
    ViewData data = m_data;
    data.layer = layer;
    data.linear = linear;
    data.channel = channel;
    set(data);
}
void ViewState::setWeightPanels(bool shown) {
    assign(&ViewData::weightPanels, shown);
}
void ViewState::setDiagram(bool shown) {
    assign(&ViewData::diagram, shown);
}
void ViewState::setMiddle(Middle middle) {
    assign(&ViewData::middle, middle);
}
void ViewState::setHeatStatistic(HeatStatistic statistic) {
    assign(&ViewData::heatStatistic, statistic);
}
void ViewState::setHeatOrder(HeatOrder order) {
    assign(&ViewData::heatOrder, order);
}
void ViewState::setHeatScale(AxisScale scale) {
    assign(&ViewData::heatScale, scale);
}
void ViewState::setColourMap(ColourMap map) {
    assign(&ViewData::colourMap, map);
}
void ViewState::setSide(Side side) {
    assign(&ViewData::side, side);
}
void ViewState::setRule(OutlierRule rule) {
    assign(&ViewData::rule, rule);
}
void ViewState::setK(double k) {
    assign(&ViewData::k, k);
}
void ViewState::setScale(AxisScale scale) {
    assign(&ViewData::scale, scale);
}
void ViewState::setAllLayers(bool all) {
    assign(&ViewData::allLayers, all);
}
void ViewState::setDocks(const QByteArray& docks) {
    assign(&ViewData::docks, docks);
}
void ViewState::setCalibration(const CalibrationSettings& settings) {
    assign(&ViewData::calibration, settings);
}
void ViewState::setEvaluation(const EvaluationSettings& settings) {
    assign(&ViewData::evaluation, settings);
}
void ViewState::setSearch(const SearchSettings& settings) {
    assign(&ViewData::search, settings);
}

} // namespace mambascope::ui
