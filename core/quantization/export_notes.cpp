// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_record.h"
#include "core/quantization/export_tensors.h"

#include <algorithm>

namespace mambascope {
namespace {

using Storage = PackedLinear::Storage;

/// Collects the notes of one export.
class Notes {
public:
    Notes(
        const ModelSpec& spec, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
        std::span<const PackedLinear> packed)
        : m_spec(spec)
        , m_plan(plan)
        , m_request(request)
        , m_dtype(dtype)
        , m_packed(packed) {}

    std::vector<std::string> all() {
        activations();
        scans();
        smoothing();
        rotation();
        zeroing();
        storage();
        return std::move(m_notes);
    }

private:
    void add(std::string note) { m_notes.push_back(std::move(note)); }

    const PackedLinear* packedAt(SiteId site) const {
        return m_packed.empty() ? nullptr : &m_packed[static_cast<std::size_t>(site.index())];
    }

    SmoothingFold fold(SiteId site) const { return smoothingFold(m_spec, m_plan, site); }

    std::string foldedInto(SmoothingFold into) const {
        return linearsWhere(m_plan, [&](SiteId site, const ResolvedSite&) { return fold(site) == into; });
    }

    void activations() {
        const std::string dropped = linearsWhere(m_plan, [&](SiteId site, const ResolvedSite& resolved) {
            const PackedLinear* packed = packedAt(site);
            return resolved.output.active() ||
                   (resolved.input.active() && (packed == nullptr || !packed->input.active()));
        });
        if (!dropped.empty()) {
            add("The activations at " + dropped + " are quantized in the plan, which " +
                (m_packed.empty() ? "weights cannot express: a" : "this export does not hold: a") +
                " program that loads this checkpoint computes with unquantized activations there. The scales "
                "stand in mambascope.json.");
        }
        const auto held = [&](auto holds) {
            return linearsWhere(m_plan, [&](SiteId site, const ResolvedSite&) {
                const PackedLinear* packed = packedAt(site);
                return packed != nullptr && packed->input.active() && holds(packed->input);
            });
        };
        const std::string inputs = held([](const ResolvedActivation&) { return true; });
        if (!inputs.empty()) {
            add("The quantized inputs of " + inputs +
                " are part of the export. Loaders clamp them at −2^(bits−1), one step below the plan's "
                "symmetric range, which only values beyond the scale's range meet.");
        }
        const auto at = [&](ActivationScale scaling) {
            return held([scaling](const ResolvedActivation& input) { return input.scaling == scaling; });
        };
        const std::string dynamic = at(ActivationScale::Dynamic), token = at(ActivationScale::Token);
        if (!dynamic.empty()) {
            add("The inputs of " + dynamic +
                " take their scale at run time from the whole batch in a loader, from one sequence in the "
                "plan.");
        }
        if (!dynamic.empty() || !token.empty()) {
            add("A scale that is taken at run time is absmax/(2^(bits−1)−½) in loaders, absmax/(2^(bits−1)−1) in the "
                "plan: results differ a little at " +
                dynamic + (dynamic.empty() || token.empty() ? "" : ", ") + token + ".");
        }
        const bool weightsAlone = std::any_of(m_packed.begin(), m_packed.end(), [](const PackedLinear& linear) {
            return linear.storage == Storage::Packed;
        });
        if (weightsAlone) {
            add("Packed integers (sites with a float input) are for vLLM and for the compressed-tensors library. The Mamba "
                "classes of transformers cannot load them as of version 5.12: they initialize by a “weight” that a "
                "packed layer does not have. The export hf holds the same weights as floats and loads everywhere.");
        }
    }

    void smoothing() {
        if (const std::string columns = foldedInto(SmoothingFold::Columns); !columns.empty()) {
            add("The smoothing at " + columns +
                " has no exact place in the weights before: the written weights are the quantized smoothed "
                "weights with every column divided by its smoothing factor, so that a plain loader computes "
                "the same function" +
                (m_packed.empty() ? ". "
                                  : "; no integers with a scale a row can say that, so they are floats. ") +
                "The factors stand in mambascope.json.");
        }
        if (!foldedInto(SmoothingFold::Norm).empty()) {
            add("Smoothing at in_proj is folded into the norm before it, which is exact up to rounding.");
        }
        if (!foldedInto(SmoothingFold::XProj).empty()) {
            add("Smoothing at dt_proj is folded into the rows of x_proj that feed it, which is exact up to "
                "rounding.");
        }
        if (!foldedInto(SmoothingFold::GatedNorm).empty()) {
            add("Smoothing at out_proj is folded into the gated norm before it, which is exact up to "
                "rounding.");
        }
    }

