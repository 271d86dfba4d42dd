// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/layout.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

namespace mambascope {
namespace {

constexpr const char* kIncomplete = "The checkpoint is incomplete or damaged; download or export it again.";
/// Keeps twice a width and sums of widths inside an int.
constexpr std::int64_t kLargestLength = 1 << 28;

Error missing(const std::string& name, const std::string& because = {}) {
    return Error::unreadable("The tensor " + name + " is missing" + because + ".", kIncomplete);
}

/// The number N of a name "<prefix>layers.N.…".
std::optional<int> layerOf(std::string_view name, std::string_view prefix) {
    constexpr std::string_view kLayers = "layers.";
    if (!name.starts_with(prefix) || !name.substr(prefix.size()).starts_with(kLayers)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size() + kLayers.size());
    int layer = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
    const auto digits = static_cast<std::size_t>(end - name.data());
    if (error != std::errc() || layer < 0 || digits >= name.size() || name[digits] != '.' ||
        (digits > 1 && name.front() == '0')) {
        return std::nullopt;
    }
    return layer;
}

/// The work of layOut(): collects what the tensors say, step by step.
class Layout {
public:
    Layout(
        const ModelConfig& config, const TensorFile& tensors, ModelSpec& spec, TensorNames& names,
        std::vector<std::string>& warnings)
        : m_config(config)
        , m_tensors(tensors)
        , m_spec(spec)
        , m_names(names)
        , m_warnings(warnings) {
        m_spec.architecture = config.architecture;
    }

    Result<void> run() {
        for (Result<void> (Layout::*step)() :
             {&Layout::findEmbedding, &Layout::countLayers, &Layout::nameBlocks, &Layout::measure,
              &Layout::decideHead, &Layout::checkAll}) {
            if (Result<void> done = (this->*step)(); !done.ok()) {
                return done;
            }
        }
        reportUnused();
        return {};
    }

private:
    Result<void> findEmbedding() {
        for (const char* prefix : {"backbone.", ""}) {
            for (const char* name : {"embeddings.weight", "embedding.weight"}) {
                if (m_tensors.find(std::string(prefix) + name) != nullptr) {
                    m_prefix = prefix;
                    m_names.embedding = m_prefix + name;
                    m_names.finalNorm = m_prefix + "norm_f.weight";
                    return {};
                }
            }
        }
        return missing("backbone.embeddings.weight");
    }

    Result<void> countLayers() {
        std::set<int> found;
        for (const auto& [name, view] : m_tensors.tensors()) {
            if (const std::optional<int> layer = layerOf(name, m_prefix)) {
                found.insert(*layer);
            }
        }
        int next = 0;
        while (found.contains(next)) {
            ++next;
        }
        const std::string first = m_prefix + "layers." + std::to_string(next) + ".norm.weight";
        if (found.empty() || *found.rbegin() >= next) {
            return missing(first);
        }
        if (m_config.layers && *m_config.layers > next) {
            return missing(
                first, ", and so are all others from this layer on (config.json says " +
                           std::to_string(*m_config.layers) + " layers)");
        }
        m_spec.layers = next;
        return {};
    }

    bool has(int layer, const char* name) const {
        return m_tensors.find(m_prefix + "layers." + std::to_string(layer) + name) != nullptr;
    }

    Result<void> nameBlocks() {
        m_spec.linearBias = false;
        m_spec.convBias = false;
        for (int i = 0; i < m_spec.layers; ++i) {
            // One block with a bias is enough: then the others must have it, too.
            m_spec.linearBias |= has(i, ".mixer.in_proj.bias") || has(i, ".mixer.out_proj.bias");
            m_spec.convBias |= has(i, ".mixer.conv1d.bias");
        }
        const bool mamba2 = m_spec.architecture == Architecture::Mamba2;
        for (int i = 0; i < m_spec.layers; ++i) {
            const std::string layer = m_prefix + "layers." + std::to_string(i);
            const std::string mixer = layer + ".mixer.";
            m_names.blocks.push_back(
                {.norm = layer + ".norm.weight",
                 .inProj = mixer + "in_proj.weight",
                 .inProjBias = m_spec.linearBias ? mixer + "in_proj.bias" : "",
                 .convWeight = mixer + "conv1d.weight",
                 .convBias = m_spec.convBias ? mixer + "conv1d.bias" : "",
                 .xProj = mamba2 ? "" : mixer + "x_proj.weight",
                 .dtProj = mamba2 ? "" : mixer + "dt_proj.weight",
                 .dtBias = mixer + (mamba2 ? "dt_bias" : "dt_proj.bias"),
                 .aLog = mixer + "A_log",
                 .d = mixer + "D",
                 .gatedNorm = mamba2 && m_config.gatedNorm ? mixer + "norm.weight" : "",
                 .outProj = mixer + "out_proj.weight",
                 .outProjBias = m_spec.linearBias ? mixer + "out_proj.bias" : ""});
        }
        return {};
    }

