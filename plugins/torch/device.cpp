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
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

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

/// The instruction set that linears use.
std::string instructionSet(CpuPrecision precision) {
    const Kernels& kernels = selectKernels();
    switch (precision) {
    case CpuPrecision::F32:
        break;
    case CpuPrecision::BF16:
        return selectBf16Products(kernels).name;
    case CpuPrecision::Int8:
        return selectInt8Products(kernels).name;
    }
    return kernels.name;
}

DeviceInfo processor(CpuPrecision precision = CpuPrecision::F32) {
    const std::int64_t memory = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    return {"cpu", processorName() + " (" + instructionSet(precision) + ")", memory};
}

Result<OpenedDevice> openProcessor(int threads, const std::string& dtype) {
    const std::pair<std::string_view, CpuPrecision> known[] = {
        {"f32", CpuPrecision::F32}, {"bf16", CpuPrecision::BF16}, {"int8", CpuPrecision::Int8}};
    for (const auto& [name, precision] : known) {
        if (dtype == name) {
            return OpenedDevice{
                std::make_unique<CpuBackend>(selectKernels(), threads, precision), processor(precision)};
        }
    }
    return Error::usage(
        "The processor computes in f32, bf16 or int8; \"" + dtype + "\" is not available there.",
        "Choose dtype f32 for accuracy (bf16 and f16 checkpoints are converted without loss), or a CUDA device.");
}

#ifdef MAMBASCOPE_HAVE_CUDA

std::optional<Precision> parsePrecision(const std::string& dtype) {
    if (dtype == "f32") {
        return Precision::F32;
    }
    if (dtype == "tf32") {
        return Precision::TF32;
    }
    if (dtype == "bf16") {
        return Precision::BF16;
    }
    return dtype == "int8" ? std::optional(Precision::INT8) : std::nullopt;
}

Result<OpenedDevice> openGpu(const DeviceInfo& device, const std::string& dtype) {
    const std::optional<Precision> precision = parsePrecision(dtype);
    if (!precision) {
        return Error::usage(
            "A GPU computes in f32, tf32, bf16 or int8; \"" + dtype + "\" is not available.",
            "Choose dtype bf16 for speed or f32 for accuracy.");
    }
    return guarded([&]() -> Result<OpenedDevice> {
        const int index = std::stoi(device.id.substr(std::string_view("cuda:").size()));
        return OpenedDevice{std::make_unique<CudaBackend>(index, *precision), device};
    });
}

Result<OpenedDevice> openCuda(const std::string& device, const std::string& dtype) {
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
    return openGpu(*asked, dtype);
}

/// The first GPU if there is one that works, else the processor.
Result<OpenedDevice> openBest(int threads, const std::string& dtype) {
    for (const DeviceInfo& gpu : cudaDevices()) {
        if (Result<OpenedDevice> opened = openGpu(gpu, dtype);
            opened.ok() || opened.error().code == ErrorCode::Usage) {
            return opened;
        }
    }
    return openProcessor(threads, dtype);
}

#else

std::vector<DeviceInfo> cudaDevices() {
    return {};
}

Result<OpenedDevice> openCuda(const std::string& device, const std::string& /*dtype*/) {
    return Error::usage(
        "This build of the engine computes on the processor only, so device " + device + " is not available.",
        "Choose device cpu.");
}

Result<OpenedDevice> openBest(int threads, const std::string& dtype) {
    return openProcessor(threads, dtype);
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

Result<OpenedDevice> openDevice(const std::string& device, int threads, const std::string& dtype) {
    if (device == "auto" || device.empty()) {
        return openBest(threads, dtype);
    }
    if (device == "cpu") {
        return openProcessor(threads, dtype);
    }
    if (device == "cuda" || device.starts_with("cuda:")) {
        return openCuda(device, dtype);
    }
    return Error::usage("There is no device \"" + device + "\".", "Choose auto, cpu, cuda or cuda:0.");
}

} // namespace mambascope
