// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/vocabulary.h"

#include "core/tokenizer/unicode.h"

#include <algorithm>

namespace mambascope {
namespace {

constexpr std::int64_t kMaxId = (std::int64_t{1} << 20) - 1;
constexpr std::size_t kMaxTokenBytes = 1 << 16;
constexpr std::size_t kMaxAddedTokenBytes = 256; ///< looked for at every place of the text
constexpr std::size_t kMaxAddedBytes = 1 << 20;

constexpr bool isPrintableByte(int byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/// The byte of each character below U+0144, −1 where there is none.
constexpr auto kCharacterBytes = [] {
    std::array<std::int16_t, 0x144> bytes{};
    bytes.fill(-1);
    int next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
        bytes[static_cast<std::size_t>(isPrintableByte(byte) ? byte : next++)] =
            static_cast<std::int16_t>(byte);
    }
    return bytes;
}();

/// A token as an error message quotes it: at most 40 bytes, never half a character.
std::string shown(std::string_view text) {
    std::size_t end = std::min<std::size_t>(text.size(), 40);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    std::string quoted(1, '"');
    quoted += text.substr(0, end);
    quoted += end < text.size() ? "…\"" : "\"";
    return quoted;
}

/// Reads the parts of one tokenizer.json; the first complaint ends it.
class Reader {
public:
    Reader(const Json& json, std::string_view what)
        : m_json(json)
        , m_what(what) {}

    Result<TokenizerFile> read() {
        if (!m_json.is_object()) {
            return damaged("is not a JSON object");
        }
        const auto model = m_json.find("model");
        if (model == m_json.end() || !model->is_object()) {
            return damaged("has no \"model\"");
        }
        for (const auto& step :
             {readModelKind(*model), readNormalizer(member(m_json, "normalizer"), 0),
              readPreTokenizer(member(m_json, "pre_tokenizer"), 0)}) {
            if (!step.ok()) {
                return step.error();
            }
        }
        if (!m_sawByteLevel) {
            return unsupported("has no byte-level pre-tokenizer");
        }
        if (auto step = readVocabulary(*model); !step.ok()) {
            return step.error();
        }
        if (auto step = readMerges(*model); !step.ok()) {
            return step.error();
        }
        if (auto step = readAddedTokens(member(m_json, "added_tokens")); !step.ok()) {
            return step.error();
        }
        return std::move(m_file);
    }

private:
    Error damaged(const std::string& complaint) const {
        return Error::unreadable(
            m_what + " " + complaint + ".", "Take the tokenizer.json that came with the checkpoint.");
    }
    Error unsupported(const std::string& complaint) const {
        return Error::unreadable(
            m_what + " " + complaint + ", which mambascope does not support.",
            "mambascope reads byte-level BPE tokenizers such as GPT-NeoX-20B's, which Mamba uses.");
    }

    static const Json& member(const Json& object, const char* name) {
        static const Json kNull;
        const auto it = object.find(name);
        return it == object.end() ? kNull : *it;
    }
    static std::string type(const Json& object) {
        if (!object.is_object()) {
            return {};
        }
        const Json& name = member(object, "type");
        return name.is_string() ? name.get<std::string>() : std::string();
    }
    static bool isOn(const Json& object, const char* name, bool fallback) {
        const Json& value = member(object, name);
        return value.is_boolean() ? value.get<bool>() : fallback;
    }

    Result<void> readModelKind(const Json& model) {
        const std::string kind = type(model);
        if (!kind.empty() && kind != "BPE") {
            return unsupported("describes a " + kind + " tokenizer");
        }
        if (isOn(model, "byte_fallback", false)) {
            return unsupported("describes a BPE tokenizer with byte fallback");
        }
        const Json& dropout = member(model, "dropout");
        if (dropout.is_number() && dropout.get<double>() != 0) {
            return unsupported("asks for BPE dropout");
        }
        for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
            const Json& value = member(model, affix);
            if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
                return unsupported("describes a BPE tokenizer with a " + std::string(affix));
            }
        }
        m_file.ignoreMerges = isOn(model, "ignore_merges", false);
        return {};
    }

