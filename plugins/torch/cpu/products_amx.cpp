// SPDX-License-Identifier: GPL-3.0-or-later
// Products with the tile registers of Intel processors (Sapphire Rapids and later): a tile is 16 rows of 64
// bytes, and one instruction multiplies 16 rows of x, 64 bytes each, with 16 outputs.
#define MAMBASCOPE_AVX512
#define MAMBASCOPE_ISA_NAMESPACE amx
#include "plugins/torch/cpu/conversions_impl.h"

namespace mambascope {

extern const Bf16Products kAmxBf16Products;
extern const Int8Products kAmxInt8Products;

namespace {

constexpr int kTile = 16;      // rows of a tile, and outputs of a block
constexpr int kTileBytes = 64; // of a tile's row

struct alignas(64) TileConfig {
    std::uint8_t palette = 1, startRow = 0, reserved[14] = {};
    std::uint16_t bytesPerRow[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
/// In memory for good: the compiler does not see that the instruction reads all of it.
constexpr TileConfig kTileConfig;

struct Bf16 {
    using Sum = float;
    static constexpr int kBytes = 2;
};
struct Int8 {
    using Sum = std::int32_t;
    static constexpr int kBytes = 1;
};

/// Writes a tile's sums: up to kTile rows and columns of them.
template <class Sum>
void finishTile(
    const ProductTile& t, std::int64_t row, std::int64_t column, const Sum (&sums)[kTile][kTile]) {
    const std::int64_t rows = t.rows - row < kTile ? t.rows - row : kTile;
    const std::int64_t columns = t.outputs - column < kTile ? t.outputs - column : kTile;
    if (columns <= 0) {
        return;
    }
    const auto mask = static_cast<__mmask16>((1u << columns) - 1u);
    for (std::int64_t r = 0; r < rows; ++r) {
        float* out = t.c + (row + r) * t.ldc + column;
        if constexpr (__is_same(Sum, float)) {
            _mm512_mask_storeu_ps(out, mask, _mm512_load_ps(sums[r]));
        } else {
            const __m512 sum = _mm512_cvtepi32_ps(_mm512_load_si512(sums[r]));
            const __m512 scaled = _mm512_mul_ps(sum, _mm512_loadu_ps(t.outputScale + column));
            _mm512_mask_storeu_ps(out, mask, _mm512_mul_ps(scaled, _mm512_set1_ps(t.rowScale[row + r])));
        }
    }
}

// Tiles 0 to 3: sums of 2 × 2 pieces; 4, 5: x; 6, 7: weight. Their numbers are part of the instructions.

/// Two blocks of outputs for one group of 16 rows.
template <class Kind>
void addProducts() {
    if constexpr (Kind::kBytes == 2) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
    } else {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
    }
}

/// The same for the second group.
template <class Kind>
void addSecondProducts() {
    if constexpr (Kind::kBytes == 2) {
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    } else {
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    }
}

/// Two blocks of outputs for one or two groups of 16 rows.
template <class Kind, bool TwoGroups>
void multiplyPiece(const ProductTile& t, std::int64_t row, std::int64_t panel) {
    const std::int64_t blockBytes = t.depth * kTile * Kind::kBytes;
    const std::byte* w0 = t.panels + panel * 2 * blockBytes;
    const std::byte* w1 = w0 + blockBytes;
    const std::byte* a0 = t.a + row * t.lda;
    const std::byte* a1 = a0 + kTile * t.lda;
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (TwoGroups) {
        _tile_zero(2);
        _tile_zero(3);
    }
    const std::int64_t steps = t.depth * Kind::kBytes / kTileBytes, column = panel * 2 * kTile;
    constexpr std::int64_t kRows = TwoGroups ? 2 * kTile : kTile;
    const std::int64_t rows = t.rows - row < kRows ? t.rows - row : kRows;
    std::int64_t asked = 0;
    for (std::int64_t k = 0; k < steps; ++k) {
        // The results' lines come while products are made: waiting for them at the end takes half as long
        // again.
        for (; asked * steps < (k + 1) * rows; ++asked) {
            const float* line = t.c + (row + asked) * t.ldc + column;
            __builtin_prefetch(line, 1);
            __builtin_prefetch(line + kTile, 1);
        }
        _tile_loadd(4, a0 + k * kTileBytes, t.lda);
        _tile_loadd(6, w0 + k * kTile * kTileBytes, kTileBytes);
        _tile_loadd(7, w1 + k * kTile * kTileBytes, kTileBytes);
        addProducts<Kind>();
        if constexpr (TwoGroups) {
            _tile_loadd(5, a1 + k * kTileBytes, t.lda);
            addSecondProducts<Kind>();
        }
    }
    alignas(64) typename Kind::Sum sums[kTile][kTile];
    _tile_stored(0, sums, kTileBytes);
    finishTile(t, row, column, sums);
    _tile_stored(1, sums, kTileBytes);
    finishTile(t, row, column + kTile, sums);
    if constexpr (TwoGroups) {
        _tile_stored(2, sums, kTileBytes);
        finishTile(t, row + kTile, column, sums);
        _tile_stored(3, sums, kTileBytes);
        finishTile(t, row + kTile, column + kTile, sums);
    }
}

template <class Kind>
void multiply(const ProductTile& t) {
    _tile_loadconfig(&kTileConfig);
    for (std::int64_t panel = t.firstPanel; panel < t.lastPanel; ++panel) {
        for (std::int64_t row = 0; row < t.rows; row += 2 * kTile) {
            if (t.rows - row > kTile) {
                multiplyPiece<Kind, true>(t, row, panel);
            } else {
                multiplyPiece<Kind, false>(t, row, panel);
            }
        }
    }
    _tile_release();
}

constexpr ProductShape shapeOf(int bytes) {
    return {2 * kTile, kTile, 4 / bytes, kTileBytes / bytes, bytes, bytes, kTile};
}

} // namespace

const Bf16Products kAmxBf16Products{"amx", shapeOf(2), amx::convertBf16<2>, multiply<Bf16>};
const Int8Products kAmxInt8Products{
    "amx", shapeOf(1), false, amx::convertInt8<std::int8_t, 0>, multiply<Int8>};

} // namespace mambascope
