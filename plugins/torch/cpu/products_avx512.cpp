// SPDX-License-Identifier: GPL-3.0-or-later
#define MAMBASCOPE_AVX512
#define MAMBASCOPE_DOT
#define MAMBASCOPE_ISA_NAMESPACE avx512_dot
#include "plugins/torch/cpu/conversions_impl.h"
#include "plugins/torch/cpu/products_impl.h"

namespace mambascope {
extern const Bf16Products kAvx512Bf16Products;
extern const Int8Products kAvx512Int8Products;
const Bf16Products kAvx512Bf16Products{
    "avx512", avx512_dot::kShape<avx512_dot::Bf16Dot>, avx512_dot::convertBf16<avx512_dot::Bf16Dot::kInputBytes>, avx512_dot::multiply<avx512_dot::Bf16Dot>};
const Int8Products kAvx512Int8Products{
    "avx512", avx512_dot::kShape<avx512_dot::Int8Dot>, avx512_dot::Int8Dot::kBiased,
    avx512_dot::convertInt8<std::uint8_t, 128>, avx512_dot::multiply<avx512_dot::Int8Dot>};
} // namespace mambascope
