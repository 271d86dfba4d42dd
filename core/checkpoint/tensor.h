// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// Element types that files hold.
enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

std::size_t elementSize(DType dtype);                       ///< bytes
std::string_view dtypeName(DType dtype);                    ///< safetensors' spelling: "F32", "BF16", …
std::optional<DType> parseDType(std::string_view name);     ///< the same spelling
bool isFloat(DType dtype);                                  ///< F64, F32, F16 or BF16
std::string shapeText(std::span<const std::int64_t> shape); ///< "[50280, 768]"

/// One tensor inside a mapped file (or any memory somebody else keeps alive). Row-major, contiguous,
/// little-endian, not necessarily aligned to its elements: copy elements out (toFloat, memcpy) instead of
/// pointing to them.
struct TensorView {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes; ///< elementCount() · elementSize(dtype)

    std::int64_t elementCount() const;
};

/// Converts any float tensor to fp32 (exact for F16, BF16, F32; rounded to nearest for F64), in `out`
/// (elementCount() values). Fails for integer tensors.
Result<void> toFloat(const TensorView& tensor, std::span<float> out);
Result<std::vector<float>> toFloat(const TensorView& tensor);

/// How many elements are NaN or infinite as fp32 (an F64 may be too large for it); `bytes` are whole
/// elements. 0 for integers.
std::size_t countNonFinite(DType dtype, std::span<const std::byte> bytes);

/// Rounds fp32 to the given float type, nearest even. Overflow of F16 gives infinity. `dtype` must be a
/// float type (otherwise the result is empty).
std::vector<std::byte> fromFloat(std::span<const float> values, DType dtype);

/// A set of named tensors that one or more files hold, and what keeps their memory alive.
class TensorFile {
public:
    const TensorView* find(std::string_view name) const; ///< null if there is none
    const std::map<std::string, TensorView, std::less<>>& tensors() const { return m_tensors; }
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }

    void add(std::string name, TensorView view) { m_tensors.emplace(std::move(name), std::move(view)); }
    void keepAlive(std::shared_ptr<const void> owner) { m_owners.push_back(std::move(owner)); }
    void keepAlive(std::shared_ptr<const MappedFile> file) { m_files.push_back(std::move(file)); }
    /// Who has read `bytes` of one of these tensors and will not soon again says so here: what is mapped from
    /// a file stops counting as this process's memory. The view stays valid.
    void release(std::span<const std::byte> bytes) const;
    void setMetadata(std::map<std::string, std::string> metadata) { m_metadata = std::move(metadata); }

private:
    std::map<std::string, TensorView, std::less<>> m_tensors;
    std::map<std::string, std::string> m_metadata;
    std::vector<std::shared_ptr<const void>> m_owners;
    std::vector<std::shared_ptr<const MappedFile>> m_files;
};

} // namespace mambascope
