// SPDX-License-Identifier: GPL-3.0-or-later
#define MAMBASCOPE_AVX512
#include "plugins/torch/cpu/kernels_impl.h"

namespace mambascope {
extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels = avx512::kKernels;
} // namespace mambascope
