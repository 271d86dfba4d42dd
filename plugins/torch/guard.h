// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "plugins/torch/operands.h"

#include <exception>
#include <new>
#include <string>

namespace mambascope {

/// Runs `f` and turns what it throws into an Error: libtorch throws c10::Error, allocation std::bad_alloc. Of
/// a message of several lines (libtorch adds a back trace) the first is for the user and the rest for the
/// details.
template <class F>
auto guarded(F f) -> decltype(f()) {
    try {
        return f();
    } catch (const DeviceOutOfMemory&) {
        return Error{
            ErrorCode::OutOfMemory,
            "The memory of the GPU was not enough for this model.",
            "Choose device cpu or a smaller model or batch, or close other programs that use the GPU.",
            {}};
    } catch (const std::bad_alloc&) {
        return Error{
            ErrorCode::OutOfMemory,
            "The memory was not enough for this model.",
            "Close other programs, or use a smaller model or batch.",
            {}};
    } catch (const std::exception& e) {
        const std::string text = e.what();
        const std::size_t end = text.find('\n');
        Error error = Error::failed("The engine failed: " + text.substr(0, end));
        error.context = end == std::string::npos ? std::string() : text.substr(end + 1);
        return error;
    }
}

} // namespace mambascope