    Result<void> readNormalizer(const Json& normalizer, int depth) {
        if (normalizer.is_null()) {
            return {};
        }
        const std::string kind = type(normalizer);
        const Json& parts = kind == "Sequence" ? member(normalizer, "normalizers") : normalizer;
        if (kind == "Sequence" && parts.is_array() && depth < 8) {
            for (const Json& part : parts) {
                if (auto step = readNormalizer(part, depth + 1); !step.ok()) {
                    return step;
                }
            }
            return {};
        }
        if (kind != "NFC") {
            return kind.empty() || kind == "Sequence" ? damaged("has a damaged normalizer")
                                                      : unsupported("asks for the normalizer " + shown(kind));
        }
        m_file.nfc = true;
        return {};
    }

    Result<void> readPreTokenizer(const Json& preTokenizer, int depth) {
        if (preTokenizer.is_null()) {
            return {};
        }
        const std::string kind = type(preTokenizer);
        if (kind == "Sequence" && depth < 8) {
            const Json& parts = member(preTokenizer, "pretokenizers");
            if (parts.is_array() && parts.size() == 1) {
                return readPreTokenizer(parts[0], depth + 1);
            }
            return unsupported("has a chain of pre-tokenizers");
        }
        if (kind != "ByteLevel") {
            return kind.empty() ? damaged("has a damaged pre-tokenizer")
                                : unsupported("asks for the pre-tokenizer " + shown(kind));
        }
        m_sawByteLevel = true;
        m_file.addPrefixSpace = isOn(preTokenizer, "add_prefix_space", true);
        m_file.useRegex = isOn(preTokenizer, "use_regex", true);
        return {};
    }

    Result<void> addId(std::int64_t id, const std::string& token, std::string bytes) {
        if (id < 0 || id > kMaxId) {
            return damaged(
                "gives the token " + shown(token) + " the id " + std::to_string(id) +
                ", which is not between 0 and " + std::to_string(kMaxId));
        }
        const auto index = static_cast<std::size_t>(id);
        if (index >= m_file.bytes.size()) {
            m_file.bytes.resize(index + 1);
        }
        if (!m_file.bytes[index].empty() && m_file.bytes[index] != bytes) {
            return damaged(
                "gives the id " + std::to_string(id) + " to two tokens, one of them " + shown(token));
        }
        m_file.bytes[index] = std::move(bytes);
        return {};
    }

    Result<void> readVocabulary(const Json& model) {
        const Json& vocabulary = member(model, "vocab");
        if (!vocabulary.is_object() || vocabulary.empty()) {
            return damaged("has no vocabulary");
        }
        m_tokenIds.reserve(vocabulary.size());
        m_file.ids.reserve(vocabulary.size());
        for (const auto& [token, id] : vocabulary.items()) {
            if (token.empty() || token.size() > kMaxTokenBytes) {
                return damaged("has an empty or overlong token");
            }
            const bool fits =
                id.is_number_integer() && (!id.is_number_unsigned() || id.get<std::uint64_t>() <= kMaxId);
            if (!fits) {
                return damaged("has no usable id for the token " + shown(token));
            }
            const std::string bytes = tokenBytes(token);
            if (auto step = addId(id.get<std::int64_t>(), token, bytes); !step.ok()) {
                return step;
            }
            m_tokenIds.emplace(token, id.get<std::int32_t>());
            m_file.ids.emplace(bytes, id.get<std::int32_t>());
        }
        readByteIds();
        return {};
    }

    void readByteIds() {
        m_file.byteIds.fill(-1);
        for (std::size_t c = 0; c < kCharacterBytes.size(); ++c) {
            if (kCharacterBytes[c] >= 0) {
                const auto it = m_tokenIds.find(toUtf8(std::u32string(1, static_cast<char32_t>(c))));
                m_file.byteIds[static_cast<std::size_t>(kCharacterBytes[c])] =
                    it == m_tokenIds.end() ? -1 : it->second;
            }
        }
    }

