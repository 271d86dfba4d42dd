// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/torch_runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mkldnn_linear.h>
#include <c10/core/InferenceMode.h>
#include <torch/version.h>

namespace mambascope::torchruntime {

std::string version() {
    return std::string("libtorch ") + TORCH_VERSION;
}

void setThreads(int threads) {
    at::set_num_threads(threads);
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
