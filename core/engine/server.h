// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <chrono>
#include <functional>
#include <memory>

namespace mambascope {

/// Serves one client over two file descriptors until its stream ends: a reader thread takes requests and
/// cancels, the calling thread runs them one after the other on the engine. `createEngine` is called for the
/// first request that needs the engine (after the hello), so that the process answers at once. Exceptions of
/// the engine (c10::Error, bad_alloc) come back as errors of the request. Returns the process's exit status:
/// 0 after the client has closed its end, 1 if the engine was cut off in the middle, 2 if what came first was
/// no greeting of this protocol's version.
///
/// If the descriptors are the process's standard input and output, they are taken over: prints of libraries
/// go to stderr and cannot break the stream, and a closed pipe does not end the process with SIGPIPE.
///
/// With `leaveWithin` above 0 the process ends itself (_exit) that long after the client has gone, if the
/// running request does not stop by then: an engine must not stay behind on a machine that nobody looks at.
int serveEngine(
    int readFd, int writeFd, const std::function<Result<std::unique_ptr<Engine>>()>& createEngine,
    std::chrono::milliseconds leaveWithin = std::chrono::milliseconds(0));

} // namespace mambascope
