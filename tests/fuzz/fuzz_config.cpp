// SPDX-License-Identifier: GPL-3.0-or-later
// The input is config.json, then a zero byte, then a safetensors file: what decides the shape of a model.
#include "core/checkpoint/safetensors.h"
#include "core/model/config.h"
#include "core/model/layout.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mambascope;
    static const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("fuzz-config-" + std::to_string(getpid()) + ".json");
    const std::uint8_t* end = std::find(data, data + size, std::uint8_t{0});
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(data), end - data);
    const Result<ModelConfig> config = readConfig(file);
    std::filesystem::remove(file);
    if (!config.ok() || end == data + size) {
        return 0;
    }
    const auto weights = parseSafetensors(std::as_bytes(std::span(end + 1, data + size)), "input");
    if (weights.ok()) {
        ModelSpec spec;
        TensorNames names;
        std::vector<std::string> warnings;
        if (layOut(config.value(), weights.value(), spec, names, warnings).ok()) {
            (void)compareConfig(config.value(), spec);
        }
    }
    return 0;
}
