// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_packed.h"

#include "core/quantization/export_tensors.h"

#include <algorithm>
#include <cstring>

namespace mambascope {
namespace {

const ResolvedSite& siteOf(const ResolvedPlan& plan, SiteId site) {
    return plan.sites[static_cast<std::size_t>(site.index())];
}

bool expressible(int bits) {
    return bits == 4 || bits == 8;
}

/// Factors that x_proj's first rows are divided by; empty for every other linear.
std::span<const float> rowFactors(const ModelSpec& spec, const ResolvedPlan& plan, SiteId site) {
    const SiteId timeStep{site.layer, Linear::DtProj};
    if (site.linear == Linear::XProj && smoothingFold(spec, plan, timeStep) == SmoothingFold::XProj) {
        return siteOf(plan, timeStep).smoothing;
    }
    return {};
}

std::int64_t groupsOf(const WeightQuantization& how, std::int64_t columns) {
    return (columns + how.granularity.groupSize - 1) / how.granularity.groupSize;
}

Result<PackedLinear> layoutOf(const ModelSpec& spec, const ResolvedPlan& plan, SiteId site) {
    const ResolvedSite& resolved = siteOf(plan, site);
    PackedLinear linear;
    if (!resolved.weight.active() || smoothingFold(spec, plan, site) == SmoothingFold::Columns || resolved.rotate ||
        !resolved.exempt.empty()) {
        return linear;
    }
    linear.weight = resolved.weight;
    if (resolved.weight.format != NumberFormat::Int) {
        return Error::usage(
            "compressed-tensors is written with integers, but the weight of " + siteName(site) + " is " +
                std::string(numberFormatName(resolved.weight.format)) + ".",
            "Choose 4 or 8 bits there, or export as hf.");
    }
    if (!expressible(resolved.weight.bits)) {
        return Error::usage(
            "compressed-tensors stores weights of 4 or 8 bits, but " + siteName(site) + " has " +
                std::to_string(resolved.weight.bits) + ".",
            "Choose 4 or 8 bits there, or export as hf.");
    }
    if (resolved.weight.granularity.kind == GranularityKind::Group) {
        const int columns = spec.inputs(site.linear);
        const int size = resolved.weight.granularity.groupSize;
        if (columns <= size) {
            linear.weight.granularity = {GranularityKind::Channel, 0};
        } else if (columns % size != 0) {
            return Error::usage(
                "compressed-tensors needs groups that divide a row, but " + siteName(site) + " has " +
                    std::to_string(columns) + " inputs in groups of " + std::to_string(size) + ".",
                "Set --w-granularity channel for " + std::string(linearName(site.linear)) +
                    ", or export as hf.");
        }
    }
    linear.rowFactors = !rowFactors(spec, plan, site).empty();
    if (linear.rowFactors && linear.weight.granularity.kind == GranularityKind::Tensor) {
        linear.weight.granularity = {GranularityKind::Channel, 0};
    }
    linear.storage = PackedLinear::Storage::Packed;
    const bool integers = resolved.input.active() && resolved.input.format == NumberFormat::Int;
    if (integers && expressible(resolved.input.bits)) {
        linear.storage = PackedLinear::Storage::Int8;
        linear.input = resolved.input;
    }
    return linear;
}

/// A weight as integers, and its scales as they are stored.
struct Integers {
    std::vector<std::int8_t> q;
    std::vector<float> scales;
};

/// Scale of every run of values in a row: one for all rows, one a row, or several a row.
struct Runs {
    std::size_t rows, columns, length;
    bool single;
    Runs(const ModelSpec& spec, Linear linear, const WeightQuantization& how)
        : rows(static_cast<std::size_t>(spec.outputs(linear)))
        , columns(static_cast<std::size_t>(spec.inputs(linear)))
        , length(
              how.granularity.kind == GranularityKind::Group
                  ? static_cast<std::size_t>(how.granularity.groupSize)
                  : columns)
        , single(how.granularity.kind == GranularityKind::Tensor) {}
    std::size_t perRow() const { return (columns + length - 1) / length; }
    std::size_t scaleOf(std::size_t row, std::size_t column) const {
        return single ? 0 : row * perRow() + column / length;
    }
};

/// Quantizes and makes sure that the integers mean the plan's weights.
Result<Integers> quantized(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved) {
    const auto smoothed = smoothedWeight(checkpoint, site, resolved);
    if (!smoothed.ok()) {
        return smoothed.error();
    }
    const auto expected = effectiveWeight(checkpoint, site, resolved);
    if (!expected.ok()) {
        return expected.error();
    }
    const ModelSpec& spec = checkpoint.spec;
    const Runs runs(spec, site.linear, resolved.weight);
    const std::span<const float> values = smoothed.value();
    Integers integers;
    integers.scales =
        weightScales(values, spec.outputs(site.linear), spec.inputs(site.linear), resolved.weight);
    integers.q.resize(values.size());
    for (std::size_t at = 0; at < values.size();) {
        const std::size_t column = at % runs.columns;
        const std::size_t count = std::min(runs.length, runs.columns - column);
        const float scale = integers.scales[runs.scaleOf(at / runs.columns, column)];
        const std::span<std::int8_t> q(integers.q.data() + at, count);
        quantize(values.subspan(at, count), scale, resolved.weight.bits, q);
        for (std::size_t i = 0; i < count; ++i) {
            if (static_cast<float>(q[i]) * scale != expected.value()[at + i]) {
                return Error::failed(
                    "A weight of " + siteName(site) + " cannot be stored as an integer with a scale.",
                    "It may be NaN or of a format other than integers; export as hf.");
            }
        }
        at += count;
    }
    return integers;
}

/// The same as it is written: zeroed channels are zero columns, and rows carry what is folded into them.
Result<Integers> writtenIntegers(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, SiteId site, const PackedLinear& linear) {
    const ResolvedSite& resolved = siteOf(plan, site);
    auto result = quantized(checkpoint, site, resolved);
    if (!result.ok()) {
        return result;
    }
    Integers integers = std::move(result).value();
    const Runs runs(checkpoint.spec, site.linear, linear.weight);
    for (const std::int32_t channel : resolved.zeroed) {
        for (std::size_t i = static_cast<std::size_t>(channel); i < integers.q.size(); i += runs.columns) {
            integers.q[i] = 0;
        }
    }
    if (!runs.single && integers.scales.size() == 1) {
        integers.scales.resize(runs.rows, integers.scales[0]);
    }
    const std::span<const float> factors = rowFactors(checkpoint.spec, plan, site);
    const std::size_t perRow = runs.perRow();
    for (std::size_t i = 0; i < factors.size() * perRow; ++i) {
        integers.scales[i] /= factors[i / perRow];
    }
    return integers;
}

/// [rows, ⌈columns · bits / 32⌉] words, the first value in the lowest bits; what is left of a row is 0.
std::vector<std::byte> packed(std::span<const std::int8_t> q, std::size_t columns, int bits) {
    const std::size_t perWord = 32 / static_cast<std::size_t>(bits);
    const std::size_t words = (columns + perWord - 1) / perWord;
    const std::size_t rows = columns == 0 ? 0 : q.size() / columns;
    const int offset = 1 << (bits - 1);
    std::vector<std::uint32_t> result(rows * words);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t j = 0; j < columns; ++j) {
            const auto value = static_cast<std::uint32_t>(q[row * columns + j] + offset);
            result[row * words + j / perWord] |= value << (static_cast<std::size_t>(bits) * (j % perWord));
        }
    }
    const auto bytes = std::as_bytes(std::span(result));
    return {bytes.begin(), bytes.end()};
}

} // namespace

