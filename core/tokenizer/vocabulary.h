// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/tokenizer/added_tokens.h"
#include "core/tokenizer/bpe.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mambascope {

/// What a tokenizer.json of the supported kind says, checked.
struct TokenizerFile {
    std::unordered_map<std::string, std::int32_t> ids; ///< vocabulary by bytes
    std::vector<std::string> bytes;          ///< by id, added tokens too; "" where there is no such id
    std::array<std::int32_t, 256> byteIds{}; ///< token of each byte, −1 if none
    std::vector<Bpe::Merge> merges;
    std::vector<AddedToken> added;
    bool nfc = false;
    bool addPrefixSpace = false;
    bool useRegex = true;
    bool ignoreMerges = false; ///< a word that is in the vocabulary is that token, whatever the merges
};

/// Unreadable, with a sentence that names `what`, for anything else than byte-level BPE.
Result<TokenizerFile> readTokenizerFile(const Json& json, std::string_view what);

/// The bytes that a token of a byte-level vocabulary stands for: printable characters for themselves, U+0100…
/// for the others in increasing order. A token with other characters stands for its own UTF-8.
std::string tokenBytes(std::string_view token);

} // namespace mambascope
