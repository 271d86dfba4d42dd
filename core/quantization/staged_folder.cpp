// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/staged_folder.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

std::string inQuotes(const fs::path& path) {
    return "\"" + path.string() + "\"";
}

Error writeError(const fs::path& target, const std::error_code& code) {
    const bool readOnly = code == std::errc::permission_denied || code == std::errc::read_only_file_system ||
                          code == std::errc::operation_not_permitted;
    Error error = Error::failed(
        "The folder " + inQuotes(target) + " cannot be written: " + code.message() + ".",
        "Choose another place.");
    error.code = readOnly ? ErrorCode::ReadOnly : ErrorCode::Failed;
    return error;
}

Result<void> checkReplaceable(const fs::path& target, bool overwrite, const std::string& marker) {
    std::error_code code;
    if (!fs::exists(fs::symlink_status(target, code))) {
        return {};
    }
    if (!overwrite) {
        return Error::usage(
            inQuotes(target) + " exists already.", "Choose another name, or overwrite it (--force).");
    }
    const bool folder = fs::is_directory(fs::symlink_status(target, code));
    if (!folder || !(fs::is_empty(target, code) || fs::exists(target / marker, code))) {
        return Error::usage(
            inQuotes(target) + " is not a checkpoint that was exported before, and is not replaced.",
            "Choose another name.");
    }
    return {};
}

/// Puts `temporary` in the place of `target`, for file systems that cannot exchange two names at once.
std::error_code replaceInTwoSteps(const fs::path& temporary, const fs::path& target) {
    fs::path old = temporary;
    old += "-old";
    std::error_code code;
    fs::rename(target, old, code);
    if (code) {
        return code;
    }
    fs::rename(temporary, target, code);
    std::error_code ignored;
    if (code) {
        fs::rename(old, target, ignored);
        return code;
    }
    fs::remove_all(old, ignored);
    return {};
}

} // namespace

StagedFolder::StagedFolder(fs::path target, fs::path temporary, bool overwrite)
    : m_target(std::move(target))
    , m_temporary(std::move(temporary))
    , m_overwrite(overwrite) {
}

StagedFolder::StagedFolder(StagedFolder&& other) noexcept
    : m_target(std::move(other.m_target))
    , m_temporary(std::exchange(other.m_temporary, fs::path()))
    , m_overwrite(other.m_overwrite) {
}

StagedFolder::~StagedFolder() {
    if (!m_temporary.empty()) {
        std::error_code ignored;
        fs::remove_all(m_temporary, ignored);
    }
}

Result<StagedFolder> StagedFolder::create(const fs::path& wanted, bool overwrite, const std::string& marker) {
    std::error_code code;
    fs::path target = fs::absolute(wanted, code).lexically_normal();
    if (target.filename().empty()) {
        target = target.parent_path(); // "out/" means "out"
    }
    if (target.filename().empty()) {
        return Error::usage("A name for the exported folder is missing.");
    }
    if (!fs::is_directory(target.parent_path(), code)) {
        return Error::usage(
            "The folder " + inQuotes(target.parent_path()) + " does not exist.", "Create it first.");
    }
    if (auto state = checkReplaceable(target, overwrite, marker); !state.ok()) {
        return state.error();
    }
    for (int attempt = 0; attempt < 100; ++attempt) {
        fs::path temporary =
            target.parent_path() / ("." + target.filename().string() + ".partial-" +
                                    std::to_string(getpid()) + "-" + std::to_string(attempt));
        if (fs::create_directory(temporary, code)) {
            return StagedFolder(std::move(target), std::move(temporary), overwrite);
        }
        if (code) {
            return writeError(target, code);
        }
    }
    return Error::failed("No temporary folder could be made beside " + inQuotes(target) + ".");
}

Result<void> StagedFolder::commit() {
    std::error_code code;
    const bool exists = fs::exists(fs::symlink_status(m_target, code));
    if (exists && !m_overwrite) {
        return Error::usage(inQuotes(m_target) + " exists already.", "Choose another name.");
    }
    const unsigned how = exists ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, m_temporary.c_str(), AT_FDCWD, m_target.c_str(), how) == 0) {
        if (exists) {
            fs::remove_all(m_temporary, code); // the old content, after the exchange
        }
        m_temporary.clear();
        return {};
    }
    code = std::error_code(errno, std::generic_category());
    if (code == std::errc::invalid_argument) {
        if (exists) {
            code = replaceInTwoSteps(m_temporary, m_target);
        } else {
            fs::rename(m_temporary, m_target, code);
        }
    }
    if (code) {
        return writeError(m_target, code);
    }
    m_temporary.clear();
    return {};
}

} // namespace mambascope
