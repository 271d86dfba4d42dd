// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// The only window to libtorch: its headers want another language standard than the core's in some versions,
/// and cost seconds to compile.
namespace mambascope::torchruntime {

std::string version(); ///< "libtorch 1.13.1"
void setThreads(int threads);

/// fp32 matrix products of given shapes through libtorch's oneDNN, weights converted once: the yardstick of
/// `bench`.
class OneDnnLinears {
public:
    struct Shape {
        std::int64_t outputs = 0, inputs = 0;
        int count = 1; ///< so many times in a pass
    };
    OneDnnLinears(const std::vector<Shape>& shapes, std::int64_t rows);
    ~OneDnnLinears();
    void run(); ///< one pass over all shapes
    static bool available();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace mambascope::torchruntime
