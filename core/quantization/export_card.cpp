// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_record.h"

#include "core/base/shell_word.h"
#include "core/model/hub_cache.h"

#include <algorithm>

namespace mambascope {
namespace {

/// In one line, without what Markdown would read as structure.
std::string plain(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == '\t') {
            result += ' ';
        } else if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) {
            result += '\\';
            result += c;
        } else {
            result += c;
        }
    }
    return result;
}

/// A word of a command line, in one line: Markdown's fence stays whole.
std::string word(std::string name) {
    std::ranges::replace(name, '\n', ' ');
    return shellWord(name);
}

std::string frontMatter(const ExportRequest& request) {
    const bool gguf = request.format == ExportFormat::Gguf;
    std::string text = "---\n";
    text += gguf ? "" : "library_name: transformers\n";
    text += "pipeline_tag: text-generation\ntags:\n- mamba\n- quantized\n- mambascope\n";
    text += gguf                                                ? "- gguf\n"
            : request.format == ExportFormat::CompressedTensors ? "- compressed-tensors\n"
                                                                : "";
    return text + "---\n\n";
}

const char* whatItIs(ExportFormat format) {
    switch (format) {
    case ExportFormat::CompressedTensors:
        return "The quantized linear layers are stored as integers with scales in the layout of "
               "compressed-tensors; decoded, they are the weights that were evaluated.";
    case ExportFormat::Gguf:
        return "`model.gguf` is for llama.cpp.";
    case ExportFormat::HuggingFace:
        break;
    }
    return "The weights are fake-quantized: floating-point numbers that lie on the grid of the quantized "
           "integers. The checkpoint loads like the original and is no smaller.";
}

std::string planSection(const Checkpoint& checkpoint, const QuantPlan& plan) {
    std::string text = "## Plan\n\n" + plain(planSummary(plan)) + "\n";
    const std::vector<std::string> lines = planDiff(QuantPlan(), plan, checkpoint.spec.layers);
    text += lines.empty() ? "" : "\n";
    for (const std::string& line : lines) {
        text += "- " + plain(line) + "\n";
    }
    return text + "\nHash of the plan: `" + planHash(plan) +
           "`. The whole plan stands in `mambascope.json`.\n\n";
}

std::string calibrationSection(const ExportRequest& request, const CalibrationSource* source) {
    std::string text = "## Calibration\n\n";
    if (source == nullptr) {
        return text + "None: nothing in the plan needed one.\n\n";
    }
    text += std::to_string(source->samples) + " windows of " + std::to_string(source->length) + " tokens";
    text += source->textName.empty() ? " of token ids that were given" : " of " + plain(source->textName);
    text += source->contiguous ? ", back to back from the start"
                               : ", at random positions with seed " + std::to_string(source->seed);
    text += source->partial ? "; cancelled before the last window.\n" : ".\n";
    if (!request.calibrationHash.empty()) {
        text += "Hash of the calibration: `" + request.calibrationHash + "`.\n";
    }
    return text + "\n";
}

std::string
reproduction(const Checkpoint& checkpoint, const ExportRequest& request, const CalibrationSource* source) {
    const std::string model = word(checkpointName(checkpoint.folder));
    std::string text = "## Make it again\n\n```\n";
    if (source != nullptr) {
        text += "mambascope-cli calibrate " + model + " --text " +
                (source->textName.empty() ? "TEXT" : word(source->textName)) + calibrateOptions(*source) +
                " -o calibration.safetensors\n";
    }
    text += "mambascope-cli export " + model + " --format " + std::string(exportFormatName(request.format));
    if (request.format == ExportFormat::Gguf) {
        text += " --type " + request.ggufType;
    } else if (request.dtype && *request.dtype != DType::F32) {
        text += *request.dtype == DType::F16 ? " --weights f16" : " --weights bf16";
    }
    text += " --plan mambascope.json";
    text += source != nullptr ? " --calibration calibration.safetensors" : "";
    const std::filesystem::path& folder = request.folder;
    const auto name = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
    text += " -o " + word(name.string()) + "\n```\n\n`mambascope.json` is the file in this folder";
    text += request.checkpointHash.empty()
                ? ".\n"
                : "; the original checkpoint has the hash `" + request.checkpointHash + "`.\n";
    return text;
}

} // namespace

std::string exportCard(
    const Checkpoint& checkpoint, const ExportRequest& request, const CalibrationSource* calibration,
    const std::vector<std::string>& notes) {
    const std::string plan = request.plan.name.empty() ? "unnamed plan" : request.plan.name;
    std::string text = frontMatter(request);
    text += "# " + plain(checkpointName(checkpoint.folder)) + ", " + plain(plan) + "\n\n";
    text +=
        std::string("Written by mambascope ") + MAMBASCOPE_VERSION + ". " + whatItIs(request.format) + "\n\n";
    text += planSection(checkpoint, request.plan);
    text += calibrationSection(request, calibration);
    if (!notes.empty()) {
        text += "## What to know\n\n";
        for (const std::string& note : notes) {
            text += "- " + plain(note) + "\n";
        }
        text += "\n";
    }
    return text + reproduction(checkpoint, request, calibration);
}

} // namespace mambascope
