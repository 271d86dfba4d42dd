// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model/cached_models.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// What a user has to see of the files of the machine that checkpoints are read on. Each function reads the
/// machine that it runs on; EngineClient has the same functions, which run on the engine's.
namespace mambascope {

struct FolderEntry {
    enum class Kind {
        Folder,
        Checkpoint, ///< a folder with a config.json and weights
        File
    };
    std::string name;
    Kind kind = Kind::File;
    std::uint64_t bytes = 0; ///< of a file; of a checkpoint its weights; 0 for another folder
    bool operator==(const FolderEntry&) const = default;
};

struct FolderListing {
    std::string folder;               ///< absolute, without links in it
    std::string parent;               ///< empty at the root
    std::vector<FolderEntry> entries; ///< folders and checkpoints first, then files; each by name
    bool complete = true;             ///< false if there are more than kMostFolderEntries
};

inline constexpr std::size_t kMostFolderEntries = 5000;

/// What is in a folder, without names that begin with a dot. An empty path, or "~", is the home folder; a
/// relative path is relative to it. Unreadable with a sentence if it is no folder or may not be read.
Result<FolderListing> listFolder(const std::string& path);

/// What a checkpoint is: layout, shapes, parameter count, warnings, tensors, as `mambascope-cli info` prints
/// it. With `hash`, everything is read, and the hash of the weights is in it. Fails as openCheckpoint() does.
Result<OrderedJson> describeModel(const std::string& model, bool hash, const Job& job);

/// A tokenizer.json and where it came from.
struct TokenizerText {
    std::string json;
    std::string name; ///< its path
};
/// The tokenizer of `model`: a tokenizer.json itself, a folder that holds one, or what openCheckpoint()
/// takes. Unreadable if there is none.
Result<TokenizerText> tokenizerOf(const std::string& model);

/// The absolute path of a folder that is to be written. Usage if the folder it goes to is not there, or if it
/// exists itself and may not be overwritten.
Result<std::string> checkNewFolder(const std::string& path, bool overwrite);

} // namespace mambascope
