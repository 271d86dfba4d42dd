// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_gguf.h"

#include "core/base/file.h"
#include "core/model/hub_cache.h"

#include <array>
#include <cmath>
#include <cstring>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

/// llama.cpp's number for what most of the file's values are.
std::uint32_t fileType(GgmlType type) {
    switch (type) {
    case GgmlType::F16:
        return 1;
    case GgmlType::Q4_0:
        return 2;
    case GgmlType::Q8_0:
        return 7;
    case GgmlType::F32:
        break;
    }
    return 0;
}

Result<void> checkSpec(const ModelSpec& spec) {
    constexpr const char* kHint = "Export it as hf.";
    if (spec.architecture == Architecture::Mamba2 && spec.gatedNormGroups != spec.groups) {
        return Error::usage(
            "llama.cpp's Mamba-2 has a norm behind the gate for each of its groups, but this model has " +
                std::to_string(spec.gatedNormGroups) + " for " + std::to_string(spec.groups) + " groups.",
            kHint);
    }
    if (spec.inner != 2 * spec.hidden) {
        return Error::usage(
            "llama.cpp's Mamba has an inner width of twice the hidden one, but this model has " +
                std::to_string(spec.inner) + " and " + std::to_string(spec.hidden) + ".",
            kHint);
    }
    if (spec.linearBias) {
        return Error::usage(
            "llama.cpp's Mamba has no biases at in_proj and out_proj, but this model has.", kHint);
    }
    return {};
}

struct Renaming {
    const char* from; ///< behind "backbone.layers.N."
    const char* to;   ///< behind "blk.N."
    bool matrix;      ///< takes the wanted type
};
constexpr std::array<Renaming, 12> kNames{
    {{"norm.weight", "attn_norm.weight", false},
     {"mixer.in_proj.weight", "ssm_in.weight", true},
     {"mixer.conv1d.weight", "ssm_conv1d.weight", false},
     {"mixer.conv1d.bias", "ssm_conv1d.bias", false},
     {"mixer.x_proj.weight", "ssm_x.weight", true},
     {"mixer.dt_proj.weight", "ssm_dt.weight", true},
     {"mixer.dt_proj.bias", "ssm_dt.bias", false},
     {"mixer.dt_bias", "ssm_dt.bias", false},         // Mamba-2's
     {"mixer.norm.weight", "ssm_norm.weight", false}, // Mamba-2's gated norm
     {"mixer.A_log", "ssm_a", false},
     {"mixer.D", "ssm_d", false},
     {"mixer.out_proj.weight", "ssm_out.weight", true}}};

/// llama.cpp's name of a tensor, and whether it is one of the matrices.
std::pair<std::string, bool> renamed(const std::string& name) {
    constexpr std::string_view kLayers = "backbone.layers.";
    if (name == "backbone.embeddings.weight") {
        return {"token_embd.weight", true};
    }
    if (name == "lm_head.weight") {
        return {"output.weight", true};
    }
    if (name == "backbone.norm_f.weight") {
        return {"output_norm.weight", false};
    }
    if (name.starts_with(kLayers)) {
        const std::size_t dot = name.find('.', kLayers.size());
        const std::string layer = name.substr(kLayers.size(), dot - kLayers.size());
        for (const Renaming& renaming : kNames) {
            if (name.substr(dot + 1) == renaming.from) {
                return {"blk." + layer + "." + renaming.to, renaming.matrix};
            }
        }
    }
    return {};
}

/// Reads a produced fp32 tensor as values; A_log becomes A = −exp(A_log).
Result<std::vector<float>> values(const TensorToWrite& tensor) {
    auto bytes = tensor.produce();
    if (!bytes.ok()) {
        return bytes.error();
    }
    std::vector<float> result(bytes.value().size() / sizeof(float));
    if (!result.empty()) {
        std::memcpy(result.data(), bytes.value().data(), result.size() * sizeof(float));
    }
    if (tensor.name.ends_with(".A_log")) {
        for (float& value : result) {
            value = static_cast<float>(-std::exp(static_cast<double>(value)));
        }
    }
    return result;
}

GgmlType typeOf(bool matrix, GgmlType wanted, const std::vector<std::int64_t>& shape) {
    if (!matrix) {
        return GgmlType::F32;
    }
    return shape.back() % ggmlBlockSize(wanted) == 0 ? wanted : GgmlType::F16;
}

/// The shape that llama.cpp's loader asks for.
std::vector<std::int64_t>
shapeOf(const std::string& name, std::vector<std::int64_t> shape, const ModelSpec& spec) {
    if (shape.size() == 3) {
        shape.erase(shape.begin() + 1); // conv1d.weight [channels, 1, taps]
    }
    if (spec.architecture != Architecture::Mamba2) {
        return shape;
    }
    if (name.ends_with(".ssm_a") || name.ends_with(".ssm_d")) {
        return {spec.heads, 1};
    }
    if (name.ends_with(".ssm_norm.weight")) {
        return {spec.groups, spec.inner / spec.groups};
    }
    return shape;
}

