// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = mambascope::parseSafetensors(std::as_bytes(std::span(data, size)), "input");
    if (file.ok()) {
        for (const auto& [name, tensor] : file.value().tensors()) {
            (void)mambascope::toFloat(tensor); // touches every byte that the header gives the tensor
        }
    }
    return 0;
}
