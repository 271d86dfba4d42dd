// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch.h"

#include "core/base/file.h"
#include "core/checkpoint/file_kind.h"
#include "core/checkpoint/pytorch_storages.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <tuple>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

using Kind = PickleValue::Kind;

/// Elements of a shape that lie row by row without a gap.
bool isContiguous(const PickledTensor& tensor) {
    std::int64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        if (tensor.shape[i] != 1 && tensor.strides[i] != expected) {
            return false;
        }
        expected *= tensor.shape[i];
    }
    return true;
}

/// Copies the elements of `source` row by row, with their bytes reversed if `swap`. The caller has checked
/// that all of them lie inside.
void gather(
    const PickledTensor& tensor, std::span<const std::byte> source, std::size_t size, bool swap,
    std::byte* out) {
    const std::size_t dimensions = tensor.shape.size();
    std::vector<std::int64_t> index(dimensions, 0);
    std::int64_t at = 0;
    for (std::size_t d = dimensions;;) {
        const std::byte* element = source.data() + static_cast<std::size_t>(at) * size;
        swap ? void(std::reverse_copy(element, element + size, out)) : void(std::memcpy(out, element, size));
        out += size;
        for (d = dimensions; d-- > 0;) {
            // The stride of a single element means nothing, and may be too large to add.
            const std::int64_t stride = tensor.shape[d] == 1 ? 0 : tensor.strides[d];
            at += stride;
            if (++index[d] < tensor.shape[d]) {
                break;
            }
            at -= stride * tensor.shape[d];
            index[d] = 0;
        }
        if (d >= dimensions) {
            return; // every index has been through its range
        }
    }
}

/// Makes views of the tensors that a pickle describes.
class Builder {
public:
    Builder(const PyTorchContent& content, std::size_t fileSize, std::string_view what)
        : m_content(content)
        , m_what(what)
        , m_copyLimit(2 * fileSize + (std::size_t{1} << 20)) {}

    Result<TensorFile> build() {
        const PickleValue* dict = findTensors();
        if (dict == nullptr) {
            return Error::unreadable(
                std::string(m_what) + " holds no tensors by name.",
                "Choose a file that holds a state_dict, i.e. a dictionary of tensors.");
        }
        const Pickle& pickle = m_content.pickle;
        for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
            const PickleValue& key = pickle.at(dict->items[i]);
            const PickleValue& value = pickle.at(dict->items[i + 1]);
            if (key.kind != Kind::Text || value.kind != Kind::Tensor) {
                continue; // e.g. the number of a training step
            }
            if (m_file.find(key.text) != nullptr) {
                return damaged("it holds the tensor " + quotedAscii(key.text) + " twice");
            }
            Result<TensorView> view =
                viewOf(pickle.tensors[static_cast<std::size_t>(value.integer)], key.text);
            if (!view.ok()) {
                return view.error();
            }
            m_file.add(std::string(key.text), std::move(view).value());
        }
        return std::move(m_file);
    }

