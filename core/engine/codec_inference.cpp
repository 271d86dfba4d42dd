// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/codec.h"
#include "core/engine/fields.h"

namespace mambascope::protocol {
namespace {

std::vector<std::span<const std::int32_t>> views(const std::vector<std::vector<std::int32_t>>& pieces) {
    return {pieces.begin(), pieces.end()};
}

Json packArrays(const std::vector<std::vector<float>>& arrays) {
    Json list = Json::array();
    for (const auto& values : arrays) {
        list.push_back(binary(values));
    }
    return list;
}

/// Whether every array holds whole rows of `width` values.
bool wholeRows(const std::vector<std::vector<float>>& arrays, int width) {
    for (const auto& values : arrays) {
        if (width == 0 ? !values.empty() : values.size() % static_cast<std::size_t>(width) != 0) {
            return false;
        }
    }
    return true;
}

} // namespace

Json pack(const SiteErrorRequest& request) {
    Json plans = Json::array();
    for (const QuantPlan& plan : request.plans) {
        plans.push_back(pack(plan));
    }
    Json json{{"plans", std::move(plans)}};
    putRagged(json, "windows", views(request.windows));
    return json;
}

template <>
Result<SiteErrorRequest> unpack(const Json& json) {
    SiteErrorRequest request;
    Fields fields(json, "request for site errors");
    fields.ragged("windows", request.windows);
    const Json* plans = fields.list("plans");
    for (std::size_t i = 0; plans != nullptr && i < plans->size(); ++i) {
        auto plan = unpack<QuantPlan>((*plans)[i]);
        if (!plan.ok()) {
            return plan.error();
        }
        request.plans.push_back(std::move(plan).value());
    }
    return fields.result(std::move(request));
}

Json pack(const SiteErrors& errors) {
    Json plans = Json::array();
    for (const std::vector<double>& ofPlan : errors.relative) {
        plans.push_back(binary(ofPlan));
    }
    return {{"relative", std::move(plans)}};
}

template <>
Result<SiteErrors> unpack(const Json& json) {
    SiteErrors errors;
    Fields fields(json, "site errors");
    fields.arrays("relative", errors.relative);
    for (const std::vector<double>& ofPlan : errors.relative) {
        if (ofPlan.size() != errors.relative.front().size()) {
            fields.fail("relative", "has plans of different sizes");
        }
    }
    return fields.result(std::move(errors));
}

Json pack(const ForwardRequest& request) {
    Json json{{"hidden", request.hidden}};
    putRagged(json, "sequences", views(request.sequences));
    return json;
}

template <>
Result<ForwardRequest> unpack(const Json& json) {
    ForwardRequest request;
    Fields fields(json, "forward request");
    fields.boolean("hidden", request.hidden).ragged("sequences", request.sequences);
    return fields.result(std::move(request));
}

Json pack(const ForwardResult& result) {
    Json depths = Json::array();
    for (const auto& depth : result.hiddenStates) {
        depths.push_back({{"sequences", packArrays(depth)}});
    }
    return {
        {"vocabulary", result.vocabulary},
        {"hidden", result.hidden},
        {"logits", packArrays(result.logits)},
        {"hiddenStates", std::move(depths)}};
}

template <>
Result<ForwardResult> unpack(const Json& json) {
    ForwardResult result;
    Fields fields(json, "forward result");
    fields.integer("vocabulary", result.vocabulary, 0).integer("hidden", result.hidden, 0);
    fields.arrays("logits", result.logits);
    if (!wholeRows(result.logits, result.vocabulary)) {
        fields.fail("logits", "does not hold whole rows");
    }
    if (const Json* depths = fields.list("hiddenStates")) {
        for (const Json& depth : *depths) {
            Fields inner(depth, "forward result's residual stream");
            inner.arrays("sequences", result.hiddenStates.emplace_back());
            if (!wholeRows(result.hiddenStates.back(), result.hidden)) {
                inner.fail("sequences", "does not hold whole rows");
            }
            if (!inner.ok()) {
                return inner.error();
            }
        }
    }
    return fields.result(std::move(result));
}

Json packScoreRequests(std::span<const ScoreRequest> requests) {
    std::vector<std::span<const std::int32_t>> contexts, continuations;
    contexts.reserve(requests.size());
    continuations.reserve(requests.size());
    for (const ScoreRequest& request : requests) {
        contexts.emplace_back(request.context);
        continuations.emplace_back(request.continuation);
    }
    Json json = Json::object();
    putRagged(json, "contexts", contexts);
    putRagged(json, "continuations", continuations);
    return json;
}

template <>
Result<std::vector<ScoreRequest>> unpack(const Json& json) {
    std::vector<std::vector<std::int32_t>> contexts, continuations;
    Fields fields(json, "scoring request");
    fields.ragged("contexts", contexts).ragged("continuations", continuations);
    if (contexts.size() != continuations.size()) {
        fields.fail("continuations", "has another number of entries than the contexts");
    }
    std::vector<ScoreRequest> requests(fields.ok() ? contexts.size() : 0);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (contexts[i].empty() || continuations[i].empty()) {
            fields.fail("contexts", "has an empty entry");
            break;
        }
        requests[i] = {std::move(contexts[i]), std::move(continuations[i])};
    }
    return fields.result(std::move(requests));
}

