// SPDX-License-Identifier: GPL-3.0-or-later
// The input is tokenizer.json, then a zero byte, then text to be encoded with it.
#include "core/tokenizer/tokenizer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find('\0'), size);
    const auto tokenizer = mambascope::Tokenizer::fromJson(input.substr(0, end), "input");
    if (tokenizer.ok()) {
        (void)tokenizer.value()->vocabularySize();
        const std::string_view text = input.substr(std::min(end + 1, size));
        const std::vector<std::int32_t> ids = tokenizer.value()->encode(text);
        // Words that are known by now have to give the same ids.
        if (tokenizer.value()->encode(text) != ids) {
            std::abort();
        }
        (void)tokenizer.value()->decode(ids);
    }
    return 0;
}
