// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QtGlobal>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace mambascope::test {

/// Sets an environment variable for the life of this object.
class Variable {
public:
    Variable(const char* name, const std::filesystem::path& value)
        : m_name(name)
        , m_was(qgetenv(name))
        , m_wasSet(qEnvironmentVariableIsSet(name)) {
        value.empty() ? void(qunsetenv(name)) : void(qputenv(name, value.c_str()));
    }
    ~Variable() { m_wasSet ? void(qputenv(m_name, m_was)) : void(qunsetenv(m_name)); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* m_name;
    QByteArray m_was;
    bool m_wasSet;
};

inline void writeText(const std::filesystem::path& file, std::string_view text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

/// A model in a cache as the Hugging Face libraries lay it out; returns the folder of its files.
inline std::filesystem::path
putIntoCache(const std::filesystem::path& cache, const std::string& folder, const std::string& revision) {
    const std::filesystem::path snapshot = cache / folder / "snapshots" / revision;
    std::filesystem::create_directories(snapshot);
    writeText(cache / folder / "refs" / "main", revision);
    return snapshot;
}

/// A file of such a model: its bytes under `blob`, a link to them where the model's files are.
inline void putBlob(
    const std::filesystem::path& snapshot, const std::string& name, const std::string& blob,
    std::string_view bytes) {
    writeText(snapshot.parent_path().parent_path() / "blobs" / blob, bytes);
    std::filesystem::create_symlink(std::filesystem::path("../../blobs") / blob, snapshot / name);
}

} // namespace mambascope::test
