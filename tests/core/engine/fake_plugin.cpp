// SPDX-License-Identifier: GPL-3.0-or-later
// The fake engine as a plugin. The build gives the API version and kind that it claims.
#include "tests/core/engine/fake_engine.h"

#define FAKE_STRING(x) #x
#define FAKE_TEXT(x) FAKE_STRING(x)

namespace {

__attribute__((section(".mambascope"), used)) const char kMetadata[] =
    R"({"name": "fake", "version": "1.2.3", "api": )" FAKE_TEXT(
        FAKE_PLUGIN_API) R"(, "kind": ")" FAKE_PLUGIN_KIND R"("})";

} // namespace

extern "C" __attribute__((visibility("default"))) const char* mambascopePluginMetadata() {
    return kMetadata;
}

extern "C" __attribute__((visibility("default"))) mambascope::Engine* mambascopeCreateEngine() {
    return mambascope::test::makeFakeEngine().release();
}
