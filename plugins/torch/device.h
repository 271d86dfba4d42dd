// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "plugins/torch/backend.h"

namespace mambascope {

/// What can be asked for as `device`; "cpu" is always there and first.
std::vector<DeviceInfo> availableDevices();

/// Threads for a request: 0 means as many as the process may use cores.
int resolveThreads(int requested);

struct OpenedDevice {
    std::unique_ptr<Backend> backend;
    DeviceInfo info;
};

/// Opens "auto", "cpu", "cuda" or "cuda:N" to compute in `dtype`: "f32", "bf16" or "int8", on a GPU also
/// "tf32". Usage with a sentence if there is no such device or it has no such dtype.
Result<OpenedDevice> openDevice(const std::string& device, int threads, const std::string& dtype = "f32");

} // namespace mambascope
