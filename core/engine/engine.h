// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/calibration/calibration.h"
#include "core/engine/site_errors.h"
#include "core/evaluation/score.h"
#include "core/model/model.h"
#include "core/quantization/export_request.h"
#include "core/quantization/plan.h"
#include "core/quantization/resolve.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

struct DeviceInfo {
    std::string id;   ///< "cpu", "cuda:0"
    std::string name; ///< "NVIDIA H100 80GB HBM3", or the processor and the instruction set in use
    std::int64_t memoryBytes = 0; ///< 0 if unknown
};

struct EngineInfo {
    std::string name;    ///< "torch"
    std::string version; ///< mambascope's version
    std::string runtime; ///< "libtorch 1.13.1"
    std::vector<DeviceInfo> devices;
};

inline constexpr int kAutomaticReuse = -1;

struct LoadRequest {
    std::string model;           ///< path on the engine's machine, or "demo"
    std::string device = "auto"; ///< auto, cpu, cuda, cuda:N
    std::string dtype = "f32";   ///< f32, or on a GPU tf32 or bf16: what the linears compute in
    int threads = 0;             ///< 0: as many as the process may use cores
    /// Memory for what score() keeps between plans, in MiB, on the device that computes; 0: nothing is kept;
    /// kAutomaticReuse: what the engine thinks right.
    int reuseMegabytes = kAutomaticReuse;
};

/// What the caller needs to know of a loaded model; the tensors stay with the engine.
struct LoadedModel {
    ModelSpec spec;
    std::string name; ///< folder name, for people
    std::string path; ///< absolute, on the engine's machine
    std::string hash; ///< checkpointHash()
    std::vector<std::string> warnings;
    std::string device; ///< id of the device it is on
    std::string deviceName;
    std::string dtype;
    bool hasTokenizer = false;
};

struct CalibrationRequest {
    std::vector<std::vector<std::int32_t>> windows; ///< token ids, one entry a window
    CalibrationSource
        source; ///< text and window settings; the engine fills in checkpoint, tokens, engine, dtype
};

struct ForwardRequest {
    std::vector<std::vector<std::int32_t>> sequences; ///< token ids; lengths may differ
    bool hidden = false;                              ///< also return the residual stream
};

struct ForwardResult {
    int vocabulary = 0, hidden = 0;
    /// [sequence][tokens · vocabulary]
    std::vector<std::vector<float>> logits;
    /// [i][sequence][tokens · hidden]: the residual stream after layer i, counted from 0, and one more: the
    /// final norm's output (transformers' hidden_states). Empty unless asked for.
    std::vector<std::vector<std::vector<float>>> hiddenStates;
};

struct GenerateRequest {
    std::vector<std::int32_t> prompt;
    int count = 0; ///< tokens to append, greedy (ties: the lowest id)
};

struct BenchRequest {
    int batch = 1;
    int length = 512;
    int repeat = 5;
};

/// An engine: one loaded model and everything that touches its tensors. Implemented by the torch plugin, by
/// the client that speaks to an engine process, and by a small fake in the tests. Not thread-safe: one thread
/// at a time, except that a Job's stop token may be triggered from anywhere. No function throws.
class Engine : public Scorer {
public:
    virtual Result<EngineInfo> info() = 0;

    /// info(), for an engine that may still be starting (on a machine that does not answer, perhaps): a stop
    /// request ends the wait with Cancelled, and an engine that had not yet started is lost by it.
    virtual Result<EngineInfo> waitUntilReady(const Job& job) {
        return job.stopRequested() ? Result<EngineInfo>(Error::cancelled()) : info();
    }

    /// Replaces the loaded model. The plan is the baseline afterwards.
    virtual Result<LoadedModel> load(const LoadRequest& request, const Job& job) = 0;

    /// The bytes of the checkpoint's tokenizer.json. Unreadable if the checkpoint has none.
    virtual Result<std::string> tokenizerJson() = 0;

    virtual Result<WeightStatistics> weightStatistics(const Job& job) = 0;

    /// Statistics of every site under no plan, whatever plan is set. A cancelled calibration comes back
    /// marked partial if at least one window is done; otherwise Cancelled.
    virtual Result<CalibrationSnapshot> calibrate(const CalibrationRequest& request, const Job& job) = 0;

    /// Sets the plan that forward, score, generate and exportCheckpoint follow; only weights whose settings
    /// changed are quantized again. `calibration` may be null if the plan needs none. Returns the plan's
    /// warnings. On an error the previous plan stays.
    virtual Result<std::vector<std::string>> applyPlan(
        const QuantPlan& plan, std::shared_ptr<const CalibrationSnapshot> calibration, const Job& job) = 0;

    /// What plans do to every site by itself, on the unquantized model's activations. The plan that is set
    /// stays as it is. Usage if there is no window or no plan, or a plan does not fit the model.
    virtual Result<SiteErrors> siteErrors(
        const SiteErrorRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration,
        const Job& job) = 0;

    /// One forward pass from a zero state.
    virtual Result<ForwardResult> forward(const ForwardRequest& request, const Job& job) = 0;

    /// The appended ids.
    virtual Result<std::vector<std::int32_t>> generate(const GenerateRequest& request, const Job& job) = 0;

    /// Writes the model under the given plan on the engine's machine.
    virtual Result<ExportReport> exportCheckpoint(
        const ExportRequest& request, std::shared_ptr<const CalibrationSnapshot> calibration,
        const Job& job) = 0;

    /// Speed of the loaded model: tokens per second of forward, scoring and calibration, and a plain matrix
    /// multiplication of the same shapes interleaved in the same process, as medians; JSON as `mambascope-cli
    /// bench` prints it.
    virtual Result<OrderedJson> bench(const BenchRequest& request, const Job& job) = 0;
};

/// What a plugin with an engine exports (C linkage, so that it can be looked up after dlopen):
///   extern "C" const char* mambascopePluginMetadata();      // JSON: name, version, api, kind
///   extern "C" mambascope::Engine* mambascopeCreateEngine();
/// The metadata is also embedded in a section ".mambascope" of the file and read from there before the code
/// is loaded.
inline constexpr int kEngineApiVersion = 1;

} // namespace mambascope
