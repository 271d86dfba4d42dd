// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/calibration/calibration_bytes.h"
#include "core/checkpoint/safetensors.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace mambascope {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

constexpr std::string_view kFormatName = "mambascope-calibration";
constexpr int kFormatVersion = 1;

/// The arrays of one side under the names they have in the file.
template <class Statistics, class Visitor>
void forEachArray(Statistics& statistics, Visitor&& visit) {
    visit("absmax", statistics.absmax);
    visit("min", statistics.min);
    visit("max", statistics.max);
    visit("mean", statistics.mean);
    visit("m2", statistics.m2);
    visit("above6", statistics.above6);
    visit("histogram", statistics.histogram);
}

template <class T>
std::span<const std::byte> bytesOf(const std::vector<T>& values) {
    return std::as_bytes(std::span(values));
}

OrderedJson sourceToJson(const CalibrationSource& source) {
    OrderedJson json{
        {"checkpoint_hash", source.checkpointHash},
        {"checkpoint_name", source.checkpointName},
        {"text_hash", source.textHash},
        {"text_name", source.textName},
        {"samples", source.samples},
        {"length", source.length},
        {"seed", source.seed},
        {"contiguous", source.contiguous},
        {"partial", source.partial},
        {"tokens", source.tokens},
        {"engine", source.engine},
        {"dtype", source.dtype}};
    if (source.rotated) { // calibrations without keep the hash that they always had
        json["rotated"] = true;
    }
    return json;
}

/// Text by key, empty if it is absent or no text; the same for the other types.
template <class T>
T valueOr(const Json& json, const char* key, T fallback) {
    const auto found = json.find(key);
    if (found == json.end()) {
        return fallback;
    }
    if constexpr (std::is_same_v<T, std::string>) {
        return found->is_string() ? found->template get<std::string>() : fallback;
    } else if constexpr (std::is_same_v<T, bool>) {
        return found->is_boolean() ? found->template get<bool>() : fallback;
    } else {
        return found->is_number_integer() ? found->template get<T>() : fallback;
    }
}

CalibrationSource sourceFromJson(const Json& json) {
    CalibrationSource source;
    source.checkpointHash = valueOr(json, "checkpoint_hash", std::string());
    source.checkpointName = valueOr(json, "checkpoint_name", std::string());
    source.textHash = valueOr(json, "text_hash", std::string());
    source.textName = valueOr(json, "text_name", std::string());
    source.samples = valueOr(json, "samples", 0);
    source.length = valueOr(json, "length", 0);
    source.seed = valueOr(json, "seed", std::int64_t{0});
    source.contiguous = valueOr(json, "contiguous", false);
    source.partial = valueOr(json, "partial", false);
    source.tokens = valueOr(json, "tokens", std::int64_t{0});
    source.engine = valueOr(json, "engine", std::string());
    source.dtype = valueOr(json, "dtype", std::string());
    source.rotated = valueOr(json, "rotated", false);
    return source;
}

std::string rotatedName(SiteId site) {
    return siteName(site) + ".rotated_input";
}

/// Visits every array that the file holds, in the file's order: (name, bytes, dtype, count). Those of 8 bytes
/// a value come first, which aligns everything.
template <class Visitor>
void forEachTensor(const CalibrationSnapshot& snapshot, Visitor&& visit) {
    for (const DType type : {DType::I64, DType::F32}) {
        const auto visitSide = [&](const std::string& name, const ChannelStatistics& statistics) {
            if (statistics.channels() == 0) {
                return;
            }
            const std::string prefix = name + ".";
            const auto visitArray = [&](const char* name, const auto& values) {
                if (elementSize(type) == sizeof(values[0])) {
                    visit(prefix + name, bytesOf(values), type, values.size());
                }
            };
            forEachArray(statistics, visitArray);
            visitArray("nonfinite", std::vector<std::int64_t>{statistics.nonfinite});
        };
        for (std::size_t i = 0; i < snapshot.sites.size() * 2; ++i) {
            const Side side = i % 2 == 0 ? Side::Input : Side::Output;
            visitSide(siteName(SiteId::fromIndex(static_cast<int>(i / 2)), side), snapshot.sites[i / 2][i % 2]);
        }
        for (std::size_t i = 0; i < snapshot.rotatedInputs.size(); ++i) {
            visitSide(rotatedName(SiteId::fromIndex(static_cast<int>(i))), snapshot.rotatedInputs[i]);
        }
    }
}