private:
    Error damaged(const std::string& sentence) const {
        return damagedFile(m_what, "is damaged: " + sentence);
    }

    bool holdsTensors(const PickleValue* value) const {
        if (value == nullptr || value->kind != Kind::Dict) {
            return false;
        }
        for (std::size_t i = 0; i + 1 < value->items.size(); i += 2) {
            if (m_content.pickle.at(value->items[i]).kind == Kind::Text &&
                m_content.pickle.at(value->items[i + 1]).kind == Kind::Tensor) {
                return true;
            }
        }
        return false;
    }

    /// The dictionary of tensors; training programs put it under a name beside their own state.
    const PickleValue* findTensors() const {
        const PickleValue& root = m_content.pickle.at(m_content.pickle.root);
        if (root.kind == Kind::Dict) {
            for (const char* name : {"state_dict", "model"}) {
                const PickleValue* inner = m_content.pickle.member(root, name);
                if (holdsTensors(inner)) {
                    return inner;
                }
            }
        }
        return holdsTensors(&root) ? &root : nullptr;
    }

    Result<TensorView> viewOf(const PickledTensor& tensor, std::string_view key) {
        const std::string name = "the tensor " + quotedAscii(key);
        const PickledStorage& storage = m_content.pickle.storages[tensor.storage];
        const auto found = m_content.storages.find(storage.key);
        if (found == m_content.storages.end()) {
            return damaged(name + " needs the storage " + quotedAscii(storage.key) + ", which is missing");
        }
        const std::size_t size = elementSize(storage.dtype);
        const std::size_t available = found->second.size() / size;
        if (storage.offset > available || storage.count > available - storage.offset) {
            return damaged(
                "its storage " + quotedAscii(storage.key) + " should have " + std::to_string(storage.count) +
                " elements, but has " + std::to_string(available));
        }
        const std::optional<std::uint64_t> bytes = byteCount(tensor, size);
        if (!bytes) {
            return damaged(
                "the shape " + shapeText(tensor.shape) + " of " + name +
                " is negative or has more elements than can be counted");
        }
        TensorView view{storage.dtype, tensor.shape, {}};
        if (*bytes == 0) {
            return view;
        }
        if (tensor.offset < 0) {
            return damaged(name + " begins before its storage " + quotedAscii(storage.key));
        }
        if (std::any_of(
                tensor.strides.begin(), tensor.strides.end(), [](auto stride) { return stride < 0; })) {
            return damaged(name + " has a negative stride");
        }
        if (!reachesInside(tensor, storage.count)) {
            return damaged(name + " reaches beyond its storage " + quotedAscii(storage.key));
        }
        const std::size_t first = (storage.offset + static_cast<std::size_t>(tensor.offset)) * size;
        const std::span<const std::byte> source = found->second.subspan(first);
        if (isContiguous(tensor) && (!m_content.bigEndian || size == 1)) {
            view.bytes = source.first(*bytes);
            return view;
        }
        return copy(tensor, std::move(view), source, *bytes);
    }

    static std::optional<std::uint64_t> byteCount(const PickledTensor& tensor, std::size_t size) {
        // A length of 0 makes nothing of all others, but they must not overflow either.
        std::int64_t count = static_cast<std::int64_t>(size);
        bool empty = false;
        for (const std::int64_t length : tensor.shape) {
            empty |= length == 0;
            if (length < 0 || (length > 0 && __builtin_mul_overflow(count, length, &count))) {
                return std::nullopt;
            }
        }
        return empty ? 0 : static_cast<std::uint64_t>(count);
    }

    /// Whether the last element, and with it every other, lies in the storage. Offset and strides are not
    /// negative.
    static bool reachesInside(const PickledTensor& tensor, std::uint64_t count) {
        std::int64_t last = tensor.offset;
        for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
            std::int64_t reach = 0;
            if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach) ||
                __builtin_add_overflow(last, reach, &last)) {
                return false;
            }
        }
        return static_cast<std::uint64_t>(last) < count;
    }

    /// A contiguous, little-endian copy; the same one for tensors that share everything.
    Result<TensorView>
    copy(const PickledTensor& tensor, TensorView view, std::span<const std::byte> source, std::size_t bytes) {
        const std::byte*& copied = m_copies[{source.data(), view.dtype, tensor.shape, tensor.strides}];
        if (copied == nullptr) {
            if (bytes > m_copyLimit - m_copied) {
                return damagedFile(
                    m_what,
                    "was refused: its tensors would need more memory than twice the size of the file");
            }
            m_copied += bytes;
            const std::shared_ptr<std::byte[]> memory(new std::byte[bytes]);
            gather(tensor, source, elementSize(view.dtype), m_content.bigEndian, memory.get());
            copied = memory.get();
            m_file.keepAlive(memory);
        }
        view.bytes = {copied, bytes};
        return view;
    }

    const PyTorchContent& m_content;
    std::string_view m_what;
    std::size_t m_copyLimit, m_copied = 0;
    TensorFile m_file;
    using Window = std::tuple<const std::byte*, DType, std::vector<std::int64_t>, std::vector<std::int64_t>>;
    std::map<Window, const std::byte*> m_copies;
};

} // namespace

Result<TensorFile> parsePyTorch(std::span<const std::byte> file, std::string_view what) {
    if (isLfsPointer(file)) {
        return lfsPointerError(what);
    }
    const bool zip = startsWith(file, "PK\3\4") || startsWith(file, "PK\5\6");
    if (!zip && !isLegacyFormat(file)) {
        return Error::unreadable(
            std::string(what) + " is not a file of torch.save: it is neither a zip archive nor has it the "
                                "mark of the format before PyTorch 1.6.",
            "Choose a .bin, .pt or .pth file with weights; if it is one, it may be truncated.");
    }
    const Result<PyTorchContent> content = zip ? readZipFormat(file, what) : readLegacyFormat(file, what);
    if (!content.ok()) {
        return content.error();
    }
    return Builder(content.value(), file.size(), what).build();
}

Result<TensorFile> openPyTorch(const fs::path& path) {
    const auto file = MappedFile::open(path);
    if (!file.ok()) {
        return file.error();
    }
    Result<TensorFile> tensors = parsePyTorch(file.value()->bytes(), path.string());
    if (tensors.ok()) {
        tensors.value().keepAlive(file.value());
    }
    return tensors;
}

bool isPyTorchName(const fs::path& path) {
    const std::string extension = path.extension().string();
    return extension == ".bin" || extension == ".pt" || extension == ".pth";
}

} // namespace mambascope
