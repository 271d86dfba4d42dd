// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/compressed.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace mambascope {
namespace {

constexpr const char* kHint = "Checkpoints in compressed-tensors' layout can be opened with symmetric "
                              "integers of 4 or 8 bits; open the "
                              "checkpoint that it was made from.";
/// Keeps products of two lengths inside 64 bits.
constexpr std::int64_t kLargestLength = 1 << 28;

constexpr std::string_view kWeight = ".weight";
constexpr std::string_view kPacked = ".weight_packed";

Error refuse(const std::string& module, const std::string& why) {
    return Error::unreadable("The quantized weight of " + module + " cannot be decoded: " + why + ".", kHint);
}

bool isCompressed(const Json& config) {
    if (!config.is_object() || !config.contains("quantization_config")) {
        return false;
    }
    const Json& how = config["quantization_config"];
    return how.is_object() && how.contains("quant_method") && how["quant_method"] == "compressed-tensors";
}

/// The bits of all groups, if they agree.
std::optional<int> commonBits(const Json& config) {
    const Json& how = config["quantization_config"];
    std::set<std::int64_t> bits;
    if (how.contains("config_groups") && how["config_groups"].is_object()) {
        for (const auto& [name, group] : how["config_groups"].items()) {
            const Json none;
            const Json& weights = group.is_object() && group.contains("weights") ? group["weights"] : none;
            if (weights.is_object() && weights.contains("num_bits") &&
                weights["num_bits"].is_number_integer()) {
                bits.insert(weights["num_bits"].get<std::int64_t>());
            }
        }
    }
    return bits.size() == 1 ? std::optional<int>(static_cast<int>(*bits.begin())) : std::nullopt;
}

/// A matrix of integers that still have to be multiplied by their scales.
struct Matrix {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> values; ///< [rows, columns]
};

class Decoder {
public:
    Decoder(const Json& config, const TensorFile& tensors)
        : m_config(config)
        , m_tensors(tensors) {}

    /// The weight of one module, and everything but it that describes it dropped.
    Result<Matrix> decode(const std::string& module) const {
        for (const char* foreign : {".weight_zero_point", ".weight_g_idx", ".weight_global_scale"}) {
            if (m_tensors.find(module + foreign) != nullptr) {
                return refuse(module, std::string("it has a ") + (foreign + 1));
            }
        }
        const TensorView* packed = m_tensors.find(module + std::string(kPacked));
        Result<Matrix> matrix =
            packed != nullptr ? unpack(module, *packed) : widen(module, *m_tensors.find(module + ".weight"));
        if (!matrix.ok()) {
            return matrix;
        }
        const Result<void> scaled = scale(module, matrix.value());
        return scaled.ok() ? std::move(matrix) : Result<Matrix>(scaled.error());
    }

private:
    static bool usable(std::int64_t length) { return length > 0 && length <= kLargestLength; }

    static Result<Matrix> widen(const std::string& module, const TensorView& view) {
        if (view.shape.size() != 2 || !usable(view.shape[0]) || !usable(view.shape[1])) {
            return refuse(module, "its shape is " + shapeText(view.shape));
        }
        Matrix matrix{view.shape[0], view.shape[1], std::vector<float>(view.bytes.size())};
        std::transform(view.bytes.begin(), view.bytes.end(), matrix.values.begin(), [](std::byte q) {
            return static_cast<float>(static_cast<std::int8_t>(q));
        });
        return matrix;
    }

    Result<Matrix> unpack(const std::string& module, const TensorView& packed) const {
        const TensorView* shape = m_tensors.find(module + ".weight_shape");
        if (packed.dtype != DType::I32 || packed.shape.size() != 2 || shape == nullptr ||
            shape->dtype != DType::I64 || shape->elementCount() != 2) {
            return refuse(
                module, "weight_packed has to be a matrix of I32, with its weight_shape of two I64");
        }
        std::int64_t lengths[2];
        std::memcpy(lengths, shape->bytes.data(), sizeof lengths);
        Matrix matrix{lengths[0], lengths[1], {}};
        if (!usable(matrix.rows) || !usable(matrix.columns) || packed.shape[0] != matrix.rows) {
            return refuse(
                module,
                "weight_shape says " + shapeText(lengths) + ", weight_packed is " + shapeText(packed.shape));
        }
        const std::optional<int> bits = bitsOf(matrix.columns, packed.shape[1]);
        if (!bits) {
            return refuse(
                module, "weight_packed " + shapeText(packed.shape) + " does not hold 4 or 8 bits a value");
        }
        matrix.values.resize(static_cast<std::size_t>(matrix.rows * matrix.columns));
        const auto perWord = static_cast<std::size_t>(32 / *bits);
        const auto words = static_cast<std::size_t>(packed.shape[1]);
        const auto columns = static_cast<std::size_t>(matrix.columns);
        const std::uint32_t mask = (1U << *bits) - 1;
        for (std::size_t i = 0; i < matrix.values.size(); ++i) {
            const std::size_t column = i % columns;
            std::uint32_t word = 0;
            std::memcpy(&word, packed.bytes.data() + (i / columns * words + column / perWord) * 4, 4);
            const std::uint32_t q = (word >> (static_cast<std::size_t>(*bits) * (column % perWord))) & mask;
            matrix.values[i] = static_cast<float>(static_cast<int>(q) - (1 << (*bits - 1)));
        }
        return matrix;
    }

