// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <QRegularExpression>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mambascope::test {

/// The definition of byte-level BPE as the evaluation specification (section 2.3) gives it, step by step,
/// with the pattern as it was published and merges on texts instead of ids: slow, and right by inspection.
/// Knows what the GPT-NeoX-20B file and that of the demo use; text has to be valid UTF-8.
class ReferenceTokenizer {
public:
    explicit ReferenceTokenizer(const Json& tokenizerJson);
    std::vector<std::int32_t> encode(std::string_view text);

private:
    struct Added {
        std::string content;
        std::int32_t id;
        bool normalized;
    };
    using Words = std::vector<std::string>;

    /// The longest token of the list that starts at `position`, or null.
    const Added* addedAt(std::string_view text, std::size_t position, bool normalized) const;
    void encodeNormalized(std::string_view text, std::vector<std::int32_t>& ids);
    const std::vector<std::int32_t>& encodeWord(const QString& word);
    Words merged(Words parts) const;

    std::vector<Added> m_added;
    std::map<std::string, std::int32_t> m_vocabulary; ///< by the printable characters of the file
    std::map<std::pair<std::string, std::string>, int> m_ranks;
    std::vector<std::string> m_characters; ///< the printable character of each byte
    QRegularExpression m_pattern;
    std::unordered_map<std::string, std::vector<std::int32_t>> m_known;
};

} // namespace mambascope::test