    /// The two parts of a merge in either notation, "a b" or ["a", "b"].
    static bool mergeParts(const Json& merge, std::string& left, std::string& right) {
        if (merge.is_string()) {
            const auto& text = merge.get_ref<const std::string&>();
            const std::size_t space = text.find(' ');
            if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
                return false;
            }
            left = text.substr(0, space);
            right = text.substr(space + 1);
            return true;
        }
        if (!merge.is_array() || merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string()) {
            return false;
        }
        left = merge[0].get<std::string>();
        right = merge[1].get<std::string>();
        return true;
    }

    Result<void> readMerges(const Json& model) {
        const Json& merges = member(model, "merges");
        if (!merges.is_array()) {
            return damaged("has no list of merges");
        }
        m_file.merges.reserve(merges.size());
        std::string left, right;
        for (const Json& merge : merges) {
            const std::string number = std::to_string(m_file.merges.size() + 1);
            if (!mergeParts(merge, left, right)) {
                return damaged("has a merge that is no pair of tokens (number " + number + ")");
            }
            Bpe::Merge ids;
            for (const auto& [part, id] :
                 {std::pair{left, &ids.left}, {right, &ids.right}, {left + right, &ids.result}}) {
                const auto it = m_tokenIds.find(part);
                if (it == m_tokenIds.end()) {
                    return damaged(
                        "has a merge (number " + number + ") with the token " + shown(part) +
                        ", which is not in its vocabulary");
                }
                *id = it->second;
            }
            m_file.merges.push_back(ids);
        }
        return {};
    }

    Result<void> readAddedTokens(const Json& tokens) {
        if (tokens.is_null()) {
            return {};
        }
        if (!tokens.is_array()) {
            return damaged("has damaged added tokens");
        }
        std::size_t total = 0;
        for (const Json& entry : tokens) {
            const Json& content = entry.is_object() ? member(entry, "content") : entry;
            const Json& id = entry.is_object() ? member(entry, "id") : entry;
            if (!content.is_string() || !id.is_number_integer() ||
                content.get_ref<const std::string&>().empty() ||
                content.get_ref<const std::string&>().size() > kMaxAddedTokenBytes) {
                return damaged("has an added token without a usable content (1 to 256 bytes) or id");
            }
            const auto text = content.get<std::string>();
            total += text.size();
            if (total > kMaxAddedBytes) {
                return damaged("has more than 1 MiB of added tokens");
            }
            const std::int64_t value = id.is_number_unsigned() && id.get<std::uint64_t>() > kMaxId
                                           ? kMaxId + 1
                                           : id.get<std::int64_t>();
            if (auto step = addId(value, text, text); !step.ok()) {
                return step;
            }
            m_file.added.push_back(
                {static_cast<std::int32_t>(value), text, isOn(entry, "single_word", false),
                 isOn(entry, "lstrip", false), isOn(entry, "rstrip", false),
                 isOn(entry, "normalized", false)});
        }
        return {};
    }

    const Json& m_json;
    std::string m_what;
    TokenizerFile m_file;
    std::unordered_map<std::string, std::int32_t> m_tokenIds; ///< by the token as it is written
    bool m_sawByteLevel = false;
};

} // namespace

std::string tokenBytes(std::string_view token) {
    std::string bytes;
    bytes.reserve(token.size());
    for (std::size_t i = 0; i < token.size();) {
        const CodePoint c = codePointAt(token, i);
        if (c.length == 0 || c.value >= kCharacterBytes.size() || kCharacterBytes[c.value] < 0) {
            return std::string(token);
        }
        bytes += static_cast<char>(kCharacterBytes[c.value]);
        i += c.length;
    }
    return bytes;
}

Result<TokenizerFile> readTokenizerFile(const Json& json, std::string_view what) {
    return Reader(json, what).read();
}

} // namespace mambascope
