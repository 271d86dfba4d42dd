// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

/// Reads members of an object one after the other and remembers the first that is missing or of the wrong
/// kind.
class Reader {
public:
    explicit Reader(const Json& json)
        : m_json(json) {}

    void positive(const char* key, int& value) { integer(key, value, 1); }
    void count(const char* key, int& value) { integer(key, value, 0); }

    void integer(const char* key, int& value, std::int64_t least) {
        const Json* found = find(key);
        if (found == nullptr) {
            return;
        }
        if (!found->is_number_integer() || found->get<std::int64_t>() < least ||
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

    /// Null leaves the value as it is.
    void numberOrNull(const char* key, float& value) {
        const Json* found = find(key);
        if (found != nullptr && !found->is_null()) {
            found->is_number() ? void(value = found->get<float>()) : refuse(key);
        }
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

namespace {

struct Naming {
    Architecture architecture;
    std::string_view name, title;
};
constexpr std::array<Naming, 3> kNamings{
    {{Architecture::Mamba1, "mamba", "Mamba"},
     {Architecture::FalconMamba, "falcon_mamba", "FalconMamba"},
     {Architecture::Mamba2, "mamba2", "Mamba-2"}}};

constexpr std::array<Linear, 2> kMamba2Linears{Linear::InProj, Linear::OutProj};

const Naming& namingOf(Architecture architecture) {
    return kNamings[static_cast<std::size_t>(architecture)];
}

} // namespace

std::string_view architectureName(Architecture architecture) {
    return namingOf(architecture).name;
}

std::string_view architectureTitle(Architecture architecture) {
    return namingOf(architecture).title;
}

std::optional<Architecture> parseArchitecture(std::string_view name) {
    for (const Naming& naming : kNamings) {
        if (naming.name == name) {
            return naming.architecture;
        }
    }
    return std::nullopt;
}

std::span<const Linear> ModelSpec::linears() const {
    if (architecture == Architecture::Mamba2) {
        return kMamba2Linears;
    }
    return kLinears;
}

bool ModelSpec::has(Linear linear) const {
    return architecture != Architecture::Mamba2 || linear == Linear::InProj || linear == Linear::OutProj;
}

std::vector<SiteId> ModelSpec::sites() const {
    std::vector<SiteId> all;
    for (int layer = 0; layer < layers; ++layer) {
        for (const Linear linear : linears()) {
            all.push_back({layer, linear});
        }
    }
    return all;
}

int ModelSpec::inputs(Linear linear) const {
    if (!has(linear)) {
        return 0;
    }
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
    if (!has(linear)) {
        return 0;
    }
    switch (linear) {
    case Linear::InProj:
        return architecture == Architecture::Mamba2 ? inner + convChannels() + heads : 2 * inner;
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
    for (const Linear linear : linears()) {
        block += std::int64_t{inputs(linear)} * outputs(linear);
    }
    block += std::int64_t{convChannels()} * (convKernel + (convBias ? 1 : 0)); // conv1d
    if (architecture == Architecture::Mamba2) {
        block += 3 * std::int64_t{heads} + (gatedNormGroups > 0 ? inner : 0); // dt_bias, A_log, D; norm
    } else {
        block += std::int64_t{inner} * (state + 2); // A_log; D, dt_proj.bias
    }
    block += linearBias ? std::int64_t{outputs(Linear::InProj)} + hidden : 0;
    const std::int64_t embedding = std::int64_t{vocabulary} * hidden;
    return layers * block + embedding * (tiedHead ? 1 : 2) + hidden;
}

Json toJson(const ModelSpec& spec) {
    Json json{
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
    if (spec.architecture == Architecture::FalconMamba) {
        json["mixer_norm_epsilon"] = shortest(spec.mixerNormEpsilon);
    }
    if (spec.architecture == Architecture::Mamba2) {
        json.erase("dt_rank");
        json["heads"] = spec.heads;
        json["groups"] = spec.groups;
        json["gated_norm_groups"] = spec.gatedNormGroups;
        json["dt_min"] = shortest(spec.dtMin);
        json["dt_max"] = std::isfinite(spec.dtMax) ? Json(shortest(spec.dtMax)) : Json(nullptr);
    }
    return json;
}

namespace {

void readMamba2(Reader& reader, ModelSpec& spec) {
    reader.positive("heads", spec.heads);
    reader.positive("groups", spec.groups);
    reader.count("gated_norm_groups", spec.gatedNormGroups);
    reader.number("dt_min", spec.dtMin);
    reader.numberOrNull("dt_max", spec.dtMax);
    const auto divides = [](int divisor, int whole) {
        return divisor > 0 && whole % divisor == 0;
    };
    if (reader.problem.empty() &&
        !(divides(spec.heads, spec.inner) && divides(spec.groups, spec.heads) &&
          (spec.gatedNormGroups == 0 || divides(spec.gatedNormGroups, spec.inner)))) {
        reader.refuse("heads");
    }
    // Keeps the widths inside an int.
    constexpr std::int64_t kLargest = 1 << 28;
    if (reader.problem.empty() && std::int64_t{spec.groups} * spec.state > kLargest) {
        reader.refuse("groups");
    }
}

} // namespace

Result<ModelSpec> modelSpecFromJson(const Json& json) {
    ModelSpec spec;
    Reader reader(json);
    const std::optional<Architecture> architecture = parseArchitecture(reader.text("architecture"));
    if (!architecture) {
        reader.refuse("architecture");
    }
    spec.architecture = architecture.value_or(Architecture::Mamba1);
    reader.positive("layers", spec.layers);
    reader.positive("hidden", spec.hidden);
    reader.positive("inner", spec.inner);
    reader.positive("state", spec.state);
    if (spec.architecture == Architecture::Mamba2) {
        readMamba2(reader, spec);
    } else {
        reader.positive("dt_rank", spec.dtRank);
    }
    if (spec.architecture == Architecture::FalconMamba) {
        reader.number("mixer_norm_epsilon", spec.mixerNormEpsilon);
    }
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
