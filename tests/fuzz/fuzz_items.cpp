// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/items.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mambascope;
    const Result<std::vector<ItemResult>> items =
        itemsFromBytes(std::as_bytes(std::span(data, size)), "input");
    // What was accepted has to survive its own bytes (compared as bytes: NaN is no equal of itself).
    if (items.ok()) {
        const std::vector<std::byte> bytes = itemsToBytes(items.value());
        const Result<std::vector<ItemResult>> again = itemsFromBytes(bytes, "again");
        if (!again.ok() || itemsToBytes(again.value()) != bytes) {
            std::abort();
        }
    }
    return 0;
}
