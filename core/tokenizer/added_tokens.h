// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// A string that is one token wherever it occurs, as "added_tokens" of tokenizer.json lists it.
struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool singleWord = false; ///< not inside a word
    bool leftStrip = false;  ///< takes the white space in front with it
    bool rightStrip = false; ///< takes the white space behind with it
    bool normalized = false; ///< looked for after normalisation
};

/// Splits text at added tokens, leftmost-longest.
class AddedTokenSplitter {
public:
    explicit AddedTokenSplitter(const std::vector<AddedToken>& tokens);
    bool empty() const { return m_tokens.empty(); }

    /// A piece of ordinary text (id −1), or an added token.
    using Sink = std::function<void(std::string_view piece, std::int32_t id)>;
    void split(std::string_view text, const Sink& sink) const;

private:
    struct Node {
        std::vector<std::pair<std::uint8_t, std::int32_t>> next;
        std::int32_t token = -1; ///< index into m_tokens
    };
    /// The first position from `from` on where a token may start; the size of the text if there is none.
    std::size_t candidate(std::string_view text, std::size_t from) const;
    std::int32_t child(std::int32_t node, std::uint8_t byte) const;
    void add(std::int32_t token);
    /// Longest token that starts at `start`, −1 if none.
    std::int32_t longestAt(std::string_view text, std::size_t start) const;

    std::vector<AddedToken> m_tokens;
    std::vector<Node> m_nodes;
    std::vector<bool> m_pairs; ///< by the first two bytes: whether a token may start with them
    std::array<bool, 256> m_starts{};
    int m_onlyStart = -1; ///< the first byte of all tokens, if they have one in common
};

} // namespace mambascope
