// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/dispatcher.h"

#include "core/engine/codec.h"
#include "core/engine/fields.h"
#include "core/engine/files.h"

#include <chrono>
#include <map>
#include <new>
#include <string_view>

namespace mambascope::protocol {
namespace {

constexpr std::size_t kKeptCalibrations = 4;

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

template <class T>
Result<Json> packed(const Result<T>& result) {
    return result.ok() ? Result<Json>(pack(result.value())) : Result<Json>(result.error());
}

/// libtorch's messages go on with a backtrace, which is for the details.
Error thrown(std::string_view what) {
    const std::size_t end = what.find('\n');
    Error error = Error::failed("The engine failed: " + std::string(what.substr(0, end)));
    if (end != std::string_view::npos) {
        error.context = std::string(what.substr(end + 1));
    }
    return error;
}

} // namespace

template <class Work>
auto Dispatcher::timed(Work&& work) {
    const auto begin = Clock::now();
    auto result = work();
    m_computeSeconds += secondsSince(begin);
    return result;
}

Result<Json>
Dispatcher::run(const std::string& op, const Json& args, const Job& job, const PartialSink& onPartial) {
    m_computeSeconds = 0;
    try {
        return runUnguarded(op, args, job, onPartial);
    } catch (const std::bad_alloc&) {
        return Error{
            ErrorCode::OutOfMemory, "The engine ran out of memory.",
            "Use fewer or shorter sequences at a time, or a smaller model.", op};
    } catch (const std::exception& exception) {
        return thrown(exception.what()).within(op);
    } catch (...) {
        return Error::failed("The engine failed for an unknown reason.").within(op);
    }
}

Result<Json> Dispatcher::runUnguarded(
    const std::string& op, const Json& args, const Job& job, const PartialSink& onPartial) {
    static const std::map<std::string_view, Operation> kOperations{
        {"info", &Dispatcher::info},
        {"load", &Dispatcher::load},
        {"tokenizer", &Dispatcher::tokenizer},
        {"weights", &Dispatcher::weights},
        {"calibrate", &Dispatcher::calibrate},
        {"apply", &Dispatcher::apply},
        {"siteErrors", &Dispatcher::siteErrors},
        {"forward", &Dispatcher::forward},
        {"score", &Dispatcher::score},
        {"generate", &Dispatcher::generate},
        {"export", &Dispatcher::exportCheckpoint},
        {"bench", &Dispatcher::bench}};
    /// Those that read files only need no engine, whose start would take a second or more.
    static const std::map<std::string_view, Operation> kOfFiles{
        {"upload", &Dispatcher::upload},
        {"listFolder", &Dispatcher::listFolder},
        {"cachedModels", &Dispatcher::cachedModels},
        {"describeModel", &Dispatcher::describeModel},
        {"tokenizerOf", &Dispatcher::tokenizerOf},
        {"checkNewFolder", &Dispatcher::checkNewFolder},
        {"makeModel", &Dispatcher::makeModel}};
    const auto ofFiles = kOfFiles.find(op);
    const auto found = kOperations.find(op);
    if (ofFiles == kOfFiles.end() && found == kOperations.end()) {
        return Error::failed(
            "The engine does not know the request “" + op.substr(0, 64) + "”.",
            "Install the same version of mambascope on both sides.");
    }
    if (job.stopRequested()) {
        return Error::cancelled();
    }
    if (ofFiles != kOfFiles.end()) {
        return (this->*ofFiles->second)(args, job, onPartial);
    }
    if (!m_engine) {
        auto made = m_factory();
        if (!made.ok()) {
            return made.error();
        }
        m_engine = std::move(made).value();
    }
    return (this->*found->second)(args, job, onPartial);
}

void Dispatcher::keep(std::string hash, Calibration calibration) {
    std::erase_if(m_calibrations, [&](const auto& entry) { return entry.first == hash; });
    m_calibrations.emplace_back(std::move(hash), std::move(calibration));
    if (m_calibrations.size() > kKeptCalibrations) {
        m_calibrations.pop_front();
    }
}

std::optional<Dispatcher::Calibration> Dispatcher::kept(const std::string& hash) const {
    if (hash.empty()) {
        return Calibration();
    }
    for (const auto& [known, calibration] : m_calibrations) {
        if (known == hash) {
            return calibration;
        }
    }
    return std::nullopt;
}

Result<Json> Dispatcher::info(const Json&, const Job&, const PartialSink&) {
    return packed(m_engine->info());
}

Result<Json> Dispatcher::load(const Json& args, const Job& job, const PartialSink&) {
    auto request = unpack<LoadRequest>(args);
    return request.ok() ? packed(timed([&] { return m_engine->load(request.value(), job); }))
                        : Result<Json>(request.error());
}

Result<Json> Dispatcher::tokenizer(const Json&, const Job&, const PartialSink&) {
    auto text = m_engine->tokenizerJson();
    return text.ok() ? Result<Json>(Json{{"text", std::move(text).value()}}) : Result<Json>(text.error());
}

Result<Json> Dispatcher::weights(const Json&, const Job& job, const PartialSink&) {
    return packed(timed([&] { return m_engine->weightStatistics(job); }));
}

Result<Json> Dispatcher::upload(const Json& args, const Job&, const PartialSink&) {
    std::string hash;
    Fields fields(args, "calibration");
    fields.text("hash", hash, 64);
    if (!fields.ok()) {
        return fields.error();
    }
    auto snapshot = unpack<CalibrationSnapshot>(args);
    if (!snapshot.ok()) {
        return snapshot.error();
    }
    if (calibrationHash(snapshot.value()) != hash) {
        return Error::failed("The calibration was changed on its way to the engine.");
    }
    keep(std::move(hash), std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value()));
    return Json::object();
}

