// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/tokenizer/reference.h"

#include <QStringDecoder>
#include <utf8proc.h>

#include <cstdlib>

namespace mambascope::test {
namespace {

std::string nfc(std::string_view text) {
    utf8proc_uint8_t* mapped = nullptr;
    const auto length = utf8proc_map(
        reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
        &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (length < 0) {
        std::abort();
    }
    std::string result(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
    std::free(mapped);
    return result;
}

/// QString's own conversions drop a byte order mark at the start.
QString utf16(const std::string& text) {
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::ConvertInitialBom);
    return decoder(QByteArrayView(text.data(), static_cast<qsizetype>(text.size())));
}

} // namespace

ReferenceTokenizer::ReferenceTokenizer(const Json& json)
    // GPT-2's pattern with \s spelt out as White_Space of Unicode: PCRE's own \s has U+180E, too.
    : m_pattern(
          QStringLiteral("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^W\\p{L}\\p{N}]+|[W]+(?![^W])|[W]+")
              .replace(
                  u'W',
                  QStringLiteral("\\x{9}-\\x{d} \\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}"
                                 "\\x{202f}\\x{205f}\\x{3000}")),
          QRegularExpression::UseUnicodePropertiesOption) {
    for (const Json& token : json["added_tokens"]) {
        m_added.push_back({token["content"], token["id"], token["normalized"]});
    }
    for (const auto& [token, id] : json["model"]["vocab"].items()) {
        m_vocabulary[token] = id;
    }
    int rank = 0;
    for (const Json& merge : json["model"]["merges"]) {
        const auto text = merge.is_string() ? merge.get<std::string>()
                                            : merge[0].get<std::string>() + " " + merge[1].get<std::string>();
        const std::size_t space = text.find(' ');
        m_ranks[{text.substr(0, space), text.substr(space + 1)}] = rank++;
    }
    int next = 0;
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable =
            (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
        m_characters.push_back(QString(QChar(printable ? byte : 256 + next++)).toStdString());
    }
}

const ReferenceTokenizer::Added*
ReferenceTokenizer::addedAt(std::string_view text, std::size_t position, bool normalized) const {
    const Added* longest = nullptr;
    for (const Added& token : m_added) {
        if (token.normalized == normalized && text[position] == token.content.front() &&
            text.substr(position).starts_with(token.content) &&
            (longest == nullptr || token.content.size() > longest->content.size())) {
            longest = &token;
        }
    }
    return longest;
}

std::vector<std::int32_t> ReferenceTokenizer::encode(std::string_view text) {
    std::vector<std::int32_t> ids;
    std::string piece;
    for (std::size_t i = 0; i < text.size();) {
        if (const Added* token = addedAt(text, i, false)) {
            encodeNormalized(nfc(piece), ids);
            piece.clear();
            ids.push_back(token->id);
            i += token->content.size();
        } else {
            piece += text[i++];
        }
    }
    encodeNormalized(nfc(piece), ids);
    return ids;
}

void ReferenceTokenizer::encodeNormalized(std::string_view text, std::vector<std::int32_t>& ids) {
    std::string piece;
    const auto encodePiece = [&] {
        auto words = m_pattern.globalMatch(utf16(piece));
        while (words.hasNext()) {
            const auto& word = encodeWord(words.next().captured());
            ids.insert(ids.end(), word.begin(), word.end());
        }
        piece.clear();
    };
    for (std::size_t i = 0; i < text.size();) {
        if (const Added* token = addedAt(text, i, true)) {
            encodePiece();
            ids.push_back(token->id);
            i += token->content.size();
        } else {
            piece += text[i++];
        }
    }
    encodePiece();
}

const std::vector<std::int32_t>& ReferenceTokenizer::encodeWord(const QString& word) {
    const std::string bytes = word.toStdString();
    const auto [known, added] = m_known.try_emplace(bytes);
    if (added) {
        Words parts;
        for (const char byte : bytes) {
            parts.push_back(m_characters[static_cast<unsigned char>(byte)]);
        }
        for (const std::string& part : merged(std::move(parts))) {
            known->second.push_back(m_vocabulary.at(part));
        }
    }
    return known->second;
}

/// The pair of the lowest rank first, of equal ones the leftmost, until no pair has a rank.
ReferenceTokenizer::Words ReferenceTokenizer::merged(Words parts) const {
    while (true) {
        auto best = m_ranks.end();
        std::size_t where = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto pair = m_ranks.find({parts[i], parts[i + 1]});
            if (pair != m_ranks.end() && (best == m_ranks.end() || pair->second < best->second)) {
                best = pair;
                where = i;
            }
        }
        if (best == m_ranks.end()) {
            return parts;
        }
        parts[where] += parts[where + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    }
}

} // namespace mambascope::test
