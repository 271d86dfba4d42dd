// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/tokenizer.h"

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/tokenizer/added_tokens.h"
#include "core/tokenizer/bpe.h"
#include "core/tokenizer/pattern.h"
#include "core/tokenizer/unicode.h"
#include "core/tokenizer/vocabulary.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

namespace mambascope {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 26;

/// Caches that are lent to one encode() at a time: no lock while words are looked up, warm for the next call.
class CachePool {
public:
    std::unique_ptr<WordCache> take() {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_free.empty()) {
                auto cache = std::move(m_free.back());
                m_free.pop_back();
                return cache;
            }
        }
        return std::make_unique<WordCache>();
    }
    void giveBack(std::unique_ptr<WordCache> cache) {
        const std::lock_guard lock(m_mutex);
        if (m_free.size() < kMaxKept) {
            m_free.push_back(std::move(cache));
        }
    }

private:
    static constexpr std::size_t kMaxKept = 16;
    std::mutex m_mutex;
    std::vector<std::unique_ptr<WordCache>> m_free;
};

std::vector<AddedToken> selectTokens(const TokenizerFile& file, bool normalized) {
    std::vector<AddedToken> tokens;
    std::copy_if(
        file.added.begin(), file.added.end(), std::back_inserter(tokens),
        [=](const AddedToken& token) { return token.normalized == normalized; });
    if (normalized && file.nfc) {
        for (AddedToken& token : tokens) {
            token.content = toNfc(token.content);
        }
    }
    return tokens;
}

class ByteLevelBpe final : public Tokenizer {
public:
    ByteLevelBpe(TokenizerFile file, std::string hash)
        : Tokenizer(std::move(hash))
        , m_bpe(file.byteIds, file.merges)
        , m_raw(selectTokens(file, false))
        , m_normalized(selectTokens(file, true))
        , m_file(std::move(file)) {}

    std::vector<std::int32_t> encode(std::string_view text) const override {
        if (!isValidUtf8(text)) {
            return encodeValid(replaceInvalidUtf8(text));
        }
        return encodeValid(text);
    }

    std::string decode(std::span<const std::int32_t> ids) const override {
        std::string text;
        for (const std::int32_t id : ids) {
            if (id >= 0 && id < vocabularySize()) {
                text += m_file.bytes[static_cast<std::size_t>(id)];
            }
        }
        return text;
    }

    std::int32_t vocabularySize() const override { return static_cast<std::int32_t>(m_file.bytes.size()); }

private:
    std::vector<std::int32_t> encodeValid(std::string_view text) const {
        std::vector<std::int32_t> ids;
        ids.reserve(text.size() / 4 + 4);
        auto cache = m_caches.take();
        m_raw.split(text, [&](std::string_view piece, std::int32_t id) {
            if (id >= 0) {
                ids.push_back(id);
            } else if (m_file.nfc && !isCertainlyNfc(piece)) {
                encodeNormalized(toNfc(piece), *cache, ids);
            } else {
                encodeNormalized(piece, *cache, ids);
            }
        });
        m_caches.giveBack(std::move(cache));
        return ids;
    }

    void encodeNormalized(std::string_view text, WordCache& cache, std::vector<std::int32_t>& ids) const {
        m_normalized.split(text, [&](std::string_view piece, std::int32_t id) {
            if (id >= 0) {
                ids.push_back(id);
            } else if (m_file.addPrefixSpace && piece.front() != ' ') {
                encodePiece(std::string(1, ' ').append(piece), cache, ids);
            } else {
                encodePiece(piece, cache, ids);
            }
        });
    }

    void encodePiece(std::string_view piece, WordCache& cache, std::vector<std::int32_t>& ids) const {
        if (!m_file.useRegex) {
            encodeWord(piece, cache, ids);
            return;
        }
        for (std::size_t start = 0; start < piece.size();) {
            const std::size_t end = gpt2WordEnd(piece, start);
            encodeWord(piece.substr(start, end - start), cache, ids);
            start = end;
        }
    }

    void encodeWord(std::string_view word, WordCache& cache, std::vector<std::int32_t>& ids) const {
        if (m_file.ignoreMerges) {
            if (const auto it = m_file.ids.find(std::string(word)); it != m_file.ids.end()) {
                ids.push_back(it->second);
                return;
            }
        }
        m_bpe.encode(word, cache, ids);
    }

    Bpe m_bpe;
    AddedTokenSplitter m_raw;        ///< tokens looked for in the text as it is
    AddedTokenSplitter m_normalized; ///< tokens looked for after normalisation
    TokenizerFile m_file;
    mutable CachePool m_caches;
};

} // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromJson(std::string_view json, std::string_view what) {
    auto parsed = parseJson(json, what);
    if (!parsed.ok()) {
        return parsed.error();
    }
    auto file = readTokenizerFile(parsed.value(), what);
    if (!file.ok()) {
        return file.error();
    }
    return std::shared_ptr<const Tokenizer>(
        std::make_shared<ByteLevelBpe>(std::move(file).value(), contentHash(json)));
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const std::filesystem::path& path) {
    std::error_code ignored;
    const bool isFolder = std::filesystem::is_directory(path, ignored);
    const auto file = isFolder ? path / "tokenizer.json" : path;
    auto text = readFile(file, kMaxFileBytes);
    if (!text.ok()) {
        return text.error();
    }
    return fromJson(text.value(), file.string());
}

} // namespace mambascope
