// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/codec.h"
#include "core/engine/fields.h"
#include "core/engine/guarded.h"

namespace mambascope::protocol {
namespace {

Json packSource(const CalibrationSource& source) {
    return {
        {"checkpointHash", source.checkpointHash},
        {"checkpointName", source.checkpointName},
        {"textHash", source.textHash},
        {"textName", source.textName},
        {"samples", source.samples},
        {"length", source.length},
        {"seed", source.seed},
        {"contiguous", source.contiguous},
        {"partial", source.partial},
        {"tokens", source.tokens},
        {"engine", source.engine},
        {"dtype", source.dtype},
        {"rotated", source.rotated}};
}

Result<CalibrationSource> unpackSource(const Json& json) {
    CalibrationSource source;
    Fields fields(json, "calibration source");
    fields.text("checkpointHash", source.checkpointHash).text("checkpointName", source.checkpointName);
    fields.text("textHash", source.textHash).text("textName", source.textName);
    fields.integer("samples", source.samples, 0).integer("length", source.length, 0);
    fields.integer("seed", source.seed)
        .boolean("contiguous", source.contiguous)
        .boolean("partial", source.partial);
    fields.integer("tokens", source.tokens, 0).text("engine", source.engine).text("dtype", source.dtype);
    fields.boolean("rotated", source.rotated);
    return fields.result(std::move(source));
}

} // namespace

Json pack(const CalibrationRequest& request) {
    Json json{{"source", packSource(request.source)}};
    const std::vector<std::span<const std::int32_t>> windows(request.windows.begin(), request.windows.end());
    putRagged(json, "windows", windows);
    return json;
}

template <>
Result<CalibrationRequest> unpack(const Json& json) {
    CalibrationRequest request;
    Fields fields(json, "calibration request");
    fields.ragged("windows", request.windows);
    if (const Json* source = fields.map("source")) {
        auto read = unpackSource(*source);
        if (!read.ok()) {
            return read.error();
        }
        request.source = std::move(read).value();
    }
    return fields.result(std::move(request));
}

Result<Json> packCalibration(const CalibrationSnapshot& snapshot) {
    auto bytes = calibrationToBytes(snapshot);
    if (!bytes.ok()) {
        return bytes.error();
    }
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.value().data());
    return Json{{"bytes", binary(std::span(data, bytes.value().size()))}};
}

template <>
Result<CalibrationSnapshot> unpack(const Json& json) {
    std::vector<std::uint8_t> bytes;
    Fields fields(json, "calibration");
    fields.numbers("bytes", bytes);
    if (!fields.ok()) {
        return fields.error();
    }
    return calibrationFromBytes(std::as_bytes(std::span(bytes)), "the calibration received");
}

Json pack(const WeightStatistics& statistics) {
    Json sites = Json::array();
    for (const auto& site : statistics.columnAbsmax) {
        sites.push_back(binary(site));
    }
    return {{"columnAbsmax", std::move(sites)}};
}

template <>
Result<WeightStatistics> unpack(const Json& json) {
    WeightStatistics statistics;
    Fields fields(json, "weight statistics");
    fields.arrays("columnAbsmax", statistics.columnAbsmax);
    return fields.result(std::move(statistics));
}

Json pack(const QuantPlan& plan) {
    return Json(toJson(plan));
}

template <>
Result<QuantPlan> unpack(const Json& json) {
    return guarded<QuantPlan>("plan", [&] { return planFromJson(json, "the plan received"); });
}

} // namespace mambascope::protocol
