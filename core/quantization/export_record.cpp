// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_record.h"

#include "core/model/hub_cache.h"
#include "core/quantization/export_tensors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

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

/// Only what is quantized.
OrderedJson scanToJson(const ResolvedScan& scan) {
    OrderedJson json = OrderedJson::object();
    for (const auto& [name, input] :
         {std::pair("u", &scan.u), std::pair("dt", &scan.dt), std::pair("b", &scan.b), std::pair("c", &scan.c),
          std::pair("z", &scan.z)}) {
        if (input->active()) {
            json[name] = activationToJson(*input);
        }
    }
    if (scan.stateBits < kBitsOff) {
        json["state_bits"] = scan.stateBits;
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
    if (!resolved.exempt.empty()) {
        json["float_channels"] = resolved.exempt;
    }
    if (resolved.rotate) {
        json["rotated"] = true;
    }
    json["smoothing_folded_into"] = foldName(smoothingFold(spec, plan, site));
    json["smoothing"] = resolved.smoothing;
    return json;
}

} // namespace

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

OrderedJson exportConfig(const Checkpoint& checkpoint, DType dtype) {
    const ModelSpec& spec = checkpoint.spec;
    OrderedJson config = OrderedJson::object();
    if (checkpoint.config.is_object() && checkpoint.config.contains("hidden_size")) {
        config = OrderedJson::parse(checkpoint.config.dump());
        // Some published checkpoints carry keys of the original layout with wrong values, and a
        // checkpoint that was quantized before describes how.
        for (const char* stale :
             {"d_model", "d_inner", "n_layer", "ssm_cfg", "dtype", "quantization_config"}) {
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

OrderedJson exportRecord(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
    std::span<const PackedLinear> packed, const std::vector<std::string>& notes) {
    OrderedJson json;
    json["format"] = 1;
    json["program"] = std::string("mambascope ") + MAMBASCOPE_VERSION;
    json["checkpoint"] = {{"name", checkpointName(checkpoint.folder)}, {"hash", request.checkpointHash}};
    json["calibration_hash"] = request.calibrationHash;
    json["plan_hash"] = planHash(request.plan);
    json["plan"] = toJson(request.plan);
    json["export"] = exportFormatName(request.format);
    if (request.format == ExportFormat::Gguf) {
        json["gguf_type"] = request.ggufType;
    } else {
        json["dtype"] = torchName(dtype);
    }
    json["notes"] = notes;
    json["groups"] = {
        {"conv", quantizationToJson(plan.conv)},
        {"ssm", quantizationToJson(plan.ssm)},
        {"embedding", quantizationToJson(plan.embedding)},
        {"head", quantizationToJson(plan.head)}};
    json["ssm_input"] = plan.ssmInput;
    json["sites"] = OrderedJson::object();
    for (const SiteId site : checkpoint.spec.sites()) {
        OrderedJson& entry = json["sites"][siteName(site)] = siteToJson(checkpoint.spec, plan, site);
        if (!packed.empty()) {
            const PackedLinear& linear = packed[static_cast<std::size_t>(site.index())];
            entry["stored_as"] = packedStorageName(linear.storage);
        }
    }
    for (std::size_t layer = 0; layer < plan.scans.size(); ++layer) {
        if (OrderedJson scan = scanToJson(plan.scans[layer]); !scan.empty()) {
            json["scans"]["layers." + std::to_string(layer)] = std::move(scan);
        }
    }
    return json;
}

} // namespace mambascope