Json packScores(std::size_t first, std::span<const Score> scores) {
    std::vector<double> values;
    std::vector<std::uint8_t> greedy;
    for (const Score& score : scores) {
        values.push_back(score.logLikelihood);
        greedy.push_back(score.greedy ? 1 : 0);
    }
    return {{"first", first}, {"logLikelihood", binary(values)}, {"greedy", binary(greedy)}};
}

template <>
Result<ScoreBlock> unpack(const Json& json) {
    ScoreBlock block;
    std::int64_t first = 0;
    std::vector<double> values;
    std::vector<std::uint8_t> greedy;
    Fields fields(json, "scores");
    fields.integer("first", first, 0).numbers("logLikelihood", values).numbers("greedy", greedy);
    if (values.size() != greedy.size()) {
        fields.fail("greedy", "has another length than the scores");
    }
    if (fields.ok()) {
        block.first = static_cast<std::size_t>(first);
        block.scores.resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            block.scores[i] = {values[i], greedy[i] != 0};
        }
    }
    return fields.result(std::move(block));
}

Json pack(const GenerateRequest& request) {
    return {{"prompt", binary(request.prompt)}, {"count", request.count}};
}

template <>
Result<GenerateRequest> unpack(const Json& json) {
    GenerateRequest request;
    Fields fields(json, "generation request");
    fields.numbers("prompt", request.prompt).integer("count", request.count, 0, 1 << 20);
    return fields.result(std::move(request));
}

Json pack(const BenchRequest& request) {
    return {{"batch", request.batch}, {"length", request.length}, {"repeat", request.repeat}};
}

template <>
Result<BenchRequest> unpack(const Json& json) {
    BenchRequest request;
    Fields fields(json, "benchmark request");
    fields.integer("batch", request.batch, 1, 1 << 16).integer("length", request.length, 1, 1 << 20);
    fields.integer("repeat", request.repeat, 1, 1 << 16);
    return fields.result(std::move(request));
}

Json packOrdered(const OrderedJson& json) {
    return {{"text", json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)}};
}

template <>
Result<OrderedJson> unpack(const Json& json) {
    std::string text;
    Fields fields(json, "report");
    fields.text("text", text);
    OrderedJson ordered = OrderedJson::parse(text, nullptr, false);
    if (ordered.is_discarded()) {
        fields.fail("text", "is no JSON");
    }
    return fields.result(std::move(ordered));
}

} // namespace mambascope::protocol
