// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/divergence_work.h"

#include <algorithm>

namespace mambascope::ui {
namespace {

constexpr int kWindow = 128, kMostWindows = 8;
constexpr std::int64_t kLogitsBytes = std::int64_t{64} << 20;

struct HeldOutText {
    std::string text, source;
};

/// Items of the first task that has data, with the choice that is right, in random order.
Result<HeldOutText> heldOutText(const std::filesystem::path& folder, std::size_t bytes) {
    for (const Task task : kTasks) {
        const Result<TaskData> data = loadTask(task, folder, BrokenLines::LeaveOut);
        if (!data.ok()) {
            continue;
        }
        HeldOutText held{{}, data.value().title()};
        for (const int row : itemOrder(static_cast<int>(data.value().items.size()), 0, 0)) {
            const TaskItem& item = data.value().items[static_cast<std::size_t>(row)];
            const TaskItem::Choice& right = item.choices[static_cast<std::size_t>(item.gold)];
            held.text += right.context + right.continuation + "\n\n";
            if (held.text.size() >= bytes) {
                break;
            }
        }
        return held;
    }
    return Error::unreadable("There is no data of a task in " + folder.string() + ".");
}

Result<ForwardResult>
logitsUnder(Engine& engine, const DivergenceWork& work, const ForwardRequest& request, const Job& job) {
    const auto applied = engine.applyPlan(work.plan, work.calibration, job);
    return applied.ok() ? engine.forward(request, job) : applied.error();
}

} // namespace

Result<void> DivergenceMeasure::prepare(Engine& engine, const DivergenceWork& work, const Job& job) {
    const std::string key = work.model.hash + '\n' + work.model.dtype + '\n' + work.model.device + '\n' +
                            work.tokenizer.string() + '\n' + work.folder.string();
    if (key == m_key) {
        return {};
    }
    m_key.clear();
    const auto tokenizer = m_tokenizers.get(engine, work.model, work.tokenizer);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    const std::int64_t windowBytes = std::int64_t{kWindow} * work.model.spec.vocabulary * 4;
    const int windows = static_cast<int>(std::clamp<std::int64_t>(kLogitsBytes / windowBytes, 1, kMostWindows));
    // No tokenizer needs eight bytes a token of plain text.
    const Result<HeldOutText> held = heldOutText(work.folder, std::size_t{8} * kWindow * windows);
    if (!held.ok()) {
        return held.error();
    }
    auto cut = calibrationWindows(
        tokenizer.value()->encode(held.value().text), {windows, kWindow, 0, /*contiguous=*/true});
    if (!cut.ok()) {
        return cut.error();
    }
    DivergenceWork unquantized = work;
    unquantized.plan = QuantPlan();
    unquantized.calibration = nullptr;
    Result<ForwardResult> baseline = logitsUnder(engine, unquantized, {cut.value(), false}, job);
    if (!baseline.ok()) {
        return baseline.error();
    }
    m_source = held.value().source;
    m_windows = std::move(cut).value();
    m_baseline = std::move(baseline).value();
    m_key = key;
    return {};
}

Result<Divergence> DivergenceMeasure::measure(Engine& engine, const DivergenceWork& work, const Job& job) {
    if (const Result<void> ready = prepare(engine, work, job); !ready.ok()) {
        return ready.error();
    }
    const Result<ForwardResult> quantized = logitsUnder(engine, work, {m_windows, false}, job);
    if (!quantized.ok()) {
        return quantized.error();
    }
    DivergenceMeter meter;
    for (std::size_t i = 0; i < m_windows.size(); ++i) {
        meter.add(m_windows[i], m_baseline.logits[i], quantized.value().logits[i]);
    }
    return Divergence{meter.result(), m_source};
}

} // namespace mambascope::ui
