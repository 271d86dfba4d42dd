// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/metrics.h"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace mambascope {

/// Item results of one task as the session stores them. A byte with the format (1), then a count, then for
/// every item: index, gold, predicted, predictedNorm, flags (1 correct, 2 correctNorm, 4 nonfinite, 8
/// greedy), number of scores, and the scores as little-endian float64. Whole numbers are LEB128, signed ones
/// zigzag. Every bit of a score survives, NaN and infinities too.
std::vector<std::byte> itemsToBytes(std::span<const ItemResult> items);
/// Unreadable if the bytes are no such list; allocates no more than the bytes can hold.
Result<std::vector<ItemResult>> itemsFromBytes(std::span<const std::byte> bytes, std::string_view what);

} // namespace mambascope
