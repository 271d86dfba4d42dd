// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/describe.h"

#include "core/base/hash.h"

namespace mambascope {

std::string engineName(const EngineInfo& info) {
    return info.name + " " + info.version + " (" + info.runtime + ")";
}

void describeRun(
    EvaluationResult& result, const LoadedModel& model, const EngineInfo& info, const QuantPlan& plan,
    const std::string& calibrationHash, const Tokenizer& tokenizer) {
    result.modelName = model.name;
    result.modelHash = model.hash;
    result.plan = toJson(plan);
    result.planName = plan.name;
    result.planHash = planHash(plan);
    result.calibrationHash = calibrationHash;
    result.engine = engineName(info);
    result.tokenizerHash = tokenizer.hash();
    result.dtype = model.dtype;
    result.device = model.deviceName.empty() ? model.device : model.deviceName;
}

Result<CalibrationRequest> textCalibration(
    const Tokenizer& tokenizer, std::string_view text, std::string_view textName,
    const WindowRequest& windows) {
    Result<std::vector<std::vector<std::int32_t>>> cut = calibrationWindows(tokenizer.encode(text), windows);
    if (!cut.ok()) {
        return cut.error();
    }
    CalibrationRequest request;
    request.windows = std::move(cut).value();
    request.source.textHash = contentHash(text);
    request.source.textName = textName;
    request.source.samples = static_cast<int>(request.windows.size());
    request.source.length = windows.length;
    request.source.contiguous = windows.contiguous;
    request.source.seed = windows.contiguous ? 0 : windows.seed; // no position is drawn
    return request;
}

} // namespace mambascope
