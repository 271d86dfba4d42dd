// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/cached_models.h"

#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/config.h"
#include "core/model/hub_cache.h"
#include "core/model/locate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestConfig = std::size_t{4} << 20;
constexpr std::size_t kMostFiles = 100'000; ///< of one model; more are not counted
constexpr std::string_view kModelPrefix = "models--";

constexpr std::string_view kMamba = "Mamba";
constexpr std::string_view kFalconMamba = "FalconMamba";
constexpr std::string_view kMamba2 = "Mamba-2";

std::string textOf(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>().substr(0, 80)
                                                     : std::string();
}

std::string architectureOf(const Json& json) {
    const auto found = json.find("architectures");
    const bool named =
        found != json.end() && found->is_array() && !found->empty() && found->front().is_string();
    return named ? found->front().get<std::string>().substr(0, 80) : std::string();
}

bool isLink(const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_symlink(ignored);
}

/// The sizes of the plain files directly in a folder; what a link points to is counted where it lies.
std::uintmax_t bytesIn(const fs::path& folder) {
    std::error_code error;
    std::uintmax_t sum = 0;
    std::size_t files = 0;
    fs::directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::directory_iterator() && files < kMostFiles;
         entry.increment(error), ++files) {
        std::error_code ignored;
        if (!isLink(*entry) && entry->is_regular_file(ignored)) {
            const std::uintmax_t size = entry->file_size(ignored);
            sum += size == static_cast<std::uintmax_t>(-1) ? 0 : size;
        }
    }
    return sum;
}

std::vector<fs::path> foldersIn(const fs::path& folder) {
    std::vector<fs::path> folders;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator() && folders.size() < kMostFiles;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            folders.push_back(entry->path());
        }
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

/// Why the weights are not all there, or nothing.
std::optional<std::string> missingWeights(const fs::path& folder) {
    constexpr const char* kPartial = "The download is not complete: ";
    const Result<fs::path> weights = findWeights(folder);
    if (!weights.ok()) {
        return std::string(kPartial) + "there are no weights.";
    }
    if (!weights.value().filename().string().ends_with(".index.json")) {
        return std::nullopt;
    }
    const Result<std::vector<fs::path>> shards = shardFiles(weights.value());
    if (!shards.ok()) {
        return shards.error().message;
    }
    std::error_code ignored;
    const auto isThere = [&ignored](const fs::path& shard) {
        return fs::is_regular_file(shard, ignored);
    };
    const auto there = std::count_if(shards.value().begin(), shards.value().end(), isThere);
    if (there == std::ssize(shards.value())) {
        return std::nullopt;
    }
    return kPartial + std::to_string(there) + " of " + std::to_string(shards.value().size()) +
           " weight files are there.";
}

/// Fills in what the files of the chosen revision say.
void inspect(CachedModel& model) {
    const fs::path file = model.folder / "config.json";
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) {
        model.why = fs::is_symlink(fs::symlink_status(file, ignored))
                        ? "The download is not complete: config.json is missing."
                        : "It has no config.json, so it is no model that can be opened here.";
        return;
    }
    const Result<ModelConfig> config = readConfig(file);
    if (config.ok()) {
        model.kind = architectureTitle(config.value().architecture);
    } else if (const Result<std::string> text = readFile(file, kLargestConfig); text.ok()) {
        const Result<Json> json = parseJson(text.value(), "config.json");
        model.kind = json.ok() && json.value().is_object() ? modelKind(json.value()) : std::string();
    }
    for (const std::string_view known : {kMamba, kFalconMamba, kMamba2}) {
        model.mamba = model.mamba || model.kind == known;
    }
    if (!config.ok()) {
        model.why = model.kind.empty() ? config.error().message
                    : model.mamba      ? "This model of the kind " + model.kind +
                                        " cannot be opened here: " + config.error().message
                                  : "Models of the kind " + model.kind + " cannot be opened here.";
        return;
    }
    if (std::optional<std::string> missing = missingWeights(model.folder)) {
        model.why = std::move(*missing);
        return;
    }
    model.openable = true;
}

CachedModel describeModel(const fs::path& entry) {
    CachedModel model;
    model.name = hubNameOf(entry / "snapshots" / "x").value_or(entry.filename().string());
    model.bytes = bytesIn(entry / "blobs");
    const std::vector<fs::path> snapshots = foldersIn(entry / "snapshots");
    for (const fs::path& snapshot : snapshots) {
        model.bytes += bytesIn(snapshot); // file systems without links hold the files themselves
    }
    const bool named = isHubName(model.name);
    const Result<fs::path> main = named ? hubSnapshot(model.name) : Error::usage({});
    if (main.ok()) {
        model.folder = main.value();
    } else if (!snapshots.empty()) {
        model.folder = snapshots.back();
    }
    if (!model.folder.empty()) {
        inspect(model);
        if (model.openable) {
            model.reference = main.ok() ? model.name : model.folder.string();
        }
        return model;
    }
    std::error_code error;
    const fs::directory_iterator probe(entry, error);
    model.why = error ? "Its folder cannot be read: " + error.message() + "."
                      : "The download is not complete: no revision of it is there.";
    return model;
}

} // namespace

std::string modelKind(const Json& config) {
    if (!config.is_object()) {
        return {};
    }
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kKnown{
        {{"mamba", kMamba},
         {"falcon_mamba", kFalconMamba},
         {"mamba2", kMamba2},
         {"MambaForCausalLM", kMamba},
         {"FalconMambaForCausalLM", kFalconMamba},
         {"Mamba2ForCausalLM", kMamba2}}};
    for (const std::string& name : {textOf(config, "model_type"), architectureOf(config)}) {
        const auto known =
            std::find_if(kKnown.begin(), kKnown.end(), [&](const auto& pair) { return pair.first == name; });
        if (known != kKnown.end()) {
            return std::string(known->second);
        }
        if (!name.empty()) {
            return name;
        }
    }
    // The original code's own layout names no architecture.
    if (!config.contains("d_model") || !config.contains("n_layer")) {
        return {};
    }
    const auto ssm = config.find("ssm_cfg");
    const std::string layer = ssm != config.end() && ssm->is_object() ? textOf(*ssm, "layer") : std::string();
    return std::string(layer == "Mamba2" ? kMamba2 : kMamba);
}

CachedModels listCachedModels(const Job& job) {
    CachedModels found;
    found.folder = hubCacheFolder();
    std::error_code error;
    if (found.folder.empty() || !fs::exists(fs::status(found.folder, error))) {
        return found;
    }
    fs::directory_iterator entry(found.folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        if (!entry->path().filename().string().starts_with(kModelPrefix) || !entry->is_directory(ignored)) {
            continue;
        }
        if (job.stopRequested() || found.models.size() == kMostCachedModels) {
            found.complete = false;
            break;
        }
        found.models.push_back(describeModel(entry->path()));
        job.report("Looking through the cache", found.models.size(), 0);
    }
    if (error) {
        found.trouble = "The Hugging Face cache cannot be read: " + error.message() + ".";
    }
    std::sort(found.models.begin(), found.models.end(), [](const CachedModel& a, const CachedModel& b) {
        return std::tuple(!a.openable, !a.mamba, a.name) < std::tuple(!b.openable, !b.mamba, b.name);
    });
    return found;
}

} // namespace mambascope
