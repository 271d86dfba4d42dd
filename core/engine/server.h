// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <functional>
#include <memory>

namespace mambascope {

/// Serves one client over two file descriptors until its stream ends: a reader thread takes requests and cancels, the
/// calling thread runs them one after the other on the engine. `createEngine` is called for the first request that
/// needs the engine (after the hello), so that the process answers at once. Exceptions of the engine (c10::Error,
/// bad_alloc) come back as errors of the request. Returns the process's exit status.
int serveEngine(int readFd, int writeFd, const std::function<Result<std::unique_ptr<Engine>>()>& createEngine);

} // namespace mambascope
