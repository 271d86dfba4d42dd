// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/config.h"

#include "core/base/file.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestConfig = 1u << 20; ///< real ones have a few thousand bytes
constexpr const char* kSupported = "Mamba, FalconMamba and Mamba-2 checkpoints (MambaForCausalLM, "
                                   "FalconMambaForCausalLM, Mamba2ForCausalLM, and state-spaces' own layout) "
                                   "can be opened.";

/// How long the word is that `text` starts with, if it is a number that only Python knows.
std::size_t pythonNumberAt(std::string_view text) {
    for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
        if (text.starts_with(word)) {
            return word.size();
        }
    }
    return 0;
}

/// Python's json module writes Infinity and NaN, which are not JSON. None of the keys needed here holds one.
std::string withoutPythonNumbers(std::string_view text) {
    std::string json;
    json.reserve(text.size());
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inString && text[i] == '\\' && i + 1 < text.size()) {
            json += text[i++];
        } else if (text[i] == '"') {
            inString = !inString;
        } else if (!inString) {
            if (const std::size_t length = pythonNumberAt(text.substr(i)); length > 0) {
                json += "null";
                i += length - 1;
                continue;
            }
        }
        json += text[i];
    }
    return json;
}

std::string printable(const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return text.substr(0, 80);
}

Error unsupported(const std::string& what) {
    return Error::unreadable(
        "The architecture of this checkpoint (" + what + ") is not supported.", kSupported);
}

constexpr std::array<std::pair<std::string_view, Architecture>, 3> kClasses{
    {{"MambaForCausalLM", Architecture::Mamba1},
     {"FalconMambaForCausalLM", Architecture::FalconMamba},
     {"Mamba2ForCausalLM", Architecture::Mamba2}}};

/// By model_type or class of a Hugging Face config; the error names what it found.
Result<Architecture> huggingFaceArchitecture(const Json& json) {
    if (json.contains("model_type")) {
        const Json& type = json["model_type"];
        const auto known =
            type.is_string() ? parseArchitecture(type.get<std::string>()) : std::optional<Architecture>();
        return known ? Result<Architecture>(*known) : unsupported("model_type \"" + printable(type) + "\"");
    }
    for (const auto& [name, architecture] : kClasses) {
        if (json["architectures"] == Json::array({name})) {
            return architecture;
        }
    }
    return unsupported("architectures " + printable(json["architectures"]));
}

/// The settings of state-spaces' layout that stand in ssm_cfg, or null.
const Json& ssmSetting(const Json& json, const char* key) {
    static const Json kNothing;
    if (!json.contains("ssm_cfg") || !json["ssm_cfg"].is_object() || !json["ssm_cfg"].contains(key)) {
        return kNothing;
    }
    return json["ssm_cfg"][key];
}

/// Why this model of state-spaces' layout cannot be computed, or nothing.
std::optional<Error> originalRefusal(const Json& json, Architecture architecture) {
    if (json.contains("attn_layer_idx") && !json["attn_layer_idx"].empty()) {
        return unsupported("Mamba with attention layers");
    }
    if (json.contains("rms_norm") && json["rms_norm"] == false) {
        return unsupported("Mamba with LayerNorm instead of RMSNorm");
    }
    if (json.contains("d_intermediate") && json["d_intermediate"] != 0) {
        return unsupported("Mamba with MLP layers");
    }
    if (architecture != Architecture::Mamba2) {
        return std::nullopt;
    }
    if (ssmSetting(json, "norm_before_gate") == true) {
        return unsupported("Mamba-2 with the norm before the gate");
    }
    if (ssmSetting(json, "D_has_hdim") == true) {
        return unsupported("Mamba-2 with a D for every channel");
    }
    const Json& activation = ssmSetting(json, "activation");
    if (!activation.is_null() && activation != "silu" && activation != "swish") {
        return unsupported("Mamba-2 with the activation " + printable(activation));
    }
    return std::nullopt;
}

