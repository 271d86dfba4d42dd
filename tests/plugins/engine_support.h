// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the tests of the engine on the processor share.

#include "plugins/torch/engine.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace mambascope::test {

/// On the processor; null if the model cannot be loaded.
inline std::unique_ptr<TorchEngine>
engineFor(const std::filesystem::path& model, int threads = 2, const std::string& dtype = "f32") {
    auto engine = std::make_unique<TorchEngine>();
    LoadRequest request;
    request.model = model.string();
    request.device = "cpu";
    request.dtype = dtype;
    request.threads = threads;
    return engine->load(request, {}).ok() ? std::move(engine) : nullptr;
}

/// Tokens of the fixtures' vocabulary, or of another.
inline std::vector<std::int32_t> someTokens(std::size_t count, unsigned seed, unsigned vocabulary = 256) {
    std::mt19937 generator(seed);
    std::vector<std::int32_t> tokens(count);
    for (std::int32_t& token : tokens) {
        token = static_cast<std::int32_t>(generator() % vocabulary);
    }
    return tokens;
}

/// Null if it fails.
inline std::shared_ptr<const CalibrationSnapshot> calibrationOf(
    TorchEngine& engine, std::vector<std::vector<std::int32_t>> windows = {
                             someTokens(64, 20), someTokens(50, 21), someTokens(33, 22)},
    bool rotated = false) {
    CalibrationRequest request;
    request.source.rotated = rotated;
    request.windows = std::move(windows);
    auto snapshot = engine.calibrate(request, {});
    return snapshot.ok() ? std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value()) : nullptr;
}

/// Of 41 tokens under the plan that is set.
inline std::vector<float> logitsOf(TorchEngine& engine) {
    return engine.forward({{someTokens(41, 30)}, false}, {}).value().logits.front();
}

/// Largest difference over the largest magnitude of either.
inline double relativeDifference(const std::vector<float>& a, const std::vector<float>& b) {
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = std::max(difference, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
        largest = std::max(largest, std::fabs(static_cast<double>(a[i])));
    }
    return difference / largest;
}

} // namespace mambascope::test
