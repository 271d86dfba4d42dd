// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_hf.h"

#include "core/base/file.h"
#include "core/quantization/export_tensors.h"
#include "core/quantization/staged_folder.h"

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRecordName = "mambascope.json";

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
    if (spec.architecture == Architecture::Mamba2 && spec.gatedNormGroups != 1) {
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

/// Fills `folder` and lists what it wrote.
class Writer {
public:
    explicit Writer(const fs::path& folder)
        : m_folder(folder) {}

    Result<void> tensors(const std::vector<TensorToWrite>& tensors) {
        constexpr const char* kName = "model.safetensors";
        auto state = writeSafetensors(m_folder / kName, tensors, {{"format", "pt"}}, false);
        return done(std::move(state), kName);
    }

    Result<void> json(const char* name, const OrderedJson& json) {
        return done(writeFile(m_folder / name, json.dump(2) + "\n", false), name);
    }

    Result<void> copy(const fs::path& source, const char* name) {
        const auto text = readFile(source);
        if (!text.ok()) {
            return text.error();
        }
        return done(writeFile(m_folder / name, text.value(), false), name);
    }

    Result<void> companions(const Checkpoint& checkpoint) {
        for (const char* name : kCompanions) {
            const bool tokenizer =
                std::string_view(name) == "tokenizer.json" && !checkpoint.tokenizerFile.empty();
            const fs::path source = tokenizer ? checkpoint.tokenizerFile : checkpoint.folder / name;
            std::error_code code;
            if (fs::is_regular_file(source, code)) {
                if (auto state = copy(source, name); !state.ok()) {
                    return state;
                }
            }
        }
        return {};
    }

    ExportReport report;

private:
    Result<void> done(Result<void> state, const char* name) {
        if (state.ok()) {
            std::error_code code;
            report.files.emplace_back(name);
            report.bytes += static_cast<std::int64_t>(fs::file_size(m_folder / name, code));
        }
        return state;
    }

    const fs::path& m_folder;
};

} // namespace

Result<ExportReport> exportHf(
    const Checkpoint& checkpoint, const ResolvedPlan& resolved, const ExportRequest& request,
    const Job& job) {
    if (auto state = checkRequest(checkpoint, resolved, request); !state.ok()) {
        return state.error();
    }
    auto folder = StagedFolder::create(request.folder, request.overwrite, kRecordName);
    if (!folder.ok()) {
        return folder.error();
    }
    const DType dtype = request.dtype.value_or(DType::F32);
    Writer writer(folder.value().path());
    std::int64_t nonfinite = 0;
    auto state = writer.tensors(exportTensors(checkpoint, resolved, dtype, job, nonfinite));
    writer.report.notes = exportNotes(checkpoint.spec, resolved, dtype);
    if (nonfinite > 0) {
        writer.report.notes.push_back(std::to_string(nonfinite) + " weights are NaN or infinite.");
    }
    if (state.ok()) {
        state = writer.json("config.json", exportConfig(checkpoint, dtype));
    }
    if (state.ok()) {
        state = writer.companions(checkpoint);
    }
    if (state.ok()) {
        state =
            writer.json(kRecordName, exportRecord(checkpoint, resolved, request, dtype, writer.report.notes));
    }
    if (state.ok() && job.stopRequested()) {
        state = Error::cancelled();
    }
    if (state.ok()) {
        state = folder.value().commit();
    }
    if (!state.ok()) {
        return state.error();
    }
    return std::move(writer.report);
}

} // namespace mambascope
