// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch_storages.h"

#include "core/checkpoint/file_kind.h"
#include "core/checkpoint/zip_archive.h"

#include <cstring>
#include <utility>
#include <vector>

namespace mambascope {
namespace {

using namespace std::string_view_literals;

/// 0x1950a86a20f9469cfc6c as a pickled integer: PyTorch's mark before 1.6.
constexpr std::string_view kMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;
constexpr std::int64_t kLegacyProtocol = 1001;

std::string_view textOf(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The folder inside the archive that holds everything, with its slash.
Result<std::string> archiveFolder(const ZipArchive& archive, std::string_view what) {
    constexpr std::string_view kPickle = "data.pkl";
    std::vector<std::string> folders;
    for (const auto& [name, bytes] : archive.entries()) {
        const std::size_t slash = name.find('/');
        if (slash != std::string::npos && std::string_view(name).substr(slash + 1) == kPickle) {
            folders.push_back(name.substr(0, slash + 1));
        }
    }
    if (folders.size() != 1) {
        return Error::unreadable(
            std::string(what) + " is a zip archive, but none of torch.save: it has " +
                (folders.empty() ? "no data.pkl." : "more than one data.pkl."),
            "Choose a file with weights.");
    }
    if (archive.find(folders.front() + "constants.pkl") != nullptr) {
        return Error::unreadable(
            std::string(what) + " is a TorchScript program, not weights.",
            "Save the model's state_dict() and open that.");
    }
    return folders.front();
}

/// Legacy: the pickle that begins at `next`, which moves behind it.
Result<Pickle> nextPickle(std::span<const std::byte> file, std::size_t& next, std::string_view what) {
    Result<Pickle> pickle = unpickle(file.subspan(next), what);
    if (pickle.ok()) {
        next += pickle.value().size;
    }
    return pickle;
}

/// Element types of the storages, which the format before 1.6 does not repeat where the bytes are.
Result<std::map<std::string_view, DType>> storageTypes(const Pickle& pickle, std::string_view what) {
    std::map<std::string_view, DType> types;
    for (const PickledStorage& storage : pickle.storages) {
        const auto [at, added] = types.emplace(storage.key, storage.dtype);
        if (!added && at->second != storage.dtype) {
            return damagedFile(
                what, "is damaged: it uses the storage " + quotedAscii(storage.key) + " as two types");
        }
    }
    return types;
}

/// Legacy: reads the storages in the order of `keys`.
Result<void> readStorages(
    std::span<const std::byte> rest, const Pickle& keys, std::string_view what, PyTorchContent& content) {
    const auto types = storageTypes(content.pickle, what);
    if (!types.ok()) {
        return types.error();
    }
    const PickleValue& list = keys.at(keys.root);
    if (list.kind != PickleValue::Kind::List) {
        return damagedFile(what, "is damaged: the list of its storages is missing");
    }
    for (const std::uint32_t id : list.items) {
        const std::string_view key = keys.at(id).text;
        const auto type = types.value().find(key);
        if (type == types.value().end()) {
            return damagedFile(what, "is damaged: no tensor uses its storage " + quotedAscii(key));
        }
        std::uint64_t count = 0;
        if (rest.size() < sizeof count) {
            return truncatedFile(what, "its storage " + quotedAscii(key) + " is missing");
        }
        std::memcpy(&count, rest.data(), sizeof count);
        rest = rest.subspan(sizeof count);
        if (count > rest.size() / elementSize(type->second)) {
            return truncatedFile(
                what, "its storage " + quotedAscii(key) + " has " + std::to_string(count) +
                          " elements, but only " + std::to_string(rest.size()) + " bytes follow");
        }
        const auto bytes = rest.first(count * elementSize(type->second));
        if (!content.storages.emplace(key, bytes).second) {
            return damagedFile(what, "is damaged: it holds the storage " + quotedAscii(key) + " twice");
        }
        rest = rest.subspan(bytes.size());
    }
    if (!rest.empty()) {
        return damagedFile(
            what, "is damaged: " + std::to_string(rest.size()) + " bytes at its end belong to no storage");
    }
    return {};
}

} // namespace

Result<PyTorchContent> readZipFormat(std::span<const std::byte> file, std::string_view what) {
    const Result<ZipArchive> archive = ZipArchive::parse(file, what);
    if (!archive.ok()) {
        return archive.error();
    }
    const Result<std::string> folder = archiveFolder(archive.value(), what);
    if (!folder.ok()) {
        return folder.error();
    }
    PyTorchContent content;
    if (const auto* order = archive.value().find(folder.value() + "byteorder")) {
        content.bigEndian = textOf(*order) == "big";
        if (!content.bigEndian && textOf(*order) != "little") {
            return damagedFile(
                what,
                "is damaged: its byte order is neither little nor big but " + quotedAscii(textOf(*order)));
        }
    }
    Result<Pickle> pickle = unpickle(*archive.value().find(folder.value() + "data.pkl"), what);
    if (!pickle.ok()) {
        return pickle.error();
    }
    content.pickle = std::move(pickle).value();
    const std::string data = folder.value() + "data/";
    for (const auto& [name, bytes] : archive.value().entries()) {
        if (name.starts_with(data)) {
            content.storages.emplace(name.substr(data.size()), bytes);
        }
    }
    for (const PickledStorage& storage : content.pickle.storages) {
        const auto found = content.storages.find(storage.key);
        const std::size_t size = elementSize(storage.dtype);
        if (found != content.storages.end() &&
            (found->second.size() % size != 0 || found->second.size() / size != storage.count)) {
            return damagedFile(
                what, "is damaged: its storage " + quotedAscii(storage.key) + " should have " +
                          std::to_string(storage.count) + " elements of type " +
                          std::string(dtypeName(storage.dtype)) + ", but has " +
                          std::to_string(found->second.size()) + " bytes");
        }
    }
    return content;
}

bool isLegacyFormat(std::span<const std::byte> file) {
    if (file.size() < 3 || file[0] != std::byte{0x80}) {
        return false;
    }
    constexpr std::size_t kProtocol = 2, kFrame = 9;
    const std::size_t start = file[2] == std::byte{0x95} ? kProtocol + kFrame : kProtocol;
    return file.size() >= start && startsWith(file.subspan(start), kMagic);
}

Result<PyTorchContent> readLegacyFormat(std::span<const std::byte> file, std::string_view what) {
    std::size_t next = textOf(file).find(kMagic) + kMagic.size();
    const Result<Pickle> protocol = nextPickle(file, next, what);
    if (!protocol.ok()) {
        return protocol.error();
    }
    const PickleValue& version = protocol.value().at(protocol.value().root);
    if (version.kind != PickleValue::Kind::Integer || version.integer != kLegacyProtocol) {
        return damagedFile(what, "is damaged: its version is not " + std::to_string(kLegacyProtocol));
    }
    // It says how the machine stores numbers, but the storages are written little-endian by every machine.
    const Result<Pickle> machine = nextPickle(file, next, what);
    if (!machine.ok()) {
        return machine.error();
    }
    Result<Pickle> pickle = nextPickle(file, next, what);
    if (!pickle.ok()) {
        return pickle.error();
    }
    const Result<Pickle> keys = nextPickle(file, next, what);
    if (!keys.ok()) {
        return keys.error();
    }
    PyTorchContent content;
    content.pickle = std::move(pickle).value();
    const Result<void> read = readStorages(file.subspan(next), keys.value(), what, content);
    return read.ok() ? Result<PyTorchContent>(std::move(content)) : read.error();
}

} // namespace mambascope
