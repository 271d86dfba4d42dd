// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_tensors.h"

#include "core/quantization/rotation.h"
#include "core/quantization/site_weight.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace mambascope {
namespace {

using Values = Result<std::vector<float>>;

/// What every producer needs.
struct Source {
    const Checkpoint& checkpoint;
    const ResolvedPlan& plan;
    DType dtype;
    const Job& job;
    std::int64_t& nonfinite;
    std::span<const PackedLinear> packed; ///< empty: every linear as float
};

const ResolvedSite& siteOf(const ResolvedPlan& plan, SiteId site) {
    return plan.sites[static_cast<std::size_t>(site.index())];
}

const std::string& weightName(const Checkpoint& checkpoint, SiteId site) {
    return checkpoint.names.blocks[static_cast<std::size_t>(site.layer)].linear(site.linear);
}

/// values[i] /= factors[i % count]: by column of a weight, or by element of a vector.
void divideColumns(std::vector<float>& values, std::span<const float> factors) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] /= factors[i % factors.size()];
    }
}

void clearColumns(std::vector<float>& weight, std::size_t columns, std::span<const std::int32_t> channels) {
    for (const std::int32_t channel : channels) {
        for (std::size_t i = static_cast<std::size_t>(channel); i < weight.size(); i += columns) {
            weight[i] = 0.0f;
        }
    }
}

/// The weight that makes a plain loader compute the site's function, but for the quantized activations.
Values writtenWeight(const Source& from, SiteId site) {
    const ResolvedSite& resolved = siteOf(from.plan, site);
    auto effective = effectiveWeight(from.checkpoint, site, resolved);
    if (!effective.ok()) {
        return effective;
    }
    std::vector<float> weight = std::move(effective).value();
    const ModelSpec& spec = from.checkpoint.spec;
    const auto inputs = static_cast<std::size_t>(spec.inputs(site.linear));
    if (resolved.rotate) { // a plain loader does not rotate its inputs
        Rotation(spec.inputs(site.linear)).applyInverse(weight);
    }
    if (smoothingFold(spec, from.plan, site) == SmoothingFold::Columns) {
        divideColumns(weight, resolved.smoothing);
    }
    clearColumns(weight, inputs, resolved.zeroed);
    const SiteId timeStep{site.layer, Linear::DtProj};
    if (site.linear == Linear::XProj && smoothingFold(spec, from.plan, timeStep) == SmoothingFold::XProj) {
        const std::vector<float>& factors = siteOf(from.plan, timeStep).smoothing;
        for (std::size_t i = 0; i < factors.size() * inputs; ++i) {
            weight[i] /= factors[i / inputs];
        }
    }
    return weight;
}

/// The weight of the norm before a site, which takes the site's smoothing if its fold is `fold`.
Values writtenNorm(const Source& from, const std::string& name, SiteId site, SmoothingFold fold) {
    auto values = from.checkpoint.floats(name);
    if (values.ok() && smoothingFold(from.checkpoint.spec, from.plan, site) == fold) {
        divideColumns(values.value(), siteOf(from.plan, site).smoothing);
    }
    return values;
}

Values writtenParameter(const Source& from, const std::string& name, const WeightQuantization& how) {
    const TensorView& tensor = from.checkpoint.tensor(name);
    auto values = from.checkpoint.floats(name);
    if (values.ok()) {
        fakeQuantizeParameter(values.value(), tensor.shape, how);
    }
    return values;
}

class Builder {
public:
    explicit Builder(const Source& from)
        : m_from(std::make_shared<Source>(from)) {}

    std::vector<TensorToWrite> build() {
        const Checkpoint& checkpoint = m_from->checkpoint;
        parameter("backbone.embeddings.weight", checkpoint.names.embedding, m_from->plan.embedding);
        for (int layer = 0; layer < checkpoint.spec.layers; ++layer) {
            addBlock(layer);
        }
        parameter("backbone.norm_f.weight", checkpoint.names.finalNorm, {});
        if (!checkpoint.spec.tiedHead) {
            parameter("lm_head.weight", checkpoint.names.head, m_from->plan.head);
        }
        return std::move(m_tensors);
    }

private:
    void addBlock(int layer) {
        const TensorNames::Block& names = m_from->checkpoint.names.blocks[static_cast<std::size_t>(layer)];
        const std::string block = "backbone.layers." + std::to_string(layer) + ".";
        const std::string mixer = block + "mixer.";
        norm(block + "norm.weight", names.norm, {layer, Linear::InProj}, SmoothingFold::Norm);
        linear(mixer, {layer, Linear::InProj}, names.inProjBias);
        parameter(mixer + "conv1d.weight", names.convWeight, m_from->plan.conv);
        parameter(mixer + "conv1d.bias", names.convBias, {});
        if (m_from->checkpoint.spec.architecture == Architecture::Mamba2) {
            parameter(mixer + "dt_bias", names.dtBias, {});
            norm(mixer + "norm.weight", names.gatedNorm, {layer, Linear::OutProj}, SmoothingFold::GatedNorm);
        } else {
            linear(mixer, {layer, Linear::XProj}, {});
            linear(mixer, {layer, Linear::DtProj}, names.dtBias);
        }
        parameter(mixer + "A_log", names.aLog, m_from->plan.ssm);
        parameter(mixer + "D", names.d, m_from->plan.ssm);
        linear(mixer, {layer, Linear::OutProj}, names.outProjBias);
    }