std::string_view packedStorageName(PackedLinear::Storage storage) {
    switch (storage) {
    case PackedLinear::Storage::Int8:
        return "int8";
    case PackedLinear::Storage::Packed:
        return "packed";
    case PackedLinear::Storage::Float:
        break;
    }
    return "float";
}

Result<std::vector<PackedLinear>> packedLayout(const ModelSpec& spec, const ResolvedPlan& plan) {
    std::vector<PackedLinear> layout(plan.sites.size());
    bool some = false;
    for (const SiteId site : spec.sites()) {
        auto linear = layoutOf(spec, plan, site);
        if (!linear.ok()) {
            return linear.error();
        }
        some |= linear.value().storage != PackedLinear::Storage::Float;
        layout[static_cast<std::size_t>(site.index())] = std::move(linear).value();
    }
    if (!some) {
        return Error::usage(
            "No linear layer of this plan can be stored as integers.",
            "compressed-tensors needs weights of 4 or 8 bits, and no smoothing where it cannot be folded, no rotation and no "
            "outliers kept in floats; export as hf instead.");
    }
    return layout;
}

std::vector<TensorToWrite> packedTensors(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, SiteId site, const PackedLinear& linear,
    const std::string& module, DType scaleType) {
    const std::int64_t rows = checkpoint.spec.outputs(site.linear);
    const std::int64_t columns = checkpoint.spec.inputs(site.linear);
    const auto integers = [&checkpoint, &plan, site, linear] {
        return writtenIntegers(checkpoint, plan, site, linear);
    };
    std::vector<TensorToWrite> tensors;
    if (linear.storage == PackedLinear::Storage::Int8) {
        tensors.push_back(
            {module + ".weight", DType::I8, {rows, columns}, [integers]() -> Result<std::vector<std::byte>> {
                 const auto made = integers();
                 if (!made.ok()) {
                     return made.error();
                 }
                 const auto bytes = std::as_bytes(std::span(made.value().q));
                 return std::vector<std::byte>(bytes.begin(), bytes.end());
             }});
    } else {
        const int bits = linear.weight.bits;
        const std::int64_t words = (columns * bits + 31) / 32;
        tensors.push_back(
            {module + ".weight_packed",
             DType::I32,
             {rows, words},
             [integers, columns, bits]() -> Result<std::vector<std::byte>> {
                 const auto made = integers();
                 return made.ok() ? packed(made.value().q, static_cast<std::size_t>(columns), bits)
                                  : Result<std::vector<std::byte>>(made.error());
             }});
        tensors.push_back(intTensor(module + ".weight_shape", {2}, {rows, columns}));
    }
    std::vector<std::int64_t> shape{1};
    if (linear.weight.granularity.kind == GranularityKind::Channel) {
        shape = {rows, 1};
    } else if (linear.weight.granularity.kind == GranularityKind::Group) {
        shape = {rows, groupsOf(linear.weight, columns)};
    }
    tensors.push_back(
        {module + ".weight_scale", scaleType, shape,
         [integers, scaleType]() -> Result<std::vector<std::byte>> {
             const auto made = integers();
             return made.ok() ? fromFloat(made.value().scales, scaleType)
                              : Result<std::vector<std::byte>>(made.error());
         }});
    if (linear.input.active() && linear.input.scaling == ActivationScale::Static) {
        const float scale = linear.input.scale;
        tensors.push_back(
            {module + ".input_scale", scaleType, {1}, [scale, scaleType]() -> Result<std::vector<std::byte>> {
                 return fromFloat(std::span(&scale, 1), scaleType);
             }});
    }
    return tensors;
}

} // namespace mambascope
