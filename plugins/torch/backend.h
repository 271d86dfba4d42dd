// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/quantization/resolve.h"
#include "core/quantization/site_weight.h"
#include "plugins/torch/operands.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mambascope {

/// A weight in the layout that a backend multiplies with.
class LinearWeight {
public:
    virtual ~LinearWeight() = default;
    std::int64_t outputs = 0, inputs = 0;
    std::int64_t bytes = 0; ///< of the weight as it is read
    bool integers = false; ///< inputs become integers in integerLinear(), not in transform()
};

/// What a weight is for.
struct WeightUse {
    const ResolvedSite* site = nullptr; ///< the plan for its linear; null for the head
    Linear linear = Linear::InProj;     ///< which one; says nothing for the head
};

/// What happens to a linear's input or output: zero channels, divide by smoothing, rotate, quantize; what is null or
/// inactive is skipped.
struct Transform {
    const std::uint32_t* keep = nullptr; ///< [channels] all bits set, or 0 for a zeroed channel
    const float* smoothing = nullptr;    ///< [channels]
    ResolvedActivation quantizer;
    bool rotate = false;                   ///< Rotation(channels)
    const std::uint32_t* exempt = nullptr; ///< [channels] all bits set where the quantizer leaves a channel alone
    bool active() const {
        return keep != nullptr || smoothing != nullptr || rotate || quantizer.active();
    }
};

/// What the head says about one row.
struct RowScore {
    double logLikelihood = 0; ///< of the target
    std::int32_t argmax = 0;  ///< lowest id on ties
    bool finite = true;       ///< no logit is NaN
};

/// Statistics of several streams of activations, collected where the activations are.
class DeviceStatistics {
public:
    virtual ~DeviceStatistics() = default;
    /// Gets the memory for add() of so many rows; afterwards add() needs no more. Throws DeviceOutOfMemory.
    virtual void reserve(std::int64_t rows) = 0;
    /// Adds rows to the stream `index`; does not wait.
    virtual void add(std::size_t index, Matrix x) = 0;
    /// Of each stream, as StatisticsAccumulator has it: counts and extremes are the same, moments agree to
    /// rounding.
    virtual std::vector<ChannelStatistics> finish() = 0;
};

/// What a recorded sequence of operations depends on besides the contents of memory.
struct PassShape {
    const void* weights = nullptr;
    std::int64_t rows = 0;
    int firstLayer = 0; ///< the pass begins there
    bool operator==(const PassShape&) const = default;
};

/// The operations of the model on raw device memory. Batches are packed: sequences back to back, no padding;
/// every operation treats rows (or, in convolution and scan, sequences) independently of each other.
class Backend {
public:
    virtual ~Backend() = default;

    /// Device memory can be read and written by the processor.
    virtual bool isHostMemory() const = 0;

    virtual float* allocate(std::int64_t count) = 0; ///< throws std::bad_alloc
    virtual void release(float* memory) = 0;
    virtual void upload(const float* host, std::int64_t count, float* device) = 0;
    virtual void download(const float* device, std::int64_t count, float* host) = 0;
    /// From one place of the device's memory to another.
    virtual void copy(const float* from, std::int64_t count, float* to) {
        std::copy_n(from, count, to); // right where the processor can reach it
    }

    /// What matrices between two operations consist of; the residual stream is always F32.
    virtual Element activationElement() const { return Element::F32; }
    /// x as fp32, without gaps.
    virtual void downloadMatrix(Matrix x, float* host) {
        for (std::int64_t row = 0; row < x.rows; ++row) {
            download(x.data + row * x.stride, x.columns, host + row * x.columns);
        }
    }
    /// Tokens of one pass that suit the device, if one takes `bytesPerToken` of working memory; `standard` if
    /// the device has no opinion.
    virtual std::int64_t passTokens(std::int64_t /*bytesPerToken*/, std::int64_t standard) {
        return standard;
    }
    /// A collector for streams of so many channels each; null if the processor does it best.
    virtual std::unique_ptr<DeviceStatistics> makeStatistics(std::span<const int> /*channels*/) {
        return nullptr;
    }
    /// Runs `work`, which asks for operations of one pass over `segments`, or repeats what it asked for the
    /// last time at this shape. False if `work` said so (it then ended early).
    virtual bool repeated(
        const PassShape& /*shape*/, std::span<const Segment> /*segments*/,
        const std::function<bool()>& work) {
        return work();
    }
    /// The weights behind a PassShape have changed.
    virtual void forgetRepeated() {}