    /// What the width of a packed row says; where a row is so short that it does not, what config.json says.
    std::optional<int> bitsOf(std::int64_t columns, std::int64_t words) const {
        const bool four = (columns * 4 + 31) / 32 == words;
        const bool eight = (columns * 8 + 31) / 32 == words;
        if (four && eight) {
            const std::optional<int> common = commonBits(m_config);
            return common == 4 || common == 8 ? common : std::nullopt;
        }
        return four ? std::optional<int>(4) : eight ? std::optional<int>(8) : std::nullopt;
    }

    Result<void> scale(const std::string& module, Matrix& matrix) const {
        const TensorView* view = m_tensors.find(module + ".weight_scale");
        if (view == nullptr || !isFloat(view->dtype)) {
            return refuse(module, "there is no weight_scale of floating-point numbers");
        }
        const Result<std::vector<float>> scales = toFloat(*view);
        if (!scales.ok()) {
            return scales.error();
        }
        const auto count = static_cast<std::int64_t>(scales.value().size());
        // One for all, or the same number for every row.
        const std::int64_t perRow = count == 1 ? 1 : count / matrix.rows;
        if (count != 1 && (perRow == 0 || count != perRow * matrix.rows || matrix.columns % perRow != 0)) {
            return refuse(
                module, "weight_scale " + shapeText(view->shape) + " does not fit a weight of " +
                            std::to_string(matrix.rows) + " rows and " + std::to_string(matrix.columns) +
                            " columns");
        }
        const auto run =
            static_cast<std::size_t>(count == 1 ? matrix.rows * matrix.columns : matrix.columns / perRow);
        for (std::size_t i = 0; i < matrix.values.size(); ++i) {
            matrix.values[i] *= scales.value()[i / run];
        }
        return {};
    }

    const Json& m_config;
    const TensorFile& m_tensors;
};

/// Names of the modules with quantized weights.
std::set<std::string> quantizedModules(const TensorFile& tensors) {
    std::set<std::string> modules;
    for (const auto& [name, view] : tensors.tensors()) {
        if (name.ends_with(kPacked)) {
            modules.insert(name.substr(0, name.size() - kPacked.size()));
        } else if (name.ends_with(kWeight) && view.dtype == DType::I8) {
            modules.insert(name.substr(0, name.size() - kWeight.size()));
        }
    }
    return modules;
}

/// Whether a tensor belongs to the description of a quantized linear.
bool describesLinear(const std::string& name, const std::set<std::string>& modules) {
    const std::size_t dot = name.rfind('.');
    return dot != std::string::npos && name.substr(dot) != ".bias" && modules.contains(name.substr(0, dot));
}

} // namespace

Result<void> decodeCompressed(const Json& config, TensorFile& tensors) {
    if (!isCompressed(config)) {
        return {};
    }
    const std::set<std::string> modules = quantizedModules(tensors);
    // What the views point to lives as long as the original.
    const auto original = std::make_shared<const TensorFile>(std::move(tensors));
    TensorFile decoded;
    decoded.setMetadata(original->metadata());
    decoded.keepAlive(std::shared_ptr<const void>(original));
    for (const auto& [name, view] : original->tensors()) {
        if (!describesLinear(name, modules)) {
            decoded.add(name, view);
        }
    }
    const Decoder decoder(config, *original);
    for (const std::string& module : modules) {
        Result<Matrix> matrix = decoder.decode(module);
        if (!matrix.ok()) {
            return matrix.error();
        }
        const auto kept = std::make_shared<const Matrix>(std::move(matrix).value());
        decoded.add(
            module + std::string(kWeight),
            {DType::F32, {kept->rows, kept->columns}, std::as_bytes(std::span(kept->values))});
        decoded.keepAlive(std::shared_ptr<const void>(kept));
        for (const std::string_view part : {kWeight, kPacked}) {
            if (const TensorView* read = original->find(module + std::string(part))) {
                original->release(read->bytes);
            }
        }
    }
    tensors = std::move(decoded);
    return {};
}

} // namespace mambascope
