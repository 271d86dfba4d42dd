// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mambascope {

/// Element types of ggml that can be written, by ggml's own numbers. The block types hold 32 consecutive
/// values of a row with one half-precision scale d:
/// Q8_0: x ≈ d · q, q from −127 to 127, d = absmax / 127.
/// Q4_0: x ≈ d · (q − 8), q from 0 to 15, d = −m / 8 with m the value of largest magnitude.
enum class GgmlType : std::uint32_t { F32 = 0, F16 = 1, Q4_0 = 2, Q8_0 = 8 };

std::string_view ggmlTypeName(GgmlType type); ///< "f32", "f16", "q4_0", "q8_0"
std::optional<GgmlType> parseGgmlType(std::string_view name);
std::int64_t ggmlBlockSize(GgmlType type); ///< values a block: 1 or 32; a row has to be a multiple of it
/// Bytes of `count` values, a multiple of ggmlBlockSize().
std::uint64_t ggmlBytes(GgmlType type, std::uint64_t count);
/// Converts values (a multiple of ggmlBlockSize()), each block by itself. F16 and the scales round to nearest
/// even, the integers of Q8_0 half away from zero, as ggml's reference does.
std::vector<std::byte> toGgml(std::span<const float> values, GgmlType type);

/// A value of GGUF's metadata: UINT32, INT32, FLOAT32, BOOL, STRING, or an ARRAY of strings or INT32.
using GgufValue = std::variant<
    std::uint32_t, std::int32_t, float, bool, std::string, std::vector<std::string>,
    std::vector<std::int32_t>>;
using GgufMetadata = std::vector<std::pair<std::string, GgufValue>>;

/// One tensor to be written. `shape` has the slowest dimension first, as safetensors has it (GGUF stores the
/// opposite order). `produce` is called once, when its turn comes, and returns product(shape) values.
struct GgufTensor {
    std::string name;
    GgmlType type = GgmlType::F32;
    std::vector<std::int64_t> shape;
    std::function<Result<std::vector<float>>()> produce;
};

/// Writes a GGUF file, version 3, little-endian, data aligned to 32 bytes (specification: docs/gguf.md of
/// ggml), atomically. Fails, leaving nothing behind, if a producer fails or gives another number of values
/// than its shape needs; Usage if a shape is no multiple of its type's block.
Result<void> writeGguf(
    const std::filesystem::path& path, const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors);

} // namespace mambascope
