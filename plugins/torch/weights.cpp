// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/weights.h"

#include "core/quantization/quantizer.h"
#include "core/quantization/site_weight.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace mambascope {

namespace {

using Shared = std::shared_ptr<const DeviceArray>;

/// Whether two settings give the same numbers; a granularity without bits says nothing.
bool sameQuantization(const WeightQuantization& a, const WeightQuantization& b) {
    return a == b || (!a.active() && !b.active());
}

/// Values that a backend is to copy: those of the mapped file itself where they need no change, or own ones.
class Values {
public:
    Values(std::vector<float> values)
        : m_own(std::move(values))
        , m_span(m_own) {}
    Values(const Checkpoint& checkpoint, const TensorView& view)
        : m_checkpoint(&checkpoint)
        , m_view(&view)
        , m_span(
              reinterpret_cast<const float*>(view.bytes.data()),
              static_cast<std::size_t>(view.elementCount())) {}
    ~Values() {
        if (m_view != nullptr) {
            m_checkpoint->tensors.release(m_view->bytes);
        }
    }
    Values(const Values&) = delete;
    Values& operator=(const Values&) = delete;

    /// Whether a tensor can be used where it lies.
    static bool inPlace(const TensorView& view) {
        return view.dtype == DType::F32 && std::endian::native == std::endian::little &&
               reinterpret_cast<std::uintptr_t>(view.bytes.data()) % alignof(float) == 0;
    }

    std::span<const float> span() const { return m_span; }

private:
    const Checkpoint* m_checkpoint = nullptr;
    const TensorView* m_view = nullptr;
    std::vector<float> m_own;
    std::span<const float> m_span;
};

/// Reads tensors of one checkpoint into one backend's memory.
class Reader {
public:
    Reader(const Checkpoint& checkpoint, const ResolvedPlan& plan, Backend& backend)
        : m_checkpoint(checkpoint)
        , m_plan(plan)
        , m_backend(backend) {}

    /// A tensor as it stands; none if the name is empty.
    Result<Shared> plain(const std::string& name) {
        if (name.empty()) {
            return Shared();
        }
        const Result<std::vector<float>> values = m_checkpoint.floats(name);
        return values.ok() ? Result<Shared>(share(values.value())) : Result<Shared>(values.error());
    }

    /// conv1d.weight [channels, 1, kernel] as [kernel, channels].
    Result<Shared> conv(const std::string& name) {
        return quantized(name, m_plan.conv, [&](std::vector<float>& w) {
            w = transposed(w, m_checkpoint.spec.convChannels(), m_checkpoint.spec.convKernel);
        });
    }

    /// A_log [inner, state] as decay rates for exp2, [state, inner]; Mamba-2's [heads] stays as it is.
    Result<Shared> decay(const std::string& name) {
        return quantized(name, m_plan.ssm, [&](std::vector<float>& a) {
            for (float& value : a) {
                value = static_cast<float>(-static_cast<double>(std::exp(value)) * std::numbers::log2e);
                value = std::isnan(value) ? std::numeric_limits<float>::quiet_NaN() : value; // kernels count on it
            }
            if (m_checkpoint.spec.architecture != Architecture::Mamba2) {
                a = transposed(a, m_checkpoint.spec.inner, m_checkpoint.spec.state);
            }
        });
    }

    Result<Shared> skip(const std::string& name) {
        return quantized(name, m_plan.ssm, [](std::vector<float>&) {});
    }

    Result<Shared> embedding() {
        const auto weight = unchanged(m_checkpoint.names.embedding, m_plan.embedding);
        return weight.ok() ? Result<Shared>(share(weight.value()->span())) : Result<Shared>(weight.error());
    }

    Result<std::shared_ptr<const LinearWeight>> head() {
        const std::string& own = m_checkpoint.names.head;
        const std::string& name = own.empty() ? m_checkpoint.names.embedding : own;
        const auto weight = unchanged(name, m_plan.head);
        if (!weight.ok()) {
            return weight.error();
        }
        return std::shared_ptr<const LinearWeight>(m_backend.prepare(
            weight.value()->span(), m_checkpoint.spec.vocabulary, m_checkpoint.spec.hidden, {}));
    }