/// The header of the safetensors file, padded so that the values behind it are aligned.
std::string headerOf(const CalibrationSnapshot& snapshot) {
    OrderedJson header;
    header["__metadata__"] = {
        {"format", kFormatName},
        {"version", std::to_string(kFormatVersion)},
        {"spec", toJson(snapshot.spec).dump()},
        {"source", sourceToJson(snapshot.source).dump()}};
    std::size_t size = 0;
    forEachTensor(
        snapshot,
        [&](const std::string& name, std::span<const std::byte> bytes, DType dtype, std::size_t count) {
            // Appended without operator[], which searches an ordered object from its start.
            header.get_ref<OrderedJson::object_t&>().push_back(
                {name, OrderedJson{
                           {"dtype", dtypeName(dtype)},
                           {"shape", {count}},
                           {"data_offsets", {size, size + bytes.size()}}}});
            size += bytes.size();
        });
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
}

Error damaged(std::string_view what, const std::string& reason) {
    return Error::unreadable(
        "The calibration " + std::string(what) + " is damaged: " + reason, "Calibrate again.");
}

Result<void> readTensor(
    const TensorFile& file, const std::string& name, std::string_view what, std::int64_t count,
    auto& values) {
    using Value = typename std::decay_t<decltype(values)>::value_type;
    constexpr DType kType = std::is_same_v<Value, float> ? DType::F32 : DType::I64;
    const TensorView* tensor = file.find(name);
    if (tensor == nullptr) {
        return damaged(what, "it has no tensor " + name + ".");
    }
    if (tensor->dtype != kType) {
        return damaged(
            what, name + " holds " + std::string(dtypeName(tensor->dtype)) + " values instead of " +
                      std::string(dtypeName(kType)) + ".");
    }
    if (tensor->shape != std::vector<std::int64_t>{count}) {
        return damaged(
            what, name + " has " + std::to_string(tensor->elementCount()) + " values, but its model has " +
                      std::to_string(count) + " there.");
    }
    values.resize(static_cast<std::size_t>(count));
    std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
    return {};
}

Result<ChannelStatistics>
readSide(const TensorFile& file, const std::string& site, std::string_view what, std::int64_t channels) {
    ChannelStatistics statistics;
    if (file.find(site + ".absmax") == nullptr) {
        return statistics; // this side was not observed
    }
    Result<void> state;
    forEachArray(statistics, [&](const char* name, auto& values) {
        if (state.ok()) {
            const std::int64_t count = std::string_view(name) == "histogram" ? kHistogramBins : channels;
            state = readTensor(file, site + "." + name, what, count, values);
        }
    });
    std::vector<std::int64_t> nonfinite;
    if (state.ok()) {
        state = readTensor(file, site + ".nonfinite", what, 1, nonfinite);
    }
    if (!state.ok()) {
        return state.error();
    }
    statistics.nonfinite = nonfinite[0];
    return statistics;
}

Result<Json> metadataJson(const TensorFile& file, const char* key, std::string_view what) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) {
        return damaged(what, "its metadata have no \"" + std::string(key) + "\".");
    }
    auto json = parseJson(found->second, std::string(what) + " (" + key + ")");
    if (json.ok() && !json.value().is_object()) {
        return damaged(what, "its metadata's \"" + std::string(key) + "\" is no object.");
    }
    return json;
}

Result<void> checkFormat(const TensorFile& file, std::string_view what) {
    const auto& metadata = file.metadata();
    if (!isCalibrationFile(metadata)) {
        return Error::unreadable(
            std::string(what) + " is no calibration of mambascope.",
            "Make one with \"calibrate\"; weights and scales of other programs have to be imported.");
    }
    const auto text = metadata.find("version");
    int version = 0;
    if (text != metadata.end()) {
        std::from_chars(text->second.data(), text->second.data() + text->second.size(), version);
    }
    if (version < 1) {
        return damaged(what, "its format version is missing.");
    }
    if (version > kFormatVersion) {
        return Error::unreadable(
            "The calibration " + std::string(what) + " has format version " + std::to_string(version) +
                "; this mambascope reads up to version " + std::to_string(kFormatVersion) + ".",
            "Open it with a newer mambascope, or calibrate again.");
    }
    return {};
}

