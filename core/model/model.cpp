// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include "core/checkpoint/pytorch.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/compressed.h"
#include "core/model/config.h"
#include "core/model/hub_cache.h"
#include "core/model/layout.h"
#include "core/model/locate.h"

#include <cassert>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

bool isFile(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

Result<void> openWeights(const fs::path& weights, Checkpoint& checkpoint) {
    const bool sharded = weights.filename().string().ends_with(".index.json");
    const bool pytorch = isPyTorchName(sharded ? weights.stem().stem() : weights);
    checkpoint.weightFiles = {weights};
    if (sharded) {
        Result<std::vector<fs::path>> shards = shardFiles(weights);
        if (!shards.ok()) {
            return shards.error();
        }
        checkpoint.weightFiles = std::move(shards).value();
    }
    const auto open = sharded ? (pytorch ? openShardedPyTorch : openShardedSafetensors)
                              : (pytorch ? openPyTorch : openSafetensors);
    Result<TensorFile> tensors = open(weights);
    if (!tensors.ok()) {
        return tensors.error();
    }
    checkpoint.tensors = std::move(tensors).value();
    return {};
}

/// The folder's own tokenizer, else the one that Mamba models were trained with, if it is on this machine.
void findTokenizer(Checkpoint& checkpoint) {
    if (isFile(checkpoint.folder / "tokenizer.json")) {
        checkpoint.tokenizerFile = checkpoint.folder / "tokenizer.json";
    } else if (const auto cached = cachedNeoXTokenizer(checkpoint.spec.vocabulary)) {
        checkpoint.tokenizerFile = *cached;
        checkpoint.warnings.push_back("The checkpoint has no tokenizer.json; that of EleutherAI/gpt-neox-20b "
                                      "in the Hugging Face cache fits its vocabulary and is used.");
    }
}

} // namespace

const TensorView& Checkpoint::tensor(const std::string& name) const {
    const TensorView* view = tensors.find(name);
    assert(view != nullptr);
    return *view;
}

Result<std::vector<float>> Checkpoint::floats(const std::string& name) const {
    const TensorView& view = tensor(name);
    Result<std::vector<float>> values = toFloat(view);
    tensors.release(view.bytes);
    return values.ok() ? std::move(values) : values.error().within(name);
}

Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const fs::path& model) {
    const Result<CheckpointLocation> location = locateCheckpoint(model);
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
    if (Result<void> decoded = decodeCompressed(config.value().json, checkpoint->tensors); !decoded.ok()) {
        return decoded.error().within(weights.value().string());
    }
    std::vector<std::string> warnings;
    if (Result<void> done =
            layOut(config.value(), checkpoint->tensors, checkpoint->spec, checkpoint->names, warnings);
        !done.ok()) {
        return done.error().within(weights.value().string());
    }
    ConfigFindings findings = compareConfig(config.value(), checkpoint->spec);
    checkpoint->inferred = std::move(findings.inferred);
    checkpoint->warnings = std::move(findings.warnings);
    checkpoint->warnings.insert(checkpoint->warnings.end(), warnings.begin(), warnings.end());
    checkpoint->config = std::move(config.value().json);
    findTokenizer(*checkpoint);
    return std::shared_ptr<const Checkpoint>(checkpoint);
}

} // namespace mambascope
