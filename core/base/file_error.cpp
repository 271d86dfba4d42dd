// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file_error.h"

#include <cerrno>
#include <system_error>

namespace mambascope {
namespace {

std::string systemMessage(int error) {
    return std::error_code(error, std::generic_category()).message();
}

} // namespace

Error readError(const std::filesystem::path& path, int error) {
    const std::string name = path.string();
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return Error::unreadable(name + " does not exist.", "Check the path.");
    case EISDIR:
        return Error::unreadable(name + " is a folder; a file is expected.", "Name a file inside it.");
    case EACCES:
    case EPERM:
        return Error::unreadable(name + " may not be read.", "Check its permissions.");
    default:
        return Error::unreadable(name + " cannot be read: " + systemMessage(error) + ".");
    }
}

Error writeError(const std::filesystem::path& path, int error) {
    const std::string name = path.string();
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return Error::usage(
            name + " cannot be written: the folder " + folder + " does not exist.",
            "Create the folder first.");
    case EISDIR:
        return Error::usage(name + " is a folder; a file name is expected.", "Name a file inside it.");
    case EACCES:
    case EPERM:
    case EROFS:
        return {
            ErrorCode::ReadOnly,
            name + " may not be written.",
            "Check the permissions of the file and its folder, or write somewhere else.",
            {}};
    case ENOSPC:
    case EDQUOT:
        return Error::failed(
            name + " cannot be written: no space is left there.",
            "Free some space, or write somewhere else; nothing was changed.");
    case EFBIG:
        return Error::failed(
            name + " cannot be written: it would be larger than files may be there.",
            "Write somewhere else.");
    case EEXIST:
        return Error::usage(name + " exists already.", "Choose another name, or overwrite it with --force.");
    default:
        return Error::failed(name + " cannot be written: " + systemMessage(error) + ".");
    }
}

} // namespace mambascope
