// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/locate.h"

#include "core/model/hub_cache.h"
#include "core/model/model.h"

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr const char* kWhatModelsAre =
    "A model is a folder with config.json and model.safetensors or pytorch_model.bin, a weights file beside "
    "its config.json, the name of a model in the Hugging Face cache, or \"demo\".";
constexpr const char* kSafetensorsIndex = "model.safetensors.index.json";
constexpr const char* kPyTorchIndex = "pytorch_model.bin.index.json";

bool isFile(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

} // namespace

Result<CheckpointLocation> locateCheckpoint(const fs::path& model) {
    if (model == "demo") {
        return CheckpointLocation{demoModelFolder(), {}};
    }
    std::error_code ignored;
    if (fs::is_directory(model, ignored)) {
        return CheckpointLocation{model, {}};
    }
    if (!fs::exists(model, ignored)) {
        if (!isHubName(model.string())) {
            return Error::unreadable(model.string() + " does not exist.", kWhatModelsAre);
        }
        const Result<fs::path> snapshot = hubSnapshot(model.string());
        return snapshot.ok() ? Result<CheckpointLocation>(CheckpointLocation{snapshot.value(), {}})
                             : snapshot.error();
    }
    const fs::path folder = model.has_parent_path() ? model.parent_path() : fs::path(".");
    const std::string name = model.filename().string();
    if (name == "config.json") {
        return CheckpointLocation{folder, {}};
    }
    const char* index = name.ends_with(".bin") ? kPyTorchIndex : kSafetensorsIndex;
    if (name.find("-of-") != std::string::npos && isFile(folder / index)) {
        return CheckpointLocation{folder, folder / index}; // one shard stands for all
    }
    return CheckpointLocation{folder, model};
}

Result<fs::path> findWeights(const fs::path& folder) {
    for (const char* name : {"model.safetensors", kSafetensorsIndex, "pytorch_model.bin", kPyTorchIndex}) {
        if (isFile(folder / name)) {
            return folder / name;
        }
    }
    return Error::unreadable(
        folder.string() + " holds no weights: neither model.safetensors nor pytorch_model.bin is there, nor "
                          "an index of shards.",
        kWhatModelsAre);
}

} // namespace mambascope
