// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

namespace mambascope::test {

/// A model whose weights are easily counted: in_proj 16 · 4, x_proj 5 · 8, dt_proj 8 · 1, out_proj 4 · 8
/// values a layer, 144 in all.
inline ModelSpec tinySpec(int layers) {
    ModelSpec spec;
    spec.layers = layers;
    spec.hidden = 4;
    spec.inner = 8;
    spec.state = 2;
    spec.dtRank = 1;
    spec.convKernel = 2;
    spec.vocabulary = 8;
    return spec;
}

} // namespace mambascope::test
