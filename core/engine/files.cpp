// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/files.h"

#include "core/base/file.h"
#include "core/model/content.h"
#include "core/model/model.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <tuple>

namespace mambascope {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTokenizerBytes = std::size_t{64} << 20;

/// Relative paths are relative to the home folder: over ssh, that is where a command starts.
fs::path resolved(const std::string& path) {
    const char* set = std::getenv("HOME");
    const fs::path home = set != nullptr && *set != '\0' ? fs::path(set) : fs::path("/");
    if (path.empty() || path == "~") {
        return home;
    }
    return path.starts_with("~/") ? home / path.substr(2) : home / path;
}

bool isWeights(const fs::path& file) {
    const fs::path extension = file.extension();
    return extension == ".safetensors" || extension == ".bin" || extension == ".pt" || extension == ".pth";
}

/// The size of the weights if `folder` is a checkpoint.
std::optional<std::uint64_t> weightBytes(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder / "config.json", error)) {
        return std::nullopt;
    }
    std::uint64_t bytes = 0;
    std::size_t seen = 0;
    bool any = false;
    for (auto at = fs::directory_iterator(folder, error);
         !error && at != fs::directory_iterator() && seen < kMostFolderEntries; at.increment(error), ++seen) {
        std::error_code sizeError;
        if (isWeights(at->path())) {
            const std::uintmax_t size = fs::file_size(at->path(), sizeError);
            bytes += sizeError ? 0 : size;
            any = true;
        }
    }
    return any ? std::optional(bytes) : std::nullopt;
}

FolderEntry describeEntry(const fs::directory_entry& entry) {
    FolderEntry described;
    described.name = entry.path().filename().string();
    std::error_code error;
    if (entry.is_directory(error)) {
        const auto weights = weightBytes(entry.path());
        described.kind = weights ? FolderEntry::Kind::Checkpoint : FolderEntry::Kind::Folder;
        described.bytes = weights.value_or(0);
        return described;
    }
    const std::uintmax_t size = entry.is_regular_file(error) ? entry.file_size(error) : 0;
    described.bytes = error ? 0 : size;
    return described;
}

OrderedJson describeTensors(const Checkpoint& checkpoint) {
    OrderedJson tensors = OrderedJson::object();
    for (const auto& [name, tensor] : checkpoint.tensors.tensors()) {
        tensors[name] = {{"dtype", dtypeName(tensor.dtype)}, {"shape", tensor.shape}};
    }
    return tensors;
}

Result<TokenizerText> readTokenizer(const fs::path& file) {
    Result<std::string> text = readFile(file, kMostTokenizerBytes);
    return text.ok() ? Result<TokenizerText>(TokenizerText{std::move(text).value(), file.string()})
                     : Result<TokenizerText>(text.error());
}

} // namespace

Result<FolderListing> listFolder(const std::string& path) {
    std::error_code error;
    const fs::path folder = fs::canonical(resolved(path), error);
    if (error || !fs::is_directory(folder, error)) {
        return Error::unreadable("There is no folder '" + resolved(path).string() + "'.");
    }
    FolderListing listing;
    listing.folder = folder.string();
    listing.parent = folder == folder.root_path() ? std::string() : folder.parent_path().string();
    auto at = fs::directory_iterator(folder, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        if (at->path().filename().string().starts_with('.')) {
            continue;
        }
        if (listing.entries.size() == kMostFolderEntries) {
            listing.complete = false;
            break;
        }
        listing.entries.push_back(describeEntry(*at));
    }
    if (error) {
        return Error::unreadable(
            "The folder '" + listing.folder + "' cannot be read: " + error.message() + ".");
    }
    std::sort(listing.entries.begin(), listing.entries.end(), [](const FolderEntry& a, const FolderEntry& b) {
        const auto key = [](const FolderEntry& entry) {
            return std::tuple(entry.kind == FolderEntry::Kind::File, std::string_view(entry.name));
        };
        return key(a) < key(b);
    });
    return listing;
}

Result<OrderedJson> describeModel(const std::string& model, bool hash, const Job& job) {
    Result<std::shared_ptr<const Checkpoint>> opened = openCheckpoint(model);
    if (!opened.ok()) {
        return opened.error();
    }
    const Checkpoint& checkpoint = *opened.value();
    OrderedJson files = OrderedJson::array();
    for (const auto& file : checkpoint.weightFiles) {
        files.push_back(file.filename().string());
    }
    OrderedJson json;
    json["folder"] = checkpoint.folder.string();
    json["architecture"] = architectureName(checkpoint.spec.architecture);
    json["files"] = files;
    json["dtype"] = dtypeName(checkpoint.spec.dtype);
    json["parameters"] = checkpoint.spec.parameterCount();
    json["spec"] = toJson(checkpoint.spec);
    json["tokenizer"] = checkpoint.tokenizerFile.filename().string();
    std::vector<std::string> warnings = checkpoint.warnings;
    std::vector<std::string> aboutValues;
    if (hash) {
        Result<CheckpointContent> content = readContent(checkpoint, job);
        if (!content.ok()) {
            return content.error();
        }
        json["hash"] = content.value().hash;
        aboutValues = content.value().warnings;
    } else {
        aboutValues = glanceAtValues(checkpoint);
    }
    json["inferred"] = checkpoint.inferred;
    warnings.insert(warnings.end(), aboutValues.begin(), aboutValues.end());
    json["warnings"] = warnings;
    json["tensors"] = describeTensors(checkpoint);
    return json;
}

Result<TokenizerText> tokenizerOf(const std::string& model) {
    const fs::path path = model == "demo" ? demoModelFolder() : fs::path(model);
    if (path.extension() == ".json" && path.filename() != "config.json") {
        return readTokenizer(path);
    }
    std::error_code error;
    if (fs::exists(path / "tokenizer.json", error)) {
        return readTokenizer(path / "tokenizer.json");
    }
    const Result<std::shared_ptr<const Checkpoint>> checkpoint = openCheckpoint(path);
    if (!checkpoint.ok()) {
        return checkpoint.error();
    }
    if (checkpoint.value()->tokenizerFile.empty()) {
        return Error::unreadable(
            model + " comes without a tokenizer.json.", "Name one with --tokenizer FILE.");
    }
    return readTokenizer(checkpoint.value()->tokenizerFile);
}

Result<std::string> checkNewFolder(const std::string& path, bool overwrite) {
    std::error_code error;
    fs::path folder = fs::absolute(path, error).lexically_normal();
    if (!folder.has_filename()) {
        folder = folder.parent_path(); // "out/" means "out"
    }
    if (!fs::is_directory(folder.parent_path(), error)) {
        return Error::usage(
            "There is no folder '" + folder.parent_path().string() + "' to write to.", "Make it first.");
    }
    if (!overwrite && fs::exists(folder, error)) {
        return Error::usage(
            "'" + path + "' exists already.", "Choose another name, or overwrite it with --force.");
    }
    return folder.string();
}

} // namespace mambascope
