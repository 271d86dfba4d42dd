// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/checkpoint/tensor.h"
#include "core/model/site.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// Mamba1: arXiv 2312.00752. FalconMamba: the same with a weightless RMS norm on the time step's low-rank
/// form, B and C. Mamba2: arXiv 2405.21060, heads with a scalar decay each, and a gated norm before out_proj.
enum class Architecture { Mamba1, FalconMamba, Mamba2 };

std::string_view architectureName(Architecture architecture); ///< "mamba", "falcon_mamba", "mamba2"
std::optional<Architecture> parseArchitecture(std::string_view name);
std::string_view architectureTitle(Architecture architecture); ///< "Mamba", "FalconMamba", "Mamba-2"

/// The shape of a model, decided by its tensors and, where they do not say, by config.json.
struct ModelSpec {
    Architecture architecture = Architecture::Mamba1;
    int layers = 0;
    int hidden = 0;     ///< d_model, width of the residual stream
    int inner = 0;      ///< d_inner, channels of convolution and scan
    int state = 0;      ///< N, states a channel
    int dtRank = 0;     ///< rank of the time step's projection; 0 in Mamba-2
    int convKernel = 0; ///< taps of the causal convolution
    int heads = 0;      ///< Mamba-2 only: heads of the scan, inner / heads channels each
    int groups = 0;     ///< Mamba-2 only: B and C are shared by heads / groups heads
    /// Mamba-2 only: pieces of the gated norm, each with its own root mean square; 0: a gate without a norm.
    /// transformers has one whatever the groups, state-spaces' own code one a group.
    int gatedNormGroups = 0;
    int vocabulary = 0;      ///< rows of the embedding (padding included)
    bool linearBias = false; ///< in_proj and out_proj have a bias
    bool convBias = true;
    bool tiedHead = true;
    float normEpsilon = 1e-5f;
    float mixerNormEpsilon = 1e-6f; ///< FalconMamba only: of the norms inside a block
    float dtMin = 0; ///< Mamba-2 only: the time step after softplus is clamped to [dtMin, dtMax]
    float dtMax = std::numeric_limits<float>::infinity();
    bool residualInFp32 = true;
    DType dtype = DType::F32; ///< element type of the stored weights

    bool operator==(const ModelSpec&) const = default;

    /// The linears of a block, in the order of the computation: all four, or Mamba-2's in_proj and out_proj.
    std::span<const Linear> linears() const;
    bool has(Linear linear) const;
    /// Input and output width of a site's linear: in_proj [2·inner, hidden], x_proj [dtRank + 2·state,
    /// inner], dt_proj [inner, dtRank], out_proj [hidden, inner]; Mamba-2's in_proj [inner + convChannels() +
    /// heads, hidden]. 0 for a linear that the model does not have.
    int inputs(Linear linear) const;
    int outputs(Linear linear) const;
    int channels(Linear linear, Side side) const {
        return side == Side::Input ? inputs(linear) : outputs(linear);
    }
    /// Places of an array over sites, addressed by SiteId::index(). Those of linears that the model does not
    /// have stay empty.
    int siteCount() const { return layers * 4; }
    /// Every site that the model has, ascending.
    std::vector<SiteId> sites() const;
    /// Channels of the causal convolution: u, and in Mamba-2 B and C of every group behind it.
    int convChannels() const { return inner + 2 * groups * state; }
    int headWidth() const { return heads > 0 ? inner / heads : 0; } ///< channels of one of Mamba-2's heads
    std::int64_t parameterCount() const;
};

Json toJson(const ModelSpec& spec);
Result<ModelSpec> modelSpecFromJson(const Json& json);

/// Names of one block's tensors in the file (they keep the file's own spelling).
struct TensorNames {
    std::string embedding, finalNorm, head; ///< head empty if tied
    struct Block {
        std::string norm, inProj, inProjBias, convWeight, convBias, xProj, dtProj, dtBias, aLog, d, gatedNorm,
            outProj, outProjBias; ///< empty where the model has no such tensor
        const std::string& linear(Linear linear) const;
    };
    std::vector<Block> blocks;
};

/// An opened checkpoint: its spec, its mapped tensors, and what was odd about it.
struct Checkpoint {
    std::filesystem::path folder;
    std::vector<std::filesystem::path> weightFiles;
    ModelSpec spec;
    TensorNames names;
    TensorFile tensors;
    Json config;                         ///< config.json as it stands
    std::vector<std::string> warnings;   ///< contradictions and guesses, a sentence each
    std::vector<std::string> inferred;   ///< "state_size 16": what the tensors say and config.json does not
    std::filesystem::path tokenizerFile; ///< empty if neither the folder nor the cache has one

    const TensorView& tensor(const std::string& name) const; ///< must exist (checked by openCheckpoint)
    /// toFloat of a tensor, whose mapped pages then no longer count as memory of this process.
    Result<std::vector<float>> floats(const std::string& name) const;
};

/// Opens `model`: a folder with config.json and weights (safetensors, or PyTorch's files if there are none),
/// a weights file beside its config.json, the name of a model in the Hugging Face cache ("owner/model", if
/// there is no such folder), or "demo" (see demoModelFolder()). Checks the shape of every tensor the model
/// needs. Unreadable with a sentence and a hint if something is missing, truncated, of a wrong shape, or of
/// an architecture other than Mamba, FalconMamba and Mamba-2. Runs no code from the checkpoint.
Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const std::filesystem::path& model);

/// Hash over config-independent content: every weight tensor's name, dtype, shape and bytes, in name order.
/// Reads the whole checkpoint once; readContent() in content.h gives its warnings beside it.
Result<std::string> checkpointHash(const Checkpoint& checkpoint, const Job& job);

/// Folder of the demo model that ships: MAMBASCOPE_RESOURCES if set, else beside the installation, else in
/// the source tree this was built from.
std::filesystem::path demoModelFolder();
/// Folder of its tasks, and its calibration text.
std::filesystem::path demoTasksFolder();
std::filesystem::path demoCalibrationText();

/// Writes a checkpoint with random weights of the shape of `like` ("mamba-130m" … "mamba-2.8b", "mamba2-130m"
/// … "mamba2-2.7b", "falcon-mamba-7b", or "mamba-tiny", "mamba2-tiny" and "falcon-mamba-tiny": d 64, 2
/// layers, vocabulary 512), fp32, HF layout, tied head (FalconMamba: its own). Initialised as Mamba's own
/// code does: embedding normal with deviation 0.02, linears and convolution uniform in ±1/sqrt(inputs), A_log
/// = log(1…N), D = 1, dt bias so that softplus lies in [1e-3, 0.1]. The same seed gives the same bytes. Only
/// one tensor at a time is in memory. Usage if the name is unknown (the hint lists the names) or `folder`
/// exists; Cancelled leaves nothing behind.
Result<void>
makeModel(const std::string& like, std::uint64_t seed, const std::filesystem::path& folder, const Job& job);

} // namespace mambascope
