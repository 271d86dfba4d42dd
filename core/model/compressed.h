// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/checkpoint/tensor.h"

namespace mambascope {

/// Presents the quantized linears of a checkpoint in compressed-tensors' layout as fp32 weights: every
/// "M.weight" of 8-bit integers and every "M.weight_packed" with its "M.weight_scale" becomes "M.weight" =
/// integer · scale; scales of the activations are dropped. Changes nothing unless config.json has a
/// "quantization_config" with the method "compressed-tensors". Decoded weights are held in memory (4 bytes a
/// value). Unreadable, with the tensor's name, if a scale is missing, shapes contradict each other, or the
/// weights are of a kind that cannot be decoded (zero points, other formats).
Result<void> decodeCompressed(const Json& config, TensorFile& tensors);

} // namespace mambascope
