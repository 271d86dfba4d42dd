// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The outputs of transformers that lie beside the fixtures' checkpoints (fixtures' README).

#include "core/checkpoint/safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace mambascope::test {

/// What the fixtures' README asks for, relative to the largest magnitude of the expected tensor.
inline constexpr double kTolerance = 5e-5;

/// golden.safetensors of a fixture.
struct Golden {
    TensorFile file;

    std::vector<float> floats(const std::string& name) const {
        const TensorView* view = file.find(name);
        return view != nullptr ? toFloat(*view).value() : std::vector<float>();
    }
    /// Integer tensors hold int64 or int32.
    std::vector<std::int32_t> integers(const std::string& name) const {
        const TensorView& view = *file.find(name);
        const std::size_t size = elementSize(view.dtype);
        std::vector<std::int32_t> result(static_cast<std::size_t>(view.elementCount()));
        for (std::size_t i = 0; i < result.size(); ++i) {
            std::int64_t value = 0;
            std::memcpy(&value, view.bytes.data() + i * size, size);
            result[i] = static_cast<std::int32_t>(value);
        }
        return result;
    }
    /// [2, 29] token ids.
    std::vector<std::vector<std::int32_t>> sequences() const {
        const std::vector<std::int32_t> ids = integers("input_ids");
        const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
        return {{ids.begin(), middle}, {middle, ids.end()}};
    }
};

inline double largestMagnitude(const std::vector<float>& x) {
    double largest = 0;
    for (const float value : x) {
        largest = std::max(largest, std::fabs(static_cast<double>(value)));
    }
    return largest;
}

inline double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) {
        return INFINITY;
    }
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

inline std::vector<float> joined(const std::vector<std::vector<float>>& parts) {
    std::vector<float> all;
    for (const std::vector<float>& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

} // namespace mambascope::test
