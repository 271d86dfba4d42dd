// SPDX-License-Identifier: GPL-3.0-or-later
// One frame of the engine protocol, given to every codec: whatever the other side claims it is.
#include "core/engine/codec.h"
#include "core/engine/protocol.h"

#include <cstddef>
#include <cstdint>

namespace {

template <class... T>
void unpackAll(const mambascope::Json& message) {
    ((void)mambascope::protocol::unpack<T>(message), ...);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mambascope;
    const Result<Json> message = protocol::decode({data, size});
    if (!message.ok()) {
        return 0;
    }
    (void)protocol::encode(message.value());
    (void)protocol::unpackError(message.value());
    unpackAll<
        Progress, EngineInfo, LoadRequest, LoadedModel, CalibrationRequest, WeightStatistics, ForwardRequest,
        ForwardResult, GenerateRequest, BenchRequest, ExportRequest, ExportReport, QuantPlan,
        CalibrationSnapshot, std::vector<ScoreRequest>, OrderedJson, protocol::ScoreBlock>(message.value());
    return 0;
}