Result<CalibrationSnapshot> fromTensors(const TensorFile& file, std::string_view what) {
    if (auto state = checkFormat(file, what); !state.ok()) {
        return state.error();
    }
    const auto specJson = metadataJson(file, "spec", what);
    if (!specJson.ok()) {
        return specJson.error();
    }
    const auto sourceJson = metadataJson(file, "source", what);
    if (!sourceJson.ok()) {
        return sourceJson.error();
    }
    auto spec = modelSpecFromJson(specJson.value());
    if (!spec.ok()) {
        return spec.error().within(std::string(what));
    }
    CalibrationSnapshot snapshot{std::move(spec).value(), sourceFromJson(sourceJson.value()), {}, {}};
    // Every layer that is claimed has at least one tensor, so that a damaged number cannot ask for memory.
    if (snapshot.spec.layers < 0 || static_cast<std::size_t>(snapshot.spec.layers) > file.tensors().size()) {
        return damaged(
            what, "it has " + std::to_string(file.tensors().size()) + " tensors for " +
                      std::to_string(snapshot.spec.layers) + " layers.");
    }
    snapshot.sites.resize(static_cast<std::size_t>(snapshot.spec.siteCount()));
    for (std::size_t i = 0; i < snapshot.sites.size(); ++i) {
        const SiteId site = SiteId::fromIndex(static_cast<int>(i));
        for (const Side side : {Side::Input, Side::Output}) {
            auto read = readSide(file, siteName(site, side), what, snapshot.spec.channels(site.linear, side));
            if (!read.ok()) {
                return read.error();
            }
            snapshot.sites[i][static_cast<std::size_t>(side)] = std::move(read).value();
        }
        auto rotated = readSide(file, rotatedName(site), what, snapshot.spec.inputs(site.linear));
        if (!rotated.ok()) {
            return rotated.error();
        }
        if (rotated.value().channels() > 0) {
            snapshot.rotatedInputs.resize(snapshot.sites.size());
            snapshot.rotatedInputs[i] = std::move(rotated).value();
        }
    }
    return snapshot;
}

} // namespace

bool isCalibrationFile(const std::map<std::string, std::string>& metadata) {
    const auto format = metadata.find("format");
    return format != metadata.end() && format->second == kFormatName;
}

std::string calibrationHash(const CalibrationSnapshot& snapshot) {
    ContentHasher hasher;
    hasher.add(toJson(snapshot.spec).dump() + sourceToJson(snapshot.source).dump());
    forEachTensor(
        snapshot, [&](const std::string& name, std::span<const std::byte> bytes, DType, std::size_t) {
            hasher.add(name);
            hasher.add(bytes);
        });
    return hasher.digest();
}

Result<void> writeCalibrationBytes(
    const CalibrationSnapshot& snapshot,
    const std::function<Result<void>(std::span<const std::byte>)>& take) {
    const std::string header = headerOf(snapshot);
    const std::uint64_t length = header.size();
    Result<void> state = take(std::as_bytes(std::span(&length, 1)));
    state = state.ok() ? take(std::as_bytes(std::span(header))) : state;
    forEachTensor(snapshot, [&](const std::string&, std::span<const std::byte> bytes, DType, std::size_t) {
        state = state.ok() ? take(bytes) : state;
    });
    return state;
}

Result<std::vector<std::byte>> calibrationToBytes(const CalibrationSnapshot& snapshot) {
    std::size_t size = 0;
    forEachTensor(snapshot, [&](const std::string&, std::span<const std::byte> bytes, DType, std::size_t) {
        size += bytes.size();
    });
    std::vector<std::byte> result;
    result.reserve(size + size / 8); // the header takes little beside the values
    const Result<void> written = writeCalibrationBytes(snapshot, [&](std::span<const std::byte> bytes) {
        result.insert(result.end(), bytes.begin(), bytes.end());
        return Result<void>();
    });
    return written.ok() ? Result<std::vector<std::byte>>(std::move(result)) : written.error();
}

Result<CalibrationSnapshot> calibrationFromBytes(std::span<const std::byte> bytes, std::string_view what) {
    const auto file = parseSafetensors(bytes, what);
    if (!file.ok()) {
        return file.error();
    }
    return fromTensors(file.value(), what);
}

Result<void>
saveCalibration(const std::filesystem::path& path, const CalibrationSnapshot& snapshot, bool overwrite) {
    const auto bytes = calibrationToBytes(snapshot);
    if (!bytes.ok()) {
        return bytes.error();
    }
    const auto& content = bytes.value();
    return writeFile(path, {reinterpret_cast<const char*>(content.data()), content.size()}, overwrite);
}

Result<CalibrationSnapshot> loadCalibration(const std::filesystem::path& path) {
    const auto file = openSafetensors(path);
    if (!file.ok()) {
        return file.error();
    }
    return fromTensors(file.value(), path.filename().string());
}

} // namespace mambascope
