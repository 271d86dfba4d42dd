// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/divergence.h"
#include "ui/window/evaluation_work.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mambascope::ui {

/// Which plan is compared with the unquantized model, and on what.
struct DivergenceWork {
    QuantPlan plan;
    std::shared_ptr<const CalibrationSnapshot> calibration; ///< null if the plan needs none
    LoadedModel model;
    std::filesystem::path tokenizer; ///< chosen by the user; empty: the checkpoint's own
    std::filesystem::path folder;    ///< of the tasks' data, whose first task with data lends the text
};

struct Divergence {
    DivergenceResult result;
    std::string source; ///< the task that the text is from, for people
};

/// Compares plans with the unquantized model, whose logits it keeps from one plan to the next. Used on the engine's
/// thread only.
class DivergenceMeasure {
public:
    /// Over windows of 128 tokens of task texts, as many as 64 MiB of logits hold, at most 8 and at least one.
    Result<Divergence> measure(Engine& engine, const DivergenceWork& work, const Job& job);

private:
    Result<void> prepare(Engine& engine, const DivergenceWork& work, const Job& job);

    TokenizerCache m_tokenizers;
    std::string m_key; ///< what m_windows and m_baseline are of
    std::string m_source;
    std::vector<std::vector<std::int32_t>> m_windows;
    ForwardResult m_baseline;
};

} // namespace mambascope::ui
