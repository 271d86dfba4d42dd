// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <functional>
#include <memory>

namespace mambascope::test {

/// An engine without tensors, for tests of everything around an engine: a small made-up model whose numbers
/// are a fixed function of the request and the plan, so that two of them always agree. Every out_proj input
/// has one channel that stands far out. It keeps the contract of Engine (progress, stop, partial
/// calibrations, score order).
///
/// LoadRequest::model says what it does, as words with commas between them:
///   anything, e.g. "tiny"  the name of the model
///   layers=N inner=N vocabulary=N   the shape (4 layers, 64 inner channels, 1024 rows otherwise)
///   no-tokenizer           it comes without a tokenizer.json
///   batch=MS               every batch takes so many milliseconds (a window, four scores, a sequence, a
///   token, a layer) missing                load() fails with Unreadable, a hint and a context throw=N
///   bad-alloc=N abort=N exit=N   in the N-th batch after loading: an exception, or the end of the process
///                          (abort, or exit status 7)
///   deaf                   ignores stop requests
///   chatty                 prints to standard output and error in every batch
std::unique_ptr<Engine> makeFakeEngine();

/// The same, in the form that EngineService takes: an engine inside this process.
std::function<Result<std::unique_ptr<Engine>>()> fakeEngineFactory();

} // namespace mambascope::test
