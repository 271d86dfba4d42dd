// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstdint>
#include <functional>
#include <list>

namespace mambascope::cuda {

/// Keeps the work of whole passes as CUDA graphs, so that a pass of a known shape is one launch.
class Recorder {
public:
    /// Everything that the launches depend on besides the contents of memory: sizes and addresses.
    using Key = std::array<std::uint64_t, 10>;

    explicit Recorder(cudaStream_t stream)
        : m_stream(stream) {}
    ~Recorder() { clear(); }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// The first time a key is seen `work` simply runs, because it may still get memory that it keeps; the
    /// second time it is recorded; from then on the recording is launched. False if `work` said so.
    bool run(const Key& key, const std::function<bool()>& work);
    void clear();

private:
    struct Recording {
        Key key{};
        cudaGraphExec_t graph = nullptr; ///< null: seen once
    };
    bool record(Recording& recording, const std::function<bool()>& work);

    cudaStream_t m_stream;
    std::list<Recording> m_recordings; ///< the last used first
};

} // namespace mambascope::cuda
