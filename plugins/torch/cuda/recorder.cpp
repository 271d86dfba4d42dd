// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/recorder.h"

#include "plugins/torch/cuda/memory.h"

#include <algorithm>

namespace mambascope::cuda {

namespace {

constexpr std::size_t kMostRecordings = 16;

} // namespace

bool Recorder::run(const Key& key, const std::function<bool()>& work) {
    const auto found = std::find_if(
        m_recordings.begin(), m_recordings.end(), [&](const Recording& r) { return r.key == key; });
    if (found == m_recordings.end()) {
        if (m_recordings.size() == kMostRecordings) {
            if (m_recordings.back().graph != nullptr) {
                cudaGraphExecDestroy(m_recordings.back().graph);
            }
            m_recordings.pop_back();
        }
        m_recordings.push_front({key, nullptr});
        return work();
    }
    m_recordings.splice(m_recordings.begin(), m_recordings, found);
    if (found->graph == nullptr && !record(*found, work)) {
        return false;
    }
    check(cudaGraphLaunch(found->graph, m_stream));
    return true;
}

bool Recorder::record(Recording& recording, const std::function<bool()>& work) {
    check(cudaStreamBeginCapture(m_stream, cudaStreamCaptureModeThreadLocal));
    cudaGraph_t graph = nullptr;
    bool done = false;
    try {
        done = work();
    } catch (...) {
        cudaStreamEndCapture(m_stream, &graph);
        cudaGraphDestroy(graph);
        cudaGetLastError();
        throw;
    }
    const cudaError_t ended = cudaStreamEndCapture(m_stream, &graph);
    cudaError_t status = ended;
    if (done && ended == cudaSuccess) {
        status = cudaGraphInstantiate(&recording.graph, graph, 0);
    }
    cudaGraphDestroy(graph);
    check(status);
    return done;
}

void Recorder::clear() {
    for (const Recording& recording : m_recordings) {
        if (recording.graph != nullptr) {
            cudaGraphExecDestroy(recording.graph);
        }
    }
    m_recordings.clear();
}

} // namespace mambascope::cuda
