// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/protocol.h"

#include <vector>

namespace mambascope::protocol {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::uint64_t kMaxValues = 1u << 20;

/// What follows a MessagePack type byte: a length field of `lengthBytes`, then `payload` bytes and, for
/// containers, `items` values.
struct Head {
    int lengthBytes = 0;
    std::uint64_t payload = 0;
    enum Kind { Scalar, Bytes, Extension, Array, Map, Invalid } kind = Scalar;
    std::uint64_t items = 0;
};

Head headOf(std::uint8_t type) {
    if (type < 0x80 || type >= 0xe0) {
        return {};
    }
    if (type < 0x90) {
        return {0, 0, Head::Map, type & 0x0fu};
    }
    if (type < 0xa0) {
        return {0, 0, Head::Array, type & 0x0fu};
    }
    if (type < 0xc0) {
        return {0, type & 0x1fu, Head::Bytes};
    }
    switch (type) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
        return {};
    case 0xc4:
    case 0xd9:
        return {1, 0, Head::Bytes};
    case 0xc5:
    case 0xda:
        return {2, 0, Head::Bytes};
    case 0xc6:
    case 0xdb:
        return {4, 0, Head::Bytes};
    case 0xc7:
        return {1, 0, Head::Extension};
    case 0xc8:
        return {2, 0, Head::Extension};
    case 0xc9:
        return {4, 0, Head::Extension};
    case 0xcc:
    case 0xd0:
        return {0, 1};
    case 0xcd:
    case 0xd1:
        return {0, 2};
    case 0xca:
    case 0xce:
    case 0xd2:
        return {0, 4};
    case 0xcb:
    case 0xcf:
    case 0xd3:
        return {0, 8};
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return {0, 1 + (std::uint64_t{1} << (type - 0xd4))};
    case 0xdc:
        return {2, 0, Head::Array};
    case 0xdd:
        return {4, 0, Head::Array};
    case 0xde:
        return {2, 0, Head::Map};
    case 0xdf:
        return {4, 0, Head::Map};
    default:
        return {0, 0, Head::Invalid};
    }
}

Error damaged(const char* why) {
    return Error::failed(std::string("A message is damaged: ") + why + ".");
}

/// Walks over the payload without building anything, because the library's decoder recurses and makes sixteen
/// bytes or more of every value.
Result<void> checkStructure(std::span<const std::uint8_t> bytes) {
    std::vector<std::uint64_t> open; // values that each enclosing container still lacks
    std::size_t at = 0;
    std::uint64_t values = 0;
    do {
        while (!open.empty() && open.back() == 0) {
            open.pop_back();
        }
        if (open.empty() && values > 0) {
            break;
        }
        if (at == bytes.size()) {
            return damaged("it ends early");
        }
        if (++values > kMaxValues) {
            return damaged("it holds too many values");
        }
        if (!open.empty()) {
            --open.back();
        }
        const Head head = headOf(bytes[at++]);
        if (head.kind == Head::Invalid) {
            return damaged("it is not MessagePack");
        }
        if (bytes.size() - at < static_cast<std::size_t>(head.lengthBytes)) {
            return damaged("it ends early");
        }
        std::uint64_t length = 0;
        for (int i = 0; i < head.lengthBytes; ++i) {
            length = length << 8 | bytes[at++];
        }
        if (head.kind == Head::Array || head.kind == Head::Map) {
            if (open.size() == kMaxDepth) {
                return damaged("it is nested deeper than 64 levels");
            }
            open.push_back((head.items + length) * (head.kind == Head::Map ? 2 : 1));
            continue;
        }
        const std::uint64_t payload = head.payload + length + (head.kind == Head::Extension ? 1 : 0);
        if (payload > bytes.size() - at) {
            return damaged("a length exceeds it");
        }
        at += payload;
    } while (true);
    return at == bytes.size() ? Result<void>() : damaged("bytes follow its end");
}

} // namespace

Result<Json> decode(std::span<const std::uint8_t> payload) {
    if (auto sound = checkStructure(payload); !sound.ok()) {
        return sound.error();
    }
    Json message = Json::from_msgpack(payload.begin(), payload.end(), true, false);
    if (!message.is_object()) {
        return damaged("it is no map");
    }
    return message;
}

} // namespace mambascope::protocol
