// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/calibration.h"

#include <algorithm>
#include <limits>

namespace mambascope {
namespace {

/// splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere, which the standard distributions are
/// not.
class Generator {
public:
    explicit Generator(std::int64_t seed)
        : m_state(static_cast<std::uint64_t>(seed)) {}

    /// Uniform in [0, bound), without bias: draws above the largest multiple of `bound` are repeated.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t usable = std::numeric_limits<std::uint64_t>::max() / bound * bound;
        std::uint64_t draw = next();
        while (draw >= usable) {
            draw = next();
        }
        return draw % bound;
    }

private:
    std::uint64_t next() {
        m_state += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    std::uint64_t m_state;
};

std::vector<std::size_t> windowStarts(std::size_t tokens, const WindowRequest& request) {
    const auto length = static_cast<std::size_t>(request.length);
    auto count = static_cast<std::size_t>(request.samples);
    std::vector<std::size_t> starts;
    if (request.contiguous) {
        count = std::min(count, tokens / length);
        for (std::size_t i = 0; i < count; ++i) {
            starts.push_back(i * length);
        }
        return starts;
    }
    Generator generator(request.seed);
    for (std::size_t i = 0; i < count; ++i) {
        starts.push_back(generator.below(tokens - length + 1));
    }
    std::sort(starts.begin(), starts.end());
    return starts;
}

} // namespace

Result<std::vector<std::vector<std::int32_t>>>
calibrationWindows(std::span<const std::int32_t> tokens, const WindowRequest& request) {
    if (request.samples < 1) {
        return Error::usage(
            "Calibration needs at least one window, not " + std::to_string(request.samples) + ".");
    }
    if (request.length < 1) {
        return Error::usage(
            "A calibration window needs at least one token, not " + std::to_string(request.length) + ".");
    }
    if (tokens.empty()) {
        return Error::usage("The calibration text is empty.", "Give a text with a few thousand words.");
    }
    const auto length = static_cast<std::size_t>(request.length);
    if (tokens.size() < length) {
        return Error::usage(
            "The calibration text has " + std::to_string(tokens.size()) +
                " tokens, fewer than one window of " + std::to_string(length) + ".",
            "Give a longer text or a smaller window length.");
    }
    std::vector<std::vector<std::int32_t>> windows;
    for (const std::size_t start : windowStarts(tokens.size(), request)) {
        const auto window = tokens.subspan(start, length);
        windows.emplace_back(window.begin(), window.end());
    }
    return windows;
}

std::string calibrateOptions(const CalibrationSource& source) {
    return " --samples " + std::to_string(source.samples) + " --length " + std::to_string(source.length) +
           (source.contiguous ? " --contiguous" : " --seed " + std::to_string(source.seed)) +
           (source.rotated ? " --rotated" : "");
}

} // namespace mambascope
