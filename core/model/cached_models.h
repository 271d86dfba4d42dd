// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mambascope {

/// One model in the Hugging Face cache.
struct CachedModel {
    std::string name; ///< "owner/model", or only "model" for the few that have no owner
    /// The files of the revision that would be opened: the main one, else one of the others. Empty if there
    /// is none.
    std::filesystem::path folder;
    std::string kind;         ///< see modelKind(); empty if config.json does not say or is not there
    std::uintmax_t bytes = 0; ///< what all its revisions take on the disk together
    bool openable = false;    ///< its architecture can be opened and all its files are there
    std::string why;          ///< if not openable: a sentence that says why not
    bool mamba = false;       ///< of the Mamba family, openable or not
    /// What to hand to openCheckpoint(): the name where that leads to `folder`, else the folder. Empty if not
    /// openable.
    std::string reference;
};

struct CachedModels {
    std::filesystem::path folder;    ///< the cache; it need not exist
    std::vector<CachedModel> models; ///< those that can be opened first, then others of the family; by name
    std::string trouble;  ///< a sentence if the cache exists but could not be read, wholly or in part
    bool complete = true; ///< false if stopped, or if there are more than kMostCachedModels
};

inline constexpr std::size_t kMostCachedModels = 5000;

/// What kind of model a config.json (Hugging Face's, or that of the original code) describes: "Mamba",
/// "FalconMamba", "Mamba-2", else the model_type or architecture as it stands there. Empty if it says
/// nothing.
std::string modelKind(const Json& config);

/// Lists the models in hubCacheFolder(). Reads folders, config.json and the indexes of shards, no weights,
/// and nothing from a network. Broken links, partial downloads and unreadable folders make a model that is
/// not openable, with the reason, never a failure. Checks `job` between models; what was found till then is
/// kept.
CachedModels listCachedModels(const Job& job);

} // namespace mambascope
