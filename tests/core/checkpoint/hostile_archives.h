// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Archives around one spoilt value: a storage "0" of six floats, and a dictionary that holds the value as
// "t".

#include "tests/core/checkpoint/pickle_writer.h"

namespace mambascope::test {

inline const QByteArray kSixFloats(24, '\0');
inline const QByteArray kStorage = storage("0", "FloatStorage", 6);

/// An archive whose dictionary holds one value "t".
inline QByteArray holding(const QByteArray& value) {
    return archive(pickle(dict({text("t"), value})), kSixFloats);
}

/// One whose pickle is exactly this, without protocol and end.
inline QByteArray raw(const QByteArray& instructions) {
    return archive(pickle(instructions), kSixFloats);
}

inline QByteArray
window(std::int64_t offset, const QList<std::int64_t>& shape, const QList<std::int64_t>& strides) {
    return holding(tensor(kStorage, offset, shape, strides));
}

} // namespace mambascope::test
