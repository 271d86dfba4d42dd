// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/plugin.h"

#include <cstring>
#include <elf.h>

namespace mambascope {
namespace {

Error noElf(const char* why) {
    return Error::unreadable(std::string("The file is no plugin of this system: ") + why + ".");
}

/// The `size` bytes at `offset`, if the file has them.
std::optional<std::span<const std::byte>>
slice(std::span<const std::byte> file, std::uint64_t offset, std::uint64_t size) {
    if (offset > file.size() || size > file.size() - offset) {
        return std::nullopt;
    }
    return file.subspan(offset, size);
}

template <class T>
std::optional<T> structAt(std::span<const std::byte> file, std::uint64_t offset) {
    const auto bytes = slice(file, offset, sizeof(T));
    if (!bytes) {
        return std::nullopt;
    }
    T value;
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
}

bool nameIs(std::span<const std::byte> names, std::uint32_t offset, std::string_view name) {
    const auto bytes = slice(names, offset, name.size() + 1);
    return bytes && std::memcmp(bytes->data(), name.data(), name.size()) == 0 &&
           bytes->back() == std::byte{0};
}

} // namespace

Result<std::span<const std::byte>> elfSection(std::span<const std::byte> file, std::string_view name) {
    const auto header = structAt<Elf64_Ehdr>(file, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return noElf("it is no ELF file");
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
        return noElf("it is not 64-bit little-endian");
    }
    if (header->e_shentsize != sizeof(Elf64_Shdr)) {
        return noElf("its section table is damaged");
    }
    const std::uint64_t tableSize = std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr);
    const auto table = slice(file, header->e_shoff, tableSize);
    const auto namesHeader =
        table ? structAt<Elf64_Shdr>(*table, std::uint64_t{header->e_shstrndx} * sizeof(Elf64_Shdr))
              : std::nullopt;
    const auto names = namesHeader ? slice(file, namesHeader->sh_offset, namesHeader->sh_size) : std::nullopt;
    if (!names) {
        return noElf("its section table is damaged");
    }
    for (std::uint64_t at = 0; at < tableSize; at += sizeof(Elf64_Shdr)) {
        const auto section = *structAt<Elf64_Shdr>(*table, at);
        if (!nameIs(*names, section.sh_name, name)) {
            continue;
        }
        const auto content =
            section.sh_type == SHT_NOBITS ? std::nullopt : slice(file, section.sh_offset, section.sh_size);
        return content ? Result<std::span<const std::byte>>(*content) : noElf("a section leads out of it");
    }
    return Error::unreadable("The file is no plugin of mambascope.");
}

} // namespace mambascope
