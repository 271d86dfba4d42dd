// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/checkpoint/safetensors.h"
#include "core/checkpoint/safetensors_header.h"
#include "core/checkpoint/sharded_writer.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace mambascope {
namespace fs = std::filesystem;

Result<std::uint64_t> dataSize(const TensorToWrite& tensor) {
    std::uint64_t size = elementSize(tensor.dtype);
    for (const std::int64_t length : tensor.shape) {
        if (length < 0 || __builtin_mul_overflow(size, static_cast<std::uint64_t>(length), &size)) {
            return Error::usage(
                "The tensor " + quotedName(tensor.name) + " cannot have the shape " +
                shapeText(tensor.shape) + ".");
        }
    }
    return size;
}

namespace {

std::vector<const TensorToWrite*> fileOrder(const std::vector<TensorToWrite>& tensors) {
    std::vector<const TensorToWrite*> order;
    for (const TensorToWrite& tensor : tensors) {
        order.push_back(&tensor);
    }
    std::stable_sort(order.begin(), order.end(), [](const TensorToWrite* a, const TensorToWrite* b) {
        return elementSize(a->dtype) > elementSize(b->dtype);
    });
    return order;
}

/// Length and JSON, padded with spaces to a multiple of 8 bytes.
Result<std::string> makeHeader(
    const std::vector<const TensorToWrite*>& tensors, const std::map<std::string, std::string>& metadata) {
    OrderedJson json = OrderedJson::object();
    if (!metadata.empty()) {
        json["__metadata__"] = metadata;
    }
    std::set<std::string> names{"__metadata__"};
    std::uint64_t offset = 0;
    for (const TensorToWrite* tensor : tensors) {
        if (!names.insert(tensor->name).second) {
            return Error::usage("The tensor " + quotedName(tensor->name) + " cannot be written twice.");
        }
        const Result<std::uint64_t> size = dataSize(*tensor);
        if (!size.ok()) {
            return size.error();
        }
        // Appended without operator[], which searches an ordered object from its start.
        json.get_ref<OrderedJson::object_t&>().push_back(
            {tensor->name, OrderedJson{
                               {"dtype", dtypeName(tensor->dtype)},
                               {"shape", tensor->shape},
                               {"data_offsets", {offset, offset + size.value()}}}});
        offset += size.value();
    }
    std::string text;
    try {
        text = json.dump();
    } catch (const OrderedJson::exception&) {
        return Error::usage("The name of a tensor or of a metadata entry is not valid UTF-8.");
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = text.size();
    std::string header(sizeof length, '\0');
    std::memcpy(header.data(), &length, sizeof length);
    return header + text;
}

} // namespace

Result<void> writeSafetensors(
    const fs::path& path, const std::vector<TensorToWrite>& tensors,
    const std::map<std::string, std::string>& metadata, bool overwrite) {
    const std::vector<const TensorToWrite*> order = fileOrder(tensors);
    const Result<std::string> header = makeHeader(order, metadata);
    if (!header.ok()) {
        return header.error();
    }
    Result<AtomicFile> file = AtomicFile::create(path, overwrite);
    if (!file.ok()) {
        return file.error();
    }
    if (Result<void> written = file.value().write(header.value()); !written.ok()) {
        return written;
    }
    for (const TensorToWrite* tensor : order) {
        const Result<std::vector<std::byte>> bytes = tensor->produce();
        if (!bytes.ok()) {
            return bytes.error();
        }
        if (bytes.value().size() != dataSize(*tensor).value()) {
            return Error::failed(
                "The tensor " + quotedName(tensor->name) + " has " + std::to_string(bytes.value().size()) +
                " bytes, but its shape " + shapeText(tensor->shape) + " needs " +
                std::to_string(dataSize(*tensor).value()) + ".");
        }
        if (Result<void> written = file.value().write(bytes.value()); !written.ok()) {
            return written;
        }
    }
    return file.value().commit();
}

namespace {

template <class T>
TensorToWrite
inMemory(std::string name, DType dtype, std::vector<std::int64_t> shape, std::vector<T> values) {
    return {
        std::move(name), dtype, std::move(shape),
        [values = std::move(values)]() -> Result<std::vector<std::byte>> {
            const auto bytes = std::as_bytes(std::span(values));
            return std::vector<std::byte>(bytes.begin(), bytes.end());
        }};
}

} // namespace

TensorToWrite floatTensor(std::string name, std::vector<std::int64_t> shape, std::vector<float> values) {
    return inMemory(std::move(name), DType::F32, std::move(shape), std::move(values));
}

TensorToWrite intTensor(std::string name, std::vector<std::int64_t> shape, std::vector<std::int64_t> values) {
    return inMemory(std::move(name), DType::I64, std::move(shape), std::move(values));
}

} // namespace mambascope