    /// Whether prepare() makes integers of the weight of such a linear.
    virtual bool multipliesIntegers(const ResolvedSite& /*site*/, Linear /*linear*/) const { return false; }
    /// Prepares a weight [outputs, inputs], already smoothed and fake-quantized as the plan says, for linear().
    virtual std::unique_ptr<LinearWeight> prepare(
        std::span<const float> weight, std::int64_t outputs, std::int64_t inputs, const WeightUse& use) = 0;
    /// The same for a site's weight that is made row by row.
    virtual std::unique_ptr<LinearWeight> prepareRows(SiteWeight& weight, const WeightUse& use) = 0;
    /// Whether there is room to keep float weights beside the quantized ones, for quantized().
    virtual bool keepsFloats() const { return false; }
    /// A float weight on the device as it is, for quantized() alone, where prepare() would round it. Null if the device
    /// has no use for it.
    virtual std::unique_ptr<LinearWeight>
    exactFloats(std::span<const float> /*weight*/, std::int64_t /*outputs*/, std::int64_t /*inputs*/) {
        return nullptr;
    }
    /// What prepareRows() would make of a site under a plan, made on the device from `plain`, the site's float weight
    /// there, unrounded; bit for bit the same. `smoothing` and `exempt` are on the device, null if the plan has none. Null if it
    /// cannot be made there.
    virtual std::unique_ptr<LinearWeight> quantized(
        const LinearWeight& /*plain*/, const WeightUse& /*use*/, const float* /*smoothing*/,
        const std::uint32_t* /*exempt*/) {
        return nullptr;
    }
    virtual void linear(const LinearWeight& weight, Matrix x, Matrix y) = 0; ///< y = x · Wᵀ
    /// y = q(x) · Wᵀ for a weight that asks for it: the integers that transform() would have rounded to, without
    /// going through floats.
    virtual void integerLinear(
        const LinearWeight& /*weight*/, Matrix /*x*/, const ResolvedActivation& /*quantizer*/,
        std::span<const Segment> /*segments*/, Matrix /*y*/) {}
    virtual void embed(const float* table, std::span<const std::int32_t> ids, Matrix out) = 0;
    /// residual += add (if any); out = rmsNorm(residual) · weight (if any)
    virtual void
    addNorm(const Matrix* add, Matrix residual, const float* weight, float epsilon, const Matrix* out) = 0;
    /// out[i] = rmsNorm(x[rows[i]]) · weight
    virtual void normRows(
        Matrix x, std::span<const std::int64_t> rows, const float* weight, float epsilon, Matrix out) = 0;
    virtual void addBias(Matrix x, const float* bias) = 0;
    virtual void convSilu(const ConvArguments& arguments, std::span<const Segment> segments) = 0;
    virtual void scan(const ScanArguments& arguments, std::span<const Segment> segments) = 0;
    virtual void headScan(const HeadScanArguments& arguments, std::span<const Segment> segments) = 0;
    virtual void gatedNorm(const GatedNormArguments& arguments) = 0;
    /// x = x / rms(x), row by row.
    virtual void unitNorm(Matrix x, float epsilon) = 0;
    /// out may be x. Run-time scales are taken per segment (dynamic) or per row (token).
    virtual void transform(Matrix x, const Transform& how, std::span<const Segment> segments, Matrix out) = 0;
    /// Log-softmax of x · headᵀ at `targets`, one a row of x, without ever holding all logits; x is no longer what it
    /// was.
    virtual std::vector<RowScore>
    scoreRows(const LinearWeight& head, Matrix x, std::span<const std::int32_t> targets) = 0;
    /// Waits until everything asked for is done. Only who measures time needs it: download() and scoreRows()
    /// wait by themselves.
    virtual void finish() {}
};

/// Memory of a backend, released with its owner.
class DeviceArray {
public:
    DeviceArray() = default;
    DeviceArray(Backend& backend, std::int64_t count)
        : m_backend(&backend)
        , m_count(count)
        , m_data(backend.allocate(count)) {}
    DeviceArray(Backend& backend, std::span<const float> values)
        : DeviceArray(backend, static_cast<std::int64_t>(values.size())) {
        backend.upload(values.data(), m_count, m_data);
    }
    ~DeviceArray() { reset(); }
    DeviceArray(DeviceArray&& other) noexcept
        : m_backend(other.m_backend)
        , m_count(std::exchange(other.m_count, 0))
        , m_data(std::exchange(other.m_data, nullptr)) {}
    DeviceArray& operator=(DeviceArray&& other) noexcept {
        if (this != &other) {
            reset();
            m_backend = other.m_backend;
            m_count = std::exchange(other.m_count, 0);
            m_data = std::exchange(other.m_data, nullptr);
        }
        return *this;
    }

    float* data() const { return m_data; }
    std::int64_t count() const { return m_count; }

private:
    void reset() {
        if (m_data != nullptr) {
            m_backend->release(m_data);
            m_data = nullptr;
        }
    }

    Backend* m_backend = nullptr;
    std::int64_t m_count = 0;
    float* m_data = nullptr;
};

} // namespace mambascope
