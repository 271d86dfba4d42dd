// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include "core/base/hash.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/config.h"
#include "core/model/layout.h"

#include <algorithm>
#include <cassert>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWhatModelsAre = "A model is a folder with config.json and model.safetensors, a "
                                       "weights file beside its config.json, or \"demo\".";
constexpr const char* kIndexName = "model.safetensors.index.json";

bool isFile(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

bool isIndex(const fs::path& path) {
    return path.filename().string().ends_with(".index.json");
}

/// Where the parts of a checkpoint lie.
struct Location {
    fs::path folder;
    fs::path weights; ///< a safetensors file or an index; empty: still to be looked for
};

Result<Location> locate(const fs::path& model) {
    if (model == "demo") {
        return Location{demoModelFolder(), {}};
    }
    std::error_code ignored;
    if (fs::is_directory(model, ignored)) {
        return Location{model, {}};
    }
    if (!fs::exists(model, ignored)) {
        return Error::unreadable(model.string() + " does not exist.", kWhatModelsAre);
    }
    const fs::path folder = model.has_parent_path() ? model.parent_path() : fs::path(".");
    const std::string name = model.filename().string();
    if (name == "config.json") {
        return Location{folder, {}};
    }
    if (name.find("-of-") != std::string::npos && isFile(folder / kIndexName)) {
        return Location{folder, folder / kIndexName}; // one shard stands for all
    }
    return Location{folder, model};
}

Error pickleRefused(const fs::path& file) {
    return Error::unreadable(
        file.string() + " is a PyTorch pickle file; this kind of weights file is not read.",
        "Convert the weights to safetensors, e.g. with save_pretrained() of transformers.");
}

/// The weights file of a folder.
Result<fs::path> findWeights(const fs::path& folder) {
    for (const char* name : {"model.safetensors", kIndexName}) {
        if (isFile(folder / name)) {
            return folder / name;
        }
    }
    for (const char* name : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
        if (isFile(folder / name)) {
            return pickleRefused(folder / name);
        }
    }
    return Error::unreadable(
        folder.string() + " holds no weights: neither model.safetensors nor " + kIndexName + " is there.",
        kWhatModelsAre);
}

Result<void> openWeights(const fs::path& weights, Checkpoint& checkpoint) {
    const std::string extension = weights.extension().string();
    if (extension == ".bin" || extension == ".pt" || extension == ".pth") {
        return pickleRefused(weights);
    }
    checkpoint.weightFiles = {weights};
    if (isIndex(weights)) {
        Result<std::vector<fs::path>> shards = shardFiles(weights);
        if (!shards.ok()) {
            return shards.error();
        }
        checkpoint.weightFiles = std::move(shards).value();
    }
    Result<TensorFile> tensors =
        isIndex(weights) ? openShardedSafetensors(weights) : openSafetensors(weights);
    if (!tensors.ok()) {
        return tensors.error();
    }
    checkpoint.tensors = std::move(tensors).value();
    return {};
}

} // namespace

const TensorView& Checkpoint::tensor(const std::string& name) const {
    const TensorView* view = tensors.find(name);
    assert(view != nullptr);
    return *view;
}

Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const fs::path& model) {
    const Result<Location> location = locate(model);
    if (!location.ok()) {
        return location.error();
    }
    const auto checkpoint = std::make_shared<Checkpoint>();
    checkpoint->folder = location.value().folder;
    Result<ModelConfig> config = readConfig(checkpoint->folder / "config.json");
    if (!config.ok()) {
        return config.error();
    }
    Result<fs::path> weights = location.value().weights.empty() ? findWeights(checkpoint->folder)
                                                                : Result<fs::path>(location.value().weights);
    if (!weights.ok()) {
        return weights.error();
    }
    if (Result<void> opened = openWeights(weights.value(), *checkpoint); !opened.ok()) {
        return opened.error();
    }
    std::vector<std::string> warnings;
    if (Result<void> done =
            layOut(config.value(), checkpoint->tensors, checkpoint->spec, checkpoint->names, warnings);
        !done.ok()) {
        return done.error().within(weights.value().string());
    }
    checkpoint->warnings = contradictions(config.value(), checkpoint->spec);
    checkpoint->warnings.insert(checkpoint->warnings.end(), warnings.begin(), warnings.end());
    checkpoint->config = std::move(config.value().json);
    if (isFile(checkpoint->folder / "tokenizer.json")) {
        checkpoint->tokenizerFile = checkpoint->folder / "tokenizer.json";
    }
    return std::shared_ptr<const Checkpoint>(checkpoint);
}

Result<std::string> checkpointHash(const Checkpoint& checkpoint, const Job& job) {
    constexpr std::size_t kPiece = std::size_t{16} << 20;
    std::uint64_t total = 0;
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
        total += view.bytes.size();
    }
    ContentHasher hasher;
    std::uint64_t done = 0;
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
        // Each part ends in a byte that it cannot contain, so that no two checkpoints read alike.
        hasher.add(name + '\0' + std::string(dtypeName(view.dtype)) + shapeText(view.shape) + '\0');
        for (std::size_t at = 0; at < view.bytes.size(); at += kPiece) {
            if (job.stopRequested()) {
                return Error::cancelled();
            }
            const auto piece = view.bytes.subspan(at, std::min(kPiece, view.bytes.size() - at));
            hasher.add(piece);
            done += piece.size();
            job.report("Hashing the checkpoint", done, total);
        }
    }
    return hasher.digest();
}

} // namespace mambascope