Result<Json> Dispatcher::calibrate(const Json& args, const Job& job, const PartialSink&) {
    auto request = unpack<CalibrationRequest>(args);
    if (!request.ok()) {
        return request.error();
    }
    auto snapshot = timed([&] { return m_engine->calibrate(request.value(), job); });
    if (!snapshot.ok()) {
        return snapshot.error();
    }
    auto answer = packCalibration(snapshot.value());
    if (!answer.ok()) {
        return answer.error();
    }
    // Kept, so that the client need not send back what it has just got.
    std::string hash = calibrationHash(snapshot.value());
    answer.value()["hash"] = hash;
    keep(std::move(hash), std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value()));
    return answer;
}

Result<Json> Dispatcher::apply(const Json& args, const Job& job, const PartialSink&) {
    std::string hash;
    Fields fields(args, "plan request");
    fields.text("calibration", hash, 64);
    const Json* planJson = fields.map("plan");
    if (planJson == nullptr) {
        return fields.error();
    }
    auto plan = unpack<QuantPlan>(*planJson);
    if (!plan.ok()) {
        return plan.error();
    }
    const auto calibration = kept(hash);
    if (!calibration) {
        return Json{{"unknownCalibration", true}};
    }
    auto warnings = timed([&] { return m_engine->applyPlan(plan.value(), *calibration, job); });
    return warnings.ok() ? Result<Json>(Json{{"warnings", warnings.value()}})
                         : Result<Json>(warnings.error());
}

Result<Json> Dispatcher::siteErrors(const Json& args, const Job& job, const PartialSink&) {
    std::string hash;
    Fields fields(args, "request for site errors");
    fields.text("calibration", hash, 64);
    const Json* requestJson = fields.map("request");
    if (requestJson == nullptr) {
        return fields.error();
    }
    auto request = unpack<SiteErrorRequest>(*requestJson);
    if (!request.ok()) {
        return request.error();
    }
    const auto calibration = kept(hash);
    return calibration
               ? packed(timed([&] { return m_engine->siteErrors(request.value(), *calibration, job); }))
               : Result<Json>(Json{{"unknownCalibration", true}});
}

Result<Json> Dispatcher::forward(const Json& args, const Job& job, const PartialSink&) {
    auto request = unpack<ForwardRequest>(args);
    return request.ok() ? packed(timed([&] { return m_engine->forward(request.value(), job); }))
                        : Result<Json>(request.error());
}

Result<Json> Dispatcher::score(const Json& args, const Job& job, const PartialSink& onPartial) {
    auto requests = unpack<std::vector<ScoreRequest>>(args);
    if (!requests.ok()) {
        return requests.error();
    }
    const auto sink = [&](std::size_t first, std::span<const Score> scores) {
        const auto begin = Clock::now();
        onPartial(packScores(first, scores));
        m_computeSeconds -= secondsSince(begin); // inside the time that score() takes
    };
    auto scores = timed([&] { return m_engine->score(requests.value(), sink, job); });
    return scores.ok() ? Result<Json>(packScores(0, scores.value())) : Result<Json>(scores.error());
}

