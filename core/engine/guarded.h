// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <string>

namespace mambascope::protocol {

/// Calls a reader of JSON that was written for parsed text. Text from the wire may be no UTF-8, which the
/// JSON library answers with an exception as soon as somebody quotes it.
template <class T, class Reader>
Result<T> guarded(const char* what, const Reader& reader) {
    try {
        return reader();
    } catch (const Json::exception&) {
        return Error::failed(std::string("The ") + what + " is damaged: a text in it is no UTF-8.");
    }
}

} // namespace mambascope::protocol
