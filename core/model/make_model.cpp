// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_folder.h"
#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/model.h"
#include "core/model/random_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

struct NamedShape {
    std::string_view name;
    Architecture architecture;
    int layers, hidden, dtRank, vocabulary;
};

/// state-spaces/mamba-130m … 2.8b, whose vocabulary of 50277 is padded to a multiple of 8; mamba2-130m
/// … 2.7b, padded to a multiple of 16; tiiuae/falcon-mamba-7b; and one of each kind for quick trials.
constexpr std::array<NamedShape, 14> kShapes{
    {{"mamba-130m", Architecture::Mamba1, 24, 768, 48, 50280},
     {"mamba-370m", Architecture::Mamba1, 48, 1024, 64, 50280},
     {"mamba-790m", Architecture::Mamba1, 48, 1536, 96, 50280},
     {"mamba-1.4b", Architecture::Mamba1, 48, 2048, 128, 50280},
     {"mamba-2.8b", Architecture::Mamba1, 64, 2560, 160, 50280},
     {"mamba-tiny", Architecture::Mamba1, 2, 64, 4, 512},
     {"mamba2-130m", Architecture::Mamba2, 24, 768, 0, 50288},
     {"mamba2-370m", Architecture::Mamba2, 48, 1024, 0, 50288},
     {"mamba2-780m", Architecture::Mamba2, 48, 1536, 0, 50288},
     {"mamba2-1.3b", Architecture::Mamba2, 48, 2048, 0, 50288},
     {"mamba2-2.7b", Architecture::Mamba2, 64, 2560, 0, 50288},
     {"mamba2-tiny", Architecture::Mamba2, 2, 64, 0, 512},
     {"falcon-mamba-7b", Architecture::FalconMamba, 64, 4096, 256, 65024},
     {"falcon-mamba-tiny", Architecture::FalconMamba, 2, 64, 4, 512}}};

/// A name, or a name and how many layers of it: "mamba-2.8b:2".
Result<ModelSpec> shapeOf(const std::string& like) {
    const std::string_view name = std::string_view(like).substr(0, like.find(':'));
    int layers = 0;
    if (name.size() < like.size()) {
        const char* const end = like.data() + like.size();
        const auto [at, error] = std::from_chars(like.data() + name.size() + 1, end, layers);
        if (error != std::errc() || at != end || layers < 1 || layers > 1000) {
            return Error::usage(
                "\"" + like + "\" names no number of layers.", "Write e.g. mamba-2.8b:2, with 1 to 1000 layers.");
        }
    }
    std::string known;
    for (const NamedShape& shape : kShapes) {
        if (shape.name == name) {
            ModelSpec spec;
            spec.architecture = shape.architecture;
            spec.layers = layers > 0 ? layers : shape.layers;
            spec.hidden = shape.hidden;
            spec.inner = 2 * shape.hidden;
            spec.state = 16;
            spec.dtRank = shape.dtRank;
            spec.convKernel = 4;
            spec.vocabulary = shape.vocabulary;
            spec.tiedHead = shape.architecture != Architecture::FalconMamba;
            if (shape.architecture == Architecture::Mamba2) {
                spec.state = 128;
                spec.heads = spec.inner / 64;
                spec.groups = spec.gatedNormGroups = 1;
            }
            return spec;
        }
        known += (known.empty() ? "" : ", ") + std::string(shape.name);
    }
    return Error::usage("No model shape is called \"" + like + "\".", "Known shapes are " + known + ".");
}

