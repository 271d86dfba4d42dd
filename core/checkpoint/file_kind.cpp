// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/file_kind.h"

#include <cstring>

namespace mambascope {

bool startsWith(std::span<const std::byte> file, std::string_view text) {
    return file.size() >= text.size() && std::memcmp(file.data(), text.data(), text.size()) == 0;
}

bool isLfsPointer(std::span<const std::byte> file) {
    return startsWith(file, "version https://git-lfs");
}

Error lfsPointerError(std::string_view what) {
    return Error::unreadable(
        std::string(what) + " is a Git LFS pointer, not the weights themselves.",
        "Run \"git lfs pull\" in its folder.");
}

Error damagedFile(std::string_view what, const std::string& sentence) {
    return Error::unreadable(
        std::string(what) + " " + sentence + ".", "The file is damaged; download or export it again.");
}

Error truncatedFile(std::string_view what, const std::string& sentence) {
    return Error::unreadable(
        std::string(what) + " is truncated: " + sentence + ".",
        "The download or copy was probably interrupted; get the file again.");
}

} // namespace mambascope
