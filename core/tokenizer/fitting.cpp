// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/tokenizer.h"

namespace mambascope {

Result<std::shared_ptr<const Tokenizer>> openTokenizerFor(const std::filesystem::path& path, int rows) {
    Result<std::shared_ptr<const Tokenizer>> opened = Tokenizer::open(path);
    if (!opened.ok()) {
        return opened.error();
    }
    const std::int32_t ids = opened.value()->vocabularySize();
    if (ids > rows || rows - ids > kMostPaddingRows) {
        return Error::unreadable(
            "The tokenizer " + path.string() + " does not belong to this model: it has " +
                std::to_string(ids) + " token ids, and the model's embedding has " + std::to_string(rows) +
                " rows.",
            ids > rows ? "Choose the tokenizer.json that the model was trained with."
                       : "Choose the tokenizer.json that the model was trained with; at most " +
                             std::to_string(kMostPaddingRows) + " rows may be left over as padding.");
    }
    return opened;
}

} // namespace mambascope
