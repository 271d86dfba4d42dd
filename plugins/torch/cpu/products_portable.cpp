// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cpu/conversions_impl.h"
#include "plugins/torch/cpu/products_impl.h"

namespace mambascope {
extern const Bf16Products kPortableBf16Products;
extern const Int8Products kPortableInt8Products;
const Bf16Products kPortableBf16Products{
    "portable", portable::kShape<portable::Bf16Dot>, portable::convertBf16<portable::Bf16Dot::kInputBytes>, portable::multiply<portable::Bf16Dot>};
const Int8Products kPortableInt8Products{
    "portable", portable::kShape<portable::Int8Dot>, portable::Int8Dot::kBiased,
    portable::convertInt8<std::int16_t, 0>, portable::multiply<portable::Int8Dot>};
} // namespace mambascope