    void scans() {
        const auto any = [&](auto holds) {
            return std::any_of(m_plan.scans.begin(), m_plan.scans.end(), holds);
        };
        const bool inputs = any([](const ResolvedScan& scan) {
            return scan.u.active() || scan.dt.active() || scan.b.active() || scan.c.active() || scan.z.active();
        });
        const bool states = any([](const ResolvedScan& scan) { return scan.stateBits < kBitsOff; });
        if (inputs || states) {
            add("The plan quantizes " +
                std::string(
                    inputs && states ? "the scan's inputs and its state"
                    : inputs         ? "the scan's inputs"
                                     : "the scan's state") +
                ", which no checkpoint holds: a program that loads this one computes with floats there. The settings "
                "stand in mambascope.json.");
        }
    }

    void rotation() {
        const auto where = [&](auto holds) {
            return linearsWhere(m_plan, [&](SiteId, const ResolvedSite& site) { return holds(site); });
        };
        const std::string rotated = where([](const ResolvedSite& site) { return site.rotate; });
        if (!rotated.empty()) {
            add("The weights of " + rotated +
                " are quantized in the plan's rotated basis and written rotated back, so that a plain loader "
                "computes the same function; they are floats.");
        }
        const std::string exempt = where([](const ResolvedSite& site) { return !site.exempt.empty(); });
        if (!exempt.empty()) {
            add("The columns of outlier channels of " + exempt +
                " are not quantized; the channels stand in mambascope.json.");
        }
    }

    void zeroing() {
        const std::string zeroed =
            linearsWhere(m_plan, [](SiteId, const ResolvedSite& site) { return !site.zeroed.empty(); });
        if (zeroed.empty()) {
            return;
        }
        add("Zeroed input channels of " + zeroed + " are zero columns of the weight.");
        if (m_plan.ssmInput && zeroed.find("x_proj") != std::string::npos) {
            add("The plan zeroes channels of the scan's input too, which weights cannot express.");
        }
    }

    void storage() {
        if (m_request.format == ExportFormat::Gguf) {
            gguf();
        } else if (m_dtype != DType::F32) {
            add("The " + std::string(m_packed.empty() ? "weights are" : "float weights and the scales are") +
                " rounded to " + std::string(torchName(m_dtype)) +
                "; only fp32 holds every quantized value exactly.");
        }
        const bool others =
            m_plan.conv.active() || m_plan.ssm.active() || m_plan.embedding.active() || m_plan.head.active();
        if (!m_packed.empty() && others) {
            add("Quantized parameters that are no linear layer of a block (convolution, A_log, D, embedding, "
                "head) are written as floats on their integers' grid.");
        }
    }

    void gguf() {
        if (m_request.ggufType == "f32") {
            add("ssm_a holds −exp(A_log), rounded to fp32.");
            return;
        }
        const bool half = m_request.ggufType == "f16";
        add("The matrices are stored as " + m_request.ggufType +
            (half ? ", which has fewer bits than fp32"
                  : " where a row divides into blocks of 32, else as f16; llama.cpp's types have a scale for every 32 values of "
                    "a row") +
            ", so the plan's quantized weights are rounded once more and results differ from the session's. "
            "Convolution, norms, biases, ssm_a (−exp(A_log)) and ssm_d are f32.");
        if (half) {
            add("llama.cpp rounds the inputs of an f16 matrix to half precision, where values beyond 65504 become infinite: a "
                "model with such activations needs f32 or q8_0.");
        }
    }

    const ModelSpec& m_spec;
    const ResolvedPlan& m_plan;
    const ExportRequest& m_request;
    DType m_dtype;
    std::span<const PackedLinear> m_packed;
    std::vector<std::string> m_notes;
};

} // namespace

std::string
linearsWhere(const ResolvedPlan& plan, const std::function<bool(SiteId, const ResolvedSite&)>& holds) {
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

std::vector<std::string> exportNotes(
    const ModelSpec& spec, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
    std::span<const PackedLinear> packed) {
    return Notes(spec, plan, request, dtype, packed).all();
}

} // namespace mambascope
