// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/loaders.h"
#include "core/evaluation/text.h"
#include "core/tokenizer/unicode.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace mambascope {
namespace {

constexpr int kFirstId = 401; ///< SuperGLUE's validation set within the original development set
constexpr int kLastId = 500;

/// Comments blanked out; line feeds stay, so that line numbers do.
std::string withoutComments(std::string text) {
    for (std::size_t at = text.find("<!--"); at != std::string::npos; at = text.find("<!--", at)) {
        const std::size_t close = text.find("-->", at);
        const std::size_t end = close == std::string::npos ? text.size() : close + 3;
        std::replace_if(
            text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
            [](char c) { return c != '\n'; }, ' ');
    }
    return text;
}

std::optional<char32_t> namedEntity(std::string_view name) {
    static constexpr std::pair<std::string_view, char32_t> kNames[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, character] : kNames) {
        if (name == known) {
            return character;
        }
    }
    if (!name.starts_with('#')) {
        return std::nullopt;
    }
    const bool hex = name.starts_with("#x");
    const std::string_view digits = name.substr(hex ? 2 : 1);
    std::uint32_t value = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    const bool isCharacter = value > 0 && value <= 0x10FFFF && !(value >= 0xD800 && value < 0xE000);
    if (failure != std::errc() || end != digits.data() + digits.size() || !isCharacter) {
        return std::nullopt;
    }
    return value;
}

/// Entities resolved; what is none stays as it is.
std::string decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
        const auto character =
            end == std::string_view::npos ? std::nullopt : namedEntity(text.substr(i + 1, end - i - 1));
        if (character) {
            appendUtf8(result, *character);
            i = end + 1;
        } else {
            result += text[i++];
        }
    }
    return result;
}

class CopaReader {
public:
    explicit CopaReader(const LineFile& file)
        : m_file(file)
        , m_text(withoutComments(file.text)) {}

    Result<LoadedItems> read() {
        LoadedItems loaded;
        for (m_at = m_text.find("<item"); m_at != std::string::npos; m_at = m_text.find("<item", m_at)) {
            const std::size_t close = std::min(m_text.find("</item>", m_at), m_text.size());
            if (close == m_text.size() || m_text.find("<item", m_at + 1) < close) {
                return complaint("the item is not closed");
            }
            auto item = readItem(std::string_view(m_text).substr(m_at, close - m_at));
            if (!item.ok() && m_file.broken == BrokenLines::Refuse) {
                return item.error();
            }
            if (!item.ok()) {
                loaded.leftOut.push_back(item.error().message);
            } else if (item.value()) {
                loaded.items.push_back(std::move(*item.value()));
            }
            m_at = close;
        }
        if (loaded.items.empty()) {
            return Error::unreadable(
                m_file.path.string() + " has no items 401 to 500.",
                "These items of COPA's development file are SuperGLUE's validation set; take copa-dev.xml.");
        }
        return loaded;
    }

private:
    Error complaint(const std::string& text) const {
        const auto row = std::count(m_text.begin(), m_text.begin() + static_cast<std::ptrdiff_t>(m_at), '\n');
        return brokenLine(m_file.path, static_cast<std::size_t>(row), text);
    }

    static std::optional<std::string> attribute(std::string_view tag, std::string_view name) {
        for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
            const bool isName = at > 0 && isPythonSpace(static_cast<unsigned char>(tag[at - 1]));
            const std::size_t equals = tag.find_first_not_of(" \t\r\n", at + name.size());
            if (!isName || equals == std::string_view::npos || tag[equals] != '=') {
                continue;
            }
            const std::size_t quote = tag.find_first_not_of(" \t\r\n", equals + 1);
            if (quote == std::string_view::npos || (tag[quote] != '"' && tag[quote] != '\'')) {
                return std::nullopt;
            }
            const std::size_t end = tag.find(tag[quote], quote + 1);
            if (end == std::string_view::npos) {
                return std::nullopt;
            }
            return decoded(tag.substr(quote + 1, end - quote - 1));
        }
        return std::nullopt;
    }

    static std::optional<std::string> element(std::string_view body, const std::string& name) {
        const std::string open = "<" + name + ">";
        const std::size_t start = body.find(open);
        const std::size_t end = body.find("</" + name + ">", std::min(start, body.size()));
        if (start == std::string_view::npos || end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::size_t from = start + open.size();
        return decoded(trimmed(body.substr(from, end - from)));
    }

    /// Nothing for an item outside of the validation set.
    Result<std::optional<TaskItem>> readItem(std::string_view text) const {
        if (!isValidUtf8(text)) {
            return complaint("the item is not UTF-8 text");
        }
        const std::string_view tag = text.substr(0, text.find('>'));
        const auto id = parseDigits(attribute(tag, "id").value_or("-"));
        if (!id) {
            return complaint("the item has no number as its id");
        }
        if (*id < kFirstId || *id > kLastId) {
            return std::optional<TaskItem>();
        }
        const std::string asks = attribute(tag, "asks-for").value_or("");
        if (asks != "cause" && asks != "effect") {
            return complaint("the item asks for neither cause nor effect");
        }
        const std::string gold = attribute(tag, "most-plausible-alternative").value_or("");
        if (gold != "1" && gold != "2") {
            return complaint("the item's most plausible alternative is neither 1 nor 2");
        }
        const auto premise = element(text, "p"), first = element(text, "a1"), second = element(text, "a2");
        if (!premise || !first || !second) {
            return complaint("the item lacks one of its elements p, a1, a2");
        }
        TaskItem item = copaItem(*premise, asks == "cause", *first, *second, gold == "1" ? 0 : 1);
        item.index = *id - kFirstId;
        return std::optional<TaskItem>(std::move(item));
    }

    const LineFile& m_file;
    const std::string m_text;
    std::size_t m_at = 0;
};

} // namespace

Result<LoadedItems> loadCopaXml(const LineFile& file) {
    return CopaReader(file).read();
}

} // namespace mambascope
