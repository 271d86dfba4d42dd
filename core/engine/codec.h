// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/engine/files.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// What the engine's requests and answers look like as messages. pack() and unpack() are inverse to each
/// other; unpack() takes bytes from anywhere and answers damaged ones with Failed and a sentence that names
/// the field.
namespace mambascope::protocol {

Json pack(const Error& error);
Json pack(const Progress& progress);
Json pack(const EngineInfo& info);
Json pack(const LoadRequest& request);
Json pack(const LoadedModel& model);
Json pack(const CalibrationRequest& request);
Json pack(const WeightStatistics& statistics);
Json pack(const QuantPlan& plan);
Json pack(const SiteErrorRequest& request);
Json pack(const SiteErrors& errors);
Json pack(const ForwardRequest& request);
Json pack(const ForwardResult& result);
Json pack(const GenerateRequest& request);
Json pack(const BenchRequest& request);
Json pack(const ExportRequest& request);
Json pack(const ExportReport& report);
Json pack(const FolderListing& listing);
Json pack(const CachedModels& cache);
Json pack(const TokenizerText& tokenizer);
/// {first, logLikelihood: fp64, greedy: bytes}
Json packScores(std::size_t first, std::span<const Score> scores);
Json packScoreRequests(std::span<const ScoreRequest> requests);
/// {bytes}: the calibration file.
Result<Json> packCalibration(const CalibrationSnapshot& snapshot);
/// JSON whose keys keep their order travels as text.
Json packOrdered(const OrderedJson& json);

/// The error that was sent; if it is damaged, an error that says so.
Error unpackError(const Json& json);

template <class T>
Result<T> unpack(const Json& json);
template <>
Result<Progress> unpack(const Json& json);
template <>
Result<EngineInfo> unpack(const Json& json);
template <>
Result<LoadRequest> unpack(const Json& json);
template <>
Result<LoadedModel> unpack(const Json& json);
template <>
Result<CalibrationRequest> unpack(const Json& json);
template <>
Result<WeightStatistics> unpack(const Json& json);
template <>
Result<SiteErrorRequest> unpack(const Json& json);
template <>
Result<SiteErrors> unpack(const Json& json);
template <>
Result<ForwardRequest> unpack(const Json& json);
template <>
Result<ForwardResult> unpack(const Json& json);
template <>
Result<GenerateRequest> unpack(const Json& json);
template <>
Result<BenchRequest> unpack(const Json& json);
template <>
Result<ExportRequest> unpack(const Json& json);
template <>
Result<ExportReport> unpack(const Json& json);
template <>
Result<FolderListing> unpack(const Json& json);
template <>
Result<CachedModels> unpack(const Json& json);
template <>
Result<TokenizerText> unpack(const Json& json);
template <>
Result<QuantPlan> unpack(const Json& json);
template <>
Result<CalibrationSnapshot> unpack(const Json& json);
template <>
Result<std::vector<ScoreRequest>> unpack(const Json& json);
template <>
Result<OrderedJson> unpack(const Json& json);

struct ScoreBlock {
    std::size_t first = 0;
    std::vector<Score> scores;
};
template <>
Result<ScoreBlock> unpack(const Json& json);

} // namespace mambascope::protocol
