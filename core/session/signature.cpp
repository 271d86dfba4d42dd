// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/signature.h"

#include "core/session/session.h"

#include <array>
#include <cstring>
#include <fstream>

namespace mambascope {

bool hasSessionSignature(const std::filesystem::path& path) {
    constexpr std::size_t kIdAt = 68;
    constexpr char kHeader[] = "SQLite format 3"; // its NUL is part of it
    std::array<char, kIdAt + 4> bytes{};
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return false; // reading a pipe could wait for ever
    }
    std::ifstream file(path, std::ios::binary);
    if (!file.read(bytes.data(), bytes.size()) || std::memcmp(bytes.data(), kHeader, sizeof kHeader) != 0) {
        return false;
    }
    std::uint32_t id = 0;
    for (std::size_t i = kIdAt; i < bytes.size(); ++i) {
        id = id << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return id == static_cast<std::uint32_t>(Session::kApplicationId);
}

} // namespace mambascope
