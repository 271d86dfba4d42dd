// SPDX-License-Identifier: GPL-3.0-or-later
// usage: session_bench [FOLDER]
// How long a large session takes to save and to open, and how large its file is: a calibration of both sides
// of every site of a model of mamba-2.8b's shape, and 500 runs of six tasks of 1,000 items each. Median and
// fastest of seven, by the clock and by processor time (which a busy machine changes little), with the file
// in the system's cache. FOLDER (default: the one for temporary files) says which disk.
#include "core/session/session.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>
#include <unistd.h>
#include <vector>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

constexpr int kRepeats = 7;

double processorSeconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const Error& error) {
    std::fprintf(stderr, "%s\n", describe(error).c_str());
    std::exit(1);
}

template <class T>
T orFail(Result<T> result) {
    if (!result.ok()) {
        fail(result.error());
    }
    return std::move(result).value();
}

void orFail(const Result<void>& result) {
    if (!result.ok()) {
        fail(result.error());
    }
}

/// Runs `work` after `prepare`, which is not measured.
void measure(
    const char* what, double targetMs, const std::function<void()>& prepare,
    const std::function<void()>& work) {
    std::vector<double> wall, processor;
    for (int i = 0; i < kRepeats; ++i) {
        prepare();
        const double before = processorSeconds();
        const auto begin = std::chrono::steady_clock::now();
        work();
        wall.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
        processor.push_back((processorSeconds() - before) * 1e3);
    }
    std::sort(wall.begin(), wall.end());
    std::sort(processor.begin(), processor.end());
    std::printf(
        "%-34s %7.1f ms median %7.1f ms fastest; processor %7.1f ms median %7.1f ms fastest", what,
        wall[kRepeats / 2], wall.front(), processor[kRepeats / 2], processor.front());
    std::printf(targetMs > 0 ? "; target %.0f ms\n" : "\n", targetMs);
}

double megabytes(const fs::path& file) {
    return static_cast<double>(fs::file_size(file)) * 1e-6;
}

/// The shape that mamba-2.8b's config.json states.
CheckpointReference model() {
    ModelSpec spec;
    spec.layers = 64;
    spec.hidden = 2560;
    spec.inner = 5120;
    spec.state = 16;
    spec.dtRank = 160;
    spec.convKernel = 4;
    spec.vocabulary = 50280;
    spec.dtype = DType::BF16;
    return {"/models/mamba-2.8b", "mamba-2.8b", "0123456789abcdef0123456789abcdef", spec};
}

ChannelStatistics statistics(int channels, std::mt19937& random) {
    ChannelStatistics s;
    std::uniform_real_distribution<float> value(0.5f, 20.0f);
    for (int c = 0; c < channels; ++c) {
        const float x = value(random);
        s.absmax.push_back(x);
        s.min.push_back(-x);
        s.max.push_back(0.9f * x);
        s.mean.push_back(0.01f * x);
        s.m2.push_back(0.1f * x * x);
        s.above6.push_back(static_cast<std::int64_t>(100 * x));
    }
    s.histogram.assign(kHistogramBins, channels);
    return s;
}

std::shared_ptr<const CalibrationSnapshot> calibration() {
    std::mt19937 random(1);
    auto snapshot = std::make_shared<CalibrationSnapshot>();
    snapshot->spec = model().spec;
    snapshot->source.checkpointHash = model().hash;
    snapshot->source.samples = 128;
    snapshot->source.length = 512;
    snapshot->source.tokens = 128 * 512;
    snapshot->source.engine = "torch 2";
    snapshot->source.dtype = "f32";
    for (const SiteId site : snapshot->spec.sites()) {
        snapshot->sites.push_back(
            {statistics(snapshot->spec.inputs(site.linear), random),
             statistics(snapshot->spec.outputs(site.linear), random)});
    }
    return snapshot;
}

/// Six tasks with as many scores an item as theirs have answers.
std::shared_ptr<const EvaluationResult> result(int number, std::mt19937& random) {
    constexpr int kItems = 1'000;
    constexpr std::pair<Task, int> kTasks[] = {{Task::Lambada, 1},    {Task::HellaSwag, 4}, {Task::Piqa, 2},
                                               {Task::WinoGrande, 2}, {Task::Rte, 2},       {Task::Copa, 2}};
    QuantPlan plan = presetPlan("W8A8 input").value();
    plan.k = 3.0 + number * 0.01; // another plan each time
    auto result = std::make_shared<EvaluationResult>();
    result->modelName = model().name;
    result->modelHash = model().hash;
    result->plan = toJson(plan);
    result->planName = plan.name;
    result->planHash = planHash(plan);
    std::uniform_real_distribution<double> score(-80.0, -1.0);
    for (const auto& [task, answers] : kTasks) {
        TaskResult t;
        t.task = task;
        t.metrics.n = t.metrics.total = kItems;
        for (int i = 0; i < kItems; ++i) {
            ItemResult item;
            item.index = i;
            for (int answer = 0; answer < answers; ++answer) {
                item.scores.push_back(score(random));
            }
            t.items.push_back(std::move(item));
        }
        result->tasks.push_back(std::move(t));
    }
    return result;
}

void measureCalibration(const fs::path& folder) {
    const fs::path file = folder / "calibration.mscope";
    const auto snapshot = calibration();
    std::unique_ptr<Session> session;
    const auto fresh = [&] {
        session.reset();
        session = orFail(Session::create(file, true));
        orFail(session->setCheckpoint(model()));
    };
    measure("calibration: save", 100, fresh, [&] { orFail(session->addCalibration(snapshot)); });
    measure(
        "calibration: close after saving", 0,
        [&] {
            fresh();
            orFail(session->addCalibration(snapshot));
        },
        [&] { session.reset(); });
    measure(
        "calibration: open", 50, [&] { session.reset(); }, [&] { session = orFail(Session::open(file)); });
    measure(
        "calibration: first look at values", 0,
        [&] {
            session.reset();
            session = orFail(Session::open(file));
        },
        [&] { (void)session->calibration(); });
    if (*session->calibration() != *snapshot) {
        fail(Error::failed("The calibration that came back is another one."));
    }
    session.reset();
    std::printf("calibration: file of %.1f MB\n", megabytes(file));
}

void measureRuns(const fs::path& folder) {
    constexpr int kRuns = 500;
    const fs::path file = folder / "runs.mscope";
    std::unique_ptr<Session> session = orFail(Session::create(file, true));
    orFail(session->setCheckpoint(model()));
    std::mt19937 random(2);
    for (int number = 0; number + kRepeats < kRuns; ++number) {
        orFail(session->addRun(result(number, random)));
    }
    std::shared_ptr<const EvaluationResult> next;
    int number = kRuns - kRepeats;
    measure(
        "500 runs: save one more", 0, [&] { next = result(number++, random); },
        [&] { orFail(session->addRun(next)); });
    measure(
        "500 runs: open", 300, [&] { session.reset(); }, [&] { session = orFail(Session::open(file)); });
    if (session->runs().size() != kRuns) {
        fail(Error::failed("Not every run came back."));
    }
    const RunId oldest = session->runs().front().id;
    measure(
        "500 runs: items of the oldest", 0, [] {}, [&] { orFail(session->result(oldest)); });
    session.reset();
    std::printf("500 runs: file of %.1f MB\n", megabytes(file));
}

} // namespace

int main(int argc, char** argv) {
    const fs::path folder = (argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path()) /
                            ("session_bench-" + std::to_string(getpid()));
    fs::create_directories(folder);
    measureCalibration(folder);
    measureRuns(folder);
    fs::remove_all(folder);
    return 0;
}
