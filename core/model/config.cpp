// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/config.h"

#include "core/base/file.h"

#include <array>
#include <cmath>
#include <limits>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestConfig = 16u << 20;
constexpr const char* kSupported = "Mamba-1 checkpoints (MambaForCausalLM, model_type \"mamba\", and "
                                   "state-spaces' own layout) can be opened.";

/// Python's json module writes Infinity and NaN, which are not JSON. None of the keys needed here holds one.
std::string withoutPythonNumbers(std::string text) {
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inString && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            inString = !inString;
        } else if (!inString) {
            for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
                if (text.compare(i, word.size(), word) == 0) {
                    text.replace(i, word.size(), "null");
                    break;
                }
            }
        }
    }
    return text;
}

std::string printable(const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return text.substr(0, 80);
}

Error unsupported(const std::string& what) {
    return Error::unreadable(
        "The architecture of this checkpoint (" + what + ") is not supported.", kSupported);
}

/// The reason why this is not a Mamba-1 model, or nothing.
std::optional<Error> refusal(const Json& json, const fs::path& file, bool& huggingFace) {
    if (json.contains("model_type")) {
        if (json["model_type"] != "mamba") {
            return unsupported("model_type \"" + printable(json["model_type"]) + "\"");
        }
        return std::nullopt;
    }
    if (json.contains("architectures")) {
        if (json["architectures"] != Json::array({"MambaForCausalLM"})) {
            return unsupported("architectures " + printable(json["architectures"]));
        }
        return std::nullopt;
    }
    if (!json.contains("d_model") || !json.contains("n_layer")) {
        return Error::unreadable(
            file.string() + " does not say which architecture the model has.", kSupported);
    }
    huggingFace = false;
    const Json ssm = json.value("ssm_cfg", Json::object());
    if (ssm.is_object() && ssm.contains("layer") && ssm["layer"] != "Mamba1") {
        return unsupported("ssm_cfg.layer \"" + printable(ssm["layer"]) + "\"");
    }
    if (json.contains("attn_layer_idx") && !json["attn_layer_idx"].empty()) {
        return unsupported("Mamba with attention layers");
    }
    if (json.contains("rms_norm") && json["rms_norm"] == false) {
        return unsupported("Mamba with LayerNorm instead of RMSNorm");
    }
    if (json.contains("d_intermediate") && json["d_intermediate"] != 0) {
        return unsupported("Mamba with MLP layers");
    }
    return std::nullopt;
}

std::optional<std::int64_t> integerOf(const Json& json, const char* key) {
    if (!json.contains(key) || !json[key].is_number_integer()) {
        return std::nullopt;
    }
    return json[key].get<std::int64_t>();
}

std::optional<bool> booleanOf(const Json& json, const char* key) {
    if (!json.contains(key) || !json[key].is_boolean()) {
        return std::nullopt;
    }
    return json[key].get<bool>();
}

Result<void> readEpsilon(ModelConfig& config, const fs::path& file) {
    if (!config.json.contains("layer_norm_epsilon")) {
        if (config.huggingFace) {
            config.warnings.push_back("config.json has no layer_norm_epsilon; 1e-05 is used.");
        }
        return {};
    }
    const Json& value = config.json["layer_norm_epsilon"];
    const double epsilon = value.is_number() ? value.get<double>() : std::nan("");
    if (!(epsilon >= 0 && epsilon < 1)) {
        return Error::unreadable(
            "layer_norm_epsilon in " + file.string() + " is not a number from 0 to 1 (" + printable(value) +
                ").",
            "Correct config.json; Mamba models use 1e-05.");
    }
    config.normEpsilon = static_cast<float>(epsilon);
    return {};
}

void compare(std::vector<std::string>& warnings, const Json& json, const char* key, std::int64_t actual) {
    const std::optional<std::int64_t> said = integerOf(json, key);
    if (said && *said != actual) {
        warnings.push_back(
            std::string("config.json says ") + key + " " + std::to_string(*said) + ", but the tensors have " +
            std::to_string(actual) + "; the tensors are believed.");
    }
}