/// Decides architecture and layout, or why neither can be.
Result<void> readArchitecture(ModelConfig& config, const fs::path& file) {
    const Json& json = config.json;
    if (json.contains("model_type") || json.contains("architectures")) {
        const Result<Architecture> architecture = huggingFaceArchitecture(json);
        if (!architecture.ok()) {
            return architecture.error();
        }
        config.architecture = architecture.value();
        return {};
    }
    if (!json.contains("d_model") || !json.contains("n_layer")) {
        return Error::unreadable(
            file.string() + " does not say which architecture the model has.", kSupported);
    }
    config.huggingFace = false;
    const Json& layer = ssmSetting(json, "layer");
    if (layer == "Mamba2") {
        config.architecture = Architecture::Mamba2;
    } else if (!layer.is_null() && layer != "Mamba1") {
        return unsupported("ssm_cfg.layer \"" + printable(layer) + "\"");
    }
    if (std::optional<Error> refused = originalRefusal(json, config.architecture)) {
        return *refused;
    }
    return {};
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

/// A norm's ε in [0, 1); `usual` where config.json does not say it.
Result<float> epsilonOf(ModelConfig& config, const fs::path& file, const char* key, const char* usual) {
    if (!config.json.contains(key)) {
        if (config.huggingFace) {
            config.warnings.push_back(std::string("config.json has no ") + key + "; " + usual + " is used.");
        }
        return std::strtof(usual, nullptr);
    }
    const Json& value = config.json[key];
    const double epsilon = value.is_number() ? value.get<double>() : std::nan("");
    if (!(epsilon >= 0 && epsilon < 1)) {
        return Error::unreadable(
            std::string(key) + " in " + file.string() + " is not a number from 0 to 1 (" + printable(value) +
                ").",
            std::string("Correct config.json; these models use ") + usual + ".");
    }
    return static_cast<float>(epsilon);
}

Result<void> readEpsilons(ModelConfig& config, const fs::path& file) {
    Result<float> epsilon = epsilonOf(config, file, "layer_norm_epsilon", "1e-05");
    if (!epsilon.ok()) {
        return epsilon.error();
    }
    config.normEpsilon = epsilon.value();
    if (config.architecture == Architecture::FalconMamba) {
        epsilon = epsilonOf(config, file, "mixer_rms_eps", "1e-06");
        if (!epsilon.ok()) {
            return epsilon.error();
        }
        config.mixerNormEpsilon = epsilon.value();
    }
    return {};
}

/// A bound of the time step. Infinity stands as null (see withoutPythonNumbers) or as {"__float__":
/// "Infinity"}.
std::optional<float> boundOf(const Json& value) {
    if (value.is_number()) {
        return static_cast<float>(value.get<double>());
    }
    const bool infinite =
        value.is_null() || (value.is_object() && value.value("__float__", Json()) == "Infinity");
    return infinite ? std::optional(std::numeric_limits<float>::infinity()) : std::nullopt;
}

Result<void> readMamba2(ModelConfig& config, const fs::path& file) {
    const Json& json = config.json;
    const auto integer = [&](const char* huggingFace, const char* original) -> std::optional<int> {
        const Json& value =
            config.huggingFace ? json.value(huggingFace, Json()) : Json(ssmSetting(json, original));
        const bool fits = value.is_number_integer() && value.get<std::int64_t>() > 0 &&
                          value.get<std::int64_t>() <= std::numeric_limits<int>::max();
        return fits ? std::optional(value.get<int>()) : std::nullopt;
    };
    config.groups = integer("n_groups", "ngroups");
    config.states = integer("state_size", "d_state");
    config.gatedNorm = config.huggingFace || ssmSetting(json, "rmsnorm") != false;
    const char* key = config.huggingFace ? "time_step_limit" : "dt_limit";
    const Json limit = config.huggingFace ? json.value(key, Json()) : Json(ssmSetting(json, key));
    if (limit.is_null()) {
        return {};
    }
    const bool pair = limit.is_array() && limit.size() == 2;
    const std::optional<float> low = pair ? boundOf(limit[0]) : std::nullopt;
    const std::optional<float> high = pair ? boundOf(limit[1]) : std::nullopt;
    if (!low || !high || !(*low >= 0 && *low <= *high)) {
        return Error::unreadable(
            std::string(key) + " in " + file.string() + " is no pair of bounds (" + printable(limit) + ").",
            "Correct config.json; these models use [0.0, Infinity].");
    }
    config.dtMin = *low;
    config.dtMax = *high;
    return {};
}

/// Holds keys of config.json against the tensors.
class Comparison {
public:
    explicit Comparison(const ModelConfig& config)
        : m_config(config) {
        findings.warnings = config.warnings;
    }

    /// A key whose value has to be `actual`; where it is missing, the tensors decided.
    void integer(const char* key, std::int64_t actual) { integer(m_config.json, key, key, actual); }
    /// One that other programs do without, too.
    void optionalInteger(const char* key, std::int64_t actual) {
        if (m_config.json.contains(key)) {
            integer(key, actual);
        }
    }
    /// One of state-spaces' ssm_cfg, which only holds what differs from the defaults.
    void ssmInteger(const char* key, std::int64_t actual) {
        if (!ssmSetting(m_config.json, key).is_null()) {
            integer(m_config.json["ssm_cfg"], key, std::string("ssm_cfg.") + key, actual);
        }
    }

    void flag(const char* key, bool actual, const std::string& tensors) {
        const std::optional<bool> said = booleanOf(m_config.json, key);
        const std::string have = actual ? "have " + tensors : "have none";
        if (!said) {
            findings.warnings.push_back(
                std::string("config.json does not say ") + key + "; the tensors " + have + ".");
        } else if (*said != actual) {
            findings.warnings.push_back(
                std::string("config.json says ") + key + (*said ? " true" : " false") + ", but the tensors " +
                have + "; the tensors are believed.");
        }
    }

    /// expand · hidden is the inner width; only said where it is wrong, since nothing is taken from it.
    void expand(const Json& expand, const std::string& key, const ModelSpec& spec) {
        if (expand.is_number() && std::lround(expand.get<double>() * spec.hidden) != spec.inner) {
            findings.warnings.push_back(
                "config.json says " + key + " " + printable(expand) + ", but the tensors have " +
                std::to_string(spec.inner) + " inner channels for " + std::to_string(spec.hidden) +
                " hidden ones; the tensors are believed.");
        }
    }

    ConfigFindings findings;

private:
    void integer(const Json& json, const char* key, const std::string& name, std::int64_t actual) {
        const std::optional<std::int64_t> said = integerOf(json, key);
        if (!said) {
            findings.inferred.push_back(name + " " + std::to_string(actual));
        } else if (*said != actual) {
            findings.warnings.push_back(
                "config.json says " + name + " " + std::to_string(*said) + ", but the tensors have " +
                std::to_string(actual) + "; the tensors are believed.");
        }
    }

    const ModelConfig& m_config;
};

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
    if (!fs::is_regular_file(file, ignored)) {
        return Error::unreadable(
            file.string() + " is not a regular file.",
            "Get config.json again from where the model comes from.");
    }
    const Result<std::string> text = readFile(file, kLargestConfig);
    if (!text.ok()) {
        return text.error();
    }
    Result<Json> json = parseJson(withoutPythonNumbers(text.value()), file.string());
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
    if (Result<void> known = readArchitecture(config, file); !known.ok()) {
        return known.error();
    }
    const Json activation = config.json.value("hidden_act", Json("silu"));
    if (activation != "silu" && activation != "swish") {
        return unsupported("Mamba with the activation " + printable(activation));
    }
    if (Result<void> read = readEpsilons(config, file); !read.ok()) {
        return read.error();
    }
    if (config.architecture == Architecture::Mamba2) {
        if (Result<void> read = readMamba2(config, file); !read.ok()) {
            return read.error();
        }
    }
    const auto layers = integerOf(config.json, config.huggingFace ? "num_hidden_layers" : "n_layer");
    if (layers && *layers > 0 && *layers <= std::numeric_limits<int>::max()) {
        config.layers = static_cast<int>(*layers);
    }
    config.tiedHead = booleanOf(config.json, config.huggingFace ? "tie_word_embeddings" : "tie_embeddings");
    config.residualInFp32 = booleanOf(config.json, "residual_in_fp32").value_or(true);
    return config;
}

