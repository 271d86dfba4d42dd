// SPDX-License-Identifier: GPL-3.0-or-later
// What plans do to every site by itself.
#include "plugins/torch/engine.h"
#include "plugins/torch/guard.h"

#include <optional>

namespace mambascope {

namespace {

/// Tokens of one pass: weights are quantized anew for every pass, site and plan.
constexpr std::size_t kTokens = 4096;

/// A plan changes nothing at such a site.
bool isPlain(const ResolvedSite& site) {
    return !site.weight.active() && site.zeroed.empty() && site.smoothing.empty() && !site.rotate &&
           !site.input.active() && !site.output.active();
}

/// Sees every site's input and output in the unquantized model, and multiplies the input again under every
/// plan.
class SiteErrorMeter final : public SiteObserver {
public:
    SiteErrorMeter(
        const Checkpoint& checkpoint, const ModelWeights& floats, const std::vector<ResolvedPlan>& plans,
        Backend& backend, const Job& job)
        : m_checkpoint(checkpoint)
        , m_floats(floats)
        , m_plans(plans)
        , m_backend(backend)
        , m_job(job)
        , m_energy(static_cast<std::size_t>(checkpoint.spec.siteCount()))
        , m_error(plans.size(), m_energy) {}

    void begin(const PackedBatch& batch) { m_segments = batch.segments; }

    bool wants(SiteId, Side) override { return !m_failure; }
    void observe(SiteId site, Side side, Matrix x) override {
        if (side == Side::Input) {
            m_input = x; // as it is until the output is there: nothing is quantized
            return;
        }
        const std::vector<float> expected = onHost(x);
        const auto index = static_cast<std::size_t>(site.index());
        for (const float value : expected) {
            m_energy[index] += static_cast<double>(value) * static_cast<double>(value);
        }
        for (std::size_t i = 0; i < m_plans.size() && !m_failure && !m_job.stopRequested(); ++i) {
            if (!isPlain(m_plans[i].sites[index])) {
                measure(m_plans[i], site, x.columns, expected, m_error[i][index]);
            }
        }
        m_job.report("Measuring sites", index + 1, m_energy.size());
    }

    const std::optional<Error>& failure() const { return m_failure; }

    SiteErrors result() const {
        SiteErrors errors{m_error};
        for (std::vector<double>& ofPlan : errors.relative) {
            for (std::size_t i = 0; i < ofPlan.size(); ++i) {
                ofPlan[i] = m_energy[i] > 0 ? ofPlan[i] / m_energy[i] : 0.0;
            }
        }
        return errors;
    }

private:
    void measure(
        const ResolvedPlan& plan, SiteId site, std::int64_t outputs, const std::vector<float>& expected,
        double& sum) {
        const SiteWeights& floats = m_floats.layers[static_cast<std::size_t>(site.layer)]
                                        .sites[static_cast<std::size_t>(site.linear)];
        const Result<SiteWeights> weights = prepareSite(m_checkpoint, plan, site, &floats, m_backend);
        if (!weights.ok()) {
            m_failure = weights.error();
            return;
        }
        Matrix input = m_input;
        DeviceArray prepared;
        if (const Transform how = weights.value().input(); how.active()) {
            prepared = DeviceArray(m_backend, input.rows * input.columns);
            const Matrix out{prepared.data(), input.rows, input.columns, input.columns};
            m_backend.transform(input, how, m_segments, out);
            input = out;
        }
        const DeviceArray memory(m_backend, input.rows * outputs);
        const Matrix product{memory.data(), input.rows, outputs, outputs};
        m_backend.linear(*weights.value().weight, input, product);
        if (const Transform how = weights.value().output(); how.active()) {
            m_backend.transform(product, how, m_segments, product);
        }
        const std::vector<float> got = onHost(product);
        for (std::size_t i = 0; i < got.size(); ++i) {
            const double difference = static_cast<double>(got[i]) - static_cast<double>(expected[i]);
            sum += difference * difference;
        }
    }

    /// Row-major, without gaps.
    std::vector<float> onHost(Matrix x) const {
        std::vector<float> values(static_cast<std::size_t>(x.rows * x.columns));
        for (std::int64_t row = 0; row < x.rows && x.stride != x.columns; ++row) {
            m_backend.download(x.data + row * x.stride, x.columns, values.data() + row * x.columns);
        }
        if (x.stride == x.columns) {
            m_backend.download(x.data, x.rows * x.columns, values.data());
        }
        return values;
    }

    const Checkpoint& m_checkpoint;
    const ModelWeights& m_floats;
    const std::vector<ResolvedPlan>& m_plans;
    Backend& m_backend;
    const Job& m_job;
    std::vector<Segment> m_segments;
    Matrix m_input;
    std::vector<double> m_energy;             ///< [site index]
    std::vector<std::vector<double>> m_error; ///< [plan][site index]
    std::optional<Error> m_failure;
};

} // namespace

Result<SiteErrors> TorchEngine::siteErrors(
    const SiteErrorRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) {
    return guarded(
        [&] { return withMemory([&] { return siteErrorsChecked(request, calibration.get(), job); }); });
}

Result<SiteErrors> TorchEngine::siteErrorsChecked(
    const SiteErrorRequest& request, const CalibrationSnapshot* calibration, const Job& job) {
    if (const Result<void> model = requireModel(); !model.ok()) {
        return model.error();
    }
    if (request.windows.empty() || request.plans.empty()) {
        return Error::usage("There is nothing to measure: no window or no plan was given.");
    }
    if (m_model.dtype != "f32") {
        return Error::usage("Sites are measured in f32 only.", "Choose dtype f32.");
    }
    for (const std::vector<std::int32_t>& window : request.windows) {
        if (const Result<void> tokens = checkTokens(window, "A window"); !tokens.ok()) {
            return tokens.error();
        }
    }
    std::vector<ResolvedPlan> plans;
    for (const QuantPlan& plan : request.plans) {
        Result<ResolvedPlan> resolved = resolve(plan, calibration, job);
        if (!resolved.ok()) {
            return resolved.error();
        }
        plans.push_back(std::move(resolved).value());
    }
    const Result<std::shared_ptr<const ModelWeights>> weights = prepareWeights(
        *m_checkpoint, baselinePlan(m_checkpoint->spec), m_weights.get(), *m_backend, job,
        "Preparing weights");
    if (!weights.ok()) {
        return weights.error();
    }
    SiteErrorMeter meter(*m_checkpoint, *weights.value(), plans, *m_backend, job);
    for (std::size_t next = 0; next < request.windows.size();) {
        PackedBatch batch;
        do {
            batch.add(request.windows[next++]);
        } while (next < request.windows.size() &&
                 batch.tokens.size() + request.windows[next].size() <= kTokens);
        meter.begin(batch);
        if (!m_pass->run(*weights.value(), batch, &meter, job) || job.stopRequested()) {
            return Error::cancelled();
        }
        if (meter.failure()) {
            return *meter.failure();
        }
    }
    return meter.result();
}

} // namespace mambascope
