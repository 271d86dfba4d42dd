// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mambascope {

/// 128-bit content hash (XXH3) as 32 lower-case hexadecimal digits. Identifies content, does not protect
/// against somebody who forges it.
std::string contentHash(std::string_view bytes);
std::string contentHash(std::span<const std::byte> bytes);

/// The same hash over several pieces, as if they were one.
class ContentHasher {
public:
    ContentHasher();
    ~ContentHasher();
    ContentHasher(ContentHasher&&) noexcept;
    ContentHasher& operator=(ContentHasher&&) noexcept;

    void add(std::span<const std::byte> bytes);
    void add(std::string_view bytes);
    std::string digest() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace mambascope
