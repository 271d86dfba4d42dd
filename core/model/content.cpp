// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/content.h"

#include "core/base/hash.h"

#include <algorithm>

namespace mambascope {
namespace {

/// Multiples of every element's size.
constexpr std::size_t kPiece = std::size_t{16} << 20;
constexpr std::size_t kGlance = 4096;

/// Counts the tensors with values that are not finite and remembers the first.
class NonFinite {
public:
    void add(const std::string& name, std::size_t count) {
        if (count > 0 && m_tensors++ == 0) {
            m_first = name;
            m_count = count;
        }
    }

    std::vector<std::string> warnings(const std::string& where) const {
        if (m_tensors == 0) {
            return {};
        }
        const std::string value = m_count == 1 ? " value" : " values";
        const std::string first = m_first + " (" + std::to_string(m_count) + value + where + ")";
        const std::string who =
            m_tensors == 1 ? "The tensor " + first + " holds"
                           : std::to_string(m_tensors) + " tensors, the first of them " + first + ", hold";
        return {who + " NaN or infinity; what the model computes will be NaN, too, or of no use."};
    }

private:
    std::size_t m_tensors = 0, m_count = 0;
    std::string m_first;
};

} // namespace

Result<CheckpointContent> readContent(const Checkpoint& checkpoint, const Job& job) {
    std::uint64_t total = 0;
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
        total += view.bytes.size();
    }
    ContentHasher hasher;
    NonFinite nonFinite;
    std::uint64_t done = 0;
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
        // Each part ends in a byte that it cannot contain, so that no two checkpoints read alike.
        hasher.add(name + '\0' + std::string(dtypeName(view.dtype)) + shapeText(view.shape) + '\0');
        std::size_t bad = 0;
        for (std::size_t at = 0; at < view.bytes.size(); at += kPiece) {
            if (job.stopRequested()) {
                return Error::cancelled();
            }
            const auto piece = view.bytes.subspan(at, std::min(kPiece, view.bytes.size() - at));
            hasher.add(piece);
            bad += countNonFinite(view.dtype, piece);
            checkpoint.tensors.release(piece);
            done += piece.size();
            job.report("Hashing the checkpoint", done, total);
        }
        nonFinite.add(name, bad);
    }
    return CheckpointContent{hasher.digest(), nonFinite.warnings("")};
}

Result<std::string> checkpointHash(const Checkpoint& checkpoint, const Job& job) {
    Result<CheckpointContent> content = readContent(checkpoint, job);
    return content.ok() ? Result<std::string>(std::move(content.value().hash)) : content.error();
}

std::vector<std::string> glanceAtValues(const Checkpoint& checkpoint) {
    NonFinite nonFinite;
    for (const auto& [name, view] : checkpoint.tensors.tensors()) {
        nonFinite.add(
            name, countNonFinite(view.dtype, view.bytes.first(std::min(kGlance, view.bytes.size()))));
    }
    return nonFinite.warnings(" in its first 4 KiB");
}

} // namespace mambascope
