// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/residual_store.h"

#include "core/base/hash.h"

#include <algorithm>
#include <cstdlib>

namespace mambascope {

namespace {

constexpr int kMostDepths = 8;
constexpr std::size_t kRememberedEdits = 2;
constexpr std::int64_t kFloatBytes = sizeof(float);

/// Depths to keep in a model of so many layers, the best first. Halves and quarters, so that an edit anywhere
/// saves something even if there is room for few; in front of the last layer, where the head is all that is
/// left; then the others, deepest first.
std::vector<int> standardDepths(int layers) {
    const int step = (layers + kMostDepths - 1) / kMostDepths;
    std::vector<int> all;
    for (int depth = step; depth < layers; depth += step) {
        all.push_back(depth);
    }
    if (layers > 1 && all.back() != layers - 1) {
        all.push_back(layers - 1);
    }
    std::vector<int> ordered;
    for (const int wanted : {layers / 2, layers * 3 / 4, layers - 1, layers / 4}) {
        const auto nearest = std::min_element(all.begin(), all.end(), [wanted](int a, int b) {
            return std::abs(a - wanted) < std::abs(b - wanted);
        });
        if (nearest != all.end()) {
            ordered.push_back(*nearest);
            all.erase(nearest);
        }
    }
    ordered.insert(ordered.end(), all.rbegin(), all.rend());
    return ordered;
}

/// Puts values into a hash so that no two plans that compute something else look alike.
class PlanHasher {
public:
    template <class T>
    void number(const T& value) {
        m_hasher.add(std::as_bytes(std::span(&value, 1)));
    }
    template <class T>
    void numbers(const std::vector<T>& values) {
        number(values.size());
        m_hasher.add(std::as_bytes(std::span(values)));
    }
    /// Granularity and format mean nothing where nothing is quantized.
    void weight(const WeightQuantization& how) {
        number(how.active());
        if (how.active()) {
            number(how.bits);
            number(how.format);
            number(how.granularity.kind);
            number(how.granularity.groupSize);
        }
    }
    void activation(const ResolvedActivation& how) {
        number(how.active());
        if (how.active()) {
            number(how.bits);
            number(how.scaling);
            number(how.scale);
            number(how.format);
        }
    }
    void site(const ResolvedSite& site) {
        weight(site.weight);
        numbers(site.zeroed);
        numbers(site.smoothing);
        numbers(site.exempt);
        number(site.rotate);
        activation(site.input);
        activation(site.output);
    }
    void scan(const ResolvedScan& scan) {
        for (const ResolvedActivation* input : {&scan.u, &scan.dt, &scan.b, &scan.c, &scan.z}) {
            activation(*input);
        }
        number(scan.stateBits);
    }
    void text(const std::string& text) { m_hasher.add(text); }
    std::string digest() const { return m_hasher.digest(); }

private:
    ContentHasher m_hasher;
};

/// [depth] hash of everything in a plan that the residual stream in front of that layer depends on.
std::vector<std::string> prefixesOf(const ResolvedPlan& plan, int layers) {
    PlanHasher model;
    for (const WeightQuantization* how : {&plan.embedding, &plan.conv, &plan.ssm}) {
        model.weight(*how);
    }
    model.number(plan.ssmInput);
    model.number(plan.exactUnderForking);
    std::vector<std::string> prefixes{model.digest()};
    for (int layer = 0; layer < layers; ++layer) {
        PlanHasher hasher;
        hasher.text(prefixes.back());
        for (const Linear linear : {Linear::InProj, Linear::XProj, Linear::DtProj, Linear::OutProj}) {
            hasher.site(plan.sites[static_cast<std::size_t>(SiteId{layer, linear}.index())]);
        }
        hasher.scan(plan.scans[static_cast<std::size_t>(layer)]);
        prefixes.push_back(hasher.digest());
    }
    return prefixes;
}

} // namespace

ResidualStore::ResidualStore(Backend& backend, const ModelSpec& spec, std::int64_t budgetBytes)
    : m_backend(backend)
    , m_layers(spec.layers)
    , m_hidden(spec.hidden)
    , m_budget(budgetBytes)
    , m_depths(standardDepths(spec.layers)) {
}

void ResidualStore::setPlan(const ResolvedPlan& plan) {
    std::vector<std::string> prefixes = prefixesOf(plan, m_layers);
    if (prefixes == m_prefixes) {
        return;
    }
    const auto changed =
        std::mismatch(prefixes.begin(), prefixes.end(), m_prefixes.begin(), m_prefixes.end());
    const int edited =
        static_cast<int>(changed.first - prefixes.begin()) - 1; // the layer that made the difference
    if (edited > 0 && edited < m_layers) {
        std::erase(m_edited, edited);
        m_edited.insert(m_edited.begin(), edited);
        m_edited.resize(std::min(m_edited.size(), kRememberedEdits));
    }
    m_prefixes = std::move(prefixes);
    ++m_plan;
}

void ResidualStore::clear() {
    m_batches.clear();
    m_bytes = 0;
}

bool ResidualStore::yield() {
    constexpr std::int64_t kLeast = std::int64_t{64} << 20;
    if (m_budget == 0) {
        return false;
    }
    clear();
    m_budget = m_budget / 4 < kLeast ? 0 : m_budget / 4;
    return true;
}

int ResidualStore::worthOfDepth(int depth) const {
    if (std::find(m_edited.begin(), m_edited.end(), depth) != m_edited.end()) {
        return kMostDepths + 1;
    }
    return static_cast<int>(m_depths.end() - std::find(m_depths.begin(), m_depths.end(), depth));
}

bool ResidualStore::usable(int depth, const Entry& entry) const {
    return entry.prefix == m_prefixes[static_cast<std::size_t>(depth)];
}

ResidualStore::Worth ResidualStore::worthOf(const Batch& batch, int depth, const Entry& entry) const {
    return {batch.lastPlan + 1 >= m_plan, usable(depth, entry), worthOfDepth(depth)};
}

void ResidualStore::erase(Batch& batch, int depth) {
    const auto entry = batch.depths.find(depth);
    m_bytes -= entry->second.rows.count() * kFloatBytes;
    batch.depths.erase(entry);
}

bool ResidualStore::makeRoom(std::int64_t bytes, const Worth& worth) {
    while (m_bytes + bytes > m_budget) {
        Batch* from = nullptr;
        int depth = 0;
        Worth least = worth;
        for (auto& [key, batch] : m_batches) {
            for (const auto& [entryDepth, entry] : batch.depths) {
                const Worth found = worthOf(batch, entryDepth, entry);
                if (!entry.busy && found < least) {
                    from = &batch;
                    depth = entryDepth;
                    least = found;
                }
            }
        }
        if (from == nullptr) {
            return false;
        }
        erase(*from, depth);
    }
    return true;
}

ResidualStore::Entry* ResidualStore::slot(Batch& batch, int depth, std::int64_t values) {
    if (const auto known = batch.depths.find(depth); known != batch.depths.end()) {
        known->second.prefix.clear();
        known->second.busy = true;
        return &known->second;
    }
    if (!makeRoom(values * kFloatBytes, {true, true, worthOfDepth(depth)})) {
        return nullptr;
    }
    try {
        DeviceArray rows(m_backend, values);
        m_bytes += values * kFloatBytes;
        return &batch.depths.emplace(depth, Entry{{}, std::move(rows), true}).first->second;
    } catch (const std::bad_alloc&) {
        m_budget = m_bytes; // there is less than was thought
        return nullptr;
    }
}

std::unique_ptr<ResidualStore::Recording> ResidualStore::record(const std::string& key, std::int64_t rows) {
    const std::int64_t values = rows * m_hidden;
    Batch& batch = m_batches[key];
    std::unique_ptr<Recording> recording(new Recording(*this, batch));
    batch.lastPlan = m_plan;
    for (auto& [depth, entry] : batch.depths) {
        if (usable(depth, entry)) {
            recording->m_startLayer = depth;
            recording->m_from = &entry;
        }
    }
    if (recording->m_from != nullptr) {
        recording->m_from->busy = true;
    }
    m_usage.layersReused += recording->m_startLayer;
    m_usage.layersRun += m_layers - recording->m_startLayer;
    std::vector<int> depths = m_edited;
    depths.insert(depths.end(), m_depths.begin(), m_depths.end());
    for (const int depth : depths) {
        if (depth <= recording->m_startLayer || recording->m_slots.contains(depth)) {
            continue;
        }
        if (Entry* entry = slot(batch, depth, values)) {
            recording->m_slots.emplace(depth, entry);
        }
    }
    return recording;
}

PassStart ResidualStore::Recording::start() const {
    return m_from == nullptr ? PassStart{} : PassStart{m_startLayer, m_from->rows.data() + m_values};
}

void ResidualStore::Recording::residual(int depth, Matrix x) {
    if (const auto slot = m_slots.find(depth); slot != m_slots.end()) {
        m_store.m_backend.copy(x.data, x.rows * x.columns, slot->second->rows.data() + m_values);
    }
}

void ResidualStore::Recording::complete() {
    for (auto& [depth, entry] : m_slots) {
        entry->prefix = m_store.m_prefixes[static_cast<std::size_t>(depth)];
        entry->busy = false;
    }
    m_slots.clear();
}

ResidualStore::Recording::~Recording() {
    if (m_from != nullptr) {
        m_from->busy = false;
    }
    for (const auto& [depth, entry] : m_slots) {
        m_store.erase(m_batch, depth);
    }
    std::erase_if(m_store.m_batches, [](const auto& batch) { return batch.second.depths.empty(); });
}

} // namespace mambascope
