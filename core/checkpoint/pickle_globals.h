// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/tensor.h"

#include <cstdint>
#include <string_view>

namespace mambascope {

/// A Python name that the pickle of a checkpoint may use, and what it stands for here.
struct PickleGlobal {
    enum class Role {
        OrderedDict,
        Size,
        RebuildTensor,
        RebuildTensorV2,
        RebuildParameter,
        RebuildParameterWithState, ///< one with attributes of its own, as Mamba's A_log and D have
        Storage,
        AnyStorage
    };

    std::string_view name; ///< module.name
    Role role = Role::OrderedDict;
    DType dtype = DType::U8; ///< of a Storage
};

/// Index of a known global, -1 if it is not one.
std::int64_t findPickleGlobal(std::string_view name);
const PickleGlobal& pickleGlobal(std::int64_t index);

} // namespace mambascope
