// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include <charconv>
#include <limits>

namespace mambascope {
namespace {

/// Reads members of an object one after the other and remembers the first that is missing or of the wrong
/// kind.
class Reader {
public:
    explicit Reader(const Json& json)
        : m_json(json) {}

    void positive(const char* key, int& value) {
        const Json* found = find(key);
        if (found == nullptr) {
            return;
        }
        if (!found->is_number_integer() || found->get<std::int64_t>() < 1 ||
            found->get<std::int64_t>() > std::numeric_limits<int>::max()) {
            refuse(key);
            return;
        }
        value = found->get<int>();
    }

    void boolean(const char* key, bool& value) {
        const Json* found = find(key);
        if (found == nullptr) {
            return;
        }
        found->is_boolean() ? void(value = found->get<bool>()) : refuse(key);
    }

    void number(const char* key, float& value) {
        const Json* found = find(key);
        if (found == nullptr) {
            return;
        }
        found->is_number() ? void(value = found->get<float>()) : refuse(key);
    }

    std::string text(const char* key) {
        const Json* found = find(key);
        return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
    }

    void refuse(const char* key) {
        if (problem.empty()) {
            problem = key;
        }
    }

    std::string problem;

private:
    const Json* find(const char* key) {
        if (!m_json.is_object() || !m_json.contains(key)) {
            refuse(key);
            return nullptr;
        }
        return &m_json[key];
    }

    const Json& m_json;
};

/// The double with the shortest decimal form: 1e-05 instead of 9.999999747378752e-06.
double shortest(float value) {
    char text[32];
    const auto [end, written] = std::to_chars(text, text + sizeof text, value);
    double result = value;
    std::from_chars(text, end, result);
    return result;
}

} // namespace

std::string_view architectureName(Architecture architecture) {
    switch (architecture) {
    case Architecture::Mamba1:
        return "mamba";
    }
    return {};
}

int ModelSpec::inputs(Linear linear) const {
    switch (linear) {
    case Linear::InProj:
        return hidden;
    case Linear::DtProj:
        return dtRank;
    case Linear::XProj:
    case Linear::OutProj:
        break;
    }
    return inner;
}

int ModelSpec::outputs(Linear linear) const {
    switch (linear) {
    case Linear::InProj:
        return 2 * inner;
    case Linear::XProj:
        return dtRank + 2 * state;
    case Linear::DtProj:
        return inner;
    case Linear::OutProj:
        break;
    }
    return hidden;
}

std::int64_t ModelSpec::parameterCount() const {
    std::int64_t block = hidden; // norm
    for (const Linear linear : kLinears) {
        block += std::int64_t{inputs(linear)} * outputs(linear);
    }
    block += inner;                                                     // dt_proj.bias
    block += std::int64_t{inner} * convKernel + (convBias ? inner : 0); // conv1d
    block += std::int64_t{inner} * state + inner;                       // A_log, D
    block += linearBias ? 2 * std::int64_t{inner} + hidden : 0;
    const std::int64_t embedding = std::int64_t{vocabulary} * hidden;
    return layers * block + embedding * (tiedHead ? 1 : 2) + hidden;
}

Json toJson(const ModelSpec& spec) {
    return {
        {"architecture", architectureName(spec.architecture)},
        {"layers", spec.layers},
        {"hidden", spec.hidden},
        {"inner", spec.inner},
        {"state", spec.state},
        {"dt_rank", spec.dtRank},
        {"conv_kernel", spec.convKernel},
        {"vocabulary", spec.vocabulary},
        {"linear_bias", spec.linearBias},
        {"conv_bias", spec.convBias},
        {"tied_head", spec.tiedHead},
        {"norm_epsilon", shortest(spec.normEpsilon)},
        {"residual_in_fp32", spec.residualInFp32},
        {"dtype", dtypeName(spec.dtype)}};
}

Result<ModelSpec> modelSpecFromJson(const Json& json) {
    ModelSpec spec;
    Reader reader(json);
    if (reader.text("architecture") != architectureName(Architecture::Mamba1)) {
        reader.refuse("architecture");
    }
    reader.positive("layers", spec.layers);
    reader.positive("hidden", spec.hidden);
    reader.positive("inner", spec.inner);
    reader.positive("state", spec.state);
    reader.positive("dt_rank", spec.dtRank);
    reader.positive("conv_kernel", spec.convKernel);
    reader.positive("vocabulary", spec.vocabulary);
    reader.boolean("linear_bias", spec.linearBias);
    reader.boolean("conv_bias", spec.convBias);
    reader.boolean("tied_head", spec.tiedHead);
    reader.number("norm_epsilon", spec.normEpsilon);
    reader.boolean("residual_in_fp32", spec.residualInFp32);
    const std::optional<DType> dtype = parseDType(reader.text("dtype"));
    if (!dtype) {
        reader.refuse("dtype");
    }
    if (!reader.problem.empty()) {
        return Error::unreadable(
            "The description of the model has no usable \"" + reader.problem + "\".",
            "It was written by another version of this program, or is damaged.");
    }
    spec.dtype = *dtype;
    return spec;
}

} // namespace mambascope
