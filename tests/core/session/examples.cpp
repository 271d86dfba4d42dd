// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/session/examples.h"

#include "core/base/file.h"
#include "core/base/hash.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mambascope::test {
namespace {

ChannelStatistics exampleStatistics(int channels, int seed) {
    ChannelStatistics s;
    for (int c = 0; c < channels; ++c) {
        const float x = 0.25f * static_cast<float>(seed + c + 1);
        s.absmax.push_back(x);
        s.min.push_back(-x);
        s.max.push_back(0.5f * x);
        s.mean.push_back(0.01f * x);
        s.m2.push_back(x * x);
        s.above6.push_back(seed + c);
    }
    s.histogram.assign(kHistogramBins, seed);
    return s;
}

bool same(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
           (std::isnan(a) && std::isnan(b));
}

bool sameItem(const ItemResult& a, const ItemResult& b) {
    ItemResult x = a, y = b;
    const bool scores = std::equal(x.scores.begin(), x.scores.end(), y.scores.begin(), y.scores.end(), same);
    x.scores.clear();
    y.scores.clear();
    return scores && x == y;
}

std::string taskDifference(const TaskResult& a, const TaskResult& b) {
    const TaskMetrics &m = a.metrics, &n = b.metrics;
    if (a.name() != b.name() || a.title() != b.title() || a.chance() != b.chance() ||
        a.stoppedEarly != b.stoppedEarly) {
        return "name";
    }
    if (a.task != b.task || a.dataHash != b.dataHash || a.note != b.note || a.tokens != b.tokens ||
        !same(a.seconds, b.seconds)) {
        return "task";
    }
    if (m.n != n.n || m.total != n.total || m.correct != n.correct || m.correctNorm != n.correctNorm ||
        m.nonfinite != n.nonfinite) {
        return "counts";
    }
    if (!same(m.accuracy, n.accuracy) || !same(m.accuracyNorm, n.accuracyNorm) ||
        !same(m.perplexity, n.perplexity) || !same(m.perplexityStandardError, n.perplexityStandardError)) {
        return "metrics";
    }
    return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), sameItem) ? ""
                                                                                                : "items";
}

} // namespace

CheckpointReference exampleCheckpoint(const std::string& hash) {
    ModelSpec spec;
    spec.layers = 2;
    spec.hidden = 4;
    spec.inner = 8;
    spec.state = 2;
    spec.dtRank = 3;
    spec.convKernel = 4;
    spec.vocabulary = 16;
    spec.dtype = DType::BF16;
    return {"/models/" + hash, "model " + hash, hash, spec};
}

std::shared_ptr<const CalibrationSnapshot>
exampleCalibration(const CheckpointReference& checkpoint, int seed) {
    auto snapshot = std::make_shared<CalibrationSnapshot>();
    snapshot->spec = checkpoint.spec;
    snapshot->source.checkpointHash = checkpoint.hash;
    snapshot->source.checkpointName = checkpoint.name;
    snapshot->source.textName = "text.txt";
    snapshot->source.samples = 3;
    snapshot->source.length = 5;
    snapshot->source.seed = seed;
    snapshot->source.tokens = 15;
    snapshot->source.engine = "torch 1";
    snapshot->source.dtype = "f32";
    for (int index = 0; index < checkpoint.spec.siteCount(); ++index) {
        const Linear linear = SiteId::fromIndex(index).linear;
        snapshot->sites.push_back(
            {exampleStatistics(checkpoint.spec.inputs(linear), seed + index),
             exampleStatistics(checkpoint.spec.outputs(linear), seed + index + 100)});
    }
    return snapshot;
}

