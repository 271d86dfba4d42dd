// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/config.h"

namespace mambascope {

/// Reads shape and names off the tensors of a model and checks every tensor the model needs:
/// presence, shape, float type. Adds a sentence to `warnings` for whatever is there but not used or stored in
/// mixed types.
Result<void> layOut(
    const ModelConfig& config, const TensorFile& tensors, ModelSpec& spec, TensorNames& names,
    std::vector<std::string>& warnings);

} // namespace mambascope