    /// `source` is empty where the model has no such norm.
    void norm(const std::string& name, const std::string& source, SiteId site, SmoothingFold fold) {
        if (!source.empty()) {
            add(name, source,
                [from = m_from, source, site, fold] { return writtenNorm(*from, source, site, fold); });
        }
    }

    void linear(const std::string& mixer, SiteId site, const std::string& bias) {
        const std::string name = mixer + std::string(linearName(site.linear));
        if (const PackedLinear* packed = packedAt(site)) {
            for (TensorToWrite& tensor :
                 packedTensors(m_from->checkpoint, m_from->plan, site, *packed, name, m_from->dtype)) {
                addPacked(std::move(tensor));
            }
            parameter(name + ".bias", bias, {});
            return;
        }
        add(name + ".weight", weightName(m_from->checkpoint, site),
            [from = m_from, site] { return writtenWeight(*from, site); });
        parameter(name + ".bias", bias, {});
    }

    /// `source` is empty where the model has no such parameter.
    void parameter(const std::string& name, const std::string& source, const WeightQuantization& how) {
        if (!source.empty()) {
            add(name, source, [from = m_from, source, how] { return writtenParameter(*from, source, how); });
        }
    }

    /// How a site is stored, if not as float.
    const PackedLinear* packedAt(SiteId site) const {
        if (m_from->packed.empty()) {
            return nullptr;
        }
        const PackedLinear& packed = m_from->packed[static_cast<std::size_t>(site.index())];
        return packed.storage == PackedLinear::Storage::Float ? nullptr : &packed;
    }

    void addPacked(TensorToWrite tensor) {
        tensor.produce = [from = m_from, produce = std::move(tensor.produce)] {
            return from->job.stopRequested() ? Result<std::vector<std::byte>>(Error::cancelled()) : produce();
        };
        m_tensors.push_back(std::move(tensor));
    }

    template <class Produce>
    void add(const std::string& name, const std::string& source, Produce produce) {
        const auto index = static_cast<std::uint64_t>(m_tensors.size());
        const auto total = static_cast<std::uint64_t>(m_from->checkpoint.tensors.tensors().size());
        m_tensors.push_back(
            {name, m_from->dtype, m_from->checkpoint.tensor(source).shape,
             [from = m_from, produce, index, total]() -> Result<std::vector<std::byte>> {
                 if (from->job.stopRequested()) {
                     return Error::cancelled();
                 }
                 const Values values = produce();
                 if (!values.ok()) {
                     return values.error();
                 }
                 from->nonfinite +=
                     std::count_if(values.value().begin(), values.value().end(), [](float value) {
                         return !std::isfinite(value);
                     });
                 from->job.report("writing", std::min(index + 1, total), total);
                 return fromFloat(values.value(), from->dtype);
             }});
    }

    std::shared_ptr<const Source> m_from;
    std::vector<TensorToWrite> m_tensors;
};

} // namespace

Result<std::vector<float>>
smoothedWeight(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved) {
    auto read = checkpoint.floats(weightName(checkpoint, site));
    if (!read.ok()) {
        return read.error().within(siteName(site));
    }
    std::vector<float> weight = std::move(read).value();
    if (!resolved.smoothing.empty()) {
        for (std::size_t i = 0; i < weight.size(); ++i) {
            weight[i] *= resolved.smoothing[i % resolved.smoothing.size()];
        }
    }
    return weight;
}

Result<std::vector<float>>
effectiveWeight(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved) {
    Result<SiteWeight> opened = SiteWeight::open(checkpoint, site, resolved);
    if (!opened.ok()) {
        return opened.error();
    }
    SiteWeight& weight = opened.value();
    const auto inputs = static_cast<std::size_t>(weight.inputs());
    std::vector<float> values(static_cast<std::size_t>(weight.outputs()) * inputs);
    const auto rowOf = [&](std::int64_t i) {
        return std::span(values).subspan(static_cast<std::size_t>(i) * inputs, inputs);
    };
    float absmax = 0;
    for (std::int64_t i = 0; i < weight.outputs() && weight.sharesScale(); ++i) {
        absmax = std::max(absmax, weight.absmax(i, rowOf(i)));
    }
    weight.setAbsmax(absmax);
    for (std::int64_t i = 0; i < weight.outputs(); ++i) {
        weight.row(i, rowOf(i));
    }
    checkpoint.tensors.release(checkpoint.tensor(weightName(checkpoint, site)).bytes);
    return values;
}

SmoothingFold smoothingFold(const ModelSpec& spec, const ResolvedPlan& plan, SiteId site) {
    if (siteOf(plan, site).smoothing.empty()) {
        return SmoothingFold::None;
    }
    if (site.linear == Linear::InProj) {
        return SmoothingFold::Norm;
    }
    if (site.linear == Linear::OutProj && spec.gatedNormGroups > 0) {
        return SmoothingFold::GatedNorm;
    }
    // In FalconMamba a norm without weights lies between x_proj and dt_proj.
    if (site.linear == Linear::DtProj && spec.architecture == Architecture::Mamba1 &&
        !siteOf(plan, {site.layer, Linear::XProj}).output.active()) {
        return SmoothingFold::XProj;
    }
    return SmoothingFold::Columns;
}

std::vector<TensorToWrite> exportTensors(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, DType dtype, const Job& job,
    std::int64_t& nonfinite, std::span<const PackedLinear> packed) {
    return Builder({checkpoint, plan, dtype, job, nonfinite, packed}).build();
}

} // namespace mambascope
