// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_gguf.h"

#include <algorithm>
#include <array>
#include <map>

namespace mambascope {
namespace {

/// llama.cpp's kinds of tokens.
enum TokenType : std::int32_t { kNormal = 1, kControl = 3, kUserDefined = 4, kUnused = 5 };

Error refuse(const std::string& why) {
    return Error::unreadable(
        "The tokenizer cannot be written to a GGUF file: " + why + ".",
        "Export as hf and convert it with llama.cpp's own script.");
}

const Json& member(const Json& json, const char* key) {
    static const Json kNothing;
    return json.is_object() && json.contains(key) ? json[key] : kNothing;
}

/// llama.cpp's name of the way text is cut into words before the merges.
std::optional<std::string> preTokenizer(const Json& json) {
    const Json& pre = member(json, "pre_tokenizer");
    const Json& steps = member(pre, "pretokenizers");
    if (member(pre, "type") == "ByteLevel" && member(pre, "use_regex") != false) {
        return "gpt-2";
    }
    if (member(pre, "type") == "Sequence" && steps.is_array()) {
        std::vector<std::string> types;
        for (const Json& step : steps) {
            types.push_back(member(step, "type").is_string() ? member(step, "type").get<std::string>() : "");
        }
        if (types == std::vector<std::string>{"Punctuation", "ByteLevel", "Digits", "Split"}) {
            return "falcon";
        }
    }
    return std::nullopt;
}

struct Vocabulary {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    std::map<std::string, std::int32_t> ids;

    Result<void> put(const std::string& token, const Json& id, TokenType type) {
        if (!id.is_number_integer() || id < 0 || id >= tokens.size()) {
            return refuse("the token \"" + token + "\" has no row of the embedding");
        }
        const auto index = id.get<std::size_t>();
        tokens[index] = token;
        types[index] = type;
        ids[token] = static_cast<std::int32_t>(index);
        return {};
    }
};

Result<Vocabulary> readVocabulary(const Json& json, int rows) {
    Vocabulary vocabulary;
    for (int id = 0; id < rows; ++id) {
        vocabulary.tokens.push_back("[PAD" + std::to_string(id) + "]");
        vocabulary.types.push_back(kUnused);
    }
    const Json& known = member(member(json, "model"), "vocab");
    if (!known.is_object()) {
        return refuse("tokenizer.json has no vocabulary");
    }
    for (const auto& [token, id] : known.items()) {
        if (auto state = vocabulary.put(token, id, kNormal); !state.ok()) {
            return state.error();
        }
    }
    const Json& added = member(json, "added_tokens");
    for (std::size_t i = 0; added.is_array() && i < added.size(); ++i) {
        const Json& content = member(added[i], "content");
        if (!content.is_string()) {
            return refuse("an added token has no content");
        }
        const TokenType type = member(added[i], "special") == true ? kControl : kUserDefined;
        if (auto state = vocabulary.put(content.get<std::string>(), member(added[i], "id"), type);
            !state.ok()) {
            return state.error();
        }
    }
    return vocabulary;
}

Result<std::vector<std::string>> readMerges(const Json& json) {
    const Json& merges = member(member(json, "model"), "merges");
    std::vector<std::string> result;
    for (std::size_t i = 0; merges.is_array() && i < merges.size(); ++i) {
        const Json& merge = merges[i];
        if (merge.is_string()) {
            result.push_back(merge.get<std::string>());
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            result.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
        } else {
            return refuse("a merge in tokenizer.json is no pair of tokens");
        }
    }
    return result;
}

/// Adds "tokenizer.ggml.NAME_token_id" from the token's text in tokenizer_config.json, or its id in
/// config.json.
void addSpecial(
    GgufMetadata& metadata, const char* ggufName, const char* name, const Vocabulary& vocabulary,
    const Json& tokenizerConfig, const Json& config) {
    const Json& token = member(tokenizerConfig, (std::string(name) + "_token").c_str());
    const Json& text = token.is_object() ? member(token, "content") : token;
    const Json& id = member(config, (std::string(name) + "_token_id").c_str());
    std::optional<std::uint32_t> found;
    if (text.is_string() && vocabulary.ids.contains(text.get<std::string>())) {
        found = static_cast<std::uint32_t>(vocabulary.ids.at(text.get<std::string>()));
    } else if (id.is_number_integer() && id >= 0 && id < vocabulary.tokens.size()) {
        found = id.get<std::uint32_t>();
    }
    if (found) {
        metadata.emplace_back(std::string("tokenizer.ggml.") + ggufName + "_token_id", *found);
    }
}

} // namespace

Result<GgufMetadata>
ggufTokenizer(std::string_view tokenizerJson, const Json& tokenizerConfig, const Json& config, int rows) {
    const Result<Json> parsed = parseJson(tokenizerJson, "tokenizer.json");
    if (!parsed.ok()) {
        return parsed.error();
    }
    const Json& json = parsed.value();
    if (member(member(json, "model"), "type") != "BPE") {
        return refuse("it is no byte-pair encoding");
    }
    const std::optional<std::string> pre = preTokenizer(json);
    if (!pre) {
        return refuse("its way of cutting text into words is none that llama.cpp has a known name for");
    }
    auto vocabulary = readVocabulary(json, rows);
    if (!vocabulary.ok()) {
        return vocabulary.error();
    }
    auto merges = readMerges(json);
    if (!merges.ok()) {
        return merges.error();
    }
    GgufMetadata metadata{
        {"tokenizer.ggml.model", std::string("gpt2")},
        {"tokenizer.ggml.pre", *pre},
        {"tokenizer.ggml.tokens", vocabulary.value().tokens},
        {"tokenizer.ggml.token_type", vocabulary.value().types},
        {"tokenizer.ggml.merges", std::move(merges).value()}};
    constexpr std::array<std::pair<const char*, const char*>, 4> kSpecial{
        {{"bos", "bos"}, {"eos", "eos"}, {"unknown", "unk"}, {"padding", "pad"}}};
    for (const auto& [ggufName, name] : kSpecial) {
        addSpecial(metadata, ggufName, name, vocabulary.value(), tokenizerConfig, config);
    }
    metadata.emplace_back("tokenizer.ggml.add_bos_token", false);
    return metadata;
}

} // namespace mambascope
