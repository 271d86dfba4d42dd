// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/tensor.h"

#include <bit>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>

namespace mambascope {
namespace {

template <class T>
T load(const std::byte* at) {
    // A file may place a tensor at any byte.
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

float halfToFloat(std::uint16_t half) {
    const std::uint32_t magnitude = half & 0x7fffu;
    const std::uint32_t normal = (magnitude << 13) + (112u << 23);
    const std::uint32_t infinite = normal + (112u << 23);
    // Through an integer, so that a flush-to-zero mode of the caller changes nothing.
    const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f);
    std::uint32_t bits = magnitude >= 0x7c00u ? infinite : normal;
    bits = magnitude < 0x0400u ? subnormal : bits;
    return std::bit_cast<float>(bits | ((half & 0x8000u) << 16));
}

std::uint16_t floatToHalf(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u;
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    // Rounding carries into the exponent, up to infinity, as it should.
    const std::uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
    // In [0.5, 1) one unit in the last place is 2^-24, the smallest half: the addition rounds to nearest
    // even.
    const std::uint32_t shifted = magnitude < 0x38800000u ? magnitude : 0u;
    const std::uint32_t subnormal =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(shifted) + 0.5f) - 0x3f000000u;
    std::uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
    half = magnitude >= 0x47800000u ? 0x7c00u : half;
    half = magnitude > 0x7f800000u ? 0x7e00u | ((magnitude >> 13) & 0x3ffu) : half;
    return static_cast<std::uint16_t>(sign | half);
}

float brainToFloat(std::uint16_t brain) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16);
}

std::uint16_t floatToBrain(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return static_cast<std::uint16_t>(nan ? (bits >> 16) | 0x40u : rounded);
}

template <class From, class Convert>
void readAll(const TensorView& tensor, std::span<float> out, Convert convert) {
    const std::byte* at = tensor.bytes.data();
    float* target = out.data();
    const std::size_t count = out.size();
    for (std::size_t i = 0; i < count; ++i) {
        target[i] = convert(load<From>(at + i * sizeof(From)));
    }
}

/// Elements whose bits without the sign are above those of `largest`: NaN and infinity have the largest
/// exponent.
template <class Bits>
std::size_t countAbove(std::span<const std::byte> bytes, Bits largest) {
    const std::size_t count = bytes.size() / sizeof(Bits);
    std::size_t above = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Bits bits = load<Bits>(bytes.data() + i * sizeof(Bits));
        above += static_cast<Bits>(bits << 1) > static_cast<Bits>(largest << 1) ? 1u : 0u;
    }
    return above;
}

template <class To, class Convert>
void writeAll(std::span<const float> values, std::vector<std::byte>& out, Convert convert) {
    std::byte* at = out.data();
    const float* source = values.data();
    const std::size_t count = values.size();
    for (std::size_t i = 0; i < count; ++i) {
        const To value = convert(source[i]);
        std::memcpy(at + i * sizeof(To), &value, sizeof value);
    }
}

} // namespace

std::size_t elementSize(DType dtype) {
    switch (dtype) {
    case DType::F64:
    case DType::I64:
        return 8;
    case DType::F32:
    case DType::I32:
        return 4;
    case DType::F16:
    case DType::BF16:
    case DType::I16:
        return 2;
    case DType::I8:
    case DType::U8:
    case DType::Bool:
        return 1;
    }
    return 0;
}

std::string_view dtypeName(DType dtype) {
    switch (dtype) {
    case DType::F64:
        return "F64";
    case DType::F32:
        return "F32";
    case DType::F16:
        return "F16";
    case DType::BF16:
        return "BF16";
    case DType::I64:
        return "I64";
    case DType::I32:
        return "I32";
    case DType::I16:
        return "I16";
    case DType::I8:
        return "I8";
    case DType::U8:
        return "U8";
    case DType::Bool:
        return "BOOL";
    }
    return {};
}

std::optional<DType> parseDType(std::string_view name) {
    for (const DType dtype :
         {DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64, DType::I32, DType::I16, DType::I8,
          DType::U8, DType::Bool}) {
        if (dtypeName(dtype) == name) {
            return dtype;
        }
    }
    return std::nullopt;
}

bool isFloat(DType dtype) {
    return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

std::string shapeText(std::span<const std::int64_t> shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

std::int64_t TensorView::elementCount() const {
    return static_cast<std::int64_t>(bytes.size() / elementSize(dtype));
}

Result<void> toFloat(const TensorView& tensor, std::span<float> out) {
    if (std::cmp_not_equal(out.size(), tensor.elementCount())) {
        return Error::failed(
            "A tensor of " + std::to_string(tensor.elementCount()) + " values does not fit a buffer of " +
            std::to_string(out.size()) + ".");
    }
    switch (tensor.dtype) {
    case DType::F32:
        if (!out.empty()) {
            std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
        }
        return {};
    case DType::F64:
        readAll<double>(tensor, out, [](double value) { return static_cast<float>(value); });
        return {};
    case DType::F16:
        readAll<std::uint16_t>(tensor, out, halfToFloat);
        return {};
    case DType::BF16:
        readAll<std::uint16_t>(tensor, out, brainToFloat);
        return {};
    default:
        return Error::unreadable(
            "A tensor of floating-point numbers is expected, but it is stored as " +
            std::string(dtypeName(tensor.dtype)) + ".");
    }
}

Result<std::vector<float>> toFloat(const TensorView& tensor) {
    std::vector<float> values(static_cast<std::size_t>(tensor.elementCount()));
    if (Result<void> converted = toFloat(tensor, values); !converted.ok()) {
        return converted.error();
    }
    return values;
}

std::size_t countNonFinite(DType dtype, std::span<const std::byte> bytes) {
    switch (dtype) {
    case DType::F32:
        return countAbove<std::uint32_t>(bytes, 0x7f7fffffu);
    case DType::F64:
        return countAbove(bytes, std::bit_cast<std::uint64_t>(double{std::numeric_limits<float>::max()}));
    case DType::F16:
        return countAbove<std::uint16_t>(bytes, 0x7bffu);
    case DType::BF16:
        return countAbove<std::uint16_t>(bytes, 0x7f7fu);
    default:
        return 0;
    }
}

std::vector<std::byte> fromFloat(std::span<const float> values, DType dtype) {
    assert(isFloat(dtype));
    std::vector<std::byte> bytes(values.size() * elementSize(dtype));
    switch (dtype) {
    case DType::F32:
        if (!values.empty()) {
            std::memcpy(bytes.data(), values.data(), bytes.size());
        }
        break;
    case DType::F64:
        writeAll<double>(values, bytes, [](float value) { return static_cast<double>(value); });
        break;
    case DType::F16:
        writeAll<std::uint16_t>(values, bytes, floatToHalf);
        break;
    case DType::BF16:
        writeAll<std::uint16_t>(values, bytes, floatToBrain);
        break;
    default:
        bytes.clear();
    }
    return bytes;
}

void TensorFile::release(std::span<const std::byte> bytes) const {
    for (const std::shared_ptr<const MappedFile>& file : m_files) {
        const std::span<const std::byte> all = file->bytes();
        const std::less_equal<const std::byte*> before;
        if (before(all.data(), bytes.data()) &&
            before(bytes.data() + bytes.size(), all.data() + all.size())) {
            file->release(bytes);
            return;
        }
    }
}

const TensorView* TensorFile::find(std::string_view name) const {
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? nullptr : &found->second;
}

} // namespace mambascope
