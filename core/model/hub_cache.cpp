// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/hub_cache.h"

#include "core/base/file.h"
#include "core/base/json.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kNeoX = "EleutherAI/gpt-neox-20b";
constexpr std::size_t kLargestTokenizer = std::size_t{64} << 20;
constexpr std::int64_t kMostPadding = 1023;

fs::path variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? fs::path() : fs::path(value);
}

bool isPlainName(std::string_view name) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !name.empty() && name.front() != '.' && name.front() != '-' &&
           name.find_first_not_of(kAllowed) == std::string_view::npos &&
           name.find("..") == std::string_view::npos;
}

fs::path modelFolder(std::string_view name) {
    const std::size_t slash = name.find('/');
    return hubCacheFolder() /
           ("models--" + std::string(name.substr(0, slash)) + "--" + std::string(name.substr(slash + 1)));
}

/// The largest id that a tokenizer.json gives out.
std::optional<std::int64_t> largestId(const fs::path& file) {
    const Result<std::string> text = readFile(file, kLargestTokenizer);
    if (!text.ok()) {
        return std::nullopt;
    }
    const Result<Json> json = parseJson(text.value(), file.string());
    if (!json.ok() || !json.value().is_object()) {
        return std::nullopt;
    }
    std::int64_t largest = -1;
    const auto see = [&largest](const Json& id) {
        largest = id.is_number_integer() ? std::max(largest, id.get<std::int64_t>()) : largest;
    };
    const Json model = json.value().value("model", Json::object());
    if (model.is_object() && model.contains("vocab") && model["vocab"].is_object()) {
        std::for_each(model["vocab"].begin(), model["vocab"].end(), see);
    }
    const Json added = json.value().value("added_tokens", Json::array());
    for (const Json& token : added) {
        if (token.is_object() && token.contains("id")) {
            see(token["id"]);
        }
    }
    return largest < 0 ? std::nullopt : std::optional(largest);
}

} // namespace

fs::path hubCacheFolder() {
    if (const fs::path folder = variable("HF_HUB_CACHE"); !folder.empty()) {
        return folder;
    }
    if (const fs::path home = variable("HF_HOME"); !home.empty()) {
        return home / "hub";
    }
    const fs::path home = variable("HOME");
    return home.empty() ? home : home / ".cache" / "huggingface" / "hub";
}

bool isHubName(std::string_view name) {
    const std::size_t slash = name.find('/');
    return slash != std::string_view::npos && isPlainName(name.substr(0, slash)) &&
           isPlainName(name.substr(slash + 1));
}

std::optional<std::string> hubNameOf(const fs::path& folder) {
    constexpr std::string_view kPrefix = "models--";
    if (folder.parent_path().filename() != "snapshots") {
        return std::nullopt;
    }
    std::string name = folder.parent_path().parent_path().filename().string();
    if (!name.starts_with(kPrefix)) {
        return std::nullopt;
    }
    name.erase(0, kPrefix.size());
    if (const std::size_t at = name.find("--"); at != std::string::npos) {
        name.replace(at, 2, "/");
    }
    return name.empty() ? std::nullopt : std::optional(name);
}

std::string checkpointName(const fs::path& folder) {
    std::error_code ignored;
    const fs::path whole = fs::absolute(folder, ignored).lexically_normal();
    const fs::path named = whole.has_filename() ? whole : whole.parent_path();
    const std::optional<std::string> hub = hubNameOf(named);
    return hub ? hub->substr(hub->find('/') + 1) : named.filename().string();
}

Result<fs::path> hubSnapshot(std::string_view name) {
    std::error_code ignored;
    const std::string hint =
        "Give the folder of a checkpoint, or download the model with \"huggingface-cli download " +
        std::string(name) + "\"; nothing is downloaded here.";
    const fs::path folder = modelFolder(name);
    if (!fs::is_directory(folder, ignored)) {
        return Error::unreadable(
            std::string(name) + " is neither a folder nor a model in the Hugging Face cache (" +
                hubCacheFolder().string() + ").",
            hint);
    }
    Result<std::string> revision = readFile(folder / "refs" / "main", 1000);
    if (!revision.ok()) {
        return Error::unreadable(
            "The Hugging Face cache has no main revision of " + std::string(name) + " (" + folder.string() +
                ").",
            hint);
    }
    std::string& commit = revision.value();
    commit.erase(commit.find_last_not_of(" \r\n") + 1);
    if (!isPlainName(commit) || !fs::is_directory(folder / "snapshots" / commit, ignored)) {
        return Error::unreadable(
            "The Hugging Face cache lacks the files of the main revision of " + std::string(name) + " (" +
                folder.string() + ").",
            hint);
    }
    return folder / "snapshots" / commit;
}

std::optional<fs::path> cachedNeoXTokenizer(int vocabulary) {
    std::error_code ignored;
    std::vector<fs::path> snapshots;
    for (const auto& entry : fs::directory_iterator(modelFolder(kNeoX) / "snapshots", ignored)) {
        snapshots.push_back(entry.path());
    }
    std::sort(snapshots.begin(), snapshots.end());
    if (const Result<fs::path> main = hubSnapshot(kNeoX); main.ok()) {
        snapshots.insert(snapshots.begin(), main.value());
    }
    for (const fs::path& snapshot : snapshots) {
        const fs::path file = snapshot / "tokenizer.json";
        const std::optional<std::int64_t> largest =
            fs::is_regular_file(file, ignored) ? largestId(file) : std::nullopt;
        if (largest && *largest < vocabulary && vocabulary - 1 - *largest <= kMostPadding) {
            return file;
        }
    }
    return std::nullopt;
}

} // namespace mambascope