std::shared_ptr<const EvaluationResult>
exampleResult(const std::string& modelHash, const QuantPlan& plan, int items) {
    auto result = std::make_shared<EvaluationResult>();
    result->modelName = "model " + modelHash;
    result->modelHash = modelHash;
    result->plan = toJson(plan);
    result->planName = plan.name;
    result->planHash = planHash(plan);
    result->calibrationHash = "calibration";
    result->seed = -7;
    result->limit = items;
    result->engine = "torch 1";
    result->dtype = "f32";
    result->device = "cpu";
    result->tokenizerHash = "tokenizer";
    result->tokens = 1234567890123;
    result->seconds = 0.1;
    for (const Task task : {Task::Lambada, Task::HellaSwag}) {
        TaskResult t;
        t.task = task;
        t.dataHash = "data";
        t.note = "unofficial form";
        t.tokens = 99;
        t.seconds = 1.0 / 3.0;
        t.metrics.n = items;
        t.metrics.total = items + 1;
        t.metrics.correct = items / 2;
        t.metrics.accuracy = 0.5;
        t.metrics.accuracyNorm = 1.0 / 3.0;
        t.metrics.perplexity = std::numeric_limits<double>::infinity();
        t.metrics.perplexityStandardError = std::numeric_limits<double>::quiet_NaN();
        t.metrics.nonfinite = 1;
        for (int i = 0; i < items; ++i) {
            ItemResult item;
            item.index = i * 37;
            item.gold = i % 4;
            item.predicted = 3 - i % 4;
            item.predictedNorm = i % 2;
            item.correct = i % 2 == 0;
            item.correctNorm = i % 3 == 0;
            item.greedy = i % 5 == 0;
            item.scores = {-1.0 / (i + 1), -2.5, -std::numeric_limits<double>::infinity()};
            if (i == 0) {
                item.nonfinite = true;
                item.scores[1] = std::numeric_limits<double>::quiet_NaN();
            }
            t.items.push_back(item);
        }
        result->tasks.push_back(t);
    }
    return result;
}

QuantPlan examplePlan(double alpha) {
    QuantPlan plan;
    plan.name = "W8A8 α";
    plan.defaults.weightBits = 8;
    plan.defaults.activationBits = 8;
    plan.defaults.alpha = alpha;
    plan.sites[{1, Linear::OutProj}].activationBits = kBitsOff;
    return plan;
}

std::string difference(const EvaluationResult& a, const EvaluationResult& b) {
    if (a.modelName != b.modelName || a.modelHash != b.modelHash || a.plan.dump() != b.plan.dump() ||
        a.planName != b.planName || a.planHash != b.planHash || a.calibrationHash != b.calibrationHash) {
        return "model or plan";
    }
    if (a.seed != b.seed || a.limit != b.limit || a.engine != b.engine || a.dtype != b.dtype ||
        a.device != b.device || a.tokens != b.tokens || !same(a.seconds, b.seconds) ||
        a.partial != b.partial || a.tokenizerHash != b.tokenizerHash) {
        return "settings";
    }
    if (a.tasks.size() != b.tasks.size()) {
        return "number of tasks";
    }
    for (std::size_t i = 0; i < a.tasks.size(); ++i) {
        if (const std::string found = taskDifference(a.tasks[i], b.tasks[i]); !found.empty()) {
            return found + " of task " + std::to_string(i);
        }
    }
    return {};
}

std::string inChild(const std::function<std::string()>& work, bool unprivileged) {
    int pipeEnds[2];
    if (pipe(pipeEnds) != 0) {
        return "no pipe";
    }
    const pid_t child = fork();
    if (child == 0) {
        constexpr uid_t kNobody = 65534;
        std::string said = unprivileged && geteuid() == 0 && setuid(kNobody) != 0 ? "setuid failed" : work();
        (void)!write(pipeEnds[1], said.data(), said.size());
        _exit(0);
    }
    close(pipeEnds[1]);
    std::string said;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(pipeEnds[0], buffer, sizeof buffer)) > 0;) {
        said.append(buffer, static_cast<std::size_t>(n));
    }
    close(pipeEnds[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : said;
}

std::string integrity(const std::filesystem::path& path) {
    sqlite3* handle = nullptr;
    sqlite3_stmt* check = nullptr;
    std::string verdict = "no verdict";
    if (sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
        sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &check, nullptr) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW) {
        verdict = reinterpret_cast<const char*>(sqlite3_column_text(check, 0));
    }
    sqlite3_finalize(check);
    sqlite3_close(handle);
    return verdict;
}

std::string listing(const std::filesystem::path& folder) {
    std::vector<std::string> lines;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::string line = entry.path().filename().string();
        if (entry.is_regular_file()) {
            const Result<std::string> content = readFile(entry.path());
            line += " " + std::to_string(entry.file_size()) + " " +
                    (content.ok() ? contentHash(content.value()) : "?");
        }
        lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& line : lines) {
        all += line + "\n";
    }
    return all;
}

} // namespace mambascope::test
