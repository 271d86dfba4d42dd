// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/device.h"

#include "plugins/torch/cpu/cpu_backend.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace mambascope {

namespace {

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "Processor";
}

DeviceInfo processor() {
    const std::int64_t memory = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    return {"cpu", processorName() + " (" + selectKernels().name + ")", memory};
}

} // namespace

std::vector<DeviceInfo> availableDevices() {
    return {processor()};
}

int resolveThreads(int requested) {
    if (requested > 0) {
        return std::min(requested, 1024);
    }
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return std::max(1, CPU_COUNT(&set));
    }
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

Result<OpenedDevice> openDevice(const std::string& device, int threads) {
    if (device == "auto" || device == "cpu" || device.empty()) {
        return OpenedDevice{std::make_unique<CpuBackend>(selectKernels(), threads), processor()};
    }
    if (device == "cuda" || device.starts_with("cuda:")) {
        return Error::usage(
            "This build of the engine computes on the processor only, so device " + device +
                " is not available.",
            "Choose device cpu.");
    }
    return Error::usage("There is no device \"" + device + "\".", "Choose auto or cpu.");
}

} // namespace mambascope
