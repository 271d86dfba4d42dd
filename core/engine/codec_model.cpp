// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/codec.h"
#include "core/engine/fields.h"
#include "core/engine/guarded.h"

#include <array>
#include <utility>

namespace mambascope::protocol {
namespace {

/// Names, so that two builds with a different order of the enumeration understand each other.
constexpr std::array<std::pair<ErrorCode, std::string_view>, 7> kErrorCodes{{
    {ErrorCode::Failed, "failed"},
    {ErrorCode::Usage, "usage"},
    {ErrorCode::Unreadable, "unreadable"},
    {ErrorCode::Cancelled, "cancelled"},
    {ErrorCode::EngineLost, "engine-lost"},
    {ErrorCode::OutOfMemory, "out-of-memory"},
    {ErrorCode::ReadOnly, "read-only"},
}};

} // namespace

Json pack(const Error& error) {
    std::string_view code = kErrorCodes[0].second;
    for (const auto& [value, name] : kErrorCodes) {
        if (value == error.code) {
            code = name;
        }
    }
    return {{"code", code}, {"message", error.message}, {"hint", error.hint}, {"context", error.context}};
}

Error unpackError(const Json& json) {
    Error error;
    std::string code;
    Fields fields(json, "error");
    fields.text("code", code)
        .text("message", error.message)
        .text("hint", error.hint)
        .text("context", error.context);
    bool known = false;
    for (const auto& [value, name] : kErrorCodes) {
        if (name == code) {
            error.code = value;
            known = true;
        }
    }
    if (!known) {
        fields.fail("code", "is unknown");
    }
    return fields.ok() ? error : fields.error();
}

Json pack(const Progress& progress) {
    return {{"phase", progress.phase}, {"done", progress.done}, {"total", progress.total}};
}

template <>
Result<Progress> unpack(const Json& json) {
    Progress progress;
    std::int64_t done = 0, total = 0;
    Fields fields(json, "progress message");
    fields.text("phase", progress.phase, 4096).integer("done", done, 0).integer("total", total, 0);
    progress.done = static_cast<std::uint64_t>(done);
    progress.total = static_cast<std::uint64_t>(total);
    return fields.result(std::move(progress));
}

Json pack(const EngineInfo& info) {
    Json devices = Json::array();
    for (const DeviceInfo& device : info.devices) {
        devices.push_back({{"id", device.id}, {"name", device.name}, {"memory", device.memoryBytes}});
    }
    return {{"name", info.name}, {"version", info.version}, {"runtime", info.runtime}, {"devices", devices}};
}

template <>
Result<EngineInfo> unpack(const Json& json) {
    EngineInfo info;
    Fields fields(json, "engine description");
    fields.text("name", info.name).text("version", info.version).text("runtime", info.runtime);
    if (const Json* devices = fields.list("devices")) {
        for (const Json& entry : *devices) {
            DeviceInfo device;
            Fields inner(entry, "device description");
            inner.text("id", device.id).text("name", device.name).integer("memory", device.memoryBytes, 0);
            if (!inner.ok()) {
                return inner.error();
            }
            info.devices.push_back(std::move(device));
        }
    }
    return fields.result(std::move(info));
}

Json pack(const LoadRequest& request) {
    return {
        {"model", request.model},
        {"device", request.device},
        {"dtype", request.dtype},
        {"threads", request.threads},
        {"reuse", request.reuseMegabytes}};
}

template <>
Result<LoadRequest> unpack(const Json& json) {
    LoadRequest request;
    Fields fields(json, "load request");
    fields.text("model", request.model).text("device", request.device).text("dtype", request.dtype);
    fields.integer("threads", request.threads, 0, 4096);
    fields.integer("reuse", request.reuseMegabytes, kAutomaticReuse, 1 << 24);
    return fields.result(std::move(request));
}

Json pack(const LoadedModel& model) {
    return {
        {"spec", toJson(model.spec)},
        {"name", model.name},
        {"path", model.path},
        {"hash", model.hash},
        {"warnings", model.warnings},
        {"device", model.device},
        {"deviceName", model.deviceName},
        {"dtype", model.dtype},
        {"hasTokenizer", model.hasTokenizer}};
}

template <>
Result<LoadedModel> unpack(const Json& json) {
    LoadedModel model;
    Fields fields(json, "model description");
    fields.text("name", model.name).text("path", model.path).text("hash", model.hash);
    fields.texts("warnings", model.warnings);
    fields.text("device", model.device).text("deviceName", model.deviceName).text("dtype", model.dtype);
    fields.boolean("hasTokenizer", model.hasTokenizer);
    if (const Json* spec = fields.map("spec")) {
        auto read = guarded<ModelSpec>("model description", [&] { return modelSpecFromJson(*spec); });
        if (!read.ok()) {
            return read.error();
        }
        model.spec = std::move(read).value();
    }
    return fields.result(std::move(model));
}

Json pack(const ExportRequest& request) {
    Json json{
        {"folder", request.folder.string()},
        {"overwrite", request.overwrite},
        {"plan", pack(request.plan)},
        {"calibrationHash", request.calibrationHash},
        {"checkpointHash", request.checkpointHash}};
    json["dtype"] = request.dtype ? std::string(dtypeName(*request.dtype)) : std::string();
    json["format"] = exportFormatName(request.format);
    json["shardBytes"] = request.shardBytes;
    json["ggufType"] = request.ggufType;
    return json;
}

template <>
Result<ExportRequest> unpack(const Json& json) {
    ExportRequest request;
    std::string folder, dtype, format;
    Fields fields(json, "export request");
    fields.text("folder", folder).boolean("overwrite", request.overwrite).text("dtype", dtype);
    fields.text("calibrationHash", request.calibrationHash).text("checkpointHash", request.checkpointHash);
    fields.text("format", format).text("ggufType", request.ggufType);
    fields.integer("shardBytes", request.shardBytes, 1);
    if (const auto known = parseExportFormat(format)) {
        request.format = *known;
    } else {
        fields.fail("format", "is unknown");
    }
    request.folder = folder;
    for (const DType known : {DType::F64, DType::F32, DType::F16, DType::BF16}) {
        if (dtype == dtypeName(known)) {
            request.dtype = known;
        }
    }
    if (!dtype.empty() && !request.dtype) {
        fields.fail("dtype", "is no float type");
    }
    if (const Json* plan = fields.map("plan")) {
        auto read = unpack<QuantPlan>(*plan);
        if (!read.ok()) {
            return read.error();
        }
        request.plan = std::move(read).value();
    }
    return fields.result(std::move(request));
}

Json pack(const ExportReport& report) {
    return {{"files", report.files}, {"notes", report.notes}, {"bytes", report.bytes}};
}

template <>
Result<ExportReport> unpack(const Json& json) {
    ExportReport report;
    Fields fields(json, "export report");
    fields.texts("files", report.files).texts("notes", report.notes).integer("bytes", report.bytes, 0);
    return fields.result(std::move(report));
}

} // namespace mambascope::protocol
