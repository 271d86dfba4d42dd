// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/bench.h"

#include "core/quantization/site_preview.h"
#include "plugins/torch/calibrator.h"
#include "plugins/torch/scoring.h"
#include "plugins/torch/torch_runtime.h"

#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <functional>
#include <numeric>

namespace mambascope {

namespace {

constexpr int kGenerated = 8;
constexpr SiteId kPreviewed{0, Linear::InProj};
/// 256 MiB.
constexpr std::int64_t kStreamRows = 16384, kStreamColumns = 4096;

struct Measurement {
    std::string name;
    std::function<bool()> run; ///< false: cancelled
    std::vector<double> seconds;
    std::int64_t tokens = 0; ///< 0: those of the batch
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Token ids that repeat nothing in a pattern that a cache could like; the same on every machine.
std::vector<std::int32_t> someTokens(std::int64_t count, int vocabulary) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(count));
    std::uint32_t state = 12345;
    for (std::int32_t& token : tokens) {
        state = state * 1664525u + 1013904223u;
        token = static_cast<std::int32_t>((state >> 8) % static_cast<std::uint32_t>(vocabulary));
    }
    return tokens;
}

std::int64_t peakMemoryBytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

class Bench {
public:
    Bench(const BenchSubject& subject, const BenchRequest& request, const Job& job)
        : m_subject(subject)
        , m_request(request)
        , m_job(job)
        , m_spec(subject.model.spec)
        , m_rows(static_cast<std::int64_t>(request.batch) * request.length)
        , m_linears(subject.backend.isHostMemory() ? "own_gemm" : "cublas_gemm")
        , m_tokens(someTokens(m_rows, m_spec.vocabulary))
        , m_calibrator(m_spec, subject.backend, subject.threads, false) {
        for (int i = 0; i < request.batch; ++i) {
            m_batch.add(std::span(m_tokens).subspan(
                static_cast<std::size_t>(i) * static_cast<std::size_t>(request.length),
                static_cast<std::size_t>(request.length)));
        }
        m_allRows.resize(m_tokens.size());
        std::iota(m_allRows.begin(), m_allRows.end(), std::int64_t{0});
        prepareScoring();
        prepareGemm();
        preparePreview();
        const std::vector<float> zeros(static_cast<std::size_t>(subject.pass.stateSize()));
        m_state = DeviceArray(subject.backend, zeros);
    }

    Result<OrderedJson> run() {
        std::vector<Measurement> measurements = makeMeasurements();
        for (int round = -1; round < m_request.repeat; ++round) { // the first one only warms up
            m_job.report(
                "Measuring", static_cast<std::uint64_t>(round + 1),
                static_cast<std::uint64_t>(m_request.repeat + 1));
            for (Measurement& m : measurements) {
                const auto start = std::chrono::steady_clock::now();
                if (m_job.stopRequested() || !m.run()) {
                    return Error::cancelled();
                }
                const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
                if (round >= 0) {
                    m.seconds.push_back(elapsed.count());
                }
            }
        }
        return report(measurements);
    }

private:
    void prepareScoring() {
        // A quarter of every sequence is scored after the rest.
        const auto length = static_cast<std::size_t>(m_request.length);
        const std::size_t scored = std::max<std::size_t>(1, length / 4);
        for (std::size_t i = 0; i < static_cast<std::size_t>(m_request.batch); ++i) {
            const auto begin = m_tokens.begin() + static_cast<std::ptrdiff_t>(i * length);
            // Of a single token: that token after itself, because a context is never empty.
            const auto middle =
                begin + static_cast<std::ptrdiff_t>(std::max(length - scored, std::size_t{1}));
            const auto end = begin + static_cast<std::ptrdiff_t>(length);
            ScoreRequest request{{begin, middle}, {end - static_cast<std::ptrdiff_t>(scored), end}};
            m_requests.push_back(std::move(request));
        }
    }

    void prepareGemm() {
        std::vector<torchruntime::OneDnnLinears::Shape> shapes;
        std::int64_t widest = 0;
        for (const Linear linear : m_spec.linears()) {
            shapes.push_back({m_spec.outputs(linear), m_spec.inputs(linear), m_spec.layers});
            widest = std::max<std::int64_t>({widest, m_spec.outputs(linear), m_spec.inputs(linear)});
        }
        if (m_subject.backend.isHostMemory() && torchruntime::OneDnnLinears::available()) {
            m_oneDnn = std::make_unique<torchruntime::OneDnnLinears>(shapes, m_rows);
        }
        // Small normal numbers, whether they are read as fp32 or as bf16 in pairs.
        std::vector<float> values(static_cast<std::size_t>(m_rows * widest));
        std::uint32_t state = 1;
        for (float& value : values) {
            state = state * 1664525u + 1013904223u;
            value = std::bit_cast<float>((state & 0x80ff80ffu) | 0x3e003e00u);
        }
        const std::vector<float> zeros(static_cast<std::size_t>(kStreamRows * kStreamColumns));
        m_streamed = DeviceArray(m_subject.backend, zeros);
        m_streamBias = DeviceArray(m_subject.backend, {zeros.data(), static_cast<std::size_t>(kStreamColumns)});
        m_gemmInput = DeviceArray(m_subject.backend, values);
        m_gemmOutput = DeviceArray(m_subject.backend, static_cast<std::int64_t>(values.size()));
    }

