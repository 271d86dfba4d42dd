// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/resolve.h"
#include "plugins/torch/forward.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mambascope {

/// Residual streams of batches that were scored, at a few depths: what a later plan with the same first
/// layers goes on from. Depth d is in front of layer d.
///
/// A residual stream at depth d is determined by the checkpoint, the device and its dtype (one store each),
/// by the batch (token ids, where sequences begin, and which context a sequence continues), by whether
/// contexts are shared, by the plan's settings outside the sites, and by the sites of layers 0 … d − 1 with
/// every scale and factor computed. The batch's content is its key; the hash of all else goes with what is
/// kept and has to agree. So what is taken from here is what would be computed, bit for bit.
///
/// Memory is bounded. What is given up first: batches that were not scored lately, then what is of no use to
/// the plan that is set, then whole depths, those first that on average save least. A depth that a plan was
/// changed at lately is kept rather than any other: the next edit is likely to be there too.
class ResidualStore {
    struct Entry {
        std::string prefix; ///< of the plan; empty: the rows are not complete
        DeviceArray rows;
        bool busy = false; ///< the recording reads or writes it
    };
    struct Batch {
        std::uint64_t lastPlan = 0; ///< counted by setPlan()
        std::map<int, Entry> depths;
    };

public:
    /// The memory is the backend's. 0 bytes: nothing is kept.
    ResidualStore(Backend& backend, const ModelSpec& spec, std::int64_t budgetBytes);

    void setPlan(const ResolvedPlan& plan);
    void clear();
    /// Somebody else needs the device's memory: clears, and keeps less from now on. False if nothing was to
    /// be kept anyway.
    bool yield();
    std::int64_t bytes() const { return m_bytes; }

    /// How many layers were left out and how many run, each counted once a batch.
    struct Usage {
        std::int64_t layersReused = 0, layersRun = 0;
    };
    const Usage& usage() const { return m_usage; }

    /// One batch on its way through the layers: where it may begin, and what is kept of it. The passes of the
    /// batch follow each other in the order of the rows.
    class Recording final : public SiteObserver {
    public:
        ~Recording() override; ///< what is not complete is dropped
        Recording(const Recording&) = delete;
        Recording& operator=(const Recording&) = delete;

        /// Of the pass that comes next.
        PassStart start() const;
        /// Null if the pass keeps nothing.
        SiteObserver* observer() { return m_slots.empty() ? nullptr : this; }
        /// The pass over so many rows is done.
        void passed(std::int64_t rows) { m_values += rows * m_store.m_hidden; }
        /// All passes are done.
        void complete();

    private:
        friend class ResidualStore;
        Recording(ResidualStore& store, Batch& batch)
            : m_store(store)
            , m_batch(batch) {}

        bool wants(SiteId, Side) override { return false; }
        void observe(SiteId, Side, Matrix) override {}
        void residual(int depth, Matrix x) override;

        ResidualStore& m_store;
        Batch& m_batch;
        int m_startLayer = 0;
        Entry* m_from = nullptr;
        std::map<int, Entry*> m_slots; ///< by depth
        std::int64_t m_values = 0;     ///< of the passes that are done
    };
    /// `key` is the content of the batch, `rows` are those of all its passes. One recording at a time.
    std::unique_ptr<Recording> record(const std::string& key, std::int64_t rows);

private:
    /// What keeping an entry is worth: compared in this order.
    struct Worth {
        bool recent = false, usable = false;
        int depth = 0; ///< the higher the better
        auto operator<=>(const Worth&) const = default;
    };
    Worth worthOf(const Batch& batch, int depth, const Entry& entry) const;
    int worthOfDepth(int depth) const;
    bool usable(int depth, const Entry& entry) const;
    /// Gives up what is worth less than `worth` until `bytes` more fit. False if they do not.
    bool makeRoom(std::int64_t bytes, const Worth& worth);
    void erase(Batch& batch, int depth);
    /// Where the rows at this depth go; null if there is no memory for them.
    Entry* slot(Batch& batch, int depth, std::int64_t values);

    Backend& m_backend;
    int m_layers;
    std::int64_t m_hidden;
    std::int64_t m_budget;
    std::int64_t m_bytes = 0;
    std::vector<int> m_depths;           ///< that are kept of every batch, the best first
    std::vector<int> m_edited;           ///< where plans were changed, the latest first
    std::vector<std::string> m_prefixes; ///< [depth] of the plan that is set; empty before the first
    std::uint64_t m_plan = 0;            ///< counts plans
    std::unordered_map<std::string, Batch> m_batches;
    Usage m_usage;
};

} // namespace mambascope
