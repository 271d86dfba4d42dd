// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/gguf_writer.h"

#include "core/checkpoint/tensor.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

namespace mambascope {
namespace {

constexpr std::size_t kBlock = 32;

struct TypeTraits {
    GgmlType type;
    std::string_view name;
    std::int64_t block;
    std::uint64_t bytes; ///< of a block
};
constexpr std::array<TypeTraits, 4> kTypes{
    {{GgmlType::F32, "f32", 1, 4},
     {GgmlType::F16, "f16", 1, 2},
     {GgmlType::Q8_0, "q8_0", kBlock, 2 + kBlock},
     {GgmlType::Q4_0, "q4_0", kBlock, 2 + kBlock / 2}}};

const TypeTraits& traits(GgmlType type) {
    return *std::find_if(
        kTypes.begin(), kTypes.end(), [type](const TypeTraits& t) { return t.type == type; });
}

using Block = std::span<const float, kBlock>;

void writeHalf(float value, std::byte* to) {
    const std::vector<std::byte> half = fromFloat(std::span(&value, 1), DType::F16);
    std::copy(half.begin(), half.end(), to);
}

/// A block with a NaN or an infinity has no integers; all of it becomes 0 · d with d NaN.
bool finite(Block x) {
    return std::all_of(x.begin(), x.end(), [](float value) { return std::isfinite(value); });
}

float largestMagnitude(Block x) {
    float largest = 0;
    for (const float value : x) {
        largest = std::fabs(value) > std::fabs(largest) ? value : largest;
    }
    return largest;
}

void writeQ8(Block x, std::byte* to) {
    const bool usable = finite(x);
    const float d = std::fabs(largestMagnitude(x)) / 127.0f;
    const float inverse = d != 0.0f ? 1.0f / d : 0.0f;
    writeHalf(usable ? d : NAN, to);
    for (std::size_t i = 0; i < kBlock; ++i) {
        const auto q = static_cast<std::int8_t>(usable ? std::roundf(x[i] * inverse) : 0.0f);
        to[2 + i] = static_cast<std::byte>(q);
    }
}

void writeQ4(Block x, std::byte* to) {
    const bool usable = finite(x);
    const float d = largestMagnitude(x) / -8.0f;
    const float inverse = d != 0.0f ? 1.0f / d : 0.0f;
    const auto code = [&](std::size_t i) {
        return usable ? std::min(15, static_cast<int>(x[i] * inverse + 8.5f)) : 8;
    };
    writeHalf(usable ? d : NAN, to);
    for (std::size_t i = 0; i < kBlock / 2; ++i) {
        to[2 + i] = static_cast<std::byte>(code(i) | (code(i + kBlock / 2) << 4));
    }
}

} // namespace

std::string_view ggmlTypeName(GgmlType type) {
    return traits(type).name;
}

std::optional<GgmlType> parseGgmlType(std::string_view name) {
    for (const TypeTraits& type : kTypes) {
        if (type.name == name) {
            return type.type;
        }
    }
    return std::nullopt;
}

std::int64_t ggmlBlockSize(GgmlType type) {
    return traits(type).block;
}

std::uint64_t ggmlBytes(GgmlType type, std::uint64_t count) {
    return count / static_cast<std::uint64_t>(traits(type).block) * traits(type).bytes;
}

std::vector<std::byte> toGgml(std::span<const float> values, GgmlType type) {
    assert(values.size() % static_cast<std::size_t>(ggmlBlockSize(type)) == 0);
    if (type == GgmlType::F32 || type == GgmlType::F16) {
        return fromFloat(values, type == GgmlType::F32 ? DType::F32 : DType::F16);
    }
    std::vector<std::byte> bytes(ggmlBytes(type, values.size()));
    const std::size_t step = traits(type).bytes;
    for (std::size_t i = 0; i < values.size() / kBlock; ++i) {
        const Block block = values.subspan(i * kBlock).first<kBlock>();
        (type == GgmlType::Q8_0 ? writeQ8 : writeQ4)(block, bytes.data() + i * step);
    }
    return bytes;
}

} // namespace mambascope
