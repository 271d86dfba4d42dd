// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/checkpoint/unpickler.h"

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace mambascope {

/// A file of torch.save, taken apart: the pickle that describes the tensors, and the storages by their key.
struct PyTorchContent {
    Pickle pickle;
    std::map<std::string, std::span<const std::byte>, std::less<>> storages;
    bool bigEndian = false; ///< the storages' elements
};

/// The zip format. Unreadable if it is no archive of torch.save, or TorchScript.
Result<PyTorchContent> readZipFormat(std::span<const std::byte> file, std::string_view what);

/// Whether the file starts as the format before PyTorch 1.6 does.
bool isLegacyFormat(std::span<const std::byte> file);
/// That format: five pickles, then every storage behind its number of elements.
Result<PyTorchContent> readLegacyFormat(std::span<const std::byte> file, std::string_view what);

} // namespace mambascope
