// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mambascope {

/// Byte-level BPE as tokenizer.json describes it (GPT-NeoX and relatives). Every function may be called from
/// several threads at a time: what is shared is read-only, and each encode() works with a cache of words (2
/// MB) that nobody else has meanwhile; at most 16 of them are kept for the next calls.
class Tokenizer {
public:
    /// Unreadable if the JSON is damaged or describes another kind of tokenizer (the sentence names it).
    static Result<std::shared_ptr<const Tokenizer>> fromJson(std::string_view json, std::string_view what);
    /// `path` is a tokenizer.json or a folder that holds one.
    static Result<std::shared_ptr<const Tokenizer>> open(const std::filesystem::path& path);
    virtual ~Tokenizer() = default;

    /// Token ids of UTF-8 text: added tokens split out, NFC, runs of spaces, GPT-2 pattern, merges by rank
    /// (the order of operations of the GPT-NeoX-20B tokenizer). No special token is added. Invalid UTF-8 is
    /// replaced by U+FFFD first.
    virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
    /// The bytes of the ids, joined; unknown ids give nothing. The result may end inside a UTF-8 sequence.
    virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
    /// Largest id + 1.
    virtual std::int32_t vocabularySize() const = 0;

    /// contentHash() of the tokenizer.json; empty for a tokenizer that was not read from one.
    const std::string& hash() const { return m_hash; }

protected:
    Tokenizer() = default;
    explicit Tokenizer(std::string hash)
        : m_hash(std::move(hash)) {}

private:
    std::string m_hash;
};

/// How many rows of an embedding may be left over, as padding, beyond the largest id of its tokenizer.
inline constexpr int kMostPaddingRows = 1023;

/// Opens a tokenizer (as Tokenizer::open does) for a model whose embedding has `rows` rows. Unreadable, with
/// both numbers, if it gives ids that are no row, or leaves more than kMostPaddingRows rows over: then it is
/// the tokenizer of another model.
Result<std::shared_ptr<const Tokenizer>> openTokenizerFor(const std::filesystem::path& path, int rows);

} // namespace mambascope
