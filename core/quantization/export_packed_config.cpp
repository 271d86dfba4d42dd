// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_packed.h"

#include <algorithm>
#include <set>
#include <utility>

namespace mambascope {
namespace {

using Storage = PackedLinear::Storage;

/// The release of the format's own library whose layout this is: the first with a format of its own for every
/// group.
constexpr const char* kLayoutVersion = "0.11.0";

const char* formatName(Storage storage) {
    return storage == Storage::Int8 ? "int-quantized" : "pack-quantized";
}

OrderedJson weightsToJson(const WeightQuantization& how) {
    const bool group = how.granularity.kind == GranularityKind::Group;
    const char* strategy = how.granularity.kind == GranularityKind::Tensor ? "tensor"
                           : group                                         ? "group"
                                                                           : "channel";
    return {
        {"num_bits", how.bits},
        {"type", "int"},
        {"symmetric", true},
        {"strategy", strategy},
        {"group_size", group ? OrderedJson(how.granularity.groupSize) : OrderedJson(nullptr)},
        {"dynamic", false}};
}

OrderedJson activationsToJson(const ResolvedActivation& activation) {
    if (!activation.active()) {
        return nullptr;
    }
    return {
        {"num_bits", activation.bits},
        {"type", "int"},
        {"symmetric", true},
        {"strategy", activation.scaling == ActivationScale::Token ? "token" : "tensor"},
        {"group_size", nullptr},
        {"dynamic", activation.scaling != ActivationScale::Static}};
}

/// Everything of a group but its targets.
OrderedJson schemeOf(const PackedLinear& linear) {
    return {
        {"weights", weightsToJson(linear.weight)},
        {"input_activations", activationsToJson(linear.input)},
        {"output_activations", nullptr},
        {"format", formatName(linear.storage)}};
}

/// Names sites as the loaders match modules: a pattern for a kind of linear in all layers, else name by name.
std::vector<std::string> namesOf(const ModelSpec& spec, const std::set<SiteId>& sites) {
    std::vector<std::string> names;
    for (const Linear linear : spec.linears()) {
        std::vector<std::string> single;
        for (int layer = 0; layer < spec.layers; ++layer) {
            if (sites.contains({layer, linear})) {
                single.push_back(
                    "backbone.layers." + std::to_string(layer) + ".mixer." + std::string(linearName(linear)));
            }
        }
        if (static_cast<int>(single.size()) == spec.layers) {
            single = {"re:.*\\.mixer\\." + std::string(linearName(linear)) + "$"};
        }
        names.insert(names.end(), single.begin(), single.end());
    }
    return names;
}

} // namespace

OrderedJson packedConfig(const ModelSpec& spec, std::span<const PackedLinear> layout) {
    std::vector<std::pair<OrderedJson, std::set<SiteId>>> groups; // in the order of the sites
    std::set<SiteId> floats;
    std::set<std::string> formats;
    for (const SiteId site : spec.sites()) {
        const PackedLinear& linear = layout[static_cast<std::size_t>(site.index())];
        if (linear.storage == Storage::Float) {
            floats.insert(site);
            continue;
        }
        OrderedJson scheme = schemeOf(linear);
        formats.insert(formatName(linear.storage));
        auto same = std::find_if(
            groups.begin(), groups.end(), [&](const auto& group) { return group.first == scheme; });
        if (same == groups.end()) {
            groups.push_back({std::move(scheme), {}});
            same = std::prev(groups.end());
        }
        same->second.insert(site);
    }
    OrderedJson config{
        {"quant_method", "compressed-tensors"},
        {"format", formats.size() == 1 ? *formats.begin() : std::string("mixed-precision")},
        {"quantization_status", "compressed"},
        {"config_groups", OrderedJson::object()}};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const bool everything = groups.size() == 1 && floats.empty();
        OrderedJson group{
            {"targets", everything ? std::vector<std::string>{"Linear"} : namesOf(spec, groups[i].second)}};
        group.update(groups[i].first);
        config["config_groups"]["group_" + std::to_string(i)] = std::move(group);
    }
    std::vector<std::string> ignore = namesOf(spec, floats);
    ignore.emplace_back("lm_head");
    config["ignore"] = ignore;
    config["kv_cache_scheme"] = nullptr;
    config["version"] = kLayoutVersion;
    return config;
}

} // namespace mambascope
