// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pickle_globals.h"

#include <array>

namespace mambascope {
namespace {

using Role = PickleGlobal::Role;

// Complete: whatever is not here is refused.
constexpr std::array kGlobals{
    PickleGlobal{"collections.OrderedDict", Role::OrderedDict},
    PickleGlobal{"torch.Size", Role::Size},
    PickleGlobal{"torch._utils._rebuild_tensor", Role::RebuildTensor},
    PickleGlobal{"torch._utils._rebuild_tensor_v2", Role::RebuildTensorV2},
    PickleGlobal{"torch._utils._rebuild_parameter", Role::RebuildParameter},
    PickleGlobal{"torch._utils._rebuild_parameter_with_state", Role::RebuildParameterWithState},
    PickleGlobal{"torch.DoubleStorage", Role::Storage, DType::F64},
    PickleGlobal{"torch.FloatStorage", Role::Storage, DType::F32},
    PickleGlobal{"torch.HalfStorage", Role::Storage, DType::F16},
    PickleGlobal{"torch.BFloat16Storage", Role::Storage, DType::BF16},
    PickleGlobal{"torch.LongStorage", Role::Storage, DType::I64},
    PickleGlobal{"torch.IntStorage", Role::Storage, DType::I32},
    PickleGlobal{"torch.ShortStorage", Role::Storage, DType::I16},
    PickleGlobal{"torch.CharStorage", Role::Storage, DType::I8},
    PickleGlobal{"torch.ByteStorage", Role::Storage, DType::U8},
    PickleGlobal{"torch.BoolStorage", Role::Storage, DType::Bool},
    PickleGlobal{"torch.UntypedStorage", Role::Storage, DType::U8},
    PickleGlobal{"torch.storage.UntypedStorage", Role::Storage, DType::U8},
    PickleGlobal{"torch.TypedStorage", Role::AnyStorage},
    PickleGlobal{"torch.storage.TypedStorage", Role::AnyStorage},
};

} // namespace

std::int64_t findPickleGlobal(std::string_view name) {
    for (std::size_t i = 0; i < kGlobals.size(); ++i) {
        if (kGlobals[i].name == name) {
            return static_cast<std::int64_t>(i);
        }
    }
    return -1;
}

const PickleGlobal& pickleGlobal(std::int64_t index) {
    return kGlobals[static_cast<std::size_t>(index)];
}

} // namespace mambascope