    /// A calibration of in_proj's input alone, every channel alike.
    void preparePreview() {
        m_sample = sampleWeight(m_subject.checkpoint, kPreviewed);
        m_weights.columnAbsmax.resize(1);
        if (m_sample.ok()) {
            m_weights.columnAbsmax[0] = m_sample.value().columnAbsmax;
        }
        const auto channels = static_cast<std::size_t>(m_spec.inputs(kPreviewed.linear));
        m_calibration.spec = m_spec;
        m_calibration.sites.resize(static_cast<std::size_t>(m_spec.siteCount()));
        ChannelStatistics& input = m_calibration.sites[0][static_cast<std::size_t>(Side::Input)];
        input.absmax.assign(channels, 4.0f);
        input.mean.assign(channels, 0.0f);
        input.m2.assign(channels, 1.0f);
    }

    bool forward(SiteObserver* observer) {
        const bool done = m_subject.pass.run(m_subject.weights, m_batch, observer, m_job);
        m_subject.backend.finish();
        return done;
    }

    bool linears() {
        for (const ModelWeights::Layer& layer : m_subject.weights.layers) {
            for (const Linear linear : m_spec.linears()) {
                const LinearWeight& w = *layer.sites[static_cast<std::size_t>(linear)].weight;
                const Element element = m_subject.backend.activationElement();
                m_subject.backend.linear(
                    w, {m_gemmInput.data(), m_rows, w.inputs, w.inputs, element},
                    {m_gemmOutput.data(), m_rows, w.outputs, w.outputs, element});
            }
        }
        m_subject.backend.finish();
        return true;
    }

    /// One token after the other from a state, each with its head: what a token generated costs.
    bool generate() {
        for (int i = 0; i < kGenerated; ++i) {
            PackedBatch batch;
            batch.add({m_tokens.data(), 1}, m_state.data(), m_state.data());
            if (!m_subject.pass.run(m_subject.weights, batch, nullptr, m_job)) {
                return false;
            }
            const std::int64_t row = 0;
            m_subject.pass.score(m_subject.weights, {&row, 1}, {m_tokens.data(), 1});
        }
        return true;
    }

    /// Reads and writes every byte of a matrix that fits no cache.
    bool stream() {
        m_subject.backend.addBias(
            {m_streamed.data(), kStreamRows, kStreamColumns, kStreamColumns}, m_streamBias.data());
        m_subject.backend.finish();
        return true;
    }

    /// What an edit at one site costs before anything runs: in_proj's weight at 8 bits, a scale an output.
    bool switchSite() {
        ResolvedPlan plan = baselinePlan(m_spec);
        const SiteId site{0, Linear::InProj};
        plan.sites[static_cast<std::size_t>(site.index())].weight = {
            8, {GranularityKind::Channel, 0}, NumberFormat::Int};
        const SiteWeights& before = m_subject.weights.layers[0].sites[static_cast<std::size_t>(site.linear)];
        const bool done = prepareSite(m_subject.checkpoint, plan, site, &before, m_subject.backend).ok();
        m_subject.backend.finish();
        return done;
    }

    /// One step of α at in_proj: what the window shows of it before anything runs.
    bool preview() {
        QuantPlan plan;
        plan.defaults.weightBits = plan.defaults.activationBits = 8;
        m_alpha = m_alpha < 1 ? m_alpha + 0.05 : 0;
        SitePatch step;
        step.alpha.emplace(std::min(m_alpha, 1.0));
        plan.set({{kPreviewed.layer}, {kPreviewed.linear}}, step);
        const Result<ResolvedSite> site =
            resolveSite(m_spec, plan, &m_calibration, &m_weights, kPreviewed);
        return m_sample.ok() && site.ok() &&
               previewSite(site.value(), m_sample.value(), m_calibration.at(kPreviewed, Side::Input))
                   .outputErrorOfInput.has_value();
    }

    /// Bytes of weights that every token needs.
    std::int64_t weightBytes() const {
        std::int64_t bytes = m_subject.weights.head->bytes;
        for (const ModelWeights::Layer& layer : m_subject.weights.layers) {
            for (const Linear linear : m_spec.linears()) {
                bytes += layer.sites[static_cast<std::size_t>(linear)].weight->bytes;
            }
        }
        return bytes;
    }

