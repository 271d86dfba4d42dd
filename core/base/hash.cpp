// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

namespace mambascope {
namespace {

/// High half first, as the canonical form of XXH128 is written.
std::string hexadecimal(XXH128_hash_t hash) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(32, '0');
    for (int i = 0; i < 16; ++i) {
        text[15 - i] = kDigits[(hash.high64 >> (4 * i)) & 15];
        text[31 - i] = kDigits[(hash.low64 >> (4 * i)) & 15];
    }
    return text;
}

} // namespace

struct ContentHasher::State {
    XXH3_state_t xxh;
};

std::string contentHash(std::string_view bytes) {
    return hexadecimal(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string contentHash(std::span<const std::byte> bytes) {
    return hexadecimal(XXH3_128bits(bytes.data(), bytes.size()));
}

ContentHasher::ContentHasher()
    : m_state(std::make_unique<State>()) {
    XXH3_INITSTATE(&m_state->xxh);
    XXH3_128bits_reset(&m_state->xxh);
}

ContentHasher::~ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;

void ContentHasher::add(std::span<const std::byte> bytes) {
    XXH3_128bits_update(&m_state->xxh, bytes.data(), bytes.size());
}

void ContentHasher::add(std::string_view bytes) {
    add(std::as_bytes(std::span(bytes)));
}

std::string ContentHasher::digest() const {
    return hexadecimal(XXH3_128bits_digest(&m_state->xxh));
}

} // namespace mambascope