    Result<SiteWeights> site(SiteId id, const SiteWeights* previous) {
        const ResolvedSite& settings = m_plan.sites[static_cast<std::size_t>(id.index())];
        SiteWeights site;
        site.settings = settings;
        if (!settings.smoothing.empty()) {
            site.smoothing = share(settings.smoothing);
        }
        if (!settings.zeroed.empty()) {
            site.keep = share(mask(id, true, settings.zeroed));
        }
        if (!settings.exempt.empty()) {
            site.exempt = share(mask(id, false, settings.exempt));
        }
        if (previous != nullptr) {
            site.plain = previous->plain;
            if (sameWeight(previous->settings, settings, id.linear)) {
                site.weight = previous->weight;
                return site;
            }
        }
        const bool rounds = roundsFloats(id);
        if (!site.plain && rounds && m_backend.keepsFloats()) {
            auto floats = exactFloats(id);
            if (!floats.ok()) {
                return floats.error().within(siteName(id));
            }
            site.plain = std::move(floats).value();
        }
        if (site.plain) {
            site.weight = isFloat(settings) && !rounds
                              ? site.plain
                              : m_backend.quantized(
                                    *site.plain, {&settings, id.linear}, site.input().smoothing, site.input().exempt);
        }
        if (!site.weight) {
            Result<std::shared_ptr<const LinearWeight>> weight = fromHost(id, settings);
            if (!weight.ok()) {
                return weight.error().within(siteName(id));
            }
            site.weight = std::move(weight).value();
        }
        if (isFloat(settings) && !rounds) {
            site.plain = site.weight;
        }
        if (site.plain && !m_backend.keepsFloats()) {
            site.plain = nullptr;
        }
        return site;
    }

private:
    /// A bit pattern a channel: all ones, or all zeros for `channels`; or the other way round.
    std::vector<float> mask(SiteId id, bool ones, std::span<const std::int32_t> channels) const {
        const float set = std::bit_cast<float>(~std::uint32_t{0});
        std::vector<float> bits(
            static_cast<std::size_t>(m_checkpoint.spec.inputs(id.linear)), ones ? set : 0.0f);
        for (const std::int32_t channel : channels) {
            bits[static_cast<std::size_t>(channel)] = ones ? 0.0f : set;
        }
        return bits;
    }

    /// A tensor as it stands, or quantized.
    Result<std::unique_ptr<Values>> unchanged(const std::string& name, const WeightQuantization& how) {
        const TensorView& view = m_checkpoint.tensor(name);
        if (!how.active() && Values::inPlace(view)) {
            return std::make_unique<Values>(m_checkpoint, view);
        }
        Result<std::vector<float>> changed = values(name, how);
        return changed.ok()
                   ? Result<std::unique_ptr<Values>>(std::make_unique<Values>(std::move(changed).value()))
                   : Result<std::unique_ptr<Values>>(changed.error());
    }

    bool sameWeight(const ResolvedSite& a, const ResolvedSite& b, Linear linear) const {
        return sameQuantization(a.weight, b.weight) && a.smoothing == b.smoothing && a.rotate == b.rotate &&
               a.exempt == b.exempt &&
               m_backend.multipliesIntegers(a, linear) == m_backend.multipliesIntegers(b, linear);
    }

    /// The site multiplies with the checkpoint's own weight.
    static bool isFloat(const ResolvedSite& settings) {
        return !settings.weight.active() && settings.smoothing.empty() && !settings.rotate;
    }

    const std::string& weightName(SiteId id) const {
        return m_checkpoint.names.blocks[static_cast<std::size_t>(id.layer)].linear(id.linear);
    }

    /// The device multiplies with less than the checkpoint has.
    bool roundsFloats(SiteId id) const {
        return m_backend.activationElement() != Element::F32 &&
               m_checkpoint.tensor(weightName(id)).dtype != DType::BF16;
    }

    Result<std::shared_ptr<const LinearWeight>> exactFloats(SiteId id) {
        const std::string& name = weightName(id);
        const auto floats = unchanged(name, {});
        if (!floats.ok()) {
            return floats.error();
        }
        std::shared_ptr<const LinearWeight> exact = m_backend.exactFloats(
            floats.value()->span(), m_checkpoint.spec.outputs(id.linear), m_checkpoint.spec.inputs(id.linear));
        m_checkpoint.tensors.release(m_checkpoint.tensor(name).bytes);
        return exact;
    }

    Result<std::shared_ptr<const LinearWeight>> fromHost(SiteId id, const ResolvedSite& settings) {
        const TensorView& view = m_checkpoint.tensor(weightName(id));
        const WeightUse use{&settings, id.linear};
        if (isFloat(settings) && Values::inPlace(view)) {
            const Values values(m_checkpoint, view);
            return std::shared_ptr<const LinearWeight>(m_backend.prepare(
                values.span(), m_checkpoint.spec.outputs(id.linear), m_checkpoint.spec.inputs(id.linear), use));
        }
        Result<SiteWeight> rows = SiteWeight::open(m_checkpoint, id, settings);
        if (!rows.ok()) {
            return rows.error();
        }
        std::shared_ptr<const LinearWeight> weight = m_backend.prepareRows(rows.value(), use);
        m_checkpoint.tensors.release(view.bytes);
        return weight;
    }

    Shared share(std::span<const float> values) {
        return std::make_shared<const DeviceArray>(m_backend, values);
    }

    Result<std::vector<float>> values(const std::string& name, const WeightQuantization& how) {
        Result<std::vector<float>> result = m_checkpoint.floats(name);
        if (result.ok()) {
            fakeQuantizeParameter(result.value(), m_checkpoint.tensor(name).shape, how);
        }
        return result;
    }

