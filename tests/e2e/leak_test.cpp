// SPDX-License-Identifier: GPL-3.0-or-later
// An engine that works all day takes no more memory and no more files in the evening.
#include "core/engine/client.h"
#include "tests/support/paths.h"
#include "tests/support/process_tree.h"

#include <QtTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

constexpr int kLoads = 200;
constexpr int kForwards = 1000;
/// The weights of a fixture are 0.6 MB, so that one load in twelve that kept them would show with 10 MB, and
/// a thousand forward calls that kept 10 kB each as well. Less is what the allocator's arenas of several
/// threads come to in their own time.
constexpr long kMostGrowth = 10 * 1024; // kB

} // namespace

class LeakTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void memoryAndDescriptorsStay() {
        auto started = EngineClient::start(EngineCommand::standard());
        QVERIFY(started.ok());
        EngineClient& engine = *started.value();
        const std::string models[] = {
            (fixtureFolder() / "hf-f32").string(), (fixtureFolder() / "ssm-original").string()};
        const auto load = [&](int i) {
            const auto loaded = engine.load({models[i % 2], "cpu", "f32", 1}, {});
            QVERIFY2(loaded.ok(), loaded.ok() ? "" : describe(loaded.error()).c_str());
        };
        const auto forward = [&](int i) {
            const ForwardRequest request{
                {{1, 2, 3, 4 + i % 8}, std::vector<std::int32_t>(1 + i % 16, 5)}, i % 2 == 0};
            QVERIFY(engine.forward(request, {}).ok());
        };
        QVERIFY(engine.info().ok());
        const long empty = statusOf(engine.processId(), "VmRSS");
        for (int i = 0; i < 40; ++i) { // what is made once: threads, arenas, caches
            load(i);
            forward(i);
        }
        const int pid = engine.processId();
        const long memory = statusOf(pid, "VmRSS"), threads = statusOf(pid, "Threads");
        const int descriptors = openDescriptors(pid);
        QVERIFY(memory > empty + 600); // what is measured sees a model of 0.6 MB
        QVERIFY(descriptors > 0);
        for (int i = 0; i < kLoads; ++i) {
            load(i);
        }
        const long afterLoads = statusOf(pid, "VmRSS");
        for (int i = 0; i < kForwards; ++i) {
            forward(i);
        }
        const long afterForwards = statusOf(pid, "VmRSS");
        qInfo(
            "%d loads: %+ld kB; %d forward calls: %+ld kB; of %ld kB", kLoads, afterLoads - memory, kForwards,
            afterForwards - afterLoads, memory);
        QVERIFY(afterLoads - memory < kMostGrowth);
        QVERIFY(afterForwards - afterLoads < kMostGrowth);
        QCOMPARE(openDescriptors(pid), descriptors);
        QCOMPARE(statusOf(pid, "Threads"), threads);
    }
};

QTEST_GUILESS_MAIN(LeakTest)
#include "leak_test.moc"
