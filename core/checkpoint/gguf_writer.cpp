// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/gguf_writer.h"

#include "core/base/file.h"
#include "core/checkpoint/safetensors_header.h"
#include "core/checkpoint/tensor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr std::uint32_t kVersion = 3;
constexpr std::uint64_t kAlignment = 32;
/// Values converted at a time: a large matrix is never in memory twice.
constexpr std::size_t kPiece = std::size_t{1} << 22;

/// GGUF's numbers for the kinds of metadata values.
enum class Kind : std::uint32_t { UInt32 = 4, Int32 = 5, Float32 = 6, Bool = 7, String = 8, Array = 9 };

/// Little-endian bytes, one value after the other (this program runs on little-endian machines only).
class Buffer {
public:
    template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
    void put(T value) {
        append(&value, sizeof value);
    }
    void put(const std::string& text) {
        put(static_cast<std::uint64_t>(text.size()));
        append(text.data(), text.size());
    }
    void align() { m_bytes.resize((m_bytes.size() + kAlignment - 1) / kAlignment * kAlignment); }
    std::span<const std::byte> bytes() const { return m_bytes; }

private:
    void append(const void* data, std::size_t size) {
        const std::size_t at = m_bytes.size();
        m_bytes.resize(at + size);
        if (size > 0) {
            std::memcpy(m_bytes.data() + at, data, size);
        }
    }

    std::vector<std::byte> m_bytes;
};

template <class T>
constexpr Kind kindOf() {
    if constexpr (std::is_same_v<T, std::uint32_t>) {
        return Kind::UInt32;
    } else if constexpr (std::is_same_v<T, std::int32_t>) {
        return Kind::Int32;
    } else if constexpr (std::is_same_v<T, float>) {
        return Kind::Float32;
    } else if constexpr (std::is_same_v<T, bool>) {
        return Kind::Bool;
    } else {
        return Kind::String;
    }
}

template <class T>
void putValue(Buffer& buffer, const T& value) {
    buffer.put(kindOf<T>());
    buffer.put(value);
}

template <class T>
void putValue(Buffer& buffer, const std::vector<T>& values) {
    buffer.put(Kind::Array);
    buffer.put(kindOf<T>());
    buffer.put(static_cast<std::uint64_t>(values.size()));
    for (const T& value : values) {
        buffer.put(value);
    }
}

/// Values of a tensor; Usage if its shape does not suit its type.
Result<std::uint64_t> countOf(const GgufTensor& tensor) {
    std::uint64_t count = 1;
    bool fits = !tensor.shape.empty() && tensor.shape.size() <= 4 &&
                tensor.shape.back() % ggmlBlockSize(tensor.type) == 0;
    for (const std::int64_t length : tensor.shape) {
        fits =
            fits && length >= 0 && !__builtin_mul_overflow(count, static_cast<std::uint64_t>(length), &count);
    }
    if (!fits) {
        return Error::usage(
            "The tensor " + quotedName(tensor.name) + " of shape " + shapeText(tensor.shape) +
            " cannot be written as " + std::string(ggmlTypeName(tensor.type)) + ".");
    }
    return count;
}

std::uint64_t padded(std::uint64_t size) {
    return (size + kAlignment - 1) / kAlignment * kAlignment;
}

Result<Buffer> makeHeader(const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors) {
    Buffer buffer;
    for (const char c : {'G', 'G', 'U', 'F'}) {
        buffer.put(c);
    }
    buffer.put(kVersion);
    buffer.put(static_cast<std::uint64_t>(tensors.size()));
    buffer.put(static_cast<std::uint64_t>(metadata.size()));
    for (const auto& [key, value] : metadata) {
        buffer.put(key);
        std::visit([&buffer](const auto& held) { putValue(buffer, held); }, value);
    }
    std::uint64_t offset = 0;
    for (const GgufTensor& tensor : tensors) {
        const Result<std::uint64_t> count = countOf(tensor);
        if (!count.ok()) {
            return count.error();
        }
        buffer.put(tensor.name);
        buffer.put(static_cast<std::uint32_t>(tensor.shape.size()));
        for (auto length = tensor.shape.rbegin(); length != tensor.shape.rend(); ++length) {
            buffer.put(static_cast<std::uint64_t>(*length));
        }
        buffer.put(tensor.type);
        buffer.put(offset);
        offset += padded(ggmlBytes(tensor.type, count.value()));
    }
    buffer.align();
    return buffer;
}

Result<void> writeTensor(AtomicFile& file, const GgufTensor& tensor) {
    const Result<std::vector<float>> values = tensor.produce();
    if (!values.ok()) {
        return values.error();
    }
    const std::span<const float> all = values.value();
    const std::uint64_t expected = countOf(tensor).value();
    if (all.size() != expected) {
        return Error::failed(
            "The tensor " + quotedName(tensor.name) + " has " + std::to_string(all.size()) +
            " values, but its shape " + shapeText(tensor.shape) + " needs " + std::to_string(expected) + ".");
    }
    for (std::size_t at = 0; at < all.size(); at += kPiece) {
        const auto piece = all.subspan(at, std::min(kPiece, all.size() - at));
        if (auto written = file.write(toGgml(piece, tensor.type)); !written.ok()) {
            return written;
        }
    }
    constexpr std::array<std::byte, kAlignment> kZeros{};
    const std::uint64_t size = ggmlBytes(tensor.type, expected);
    return file.write(std::span<const std::byte>(kZeros).first(padded(size) - size));
}

} // namespace

Result<void>
writeGguf(const fs::path& path, const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors) {
    const Result<Buffer> header = makeHeader(metadata, tensors);
    if (!header.ok()) {
        return header.error();
    }
    Result<AtomicFile> file = AtomicFile::create(path, false);
    if (!file.ok()) {
        return file.error();
    }
    if (auto written = file.value().write(header.value().bytes()); !written.ok()) {
        return written;
    }
    for (const GgufTensor& tensor : tensors) {
        if (auto written = writeTensor(file.value(), tensor); !written.ok()) {
            return written;
        }
    }
    return file.value().commit();
}

} // namespace mambascope
