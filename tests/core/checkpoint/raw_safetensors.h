// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

/// Safetensors files made by hand: whatever the writer of the program would never write.
namespace mambascope::test {

/// The length of the header as it is given, then the rest of the file.
inline QByteArray withLength(quint64 length, const QByteArray& rest) {
    return QByteArray(reinterpret_cast<const char*>(&length), 8) + rest;
}

/// The length of the header, the header, zeros as data.
inline QByteArray safetensors(const QByteArray& header, qsizetype dataBytes) {
    return withLength(static_cast<quint64>(header.size()), header) + QByteArray(dataBytes, '\0');
}

/// What the header says of one tensor.
inline QByteArray entry(const char* name, const char* dtype, const char* shape, const char* offsets) {
    return QByteArray("\"") + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}

/// The header of one tensor "t".
inline QByteArray one(const char* dtype, const char* shape, const char* offsets) {
    return "{" + entry("t", dtype, shape, offsets) + "}";
}

} // namespace mambascope::test
