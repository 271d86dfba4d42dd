// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/torch_runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mkldnn_linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>
#include <torch/version.h>

namespace mambascope::torchruntime {

std::string version() {
    return std::string("libtorch ") + TORCH_VERSION;
}

void setThreads(int threads) {
    at::set_num_threads(threads);
}

bool hasCuda() {
    return at::hasCUDA();
}

namespace {

at::Device cudaDevice(int index) {
    return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

at::Tensor view(int device, float* data, at::IntArrayRef sizes, at::IntArrayRef strides) {
    return at::for_blob(data, sizes)
        .strides(strides)
        .options(at::TensorOptions(at::kFloat).device(cudaDevice(device)))
        .target_device(cudaDevice(device))
        .make_tensor();
}

} // namespace

void openCuda(int device) {
    const c10::InferenceMode guard;
    at::globalContext().setAllowTF32CuBLAS(false);
    // Views of foreign memory do not initialise libtorch's CUDA, a tensor of its own does.
    at::empty({1}, at::TensorOptions(at::kFloat).device(cudaDevice(device)));
}

void cudaProduct(int device, const Matrix& x, const float* w, const Matrix& y) {
    const c10::InferenceMode guard;
    try {
        at::Tensor product = view(device, y.data, {y.rows, y.columns}, {y.stride, 1});
        // Read only; a tensor has no constant form.
        const at::Tensor transposed =
            view(device, const_cast<float*>(w), {x.columns, y.columns}, {1, x.columns});
        at::mm_out(product, view(device, x.data, {x.rows, x.columns}, {x.stride, 1}), transposed);
    } catch (const c10::OutOfMemoryError&) {
        throw DeviceOutOfMemory();
    }
}

struct OneDnnLinears::Impl {
    struct Product {
        at::Tensor weight, input;
        int count = 1;
    };
    std::vector<Product> products;
};

OneDnnLinears::OneDnnLinears(const std::vector<Shape>& shapes, std::int64_t rows)
    : m_impl(std::make_unique<Impl>()) {
    const c10::InferenceMode guard;
    for (const Shape& shape : shapes) {
        m_impl->products.push_back(
            {at::full({shape.outputs, shape.inputs}, 0.01).to_mkldnn(),
             at::full({rows, shape.inputs}, 0.5).to_mkldnn(), shape.count});
    }
}

OneDnnLinears::~OneDnnLinears() = default;

void OneDnnLinears::run() {
    const c10::InferenceMode guard;
    for (const Impl::Product& product : m_impl->products) {
        for (int i = 0; i < product.count; ++i) {
            at::mkldnn_linear(product.input, product.weight);
        }
    }
}

bool OneDnnLinears::available() {
    return at::hasMKLDNN();
}

} // namespace mambascope::torchruntime
