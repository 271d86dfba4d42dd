// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/added_tokens.h"

#include "core/tokenizer/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>

namespace mambascope {
namespace {

bool isSpaceAt(std::string_view text, std::size_t position, std::size_t& length) {
    const CodePoint c = codePointAt(text, position);
    length = c.length == 0 ? 1 : c.length;
    return c.length != 0 && characterClass(c.value) == CharacterClass::Space;
}

std::size_t previousStart(std::string_view text, std::size_t position) {
    do {
        --position;
    } while (position > 0 && (static_cast<std::uint8_t>(text[position]) & 0xC0) == 0x80);
    return position;
}

/// \w : letters, marks, decimal and letter numbers, connectors.
bool isWordAt(std::string_view text, std::size_t position) {
    const CodePoint c = codePointAt(text, position);
    if (c.length == 0) {
        return false;
    }
    switch (generalCategory(c.value)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return characterClass(c.value) == CharacterClass::Letter;
    }
}

bool standsAlone(std::string_view text, std::size_t start, std::size_t end) {
    const bool before = start > 0 && isWordAt(text, previousStart(text, start));
    const bool behind = end < text.size() && isWordAt(text, end);
    return !before && !behind;
}

std::size_t withSpaceInFront(std::string_view text, std::size_t start, std::size_t limit) {
    while (start > limit) {
        const std::size_t previous = previousStart(text, start);
        std::size_t length = 0;
        if (!isSpaceAt(text, previous, length)) {
            break;
        }
        start = std::max(previous, limit);
    }
    return start;
}

std::size_t withSpaceBehind(std::string_view text, std::size_t end) {
    std::size_t length = 0;
    while (end < text.size() && isSpaceAt(text, end, length)) {
        end += length;
    }
    return end;
}

} // namespace

AddedTokenSplitter::AddedTokenSplitter(const std::vector<AddedToken>& tokens)
    : m_tokens(tokens)
    , m_nodes(1)
    , m_pairs(tokens.empty() ? 0 : 256 * 256) {
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        add(static_cast<std::int32_t>(i));
    }
    if (std::count(m_starts.begin(), m_starts.end(), true) == 1) {
        m_onlyStart = static_cast<int>(std::find(m_starts.begin(), m_starts.end(), true) - m_starts.begin());
    }
}

std::int32_t AddedTokenSplitter::child(std::int32_t node, std::uint8_t byte) const {
    for (const auto& [key, next] : m_nodes[static_cast<std::size_t>(node)].next) {
        if (key == byte) {
            return next;
        }
    }
    return -1;
}

void AddedTokenSplitter::add(std::int32_t token) {
    const std::string& content = m_tokens[static_cast<std::size_t>(token)].content;
    std::int32_t node = 0;
    for (const char c : content) {
        const auto byte = static_cast<std::uint8_t>(c);
        std::int32_t next = child(node, byte);
        if (next < 0) {
            next = static_cast<std::int32_t>(m_nodes.size());
            m_nodes[static_cast<std::size_t>(node)].next.emplace_back(byte, next);
            m_nodes.emplace_back();
        }
        node = next;
    }
    m_nodes[static_cast<std::size_t>(node)].token = token;
    const auto start = static_cast<std::uint8_t>(content.front());
    m_starts[start] = true;
    for (std::size_t second = 0; second < 256; ++second) {
        if (content.size() == 1 || static_cast<std::uint8_t>(content[1]) == second) {
            m_pairs[start * std::size_t{256} + second] = true;
        }
    }
}

std::size_t AddedTokenSplitter::candidate(std::string_view text, std::size_t from) const {
    for (std::size_t i = from; i + 1 < text.size(); ++i) {
        if (m_onlyStart >= 0) {
            const void* found = std::memchr(text.data() + i, m_onlyStart, text.size() - 1 - i);
            if (found == nullptr) {
                break;
            }
            i = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
        }
        const auto first = static_cast<std::uint8_t>(text[i]);
        if (m_starts[first] && m_pairs[first * std::size_t{256} + static_cast<std::uint8_t>(text[i + 1])]) {
            return i;
        }
    }
    const bool last = from < text.size() && m_starts[static_cast<std::uint8_t>(text.back())];
    return last ? text.size() - 1 : text.size();
}

std::int32_t AddedTokenSplitter::longestAt(std::string_view text, std::size_t start) const {
    std::int32_t found = -1;
    std::int32_t node = 0;
    for (std::size_t i = start; i < text.size(); ++i) {
        node = child(node, static_cast<std::uint8_t>(text[i]));
        if (node < 0) {
            break;
        }
        if (const std::int32_t token = m_nodes[static_cast<std::size_t>(node)].token; token >= 0) {
            found = token;
        }
    }
    return found;
}

void AddedTokenSplitter::split(std::string_view text, const Sink& sink) const {
    std::size_t done = 0;
    for (std::size_t i = m_tokens.empty() ? text.size() : candidate(text, 0); i < text.size();
         i = candidate(text, i)) {
        const std::int32_t index = longestAt(text, i);
        if (index < 0) {
            ++i;
            continue;
        }
        const AddedToken& token = m_tokens[static_cast<std::size_t>(index)];
        std::size_t end = i + token.content.size();
        if (token.singleWord && !standsAlone(text, i, end)) {
            i = end;
            continue;
        }
        const std::size_t start = token.leftStrip ? withSpaceInFront(text, i, done) : i;
        end = token.rightStrip ? withSpaceBehind(text, end) : end;
        if (start > done) {
            sink(text.substr(done, start - done), -1);
        }
        sink(text.substr(start, end - start), token.id);
        i = done = end;
    }
    if (done < text.size()) {
        sink(text.substr(done), -1);
    }
}

} // namespace mambascope