void compareFlag(
    std::vector<std::string>& warnings, const Json& json, const char* key, bool actual,
    const std::string& tensors) {
    const std::optional<bool> said = booleanOf(json, key);
    const std::string have = actual ? "have " + tensors : "have none";
    if (!said) {
        warnings.push_back(std::string("config.json does not say ") + key + "; the tensors " + have + ".");
    } else if (*said != actual) {
        warnings.push_back(
            std::string("config.json says ") + key + (*said ? " true" : " false") + ", but the tensors " +
            have + "; the tensors are believed.");
    }
}

void compareDType(std::vector<std::string>& warnings, const Json& json, DType actual) {
    static constexpr std::array<std::pair<std::string_view, DType>, 4> kNames{
        {{"float64", DType::F64},
         {"float32", DType::F32},
         {"float16", DType::F16},
         {"bfloat16", DType::BF16}}};
    for (const char* key : {"dtype", "torch_dtype"}) {
        for (const auto& [name, dtype] : kNames) {
            if (json.contains(key) && json[key] == name && dtype != actual) {
                warnings.push_back(
                    std::string("config.json says ") + key + " " + std::string(name) +
                    ", but the weights are stored as " + std::string(dtypeName(actual)) + ".");
            }
        }
    }
}

} // namespace

Result<ModelConfig> readConfig(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
        return Error::unreadable(
            file.parent_path().string() + " has no config.json.",
            "A checkpoint is a folder with config.json and model.safetensors or pytorch_model.bin.");
    }
    Result<std::string> text = readFile(file, kLargestConfig);
    if (!text.ok()) {
        return text.error();
    }
    Result<Json> json = parseJson(withoutPythonNumbers(std::move(text).value()), file.string());
    if (!json.ok()) {
        return json.error();
    }
    if (!json.value().is_object()) {
        return Error::unreadable(
            file.string() + " is not the description of a model: it is not a JSON object.",
            "Get config.json again from where the model comes from.");
    }
    ModelConfig config;
    config.json = std::move(json).value();
    if (std::optional<Error> error = refusal(config.json, file, config.huggingFace)) {
        return *error;
    }
    const Json activation = config.json.value("hidden_act", Json("silu"));
    if (activation != "silu" && activation != "swish") {
        return unsupported("Mamba with the activation " + printable(activation));
    }
    if (Result<void> read = readEpsilon(config, file); !read.ok()) {
        return read.error();
    }
    const auto layers = integerOf(config.json, config.huggingFace ? "num_hidden_layers" : "n_layer");
    if (layers && *layers > 0 && *layers <= std::numeric_limits<int>::max()) {
        config.layers = static_cast<int>(*layers);
    }
    config.tiedHead = booleanOf(config.json, config.huggingFace ? "tie_word_embeddings" : "tie_embeddings");
    config.residualInFp32 = booleanOf(config.json, "residual_in_fp32").value_or(true);
    return config;
}

std::vector<std::string> contradictions(const ModelConfig& config, const ModelSpec& spec) {
    std::vector<std::string> warnings = config.warnings;
    const Json& json = config.json;
    compare(warnings, json, "d_model", spec.hidden);
    if (!config.huggingFace) {
        compare(warnings, json, "n_layer", spec.layers);
        const std::int64_t said = integerOf(json, "vocab_size").value_or(spec.vocabulary);
        const std::int64_t multiple =
            std::max<std::int64_t>(integerOf(json, "pad_vocab_size_multiple").value_or(1), 1);
        if (said > spec.vocabulary || spec.vocabulary - said >= multiple) {
            compare(warnings, json, "vocab_size", spec.vocabulary);
        }
        return warnings;
    }
    compare(warnings, json, "num_hidden_layers", spec.layers);
    compare(warnings, json, "hidden_size", spec.hidden);
    compare(warnings, json, "intermediate_size", spec.inner);
    compare(warnings, json, "d_inner", spec.inner);
    compare(warnings, json, "state_size", spec.state);
    compare(warnings, json, "time_step_rank", spec.dtRank);
    compare(warnings, json, "conv_kernel", spec.convKernel);
    compare(warnings, json, "vocab_size", spec.vocabulary);
    compareFlag(warnings, json, "use_bias", spec.linearBias, "biases of in_proj and out_proj");
    compareFlag(warnings, json, "use_conv_bias", spec.convBias, "biases of the convolution");
    compareDType(warnings, json, spec.dtype);
    return warnings;
}

} // namespace mambascope
