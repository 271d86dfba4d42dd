// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/calibration.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mambascope;
    const Result<CalibrationSnapshot> snapshot =
        calibrationFromBytes(std::as_bytes(std::span(data, size)), "input");
    if (!snapshot.ok()) {
        return 0;
    }
    // What was accepted has to survive its own file.
    const Result<std::vector<std::byte>> bytes = calibrationToBytes(snapshot.value());
    if (!bytes.ok() || !calibrationFromBytes(bytes.value(), "again").ok()) {
        std::abort();
    }
    (void)calibrationHash(snapshot.value());
    return 0;
}
