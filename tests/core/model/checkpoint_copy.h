// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/model.h"

#include "tests/support/paths.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace mambascope::test {
namespace fs = std::filesystem;

/// A copy of a fixture with one weights file to be spoilt; hf-f32 has 4 layers, d 64, inner 128, state 16,
/// rank 4, conv 4, vocabulary 256.
class Copy {
public:
    explicit Copy(const char* fixture = "hf-f32") {
        const fs::path source = fixtureFolder() / fixture;
        config = Json::parse(readFile(source / "config.json").value());
        const TensorFile original = openSafetensors(source / "model.safetensors").value();
        for (const auto& [name, view] : original.tensors()) {
            tensors[name] = {
                name, view.dtype, view.shape,
                [bytes = std::vector<std::byte>(
                     view.bytes.begin(), view.bytes.end())]() -> Result<std::vector<std::byte>> {
                    return bytes;
                }};
        }
    }

    const fs::path& folder() const { return m_folder.path(); }

    void write() const {
        QVERIFY(writeFile(folder() / "config.json", config.dump(), true).ok());
        std::vector<TensorToWrite> list;
        for (const auto& [name, tensor] : tensors) {
            list.push_back(tensor);
        }
        QVERIFY(writeSafetensors(folder() / "model.safetensors", list, {}, true).ok());
    }

    Result<std::shared_ptr<const Checkpoint>> open() const {
        write();
        return openCheckpoint(folder());
    }

    void rename(const std::string& from, const std::string& to) {
        TensorToWrite tensor = tensors.at(from);
        tensor.name = to;
        tensors.erase(from);
        tensors[to] = std::move(tensor);
    }

    void put(const std::string& name, DType dtype, std::vector<std::int64_t> shape) {
        std::size_t size = elementSize(dtype);
        for (const std::int64_t length : shape) {
            size *= static_cast<std::size_t>(length);
        }
        tensors[name] = {name, dtype, std::move(shape), [size]() -> Result<std::vector<std::byte>> {
                             return std::vector<std::byte>(size);
                         }};
    }

    Json config;
    std::map<std::string, TensorToWrite> tensors;

private:
    TemporaryFolder m_folder;
};

inline bool mentions(const std::vector<std::string>& warnings, const std::string& words) {
    return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& warning) {
        return warning.find(words) != std::string::npos;
    });
}

inline std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

inline ModelSpec fixtureSpec(int layers, DType dtype) {
    ModelSpec spec;
    spec.layers = layers;
    spec.hidden = 64;
    spec.inner = 128;
    spec.state = 16;
    spec.dtRank = 4;
    spec.convKernel = 4;
    spec.vocabulary = 256;
    spec.dtype = dtype;
    return spec;
}

/// Asserts that opening fails as unreadable input with a sentence that has `words`, and a hint.
inline void verifyRefused(const Result<std::shared_ptr<const Checkpoint>>& opened, const QString& words) {
    QVERIFY(!opened.ok());
    QCOMPARE(opened.error().code, ErrorCode::Unreadable);
    QVERIFY2(QString::fromStdString(opened.error().message).contains(words), opened.error().message.c_str());
    QVERIFY(!opened.error().hint.empty());
}

} // namespace mambascope::test
