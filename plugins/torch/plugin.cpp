// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/engine.h"

#include <new>

namespace {

/// Read from the file before the code is loaded; hence a section of its own, and a literal that needs no
/// relocation.
[[gnu::used, gnu::retain, gnu::section(".mambascope")]] const char kMetadata[] =
    R"({"name":"torch","version":")" MAMBASCOPE_VERSION R"(","api":1,"kind":"engine"})";
static_assert(mambascope::kEngineApiVersion == 1, "the metadata above names the interface version");

} // namespace

extern "C" {

[[gnu::visibility("default")]] const char* mambascopePluginMetadata() {
    return kMetadata;
}

[[gnu::visibility("default")]] mambascope::Engine* mambascopeCreateEngine() {
    return new (std::nothrow) mambascope::TorchEngine;
}

} // extern "C"
