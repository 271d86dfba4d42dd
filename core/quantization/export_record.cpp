// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/hub_cache.h"
#include "core/quantization/export_tensors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

std::string_view torchName(DType dtype) {
    switch (dtype) {
    case DType::F16:
        return "float16";
    case DType::BF16:
        return "bfloat16";
    case DType::F64:
        return "float64";
    default:
        return "float32";
    }
}

std::string_view foldName(SmoothingFold fold) {
    switch (fold) {
    case SmoothingFold::Norm:
        return "norm";
    case SmoothingFold::XProj:
        return "x_proj";
    case SmoothingFold::GatedNorm:
        return "gated_norm";
    case SmoothingFold::Columns:
        return "weight";
    case SmoothingFold::None:
        break;
    }
    return "none";
}

OrderedJson quantizationToJson(const WeightQuantization& how) {
    if (!how.active()) {
        return {{"bits", "off"}};
    }
    if (how.format != NumberFormat::Int) {
        return {{"format", numberFormatName(how.format)}, {"granularity", granularityName(how.granularity)}};
    }
    return {{"bits", how.bits}, {"granularity", granularityName(how.granularity)}};
}

OrderedJson activationToJson(const ResolvedActivation& activation) {
    if (!activation.active()) {
        return {{"bits", "off"}};
    }
    OrderedJson json;
    if (activation.format == NumberFormat::Int) {
        json["bits"] = activation.bits;
    } else {
        json["format"] = numberFormatName(activation.format);
    }
    json["scaling"] = activationScaleName(activation.scaling);
    if (activation.scaling == ActivationScale::Static) {
        json["scale"] = activation.scale;
    }
    return json;
}

OrderedJson siteToJson(const ModelSpec& spec, const ResolvedPlan& plan, SiteId site) {
    const ResolvedSite& resolved = plan.sites[static_cast<std::size_t>(site.index())];
    OrderedJson json{
        {"weight", quantizationToJson(resolved.weight)},
        {"input", activationToJson(resolved.input)},
        {"output", activationToJson(resolved.output)},
        {"zeroed", resolved.zeroed}};
    if (resolved.scanInput.active()) {
        json["scan_input"] = activationToJson(resolved.scanInput);
    }
    json["smoothing_folded_into"] = foldName(smoothingFold(spec, plan, site));
    json["smoothing"] = resolved.smoothing;
    return json;
}

/// Names of the linears for which `holds` is true in some layer.
template <class Predicate>
std::string linearsWhere(const ResolvedPlan& plan, Predicate&& holds) {
    std::string names;
    for (const Linear linear : kLinears) {
        for (std::size_t i = static_cast<std::size_t>(linear); i < plan.sites.size(); i += kLinears.size()) {
            if (holds(SiteId::fromIndex(static_cast<int>(i)), plan.sites[i])) {
                names += (names.empty() ? "" : ", ") + std::string(linearName(linear));
                break;
            }
        }
    }
    return names;
}

} // namespace

OrderedJson exportConfig(const Checkpoint& checkpoint, DType dtype) {
    const ModelSpec& spec = checkpoint.spec;
    OrderedJson config = OrderedJson::object();
    if (checkpoint.config.is_object() && checkpoint.config.contains("hidden_size")) {
        config = OrderedJson::parse(checkpoint.config.dump());
        // Some published checkpoints carry keys of the original layout with wrong values.
        for (const char* stale : {"d_model", "d_inner", "n_layer", "ssm_cfg", "dtype"}) {
            config.erase(stale);
        }
    }
    const bool mamba2 = spec.architecture == Architecture::Mamba2;
    const bool falcon = spec.architecture == Architecture::FalconMamba;
    config["architectures"] = {
        mamba2   ? "Mamba2ForCausalLM"
        : falcon ? "FalconMambaForCausalLM"
                 : "MambaForCausalLM"};
    config["model_type"] = architectureName(spec.architecture);
    config["vocab_size"] = spec.vocabulary;
    config["hidden_size"] = spec.hidden;
    config["intermediate_size"] = spec.inner;
    if (spec.inner % spec.hidden == 0) {
        config["expand"] = spec.inner / spec.hidden;
    } else {
        config["expand"] = static_cast<double>(spec.inner) / static_cast<double>(spec.hidden);
    }
    config["num_hidden_layers"] = spec.layers;
    config["state_size"] = spec.state;
    if (mamba2) {
        config["num_heads"] = spec.heads;
        config["head_dim"] = spec.headWidth();
        config["n_groups"] = spec.groups;
        // No bounds are the default, and infinity has no form that every loader reads.
        config.erase("time_step_limit");
        if (spec.dtMin > 0 || std::isfinite(spec.dtMax)) {
            config["time_step_limit"] = {spec.dtMin, std::min(spec.dtMax, std::numeric_limits<float>::max())};
        }
    } else {
        config["time_step_rank"] = spec.dtRank;
    }
    if (falcon) {
        config["mixer_rms_eps"] = spec.mixerNormEpsilon;
    }
    config["conv_kernel"] = spec.convKernel;
    config["use_bias"] = spec.linearBias;
    config["use_conv_bias"] = spec.convBias;
    config["hidden_act"] = "silu";
    config["layer_norm_epsilon"] = spec.normEpsilon;
    config["residual_in_fp32"] = spec.residualInFp32;
    config["tie_word_embeddings"] = spec.tiedHead;
    config["torch_dtype"] = torchName(dtype);
    return config;
}