GgufMetadata describe(const Checkpoint& checkpoint, GgmlType type) {
    const ModelSpec& spec = checkpoint.spec;
    const auto count = [](int value) {
        return static_cast<std::uint32_t>(value);
    };
    const bool mamba2 = spec.architecture == Architecture::Mamba2;
    const std::string architecture = mamba2 ? "mamba2" : "mamba";
    GgufMetadata metadata{
        {"general.architecture", architecture},
        {"general.name", checkpointName(checkpoint.folder)},
        {"general.file_type", fileType(type)},
        {"general.quantization_version", std::uint32_t{2}},
        {architecture + ".context_length",
         std::uint32_t{1} << 20}, // no limit of the model's; what llama.cpp's script says
        {architecture + ".embedding_length", count(spec.hidden)},
        {architecture + ".feed_forward_length", std::uint32_t{0}},
        {architecture + ".attention.head_count", std::uint32_t{0}},
        {architecture + ".block_count", count(spec.layers)},
        {architecture + ".vocab_size", count(spec.vocabulary)},
        {architecture + ".ssm.conv_kernel", count(spec.convKernel)},
        {architecture + ".ssm.inner_size", count(spec.inner)},
        {architecture + ".ssm.state_size", count(spec.state)},
        {architecture + ".ssm.time_step_rank", count(mamba2 ? spec.heads : spec.dtRank)},
        {architecture + ".attention.layer_norm_rms_epsilon", spec.normEpsilon}};
    if (mamba2) {
        metadata.emplace_back(architecture + ".ssm.group_count", count(spec.groups));
    } else {
        metadata.emplace_back(
            architecture + ".ssm.dt_b_c_rms", spec.architecture == Architecture::FalconMamba);
    }
    return metadata;
}

/// Adds the tokenizer, or says that there is none.
Result<void>
addTokenizer(const Checkpoint& checkpoint, GgufMetadata& metadata, std::vector<std::string>& notes) {
    if (checkpoint.tokenizerFile.empty()) {
        metadata.emplace_back("tokenizer.ggml.model", std::string("none"));
        notes.emplace_back(
            "The checkpoint has no tokenizer, so the file has none: llama.cpp takes token ids only.");
        return {};
    }
    const auto text = readFile(checkpoint.tokenizerFile);
    if (!text.ok()) {
        return text.error();
    }
    Json tokenizerConfig;
    if (const auto file = readFile(checkpoint.folder / "tokenizer_config.json"); file.ok()) {
        if (auto json = parseJson(file.value(), "tokenizer_config.json"); json.ok()) {
            tokenizerConfig = std::move(json).value();
        }
    }
    auto tokenizer =
        ggufTokenizer(text.value(), tokenizerConfig, checkpoint.config, checkpoint.spec.vocabulary);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    for (auto& entry : tokenizer.value()) {
        metadata.push_back(std::move(entry));
    }
    notes.emplace_back(
        "llama.cpp does not normalize text to NFC before it is tokenized, as tokenizer.json asks for; "
        "text that is in NFC already gives the same tokens.");
    return {};
}

} // namespace

Result<std::vector<std::string>> writeGgufModel(
    const fs::path& path, const Checkpoint& checkpoint, std::string_view type,
    std::vector<TensorToWrite> tensors) {
    const ModelSpec& spec = checkpoint.spec;
    const std::optional<GgmlType> wanted = parseGgmlType(type);
    if (!wanted) {
        return Error::usage(
            "\"" + std::string(type) + "\" is no type for a GGUF file.", "Choose f32, f16, q8_0 or q4_0.");
    }
    if (auto state = checkSpec(spec); !state.ok()) {
        return state.error();
    }
    std::vector<std::string> notes;
    GgufMetadata metadata = describe(checkpoint, *wanted);
    if (auto state = addTokenizer(checkpoint, metadata, notes); !state.ok()) {
        return state.error();
    }
    if (spec.architecture == Architecture::FalconMamba && spec.mixerNormEpsilon != spec.normEpsilon) {
        notes.emplace_back(
            "llama.cpp uses one epsilon for all norms; FalconMamba's norms inside a block have another "
            "one, which the file cannot hold.");
    }
    if (spec.dtMin > 0 || std::isfinite(spec.dtMax)) {
        notes.emplace_back(
            "llama.cpp does not clamp the time step, which this model keeps within limits of its own.");
    }
    std::vector<GgufTensor> written;
    for (TensorToWrite& tensor : tensors) {
        auto [name, matrix] = renamed(tensor.name);
        if (name.empty()) {
            return Error::failed("The tensor " + tensor.name + " has no name in llama.cpp.");
        }
        std::vector<std::int64_t> shape = shapeOf(name, tensor.shape, spec);
        const GgmlType stored = typeOf(matrix, *wanted, shape);
        written.push_back({std::move(name), stored, std::move(shape), [tensor] {
                               return values(tensor);
                           }});
    }
    const std::int64_t convChannels = spec.convChannels();
    for (int layer = 0; !spec.convBias && layer < spec.layers; ++layer) {
        written.push_back(
            {"blk." + std::to_string(layer) + ".ssm_conv1d.bias",
             GgmlType::F32,
             {convChannels},
             [convChannels]() -> Result<std::vector<float>> {
                 return std::vector<float>(static_cast<std::size_t>(convChannels));
             }});
    }
    if (auto state = writeGguf(path, metadata, written); !state.ok()) {
        return state.error();
    }
    return notes;
}

} // namespace mambascope
