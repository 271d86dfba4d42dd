// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the tests of the GPU share.

#include "plugins/torch/cpu/products.h"
#include "plugins/torch/device.h"
#include "plugins/torch/engine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

namespace mambascope::test {

inline std::unique_ptr<TorchEngine>
engineFor(const std::string& model, const std::string& device, const std::string& dtype = "f32") {
    auto engine = std::make_unique<TorchEngine>();
    LoadRequest request;
    request.model = model;
    request.device = device;
    request.dtype = dtype;
    return engine->load(request, {}).ok() ? std::move(engine) : nullptr;
}

inline std::vector<float> normal(std::int64_t count, unsigned seed, float scale = 1.0f) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0.0f, scale);
    std::vector<float> x(static_cast<std::size_t>(count));
    std::generate(x.begin(), x.end(), [&] { return distribution(generator); });
    return x;
}

inline std::vector<std::int32_t> someTokens(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::vector<std::int32_t> tokens(count);
    std::generate(tokens.begin(), tokens.end(), [&] { return static_cast<std::int32_t>(generator() % 256); });
    return tokens;
}

inline std::vector<float> downloaded(Backend& backend, const DeviceArray& array) {
    std::vector<float> host(static_cast<std::size_t>(array.count()));
    backend.download(array.data(), array.count(), host.data());
    return host;
}

inline float fromBf16(std::uint16_t x) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
}

/// Rounds x to bf16 and uploads it as 2-byte elements.
inline DeviceArray bf16Array(Backend& backend, std::vector<float>& x) {
    std::vector<float> packed((x.size() + 1) / 2);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::uint16_t rounded = toBf16(x[i]);
        std::memcpy(reinterpret_cast<char*>(packed.data()) + 2 * i, &rounded, 2);
        x[i] = fromBf16(rounded);
    }
    return DeviceArray(backend, packed);
}

inline double norm(const std::vector<float>& x) {
    double sum = 0;
    for (const float value : x) {
        sum += static_cast<double>(value) * static_cast<double>(value);
    }
    return std::sqrt(sum);
}

/// ‖a − b‖ / ‖b‖.
inline double relativeDistance(std::vector<float> a, const std::vector<float>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] -= b[i];
    }
    return norm(a) / norm(b);
}

/// Two sequences of 5 and 12 rows.
inline const std::vector<Segment> kSegments{{0, 5}, {5, 12}};
inline constexpr std::int64_t kRows = 17;

} // namespace mambascope::test
