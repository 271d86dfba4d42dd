// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/session.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mambascope;
    static const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("fuzz-session-" + std::to_string(getpid()) + ".mscope");
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    if (const Result<std::unique_ptr<Session>> session = Session::open(file); session.ok()) {
        (void)session.value()->baseline();
        (void)session.value()->planHistory();
        (void)session.value()->setNotes("fuzzed");
    }
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        std::filesystem::remove(file.string() + suffix);
    }
    return 0;
}
