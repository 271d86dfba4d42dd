// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cpu/kernels_impl.h"

namespace mambascope {
extern const Kernels kPortableKernels;
const Kernels kPortableKernels = portable::kKernels;
} // namespace mambascope
