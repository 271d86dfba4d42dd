// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cpu/products.h"

#include <bit>
#include <cstdlib>
#include <string_view>
#if defined(MAMBASCOPE_X86_KERNELS)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace mambascope {

extern const Bf16Products kPortableBf16Products;
extern const Int8Products kPortableInt8Products;
#if defined(MAMBASCOPE_X86_KERNELS)
extern const Bf16Products kAvx2Bf16Products, kAvx512Bf16Products, kAmxBf16Products;
extern const Int8Products kAvx2Int8Products, kAvx512Int8Products, kAmxInt8Products;
#endif

namespace {

#if defined(MAMBASCOPE_X86_KERNELS)

bool hasAvx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool hasAvx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

/// Linux hands out the tiles' registers on demand, to the whole process.
bool mayUseTiles() {
    constexpr long kRequestPermission = 0x1023, kTileData = 18; // arch/x86/include/uapi/asm/prctl.h
    static const bool granted = ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
    return granted;
}

bool hasAmx(const char* kind) {
    const bool has = std::string_view(kind) == "bf16" ? __builtin_cpu_supports("amx-bf16") != 0
                                                      : __builtin_cpu_supports("amx-int8") != 0;
    return has && hasAvx512() && __builtin_cpu_supports("amx-tile") && mayUseTiles();
}

#endif

/// The best of what a processor has, from the quickest on; `kernels` bounds it from above.
template <class Products>
const Products& best(const Kernels& kernels, const Products* (*find)(const char*), const Products& portable) {
    const char* forced = std::getenv("MAMBASCOPE_ISA");
    const std::string_view limit = forced != nullptr && std::string_view(forced) == "amx" ? "avx512" : kernels.name;
    bool reached = false;
    for (const char* name : {"avx512", "avx2"}) {
        reached = reached || limit == name;
        if (!reached) {
            continue;
        }
        // Whoever asks for avx512 by name does not want the tiles.
        const bool tiles = std::string_view(name) == "avx512" &&
                           (forced == nullptr || std::string_view(forced) != "avx512");
        if (const Products* amx = tiles ? find("amx") : nullptr) {
            return *amx;
        }
        if (const Products* products = find(name)) {
            return *products;
        }
    }
    return portable;
}

template <class From, class To, class Convert>
void pack(
    const ProductShape& shape, const From* weight, std::int64_t outputs, std::int64_t inputs,
    std::int64_t panel, To* packed, Convert convert) {
    const std::int64_t depth = shape.depth(inputs);
    for (int j = 0; j < shape.panel; ++j) {
        const std::int64_t row = panel * shape.panel + j;
        To* out = packed + j / shape.block * shape.block * depth + j % shape.block * shape.unit;
        for (std::int64_t k = 0; k < depth; ++k) {
            const bool inside = row < outputs && k < inputs;
            out[k / shape.unit * shape.block * shape.unit + k % shape.unit] =
                inside ? convert(weight[row * inputs + k]) : To{0};
        }
    }
}

} // namespace

std::uint16_t toBf16(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    if (x != x) {
        return static_cast<std::uint16_t>(bits >> 16 | 0x40);
    }
    return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void packPanel(
    const ProductShape& shape, const float* weight, std::int64_t outputs, std::int64_t inputs,
    std::int64_t panel, std::uint16_t* packed) {
    pack(shape, weight, outputs, inputs, panel, packed, toBf16);
}

void packPanel(
    const ProductShape& shape, const std::int8_t* weight, std::int64_t outputs, std::int64_t inputs,
    std::int64_t panel, std::int8_t* packed) {
    pack(shape, weight, outputs, inputs, panel, packed, [](std::int8_t q) { return q; });
}

const Bf16Products* findBf16Products(const char* name) {
    const std::string_view wanted(name);
    if (wanted == "portable") {
        return &kPortableBf16Products;
    }
#if defined(MAMBASCOPE_X86_KERNELS)
    if (wanted == "avx2" && hasAvx2()) {
        return &kAvx2Bf16Products;
    }
    if (wanted == "avx512" && hasAvx512() && __builtin_cpu_supports("avx512bf16")) {
        return &kAvx512Bf16Products;
    }
    if (wanted == "amx" && hasAmx("bf16")) {
        return &kAmxBf16Products;
    }
#endif
    return nullptr;
}

const Int8Products* findInt8Products(const char* name) {
    const std::string_view wanted(name);
    if (wanted == "portable") {
        return &kPortableInt8Products;
    }
#if defined(MAMBASCOPE_X86_KERNELS)
    if (wanted == "avx2" && hasAvx2()) {
        return &kAvx2Int8Products;
    }
    if (wanted == "avx512" && hasAvx512() && __builtin_cpu_supports("avx512vnni")) {
        return &kAvx512Int8Products;
    }
    if (wanted == "amx" && hasAmx("int8")) {
        return &kAmxInt8Products;
    }
#endif
    return nullptr;
}

const Bf16Products& selectBf16Products(const Kernels& kernels) {
    return best(kernels, &findBf16Products, kPortableBf16Products);
}

const Int8Products& selectInt8Products(const Kernels& kernels) {
    return best(kernels, &findInt8Products, kPortableInt8Products);
}

} // namespace mambascope
