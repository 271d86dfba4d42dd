// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cpu/kernels.h"

#include <cstdlib>
#include <string_view>

namespace mambascope {

extern const Kernels kPortableKernels;
#if defined(MAMBASCOPE_X86_KERNELS)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

const Kernels* findKernels(const char* name) {
    const std::string_view wanted(name);
    if (wanted == "portable") {
        return &kPortableKernels;
    }
#if defined(MAMBASCOPE_X86_KERNELS)
    if (wanted == "avx2" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return &kAvx2Kernels;
    }
    if (wanted == "avx512" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
        return &kAvx512Kernels;
    }
#endif
    return nullptr;
}

const Kernels& selectKernels() {
    if (const char* forced = std::getenv("MAMBASCOPE_ISA")) {
        if (const Kernels* kernels = findKernels(forced)) {
            return *kernels;
        }
    }
    for (const char* name : {"avx512", "avx2"}) {
        if (const Kernels* kernels = findKernels(name)) {
            return *kernels;
        }
    }
    return kPortableKernels;
}

} // namespace mambascope