    template <class F>
    Result<Shared> quantized(const std::string& name, const WeightQuantization& how, F change) {
        Result<std::vector<float>> result = values(name, how);
        if (!result.ok()) {
            return result.error();
        }
        change(result.value());
        return share(result.value());
    }

    static std::vector<float>
    transposed(const std::vector<float>& x, std::int64_t rows, std::int64_t columns) {
        std::vector<float> result(x.size());
        for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t c = 0; c < columns; ++c) {
                result[static_cast<std::size_t>(c * rows + r)] = x[static_cast<std::size_t>(r * columns + c)];
            }
        }
        return result;
    }

    const Checkpoint& m_checkpoint;
    const ResolvedPlan& m_plan;
    Backend& m_backend;
};

/// Puts a result into its place, or keeps the first error.
class Collector {
public:
    template <class T, class U>
    void operator()(T& place, Result<U> result) {
        if (result.ok()) {
            place = std::move(result).value();
        } else if (!m_failed) {
            m_failed = true;
            m_error = result.error();
        }
    }
    bool failed() const { return m_failed; }
    const Error& error() const { return m_error; }

private:
    bool m_failed = false;
    Error m_error;
};

void readLayer(
    Reader& reader, Collector& put, const Checkpoint& checkpoint, const ResolvedPlan& plan, int index,
    const ModelWeights* previous, ModelWeights::Layer& layer) {
    const TensorNames::Block& names = checkpoint.names.blocks[static_cast<std::size_t>(index)];
    const ModelWeights::Layer* old =
        previous != nullptr ? &previous->layers[static_cast<std::size_t>(index)] : nullptr;
    if (old != nullptr) {
        layer = *old;
    } else {
        put(layer.norm, reader.plain(names.norm));
        put(layer.convBias, reader.plain(names.convBias));
        put(layer.dtBias, reader.plain(names.dtBias));
        put(layer.gatedNorm, reader.plain(names.gatedNorm));
        put(layer.inProjBias, reader.plain(names.inProjBias));
        put(layer.outProjBias, reader.plain(names.outProjBias));
    }
    if (old == nullptr || !sameQuantization(previous->plan.conv, plan.conv)) {
        put(layer.conv, reader.conv(names.convWeight));
    }
    if (old == nullptr || !sameQuantization(previous->plan.ssm, plan.ssm)) {
        put(layer.decay, reader.decay(names.aLog));
        put(layer.d, reader.skip(names.d));
    }
    for (const Linear linear : checkpoint.spec.linears()) {
        const auto at = static_cast<std::size_t>(linear);
        put(layer.sites[at], reader.site({index, linear}, old != nullptr ? &old->sites[at] : nullptr));
    }
}

} // namespace

Transform SiteWeights::input() const {
    const auto bits = [](const std::shared_ptr<const DeviceArray>& array) {
        return array ? reinterpret_cast<const std::uint32_t*>(array->data()) : nullptr;
    };
    return {
        bits(keep), smoothing ? smoothing->data() : nullptr, settings.input, settings.rotate, bits(exempt)};
}

Transform SiteWeights::output() const {
    return {nullptr, nullptr, settings.output, false, nullptr};
}

ResolvedPlan baselinePlan(const ModelSpec& spec) {
    ResolvedPlan plan;
    plan.sites.resize(static_cast<std::size_t>(spec.siteCount()));
    plan.scans.resize(static_cast<std::size_t>(spec.layers));
    return plan;
}

Result<SiteWeights> prepareSite(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, SiteId site, const SiteWeights* previous,
    Backend& backend) {
    return Reader(checkpoint, plan, backend).site(site, previous);
}

Result<std::shared_ptr<const ModelWeights>> prepareWeights(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, const ModelWeights* previous, Backend& backend,
    const Job& job, std::string_view phase) {
    Reader reader(checkpoint, plan, backend);
    Collector put;
    auto weights = std::make_shared<ModelWeights>();
    weights->plan = plan;
    const int layers = checkpoint.spec.layers;
    weights->layers.resize(static_cast<std::size_t>(layers));
    for (int i = 0; i < layers && !put.failed(); ++i) {
        if (job.stopRequested()) {
            return Error::cancelled();
        }
        job.report(phase, static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(layers));
        readLayer(reader, put, checkpoint, plan, i, previous, weights->layers[static_cast<std::size_t>(i)]);
    }
    if (previous != nullptr) {
        weights->finalNorm = previous->finalNorm;
        weights->embedding = previous->embedding;
        weights->head = previous->head;
    } else {
        put(weights->finalNorm, reader.plain(checkpoint.names.finalNorm));
    }
    if (previous == nullptr || !sameQuantization(previous->plan.embedding, plan.embedding)) {
        put(weights->embedding, reader.embedding());
    }
    if (previous == nullptr || !sameQuantization(previous->plan.head, plan.head)) {
        put(weights->head, reader.head());
    }
    if (put.failed()) {
        return put.error();
    }
    job.report(phase, static_cast<std::uint64_t>(layers), static_cast<std::uint64_t>(layers));
    return std::shared_ptr<const ModelWeights>(weights);
}

} // namespace mambascope
