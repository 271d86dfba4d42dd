// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/tensor.h"
#include "core/quantization/plan.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// What other programs load: an ordinary checkpoint with fake-quantized weights, integers with scales in
/// compressed-tensors' layout, or llama.cpp's file.
enum class ExportFormat { HuggingFace, CompressedTensors, Gguf };
std::string_view exportFormatName(ExportFormat format); ///< "hf", "compressed-tensors", "gguf"
std::optional<ExportFormat> parseExportFormat(std::string_view name);

struct ExportRequest {
    std::filesystem::path folder;
    bool overwrite = false;
    QuantPlan plan;
    std::string calibrationHash; ///< recorded in mambascope.json; may be empty
    std::string checkpointHash;
    std::optional<DType>
        dtype; ///< of the written float weights; none: fp32, which holds every fake-quantized value exactly
    ExportFormat format = ExportFormat::HuggingFace;
    std::int64_t shardBytes = 5'000'000'000; ///< a safetensors file larger than this is cut into several
    std::string ggufType = "q8_0";           ///< of llama.cpp's matrices: "f32", "f16", "q8_0" or "q4_0"
};

struct ExportReport {
    std::vector<std::string> files;
    std::vector<std::string> notes; ///< what the checkpoint alone cannot express, a sentence each
    std::int64_t bytes = 0;
};

} // namespace mambascope
