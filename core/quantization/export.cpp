// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export.h"

#include "core/base/atomic_folder.h"
#include "core/base/file.h"
#include "core/checkpoint/sharded_writer.h"
#include "core/quantization/export_gguf.h"
#include "core/quantization/export_record.h"
#include "core/quantization/export_tensors.h"

#include <array>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRecordName = "mambascope.json";
constexpr const char* kCardName = "README.md";
constexpr const char* kGgufName = "model.gguf";

constexpr std::array<std::pair<ExportFormat, std::string_view>, 3> kFormats{
    {{ExportFormat::HuggingFace, "hf"},
     {ExportFormat::CompressedTensors, "compressed-tensors"},
     {ExportFormat::Gguf, "gguf"}}};

/// Files beside the weights that other programs look for.
constexpr std::array kCompanions{
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt",     "generation_config.json"};

Result<void>
checkRequest(const Checkpoint& checkpoint, const ResolvedPlan& resolved, const ExportRequest& request) {
    if (resolved.sites.size() != static_cast<std::size_t>(checkpoint.spec.siteCount())) {
        return Error::usage("The plan was resolved for a model with another number of layers.");
    }
    const DType dtype = request.dtype.value_or(DType::F32);
    if (dtype != DType::F32 && dtype != DType::F16 && dtype != DType::BF16) {
        return Error::usage(
            "Weights cannot be written as " + std::string(dtypeName(dtype)) + ".",
            "Choose F32, F16 or BF16.");
    }
    const ModelSpec& spec = checkpoint.spec;
    if (request.format != ExportFormat::Gguf && spec.architecture == Architecture::Mamba2 &&
        spec.gatedNormGroups != 1) {
        return Error::usage(
            "Mamba2ForCausalLM has one norm over all channels behind the gate, but this model has " +
                (spec.gatedNormGroups == 0 ? std::string("none") : std::to_string(spec.gatedNormGroups)) +
                ".",
            "Such a model can be calibrated and evaluated, but not exported in the Hugging Face layout.");
    }
    std::error_code code;
    if (fs::equivalent(request.folder, checkpoint.folder, code)) {
        return Error::usage(
            "The export would replace the checkpoint that is open.", "Choose another folder.");
    }
    return {};
}

/// What one export needs, and the folder it fills.
class Exporter {
public:
    Exporter(
        const Checkpoint& checkpoint, const ResolvedPlan& resolved, const ExportRequest& request,
        const CalibrationSource* calibration, const Job& job, fs::path folder)
        : m_checkpoint(checkpoint)
        , m_resolved(resolved)
        , m_request(request)
        , m_calibration(calibration)
        , m_job(job)
        , m_folder(std::move(folder))
        , m_dtype(request.format == ExportFormat::Gguf ? DType::F32 : request.dtype.value_or(DType::F32)) {}

    /// Writes every file into the folder.
    Result<ExportReport> run() {
        if (m_request.format == ExportFormat::CompressedTensors) {
            auto layout = packedLayout(m_checkpoint.spec, m_resolved);
            if (!layout.ok()) {
                return layout.error();
            }
            m_packed = std::move(layout).value();
        }
        const bool gguf = m_request.format == ExportFormat::Gguf;
        Result<void> state = gguf ? writeGguf() : writeWeights();
        if (state.ok() && !gguf) {
            state = writeConfig();
        }
        if (state.ok() && !gguf) {
            state = copyCompanions();
        }
        if (state.ok()) {
            state = json(
                kRecordName,
                exportRecord(m_checkpoint, m_resolved, m_request, m_dtype, m_packed, m_report.notes));
        }
        if (state.ok()) {
            const std::string card = exportCard(m_checkpoint, m_request, m_calibration, m_report.notes);
            state = done(writeFile(m_folder / kCardName, card, false), kCardName);
        }
        if (state.ok() && m_job.stopRequested()) {
            state = Error::cancelled();
        }
        return state.ok() ? Result<ExportReport>(std::move(m_report)) : Result<ExportReport>(state.error());
    }

private:
    std::vector<TensorToWrite> tensors() {
        return exportTensors(m_checkpoint, m_resolved, m_dtype, m_job, m_nonfinite, m_packed);
    }

    void takeNotes() {
        m_report.notes = exportNotes(m_checkpoint.spec, m_resolved, m_request, m_dtype, m_packed);
        if (m_nonfinite > 0) {
            m_report.notes.push_back(std::to_string(m_nonfinite) + " weights are NaN or infinite.");
        }
    }

    Result<void> writeWeights() {
        const auto files =
            writeShardedSafetensors(m_folder, tensors(), {{"format", "pt"}}, m_request.shardBytes);
        if (!files.ok()) {
            return files.error();
        }
        for (const std::string& name : files.value()) {
            if (auto state = done({}, name); !state.ok()) {
                return state;
            }
        }
        takeNotes();
        return {};
    }

    Result<void> writeGguf() {
        auto notes = writeGgufModel(m_folder / kGgufName, m_checkpoint, m_request.ggufType, tensors());
        if (!notes.ok()) {
            return notes.error();
        }
        takeNotes();
        m_report.notes.insert(m_report.notes.end(), notes.value().begin(), notes.value().end());
        return done({}, kGgufName);
    }

    Result<void> writeConfig() {
        OrderedJson config = exportConfig(m_checkpoint, m_dtype);
        if (!m_packed.empty()) {
            config["quantization_config"] = packedConfig(m_checkpoint.spec, m_packed);
        }
        return json("config.json", config);
    }

    Result<void> copyCompanions() {
        for (const char* name : kCompanions) {
            const bool tokenizer =
                std::string_view(name) == "tokenizer.json" && !m_checkpoint.tokenizerFile.empty();
            const fs::path source = tokenizer ? m_checkpoint.tokenizerFile : m_checkpoint.folder / name;
            std::error_code code;
            if (!fs::is_regular_file(source, code)) {
                continue;
            }
            const auto text = readFile(source);
            if (!text.ok()) {
                return text.error();
            }
            if (auto state = done(writeFile(m_folder / name, text.value(), false), name); !state.ok()) {
                return state;
            }
        }
        return {};
    }

    Result<void> json(const char* name, const OrderedJson& content) {
        const std::string text = content.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
        return done(writeFile(m_folder / name, text, false), name);
    }

    Result<void> done(Result<void> state, const std::string& name) {
        if (state.ok()) {
            std::error_code code;
            m_report.files.push_back(name);
            m_report.bytes += static_cast<std::int64_t>(fs::file_size(m_folder / name, code));
        }
        return state;
    }

    const Checkpoint& m_checkpoint;
    const ResolvedPlan& m_resolved;
    const ExportRequest& m_request;
    const CalibrationSource* m_calibration;
    const Job& m_job;
    const fs::path m_folder;
    const DType m_dtype;
    std::vector<PackedLinear> m_packed;
    std::int64_t m_nonfinite = 0;
    ExportReport m_report;
};

/// The user knows the folder by its own name, not by the one it has while it is filled.
Error inTarget(Error error, const fs::path& temporary, const fs::path& target) {
    const std::string from = temporary.string();
    for (std::string* text : {&error.message, &error.hint, &error.context}) {
        for (std::size_t at = text->find(from); at != std::string::npos; at = text->find(from, at + 1)) {
            text->replace(at, from.size(), target.string());
        }
    }
    return error;
}

} // namespace

std::string_view exportFormatName(ExportFormat format) {
    return kFormats[static_cast<std::size_t>(format)].second;
}

std::optional<ExportFormat> parseExportFormat(std::string_view name) {
    for (const auto& [format, known] : kFormats) {
        if (known == name) {
            return format;
        }
    }
    return std::nullopt;
}

Result<ExportReport> exportModel(
    const Checkpoint& checkpoint, const ResolvedPlan& resolved, const ExportRequest& request,
    const CalibrationSource* calibration, const Job& job) {
    if (auto state = checkRequest(checkpoint, resolved, request); !state.ok()) {
        return state.error();
    }
    auto folder = request.overwrite ? AtomicFolder::createOrReplace(request.folder, kRecordName)
                                    : AtomicFolder::create(request.folder);
    if (!folder.ok()) {
        return folder.error();
    }
    const fs::path temporary = folder.value().path();
    auto report = Exporter(checkpoint, resolved, request, calibration, job, temporary).run();
    if (!report.ok()) {
        return inTarget(report.error(), temporary, request.folder);
    }
    if (auto state = folder.value().commit(); !state.ok()) {
        return state.error();
    }
    return report;
}

} // namespace mambascope
