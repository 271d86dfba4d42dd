// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = mambascope::parsePyTorch(std::as_bytes(std::span(data, size)), "input");
    if (file.ok()) {
        for (const auto& [name, tensor] : file.value().tensors()) {
            (void)mambascope::toFloat(tensor); // touches every byte that the pickle gives the tensor
        }
    }
    return 0;
}