Json configOf(const ModelSpec& spec) {
    Json json{
        {"model_type", architectureName(spec.architecture)},
        {"hidden_size", spec.hidden},
        {"state_size", spec.state},
        {"num_hidden_layers", spec.layers},
        {"conv_kernel", spec.convKernel},
        {"expand", 2},
        {"vocab_size", spec.vocabulary},
        {"use_bias", spec.linearBias},
        {"use_conv_bias", spec.convBias},
        {"tie_word_embeddings", spec.tiedHead},
        {"residual_in_fp32", spec.residualInFp32},
        {"layer_norm_epsilon", 1e-5},
        {"hidden_act", "silu"},
        {"initializer_range", 0.02},
        {"bos_token_id", 0},
        {"eos_token_id", 0},
        {"pad_token_id", 0},
        {"rescale_prenorm_residual", true},
        {"time_step_floor", 1e-4},
        {"time_step_max", 0.1},
        {"time_step_min", 0.001},
        {"use_cache", true},
        {"torch_dtype", "float32"}};
    if (spec.architecture == Architecture::Mamba2) {
        json["architectures"] = {"Mamba2ForCausalLM"};
        json["num_heads"] = spec.heads;
        json["head_dim"] = spec.headWidth();
        json["n_groups"] = spec.groups;
        json["chunk_size"] = 256;
        return json;
    }
    const bool falcon = spec.architecture == Architecture::FalconMamba;
    json["architectures"] = {falcon ? "FalconMambaForCausalLM" : "MambaForCausalLM"};
    json["intermediate_size"] = spec.inner;
    json["time_step_rank"] = spec.dtRank;
    json["time_step_init_scheme"] = "random";
    json["time_step_scale"] = 1.0;
    if (falcon) {
        json["mixer_rms_eps"] = 1e-6;
    }
    return json;
}

/// Fills `out` with the values from index `first` on.
using Fill = std::function<void(std::span<float> out, std::uint64_t first)>;

Fill constant(float value) {
    return [value](std::span<float> out, std::uint64_t) {
        std::fill(out.begin(), out.end(), value);
    };
}

Fill uniform(RandomValues random, double bound) {
    return [random, bound = static_cast<float>(bound)](std::span<float> out, std::uint64_t first) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = random.symmetric(first + i) * bound;
        }
    };
}

Fill normal(RandomValues random, double deviation) {
    return [random, deviation = static_cast<float>(deviation)](std::span<float> out, std::uint64_t first) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = random.normal(first + i) * deviation;
        }
    };
}

/// log(1…N) in every row.
Fill decayRates(int state) {
    return [state](std::span<float> out, std::uint64_t first) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto n = (first + i) % static_cast<std::uint64_t>(state) + 1;
            out[i] = static_cast<float>(std::log(static_cast<double>(n)));
        }
    };
}

/// log of a decay rate uniform in [1, 16], one a head.
Fill headDecayRates(RandomValues random) {
    return [random](std::span<float> out, std::uint64_t first) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double unit = 0.5 + 0.5 * static_cast<double>(random.symmetric(first + i));
            out[i] = static_cast<float>(std::log(1 + 15 * unit));
        }
    };
}

/// The inverse of softplus of time steps that are log-uniform in [0.001, 0.1].
Fill timeStepBias(RandomValues random) {
    return [random](std::span<float> out, std::uint64_t first) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double unit = 0.5 + 0.5 * static_cast<double>(random.symmetric(first + i));
            const double step = std::exp(std::log(0.001) + unit * (std::log(0.1) - std::log(0.001)));
            out[i] = static_cast<float>(step + std::log(-std::expm1(-step)));
        }
    };
}

/// Collects a model's tensors; every tensor has its own random sequence, so that values do not depend on the
/// order in which they are made.
class Maker {
public:
    Maker(const ModelSpec& spec, std::uint64_t seed, const Job& job)
        : m_spec(spec)
        , m_seed(seed)
        , m_job(job) {}

    std::vector<TensorToWrite> tensors() {
        m_total = static_cast<std::uint64_t>(m_spec.parameterCount());
        add("embeddings.weight", {m_spec.vocabulary, m_spec.hidden}, normal(next(), 0.02));
        for (int i = 0; i < m_spec.layers; ++i) {
            addBlock("layers." + std::to_string(i) + ".");
        }
        add("norm_f.weight", {m_spec.hidden}, constant(1));
        if (!m_spec.tiedHead) {
            addNamed("lm_head.weight", {m_spec.vocabulary, m_spec.hidden}, normal(next(), 0.02));
        }
        return std::move(m_tensors);
    }

private:
    RandomValues next() { return RandomValues(m_seed, m_tensors.size()); }