std::vector<std::string> exportNotes(const ModelSpec& spec, const ResolvedPlan& plan, DType dtype) {
    std::vector<std::string> notes;
    const std::string activations = linearsWhere(
        plan, [](SiteId, const ResolvedSite& site) { return site.input.active() || site.output.active(); });
    if (!activations.empty()) {
        notes.push_back(
            "The activations at " + activations +
            " are quantized in the plan, which weights cannot express: a program that loads this checkpoint "
            "computes "
            "with unquantized activations. The scales stand in mambascope.json.");
    }
    const std::string unfolded = linearsWhere(plan, [&](SiteId site, const ResolvedSite&) {
        return smoothingFold(spec, plan, site) == SmoothingFold::Columns;
    });
    if (!unfolded.empty()) {
        notes.push_back(
            "The smoothing at " + unfolded +
            " has no exact place in the weights before: the written weights are the quantized smoothed "
            "weights with "
            "every column divided by its smoothing factor, so that a plain loader computes the same "
            "function. The "
            "factors stand in mambascope.json.");
    }
    const auto folded = [&](SmoothingFold into, const char* note) {
        const bool some = !linearsWhere(plan, [&](SiteId site, const ResolvedSite&) {
                               return smoothingFold(spec, plan, site) == into;
                           }).empty();
        if (some) {
            notes.emplace_back(note);
        }
    };
    folded(
        SmoothingFold::Norm,
        "Smoothing at in_proj is folded into the norm before it, which is exact up to rounding.");
    folded(
        SmoothingFold::XProj, "Smoothing at dt_proj is folded into the rows of x_proj that feed it, which is "
                              "exact up to rounding.");
    folded(
        SmoothingFold::GatedNorm,
        "Smoothing at out_proj is folded into the gated norm before it, which is exact up to rounding.");
    const std::string zeroed =
        linearsWhere(plan, [](SiteId, const ResolvedSite& site) { return !site.zeroed.empty(); });
    if (!zeroed.empty()) {
        notes.push_back("Zeroed input channels of " + zeroed + " are zero columns of the weight.");
        if (plan.ssmInput && zeroed.find("x_proj") != std::string::npos) {
            notes.emplace_back(
                "The plan zeroes channels of the scan's input too, which weights cannot express.");
        }
    }
    if (dtype != DType::F32) {
        notes.push_back(
            "The weights are rounded to " + std::string(torchName(dtype)) +
            "; only fp32 holds every quantized value exactly.");
    }
    return notes;
}

OrderedJson exportRecord(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
    const std::vector<std::string>& notes) {
    OrderedJson json;
    json["format"] = 1;
    json["program"] = std::string("mambascope ") + MAMBASCOPE_VERSION;
    json["checkpoint"] = {{"name", checkpointName(checkpoint.folder)}, {"hash", request.checkpointHash}};
    json["calibration_hash"] = request.calibrationHash;
    json["plan_hash"] = planHash(request.plan);
    json["plan"] = toJson(request.plan);
    json["dtype"] = torchName(dtype);
    json["notes"] = notes;
    json["groups"] = {
        {"conv", quantizationToJson(plan.conv)},
        {"ssm", quantizationToJson(plan.ssm)},
        {"embedding", quantizationToJson(plan.embedding)},
        {"head", quantizationToJson(plan.head)}};
    json["ssm_input"] = plan.ssmInput;
    json["sites"] = OrderedJson::object();
    for (const SiteId site : checkpoint.spec.sites()) {
        json["sites"][siteName(site)] = siteToJson(checkpoint.spec, plan, site);
    }
    return json;
}

} // namespace mambascope
