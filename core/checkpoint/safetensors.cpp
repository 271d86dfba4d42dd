// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors.h"

#include "core/checkpoint/file_kind.h"
#include "core/checkpoint/safetensors_header.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "tensor data is used as it lies in the file");

constexpr std::uint64_t kLargestHeader = 100'000'000;

/// The header's bytes as text.
Result<std::string_view> headerText(std::span<const std::byte> file, std::string_view what) {
    if (isLfsPointer(file)) {
        return lfsPointerError(what);
    }
    if (file.size() < 8) {
        return truncatedFile(
            what, "it has " + std::to_string(file.size()) + " bytes, and a safetensors file has at least 8");
    }
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    if (length > kLargestHeader) {
        return Error::unreadable(
            std::string(what) + " is not a safetensors file, or damaged: its header would have " +
                std::to_string(length) + " bytes, more than 100 MB.",
            "Choose a .safetensors file.");
    }
    if (length > file.size() - 8) {
        return truncatedFile(
            what, "its header has " + std::to_string(length) + " bytes, but only " +
                      std::to_string(file.size() - 8) + " follow");
    }
    return std::string_view(reinterpret_cast<const char*>(file.data()) + 8, length);
}

/// Element types that safetensors files may have and that no Mamba checkpoint needs, and what they are.
std::string_view foreignType(std::string_view dtype) {
    if (dtype.starts_with("F8") || dtype.starts_with("F6") || dtype.starts_with("F4")) {
        return "floats of 8 bits or fewer";
    }
    if (dtype.starts_with('C')) {
        return "complex numbers";
    }
    return dtype == "U16" || dtype == "U32" || dtype == "U64" ? "unsigned integers" : "";
}

Error unknownDType(std::string_view what, const HeaderEntry& entry) {
    const std::string_view foreign = foreignType(entry.dtype);
    if (foreign.empty()) {
        return Error::unreadable(
            "The type " + quotedName(entry.dtype) + " of the tensor " + quotedName(entry.name) + " of " +
                std::string(what) + " is unknown.",
            "Known types are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL.");
    }
    return Error::unreadable(
        "The tensor " + quotedName(entry.name) + " of " + std::string(what) + " is stored as " +
            quotedName(entry.dtype) + " (" + std::string(foreign) + "), which mambascope does not read.",
        "If the model was quantized, open the checkpoint that it was made from; otherwise save it again in "
        "float32, bfloat16 or float16.");
}

/// product · factor, or nothing if that exceeds what a span can hold.
std::optional<std::uint64_t> byteCount(const std::vector<std::uint64_t>& shape, std::uint64_t elementBytes) {
    std::uint64_t product = elementBytes;
    for (const std::uint64_t length : shape) {
        if (length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
            __builtin_mul_overflow(product, length, &product)) {
            return std::nullopt;
        }
    }
    return product;
}

/// Checks one entry against the data and makes its view.
Result<TensorView> viewOf(const HeaderEntry& entry, std::span<const std::byte> data, std::string_view what) {
    const std::string tensor = "the tensor " + quotedName(entry.name);
    const std::optional<DType> dtype = parseDType(entry.dtype);
    if (!dtype) {
        return unknownDType(what, entry);
    }
    TensorView view;
    view.dtype = *dtype;
    view.shape.assign(entry.shape.begin(), entry.shape.end());
    const std::optional<std::uint64_t> size = byteCount(entry.shape, elementSize(*dtype));
    if (!size) {
        return damagedFile(
            what, "is damaged: the shape of " + tensor + " has more elements than can be counted");
    }
    if (entry.begin > entry.end) {
        return damagedFile(
            what, "is damaged: " + tensor + " ends at byte " + std::to_string(entry.end) +
                      " before it begins at byte " + std::to_string(entry.begin));
    }
    if (entry.end - entry.begin != *size) {
        return damagedFile(
            what, "is damaged: " + tensor + " of shape " + shapeText(view.shape) + " and type " +
                      entry.dtype + " needs " + std::to_string(*size) + " bytes, but its range has " +
                      std::to_string(entry.end - entry.begin));
    }
    if (entry.end > data.size()) {
        return truncatedFile(
            what, tensor + " ends at byte " + std::to_string(entry.end) + " of the data, which have only " +
                      std::to_string(data.size()) + " bytes");
    }
    view.bytes = data.subspan(entry.begin, *size);
    return view;
}

/// The tensors have to cover the data without overlap and without a hole.
Result<void> checkCoverage(std::vector<HeaderEntry>& entries, std::uint64_t dataSize, std::string_view what) {
    std::sort(entries.begin(), entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
        return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    std::uint64_t covered = 0;
    const HeaderEntry* previous = nullptr;
    for (const HeaderEntry& entry : entries) {
        if (entry.begin < covered) {
            return damagedFile(
                what, "is damaged: the tensors " + quotedName(previous->name) + " and " +
                          quotedName(entry.name) + " overlap");
        }
        if (entry.begin > covered) {
            return damagedFile(
                what, "is damaged: the data have a hole of " + std::to_string(entry.begin - covered) +
                          " bytes before the tensor " + quotedName(entry.name));
        }
        covered = entry.end;
        previous = &entry;
    }
    if (covered != dataSize) {
        return damagedFile(
            what,
            "is damaged: " + std::to_string(dataSize - covered) + " bytes at its end belong to no tensor");
    }
    return {};
}

} // namespace

Result<TensorFile> parseSafetensors(std::span<const std::byte> file, std::string_view what) {
    const Result<std::string_view> text = headerText(file, what);
    if (!text.ok()) {
        return text.error();
    }
    Result<SafetensorsHeader> header = parseSafetensorsHeader(text.value(), what);
    if (!header.ok()) {
        return header.error();
    }
    const std::span<const std::byte> data = file.subspan(8 + text.value().size());
    TensorFile result;
    for (const HeaderEntry& entry : header.value().tensors) {
        Result<TensorView> view = viewOf(entry, data, what);
        if (!view.ok()) {
            return view.error();
        }
        result.add(entry.name, std::move(view).value());
    }
    if (Result<void> covered = checkCoverage(header.value().tensors, data.size(), what); !covered.ok()) {
        return covered.error();
    }
    result.setMetadata(std::move(header.value().metadata));
    return result;
}

Result<TensorFile> openSafetensors(const fs::path& path) {
    const auto file = MappedFile::open(path);
    if (!file.ok()) {
        return file.error();
    }
    Result<TensorFile> tensors = parseSafetensors(file.value()->bytes(), path.string());
    if (tensors.ok()) {
        tensors.value().keepAlive(file.value());
    }
    return tensors;
}

} // namespace mambascope
