// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/device.h"

#include "plugins/torch/cpu/cpu_backend.h"
#include "plugins/torch/guard.h"
#ifdef MAMBASCOPE_HAVE_CUDA
#include "plugins/torch/cuda/cuda_backend.h"
#endif

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

OpenedDevice openProcessor(int threads) {
    return {std::make_unique<CpuBackend>(selectKernels(), threads), processor()};
}

#ifdef MAMBASCOPE_HAVE_CUDA

Result<OpenedDevice> openGpu(const DeviceInfo& device) {
    return guarded([&]() -> Result<OpenedDevice> {
        const int index = std::stoi(device.id.substr(std::string_view("cuda:").size()));
        return OpenedDevice{std::make_unique<CudaBackend>(index), device};
    });
}

Result<OpenedDevice> openCuda(const std::string& device) {
    const std::vector<DeviceInfo> gpus = cudaDevices();
    if (gpus.empty()) {
        return Error::usage(
            "There is no CUDA device here (" + whyNoCudaDevice() + ").",
            "Choose device cpu, or check that the GPU's driver is installed.");
    }
    const auto asked = std::find_if(gpus.begin(), gpus.end(), [&](const DeviceInfo& gpu) {
        return gpu.id == (device == "cuda" ? "cuda:0" : device);
    });
    if (asked == gpus.end()) {
        return Error::usage(
            "There is no device " + device + "; the last one is " + gpus.back().id + ".",
            "Choose auto, cpu or a device that is there.");
    }
    return openGpu(*asked);
}

/// The first GPU if there is one that works, else the processor.
OpenedDevice openBest(int threads) {
    for (const DeviceInfo& gpu : cudaDevices()) {
        if (Result<OpenedDevice> opened = openGpu(gpu); opened.ok()) {
            return std::move(opened).value();
        }
    }
    return openProcessor(threads);
}

#else

std::vector<DeviceInfo> cudaDevices() {
    return {};
}

Result<OpenedDevice> openCuda(const std::string& device) {
    return Error::usage(
        "This build of the engine computes on the processor only, so device " + device + " is not available.",
        "Choose device cpu.");
}

OpenedDevice openBest(int threads) {
    return openProcessor(threads);
}

#endif

} // namespace

std::vector<DeviceInfo> availableDevices() {
    std::vector<DeviceInfo> devices{processor()};
    for (DeviceInfo& gpu : cudaDevices()) {
        devices.push_back(std::move(gpu));
    }
    return devices;
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
    if (device == "auto" || device.empty()) {
        return openBest(threads);
    }
    if (device == "cpu") {
        return openProcessor(threads);
    }
    if (device == "cuda" || device.starts_with("cuda:")) {
        return openCuda(device);
    }
    return Error::usage("There is no device \"" + device + "\".", "Choose auto, cpu, cuda or cuda:0.");
}

} // namespace mambascope
