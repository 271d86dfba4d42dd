// SPDX-License-Identifier: GPL-3.0-or-later
#define MAMBASCOPE_AVX2
#include "plugins/torch/cpu/conversions_impl.h"
#include "plugins/torch/cpu/products_impl.h"

namespace mambascope {
extern const Bf16Products kAvx2Bf16Products;
extern const Int8Products kAvx2Int8Products;
const Bf16Products kAvx2Bf16Products{
    "avx2", avx2::kShape<avx2::Bf16Dot>, avx2::convertBf16<avx2::Bf16Dot::kInputBytes>, avx2::multiply<avx2::Bf16Dot>};
const Int8Products kAvx2Int8Products{
    "avx2", avx2::kShape<avx2::Int8Dot>, avx2::Int8Dot::kBiased,
    avx2::convertInt8<std::int16_t, 0>, avx2::multiply<avx2::Int8Dot>};
} // namespace mambascope
