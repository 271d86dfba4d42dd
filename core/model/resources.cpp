// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include <cstdlib>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

/// The folder "resources": where the user says, else where it is installed, else where this was built.
fs::path resourceFolder() {
    if (const char* set = std::getenv("MAMBASCOPE_RESOURCES"); set != nullptr && *set != '\0') {
        return set;
    }
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    // An installation that was moved as a whole still finds what belongs to it.
    for (const fs::path& folder :
         {program.parent_path().parent_path() / "share" / "mambascope",
          fs::path(MAMBASCOPE_INSTALL_RESOURCES)}) {
        if (fs::is_directory(folder / "demo", ignored)) {
            return folder;
        }
    }
    return MAMBASCOPE_SOURCE_RESOURCES;
}

} // namespace

fs::path demoModelFolder() {
    return resourceFolder() / "demo";
}

fs::path demoTasksFolder() {
    return demoModelFolder() / "tasks";
}

fs::path demoCalibrationText() {
    return demoModelFolder() / "calibration.txt";
}

} // namespace mambascope
