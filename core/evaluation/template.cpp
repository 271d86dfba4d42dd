// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/template.h"

namespace mambascope {

Result<Template> Template::parse(std::string_view text, std::string_view what) {
    Template result;
    std::string plain;
    const auto endPlain = [&] {
        if (!plain.empty()) {
            result.m_pieces.push_back({plain, false});
            plain.clear();
        }
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
            plain += c;
            ++i;
        } else if (c == '}') {
            return Error::unreadable(
                std::string(what) + " has a closing brace without an opening one.",
                "Write }} for a brace itself.");
        } else if (c == '{') {
            const std::size_t end = text.find_first_of("{}", i + 1);
            if (end == std::string_view::npos || text[end] != '}' || end == i + 1) {
                return Error::unreadable(
                    std::string(what) + " has a brace that does not enclose the name of a field.",
                    "Write {field}, or {{ for a brace itself.");
            }
            endPlain();
            result.m_pieces.push_back({std::string(text.substr(i + 1, end - i - 1)), true});
            i = end;
        } else {
            plain += c;
        }
    }
    endPlain();
    return result;
}

std::string Template::fill(Record& record) const {
    std::string text;
    for (const Piece& piece : m_pieces) {
        if (!piece.field) {
            text += piece.text;
            continue;
        }
        const auto value = record.json().find(piece.text);
        const bool number = value != record.json().end() && value->is_number_integer();
        text += number ? value->dump() : record.text(piece.text.c_str());
    }
    return text;
}

} // namespace mambascope