namespace {

void compareOriginal(Comparison& compare, const Json& json, const ModelSpec& spec) {
    compare.integer("n_layer", spec.layers);
    compare.integer("d_model", spec.hidden);
    const std::int64_t said = integerOf(json, "vocab_size").value_or(spec.vocabulary);
    const std::int64_t multiple =
        std::max<std::int64_t>(integerOf(json, "pad_vocab_size_multiple").value_or(1), 1);
    if (said > spec.vocabulary || spec.vocabulary - said >= multiple || !json.contains("vocab_size")) {
        compare.integer("vocab_size", spec.vocabulary);
    }
    compare.ssmInteger("d_state", spec.state);
    compare.ssmInteger("d_conv", spec.convKernel);
    compare.expand(ssmSetting(json, "expand"), "ssm_cfg.expand", spec);
    if (spec.architecture == Architecture::Mamba2) {
        compare.ssmInteger("headdim", spec.headWidth());
        compare.ssmInteger("ngroups", spec.groups);
    } else if (ssmSetting(json, "dt_rank") != "auto") {
        compare.ssmInteger("dt_rank", spec.dtRank);
    }
}

void compareHuggingFace(Comparison& compare, const Json& json, const ModelSpec& spec) {
    compare.optionalInteger("d_model", spec.hidden);
    compare.integer("num_hidden_layers", spec.layers);
    compare.integer("hidden_size", spec.hidden);
    compare.integer("state_size", spec.state);
    compare.integer("conv_kernel", spec.convKernel);
    compare.integer("vocab_size", spec.vocabulary);
    compare.optionalInteger("d_inner", spec.inner);
    compare.optionalInteger("intermediate_size", spec.inner);
    if (json.contains("expand")) {
        compare.expand(json["expand"], "expand", spec);
    }
    if (spec.architecture == Architecture::Mamba2) {
        compare.integer("num_heads", spec.heads);
        compare.integer("head_dim", spec.headWidth());
        compare.integer("n_groups", spec.groups);
    } else {
        compare.integer("time_step_rank", spec.dtRank);
    }
    compare.flag("use_bias", spec.linearBias, "biases of in_proj and out_proj");
    compare.flag("use_conv_bias", spec.convBias, "biases of the convolution");
    compareDType(compare.findings.warnings, json, spec.dtype);
}

} // namespace

ConfigFindings compareConfig(const ModelConfig& config, const ModelSpec& spec) {
    Comparison compare(config);
    (config.huggingFace ? compareHuggingFace : compareOriginal)(compare, config.json, spec);
    return std::move(compare.findings);
}

} // namespace mambascope
