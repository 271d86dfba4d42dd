// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/codec.h"
#include "core/engine/fields.h"

namespace mambascope::protocol {
namespace {

std::string_view kindName(FolderEntry::Kind kind) {
    return kind == FolderEntry::Kind::Folder       ? "folder"
           : kind == FolderEntry::Kind::Checkpoint ? "checkpoint"
                                                   : "file";
}

} // namespace

Json pack(const FolderListing& listing) {
    Json entries = Json::array();
    for (const FolderEntry& entry : listing.entries) {
        entries.push_back({{"name", entry.name}, {"kind", kindName(entry.kind)}, {"bytes", entry.bytes}});
    }
    return {
        {"folder", listing.folder},
        {"parent", listing.parent},
        {"complete", listing.complete},
        {"entries", std::move(entries)}};
}

template <>
Result<FolderListing> unpack(const Json& json) {
    FolderListing listing;
    Fields fields(json, "list of a folder");
    fields.text("folder", listing.folder).text("parent", listing.parent);
    fields.boolean("complete", listing.complete);
    const Json* entries = fields.list("entries");
    for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
        FolderEntry entry;
        std::string kind;
        std::int64_t bytes = 0;
        Fields inner((*entries)[i], "entry of a folder");
        inner.text("name", entry.name, 4096).text("kind", kind, 64).integer("bytes", bytes, 0);
        entry.bytes = static_cast<std::uint64_t>(bytes);
        bool known = false;
        for (const auto value :
             {FolderEntry::Kind::Folder, FolderEntry::Kind::Checkpoint, FolderEntry::Kind::File}) {
            if (kind == kindName(value)) {
                entry.kind = value;
                known = true;
            }
        }
        if (!known) {
            inner.fail("kind", "is unknown");
        }
        if (!inner.ok()) {
            return inner.error();
        }
        listing.entries.push_back(std::move(entry));
    }
    return fields.result(std::move(listing));
}

Json pack(const CachedModels& cache) {
    Json models = Json::array();
    for (const CachedModel& model : cache.models) {
        models.push_back(
            {{"name", model.name},
             {"folder", model.folder.string()},
             {"kind", model.kind},
             {"bytes", model.bytes},
             {"openable", model.openable},
             {"why", model.why},
             {"mamba", model.mamba},
             {"reference", model.reference}});
    }
    return {
        {"folder", cache.folder.string()},
        {"trouble", cache.trouble},
        {"complete", cache.complete},
        {"models", std::move(models)}};
}

template <>
Result<CachedModels> unpack(const Json& json) {
    CachedModels cache;
    std::string folder;
    Fields fields(json, "list of the cache");
    fields.text("folder", folder).text("trouble", cache.trouble).boolean("complete", cache.complete);
    cache.folder = folder;
    const Json* models = fields.list("models");
    for (std::size_t i = 0; models != nullptr && i < models->size(); ++i) {
        CachedModel model;
        std::string modelFolder;
        std::int64_t bytes = 0;
        Fields inner((*models)[i], "model of the cache");
        inner.text("name", model.name, 4096).text("folder", modelFolder).text("kind", model.kind);
        inner.integer("bytes", bytes, 0).boolean("openable", model.openable).text("why", model.why);
        inner.boolean("mamba", model.mamba).text("reference", model.reference);
        if (!inner.ok()) {
            return inner.error();
        }
        model.folder = modelFolder;
        model.bytes = static_cast<std::uintmax_t>(bytes);
        cache.models.push_back(std::move(model));
    }
    return fields.result(std::move(cache));
}

Json pack(const TokenizerText& tokenizer) {
    return {{"text", tokenizer.json}, {"name", tokenizer.name}};
}

template <>
Result<TokenizerText> unpack(const Json& json) {
    TokenizerText tokenizer;
    Fields fields(json, "tokenizer");
    fields.text("text", tokenizer.json).text("name", tokenizer.name, 4096);
    return fields.result(std::move(tokenizer));
}

} // namespace mambascope::protocol