    /// Lengths of the dimensions `into` of one tensor of the first block.
    Result<void> lengths(const std::string& name, std::vector<int*> into) {
        const TensorView* view = m_tensors.find(name);
        if (view == nullptr) {
            return missing(name);
        }
        const bool fits = std::all_of(view->shape.begin(), view->shape.end(), [](std::int64_t length) {
            return length > 0 && length <= kLargestLength;
        });
        if (view->shape.size() != into.size() || !fits) {
            return Error::unreadable(
                "The tensor " + name + " has the shape " + shapeText(view->shape) + ", but a shape of " +
                    std::to_string(into.size()) + " positive lengths is expected.",
                kIncomplete);
        }
        for (std::size_t i = 0; i < into.size(); ++i) {
            *into[i] = static_cast<int>(view->shape[i]);
        }
        return {};
    }

    Result<void> measure() {
        const TensorNames::Block& block = m_names.blocks.front();
        if (const TensorView* weight = m_tensors.find(block.inProj)) {
            m_spec.dtype = weight->dtype;
        }
        m_spec.normEpsilon = m_config.normEpsilon;
        m_spec.mixerNormEpsilon = m_config.mixerNormEpsilon;
        m_spec.residualInFp32 = m_config.residualInFp32;
        if (Result<void> read = lengths(m_names.embedding, {&m_spec.vocabulary, &m_spec.hidden});
            !read.ok()) {
            return read;
        }
        return m_spec.architecture == Architecture::Mamba2 ? measureMamba2(block) : measureMamba1(block);
    }

    Result<void> measureMamba1(const TensorNames::Block& block) {
        int ignored = 0;
        for (Result<void> read :
             {lengths(block.aLog, {&m_spec.inner, &m_spec.state}),
              lengths(block.convWeight, {&ignored, &ignored, &m_spec.convKernel}),
              lengths(block.dtProj, {&ignored, &m_spec.dtRank})}) {
            if (!read.ok()) {
                return read;
            }
        }
        return {};
    }

    Result<void> measureMamba2(const TensorNames::Block& block) {
        int ignored = 0, channels = 0;
        for (Result<void> read :
             {lengths(block.outProj, {&ignored, &m_spec.inner}), lengths(block.aLog, {&m_spec.heads}),
              lengths(block.convWeight, {&channels, &ignored, &m_spec.convKernel})}) {
            if (!read.ok()) {
                return read;
            }
        }
        m_spec.dtMin = m_config.dtMin;
        m_spec.dtMax = m_config.dtMax;
        if (m_spec.inner % m_spec.heads != 0) {
            return Error::unreadable(
                "The " + std::to_string(m_spec.inner) + " channels of " + block.outProj +
                    " cannot be shared out evenly to the " + std::to_string(m_spec.heads) + " heads of " +
                    block.aLog + ".",
                kIncomplete);
        }
        return shareStates(channels - m_spec.inner, block.convWeight);
    }

    /// B and C together have `both` channels: groups · states each. config.json tells the factors; where it
    /// contradicts itself, the number of states is believed if it fits.
    Result<void> shareStates(int both, const std::string& name) {
        const int product = both / 2;
        const auto fits = [&](std::optional<int> groups) {
            return groups && *groups > 0 && product % *groups == 0 && m_spec.heads % *groups == 0;
        };
        std::optional<int> groups;
        if (both > 0 && both % 2 == 0) {
            if (m_config.states && product % *m_config.states == 0 && fits(product / *m_config.states)) {
                groups = product / *m_config.states;
            } else if (fits(m_config.groups)) {
                groups = m_config.groups;
            } else if (!m_config.groups && !m_config.states) {
                groups = 1;
            }
        }
        if (!groups) {
            return Error::unreadable(
                "The tensor " + name + " has " + std::to_string(both) + " channels beside the " +
                    std::to_string(m_spec.inner) +
                    " of out_proj, which is not two times groups · states of config.json.",
                kIncomplete);
        }
        m_spec.groups = *groups;
        m_spec.state = product / *groups;
        m_spec.gatedNormGroups = !m_config.gatedNorm ? 0 : m_config.huggingFace ? 1 : *groups;
        return {};
    }