    void addBlock(const std::string& layer) {
        const std::string mixer = layer + "mixer.";
        const std::int64_t inner = m_spec.inner, hidden = m_spec.hidden, conv = m_spec.convChannels();
        const double fan = 1 / std::sqrt(static_cast<double>(inner));
        const double taps = 1 / std::sqrt(static_cast<double>(m_spec.convKernel));
        add(layer + "norm.weight", {hidden}, constant(1));
        add(mixer + "in_proj.weight", {m_spec.outputs(Linear::InProj), hidden},
            uniform(next(), 1 / std::sqrt(static_cast<double>(hidden))));
        add(mixer + "conv1d.weight", {conv, 1, m_spec.convKernel}, uniform(next(), taps));
        add(mixer + "conv1d.bias", {conv}, uniform(next(), taps));
        if (m_spec.architecture == Architecture::Mamba2) {
            add(mixer + "dt_bias", {m_spec.heads}, timeStepBias(next()));
            add(mixer + "A_log", {m_spec.heads}, headDecayRates(next()));
            add(mixer + "D", {m_spec.heads}, constant(1));
            add(mixer + "norm.weight", {inner}, constant(1));
        } else {
            addSelection(mixer, fan);
        }
        // Divided by the square root of the depth, so that the residual stream keeps its size.
        add(mixer + "out_proj.weight", {hidden, inner},
            uniform(next(), fan / std::sqrt(static_cast<double>(m_spec.layers))));
    }

    void addSelection(const std::string& mixer, double fan) {
        const std::int64_t inner = m_spec.inner, rank = m_spec.dtRank, state = m_spec.state;
        add(mixer + "x_proj.weight", {rank + 2 * state, inner}, uniform(next(), fan));
        add(mixer + "dt_proj.weight", {inner, rank},
            uniform(next(), 1 / std::sqrt(static_cast<double>(rank))));
        add(mixer + "dt_proj.bias", {inner}, timeStepBias(next()));
        add(mixer + "A_log", {inner, state}, decayRates(m_spec.state));
        add(mixer + "D", {inner}, constant(1));
    }

    void add(const std::string& name, std::vector<std::int64_t> shape, Fill fill) {
        addNamed("backbone." + name, std::move(shape), std::move(fill));
    }

    void addNamed(const std::string& name, std::vector<std::int64_t> shape, Fill fill) {
        std::uint64_t count = 1;
        for (const std::int64_t length : shape) {
            count *= static_cast<std::uint64_t>(length);
        }
        m_tensors.push_back(
            {name, DType::F32, std::move(shape),
             [job = m_job, before = m_before, total = m_total, count, fill = std::move(fill)] {
                 return produce(job, before, total, count, fill);
             }});
        m_before += count;
    }

    static Result<std::vector<std::byte>> produce(
        const Job& job, std::uint64_t before, std::uint64_t total, std::uint64_t count, const Fill& fill) {
        constexpr std::uint64_t kPiece = 1 << 18;
        std::vector<std::byte> bytes(count * sizeof(float));
        std::vector<float> piece(std::min(count, kPiece));
        for (std::uint64_t first = 0; first < count; first += kPiece) {
            if (job.stopRequested()) {
                return Error::cancelled();
            }
            const std::span<float> out(piece.data(), std::min(kPiece, count - first));
            fill(out, first);
            std::memcpy(bytes.data() + first * sizeof(float), out.data(), out.size_bytes());
        }
        job.report("Writing the model", before + count, total);
        return bytes;
    }

    const ModelSpec& m_spec;
    std::uint64_t m_seed;
    const Job& m_job;
    std::uint64_t m_before = 0; ///< values of the tensors so far
    std::uint64_t m_total = 0;
    std::vector<TensorToWrite> m_tensors;
};

} // namespace

Result<void> makeModel(const std::string& like, std::uint64_t seed, const fs::path& folder, const Job& job) {
    const Result<ModelSpec> spec = shapeOf(like);
    if (!spec.ok()) {
        return spec.error();
    }
    Result<AtomicFolder> target = AtomicFolder::create(folder);
    if (!target.ok()) {
        return target.error();
    }
    const fs::path& path = target.value().path();
    if (Result<void> written = writeFile(path / "config.json", configOf(spec.value()).dump(2) + "\n", false);
        !written.ok()) {
        return written;
    }
    if (Result<void> written = writeSafetensors(
            path / "model.safetensors", Maker(spec.value(), seed, job).tensors(), {{"format", "pt"}}, false);
        !written.ok()) {
        return written;
    }
    return target.value().commit();
}

} // namespace mambascope
