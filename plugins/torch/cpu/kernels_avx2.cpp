// SPDX-License-Identifier: GPL-3.0-or-later
#define MAMBASCOPE_AVX2
#include "plugins/torch/cpu/kernels_impl.h"

namespace mambascope {
extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = avx2::kKernels;
} // namespace mambascope