    std::vector<Measurement> makeMeasurements() {
        std::vector<Measurement> all;
        all.push_back({"forward", [this] { return forward(nullptr); }, {}});
        if (m_oneDnn) {
            all.push_back(
                {"onednn_gemm",
                 [this] {
                     m_oneDnn->run();
                     return true;
                 },
                 {}});
        }
        all.push_back({m_linears, [this] { return linears(); }, {}});
        all.push_back(
            {"forward_with_head",
             [this] {
                 if (!forward(nullptr)) {
                     return false;
                 }
                 m_subject.pass.score(m_subject.weights, m_allRows, m_tokens);
                 return true;
             },
             {}});
        all.push_back(
            {"score",
             [this] {
                 ScoringLimits limits;
                 limits.batchTokens =
                     m_subject.backend.passTokens(m_subject.pass.bytesPerToken(), limits.batchTokens);
                 return scoreRequests(
                            m_subject.pass, m_subject.weights, m_subject.backend, m_requests, limits, {},
                            m_job)
                     .ok();
             },
             {}});
        all.push_back({"calibrate", [this] { return forward(&m_calibrator); }, {}});
        all.push_back({"generate", [this] { return generate(); }, {}, kGenerated});
        all.push_back({"stream", [this] { return stream(); }, {}});
        all.push_back({"switch_site", [this] { return switchSite(); }, {}});
        all.push_back({"preview", [this] { return preview(); }, {}});
        return all;
    }

    OrderedJson report(const std::vector<Measurement>& measurements) const {
        OrderedJson json;
        json["model"] = m_subject.model.name;
        json["device"] = m_subject.model.device;
        json["device_name"] = m_subject.model.deviceName;
        json["dtype"] = m_subject.model.dtype;
        json["threads"] = m_subject.threads;
        json["batch"] = m_request.batch;
        json["length"] = m_request.length;
        json["repeat"] = m_request.repeat;
        std::map<std::string, double> seconds;
        OrderedJson rounds = OrderedJson::object();
        for (const Measurement& m : measurements) {
            seconds[m.name] = median(m.seconds);
            rounds[m.name] = m.seconds;
            if (m.name != "stream" && m.name != "switch_site" && m.name != "preview") {
                const std::int64_t tokens = m.tokens > 0 ? m.tokens : m_rows;
                json[m.name + "_tokens_per_second"] = static_cast<double>(tokens) / seconds[m.name];
            }
        }
        const bool oneDnnFaster = m_oneDnn && seconds["onednn_gemm"] < seconds[m_linears];
        const double gemm = oneDnnFaster ? seconds["onednn_gemm"] : seconds[m_linears];
        json["gemm_tokens_per_second"] = static_cast<double>(m_rows) / gemm;
        const char* backends = m_subject.backend.isHostMemory() ? "own kernel" : "cuBLAS";
        json["gemm"] = oneDnnFaster ? "oneDNN" : backends;
        json["ratio"] = gemm / seconds["forward"];
        const double bandwidth =
            static_cast<double>(2 * kStreamRows * kStreamColumns * std::int64_t{sizeof(float)}) / seconds["stream"];
        json["stream_bytes_per_second"] = bandwidth;
        json["weight_bytes"] = weightBytes();
        json["generate_ratio"] = static_cast<double>(kGenerated * weightBytes()) / bandwidth / seconds["generate"];
        json["switch_site_seconds"] = seconds["switch_site"];
        json["switch_site_values"] = std::int64_t{m_spec.outputs(Linear::InProj)} * m_spec.inputs(Linear::InProj);
        json["preview_seconds"] = seconds["preview"];
        json["calibrate_overhead"] = seconds["calibrate"] / seconds["forward"];
        json["peak_memory_bytes"] = peakMemoryBytes();
        json["rounds_seconds"] = std::move(rounds);
        return json;
    }

    const BenchSubject& m_subject;
    const BenchRequest& m_request;
    const Job& m_job;
    ModelSpec m_spec;
    std::int64_t m_rows;
    std::string m_linears; ///< name of the measurement of the backend's products
    std::vector<std::int32_t> m_tokens;
    PackedBatch m_batch;
    std::vector<std::int64_t> m_allRows;
    std::vector<ScoreRequest> m_requests;
    Calibrator m_calibrator;
    std::unique_ptr<torchruntime::OneDnnLinears> m_oneDnn;
    DeviceArray m_gemmInput, m_gemmOutput, m_streamed, m_streamBias;
    DeviceArray m_state; ///< of one sequence
    Result<WeightSample> m_sample = WeightSample();
    WeightStatistics m_weights;
    CalibrationSnapshot m_calibration;
    double m_alpha = 0;
};

} // namespace

Result<OrderedJson> benchModel(const BenchSubject& subject, const BenchRequest& request, const Job& job) {
    constexpr int kMost = 1 << 20;
    if (request.batch < 1 || request.length < 1 || request.repeat < 1 ||
        request.batch > kMost / request.length) {
        return Error::usage(
            "Batch, length and repeat have to be at least 1, and batch × length at most 1048576.");
    }
    return Bench(subject, request, job).run();
}

} // namespace mambascope