    Result<void> decideHead() {
        const std::string name = "lm_head.weight";
        const TensorView* head = m_tensors.find(name);
        const TensorView& embedding = *m_tensors.find(m_names.embedding);
        if (head == nullptr) {
            m_spec.tiedHead = true;
            if (m_config.tiedHead == false) {
                m_warnings.push_back(
                    "config.json says that lm_head has its own weights, but there are none; the "
                    "embedding is used.");
            }
            return {};
        }
        m_used.insert(name);
        // Tied checkpoints often hold the embedding a second time.
        // PyTorch's files say that both are the same storage, which saves reading it.
        const bool same = head->dtype == embedding.dtype && head->shape == embedding.shape &&
                          (head->bytes.data() == embedding.bytes.data() ||
                           std::memcmp(head->bytes.data(), embedding.bytes.data(), head->bytes.size()) == 0);
        m_tensors.release(head->bytes);
        m_tensors.release(embedding.bytes);
        m_spec.tiedHead = m_config.tiedHead.value_or(true) && same;
        if (!m_spec.tiedHead) {
            m_names.head = name;
            if (m_config.tiedHead == true) {
                m_warnings.push_back("config.json says that lm_head shares the embedding, but lm_head.weight "
                                     "differs from it; it is used.");
            }
        }
        return {};
    }

    using Shape = std::vector<std::int64_t>;

    void require(const std::string& name, Shape shape) {
        if (!name.empty()) {
            m_required.emplace_back(name, std::move(shape));
        }
    }

    Result<void> checkAll() {
        const std::int64_t inner = m_spec.inner, hidden = m_spec.hidden, conv = m_spec.convChannels();
        const bool mamba2 = m_spec.architecture == Architecture::Mamba2;
        const std::int64_t steps = mamba2 ? m_spec.heads : m_spec.inner;
        require(m_names.embedding, {m_spec.vocabulary, hidden});
        for (const TensorNames::Block& block : m_names.blocks) {
            require(block.norm, {hidden});
            for (const Linear linear : m_spec.linears()) {
                require(block.linear(linear), {m_spec.outputs(linear), m_spec.inputs(linear)});
            }
            require(block.inProjBias, {m_spec.outputs(Linear::InProj)});
            require(block.outProjBias, {hidden});
            require(block.convWeight, {conv, 1, m_spec.convKernel});
            require(block.convBias, {conv});
            require(block.dtBias, {steps});
            require(block.aLog, mamba2 ? Shape{steps} : Shape{inner, m_spec.state});
            require(block.d, {steps});
            require(block.gatedNorm, {inner});
        }
        require(m_names.finalNorm, {hidden});
        require(m_names.head, {m_spec.vocabulary, hidden});
        std::set<DType> dtypes;
        for (const auto& [name, shape] : m_required) {
            if (Result<void> checked = check(name, shape); !checked.ok()) {
                return checked;
            }
            m_used.insert(name);
            dtypes.insert(m_tensors.find(name)->dtype);
        }
        if (dtypes.size() > 1) {
            m_warnings.push_back("The weights are stored in more than one float type.");
        }
        return {};
    }

    Result<void> check(const std::string& name, const std::vector<std::int64_t>& shape) const {
        const TensorView* view = m_tensors.find(name);
        if (view == nullptr) {
            return missing(name);
        }
        if (view->shape != shape) {
            return Error::unreadable(
                "The tensor " + name + " has the shape " + shapeText(view->shape) +
                    ", but the other tensors ask for " + shapeText(shape) + ".",
                "Tensors of different models may be mixed; download or export the checkpoint again.");
        }
        if (!isFloat(view->dtype)) {
            return Error::unreadable(
                "The tensor " + name + " is stored as " + std::string(dtypeName(view->dtype)) +
                    ", but floating-point weights are expected.",
                "The checkpoint seems to be quantized already; open the one it was made from.");
        }
        return {};
    }

    void reportUnused() {
        std::vector<std::string> unused;
        for (const auto& [name, view] : m_tensors.tensors()) {
            if (!m_used.contains(name)) {
                unused.push_back(name);
            }
        }
        if (!unused.empty()) {
            m_warnings.push_back(
                "The model does not use " + std::to_string(unused.size()) +
                (unused.size() == 1 ? " tensor" : " tensors") + " of the checkpoint, e.g. " + unused.front() +
                ".");
        }
    }

    const ModelConfig& m_config;
    const TensorFile& m_tensors;
    ModelSpec& m_spec;
    TensorNames& m_names;
    std::vector<std::string>& m_warnings;
    std::string m_prefix;
    std::set<std::string, std::less<>> m_used;
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> m_required;
};

} // namespace

const std::string& TensorNames::Block::linear(Linear linear) const {
    switch (linear) {
    case Linear::InProj:
        return inProj;
    case Linear::XProj:
        return xProj;
    case Linear::DtProj:
        return dtProj;
    case Linear::OutProj:
        break;
    }
    return outProj;
}

Result<void> layOut(
    const ModelConfig& config, const TensorFile& tensors, ModelSpec& spec, TensorNames& names,
    std::vector<std::string>& warnings) {
    return Layout(config, tensors, spec, names, warnings).run();
}

} // namespace mambascope
