// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine_tokenizer.h"

namespace mambascope {

Result<std::shared_ptr<const Tokenizer>>
tokenizerOf(Engine& engine, const LoadedModel& model, const std::filesystem::path& chosen) {
    if (!chosen.empty()) {
        return openTokenizerFor(chosen, model.spec.vocabulary);
    }
    if (!model.hasTokenizer) {
        return Error::unreadable(
            model.name + " comes without a tokenizer.json, and the Hugging Face cache has none of "
                         "EleutherAI/gpt-neox-20b that fits it.",
            "Name one with --tokenizer FILE, or choose one in the window.");
    }
    const Result<std::string> json = engine.tokenizerJson();
    return json.ok() ? Tokenizer::fromJson(json.value(), "the tokenizer.json of " + model.name) : json.error();
}

} // namespace mambascope
