// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/records.h"

#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// Text with places for fields: "Question: {goal}\nAnswer:". `{{` and `}}` stand for single braces.
class Template {
public:
    /// Unreadable with a sentence about `what` if a brace is not closed, not opened, or names no field.
    static Result<Template> parse(std::string_view text, std::string_view what);

    /// The text with the record's fields in it. A text goes in verbatim, a whole number in decimal digits;
    /// anything else is a complaint of the record.
    std::string fill(Record& record) const;
    bool empty() const { return m_pieces.empty(); }

private:
    struct Piece {
        std::string text;
        bool field = false;
    };
    std::vector<Piece> m_pieces;
};

} // namespace mambascope