Result<Json> Dispatcher::generate(const Json& args, const Job& job, const PartialSink&) {
    auto request = unpack<GenerateRequest>(args);
    if (!request.ok()) {
        return request.error();
    }
    auto tokens = timed([&] { return m_engine->generate(request.value(), job); });
    return tokens.ok() ? Result<Json>(Json{{"tokens", binary(tokens.value())}})
                       : Result<Json>(tokens.error());
}

Result<Json> Dispatcher::exportCheckpoint(const Json& args, const Job& job, const PartialSink&) {
    std::string hash;
    Fields fields(args, "export request");
    fields.text("calibration", hash, 64);
    const Json* requestJson = fields.map("request");
    if (requestJson == nullptr) {
        return fields.error();
    }
    auto request = unpack<ExportRequest>(*requestJson);
    if (!request.ok()) {
        return request.error();
    }
    const auto calibration = kept(hash);
    return calibration
               ? packed(timed([&] { return m_engine->exportCheckpoint(request.value(), *calibration, job); }))
               : Result<Json>(Json{{"unknownCalibration", true}});
}

Result<Json> Dispatcher::bench(const Json& args, const Job& job, const PartialSink&) {
    auto request = unpack<BenchRequest>(args);
    if (!request.ok()) {
        return request.error();
    }
    auto report = timed([&] { return m_engine->bench(request.value(), job); });
    return report.ok() ? Result<Json>(packOrdered(report.value())) : Result<Json>(report.error());
}

namespace {

struct FileRequest {
    std::string path;
    bool flag = false;
};

Result<FileRequest> fileRequest(const Json& args, const char* flag = nullptr) {
    FileRequest request;
    Fields fields(args, "file request");
    fields.text("path", request.path, 4096);
    if (flag != nullptr) {
        fields.boolean(flag, request.flag);
    }
    return fields.result(std::move(request));
}

Result<Json> asText(const Result<std::string>& text) {
    return text.ok() ? Result<Json>(Json{{"text", text.value()}}) : Result<Json>(text.error());
}

} // namespace

Result<Json> Dispatcher::listFolder(const Json& args, const Job&, const PartialSink&) {
    const auto request = fileRequest(args);
    return request.ok() ? packed(mambascope::listFolder(request.value().path))
                        : Result<Json>(request.error());
}

Result<Json> Dispatcher::cachedModels(const Json&, const Job& job, const PartialSink&) {
    return pack(listCachedModels(job));
}

Result<Json> Dispatcher::describeModel(const Json& args, const Job& job, const PartialSink&) {
    const auto request = fileRequest(args, "hash");
    if (!request.ok()) {
        return request.error();
    }
    const auto described = mambascope::describeModel(request.value().path, request.value().flag, job);
    return described.ok() ? Result<Json>(packOrdered(described.value())) : Result<Json>(described.error());
}

Result<Json> Dispatcher::tokenizerOf(const Json& args, const Job&, const PartialSink&) {
    const auto request = fileRequest(args);
    return request.ok() ? packed(mambascope::tokenizerOf(request.value().path))
                        : Result<Json>(request.error());
}

Result<Json> Dispatcher::checkNewFolder(const Json& args, const Job&, const PartialSink&) {
    const auto request = fileRequest(args, "overwrite");
    return request.ok() ? asText(mambascope::checkNewFolder(request.value().path, request.value().flag))
                        : Result<Json>(request.error());
}

Result<Json> Dispatcher::makeModel(const Json& args, const Job& job, const PartialSink&) {
    std::string like;
    std::int64_t seed = 0;
    Fields fields(args, "request for a model");
    fields.text("like", like, 256).integer("seed", seed, 0);
    const auto request = fileRequest(args);
    if (!fields.ok() || !request.ok()) {
        return fields.ok() ? request.error() : fields.error();
    }
    const auto made =
        mambascope::makeModel(like, static_cast<std::uint64_t>(seed), request.value().path, job);
    return made.ok() ? Result<Json>(Json::object()) : Result<Json>(made.error());
}

} // namespace mambascope::protocol
