// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/checkpoint/tensor.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace mambascope {

/// A storage that a pickle refers to; its bytes lie elsewhere in the file.
struct PickledStorage {
    std::string_view key;
    DType dtype = DType::F32;
    std::uint64_t count = 0;  ///< elements
    std::uint64_t offset = 0; ///< elements before it, where it is a view of the storage `key`
};

/// A tensor as PyTorch rebuilds it: a window on a storage. Nothing is checked against the storage yet.
struct PickledTensor {
    std::size_t storage = 0; ///< index into Pickle::storages
    std::int64_t offset = 0; ///< all in elements
    std::vector<std::int64_t> shape, strides;
};

/// One value of a pickle. Values refer to each other by index, so that neither reading nor dropping them
/// recurses.
struct PickleValue {
    enum class Kind { None, Bool, Integer, Real, Text, Bytes, Tuple, List, Dict, Global, Storage, Tensor };

    Kind kind = Kind::None;
    std::int64_t integer = 0; ///< number, truth value, index of a storage or tensor, which global
    double real = 0;
    std::string_view text;            ///< of Text (valid UTF-8) and Bytes, in the pickle's own memory
    std::vector<std::uint32_t> items; ///< elements; of a Dict key, value, key, value, …
};

/// What a pickle holds.
struct Pickle {
    std::vector<PickleValue> values;
    std::vector<PickledStorage> storages;
    std::vector<PickledTensor> tensors;
    std::uint32_t root = 0;
    std::size_t size = 0; ///< bytes up to and including its end

    const PickleValue& at(std::uint32_t index) const { return values[index]; }
    /// The value of a text key, the last one if there are several; null if there is none.
    const PickleValue* member(const PickleValue& dict, std::string_view key) const;
};

/// Reads the pickle (protocol 2 to 5, as torch.save writes) at the start of `bytes`. This is no Python: it
/// knows tensors, their storages, torch.Size, OrderedDict and plain values, and runs nothing. Unreadable,
/// each with its own sentence: a truncated pickle, an unknown opcode, any other global (named in the
/// sentence), a value that contains itself or is nested deeper than 64 levels, more than 500 000 values, 4
/// million steps or 16 MB. `bytes` has to outlive the result; `what` names the file.
Result<Pickle> unpickle(std::span<const std::byte> bytes, std::string_view what);

/// A name as it may stand in a message: in quotes, with everything but printable ASCII replaced.
std::string quotedAscii(std::string_view name);

/// Whether the text is well-formed UTF-8 (no overlong forms, no surrogates).
bool isUtf8(std::string_view text);

/// The problem with the shape of the values, if there is one: a value that contains itself, or too many
/// levels.
std::optional<std::string_view> nestingProblem(const Pickle& pickle);

} // namespace mambascope
