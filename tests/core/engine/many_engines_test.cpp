// SPDX-License-Identifier: GPL-3.0-or-later
// A client that starts and ends engines all day leaves nothing behind.
#include "core/engine/client.h"
#include "tests/core/engine/client_fixture.h"
#include "tests/support/process_tree.h"

#include <QTest>

#include <csignal>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;

class ManyEnginesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hundredEnginesLeaveNothing() {
        const auto startAndEnd = [](int i) {
            auto client = startFake();
            QVERIFY(client);
            if (i % 3 == 0) {
                QVERIFY(client->load({"tiny"}, {}).ok());
            }
            if (i % 10 == 0) { // one that dies, and one that is never heard
                ::kill(client->processId(), SIGKILL);
                QCOMPARE(client->waitUntilReady({}).error().code, ErrorCode::EngineLost);
            }
        };
        startAndEnd(0);
        const int descriptors = openDescriptors(::getpid());
        const long threads = statusOf(::getpid(), "Threads");
        for (int i = 0; i < 100; ++i) {
            startAndEnd(i);
        }
        QCOMPARE(openDescriptors(::getpid()), descriptors);
        QCOMPARE(statusOf(::getpid(), "Threads"), threads);
        QVERIFY(childrenOf(::getpid()).empty()); // zombies would be among them
    }

    void programsThatCannotBeRunLeaveNothing() {
        QVERIFY(!EngineClient::start({{"/etc/passwd"}}).ok());
        const int descriptors = openDescriptors(::getpid());
        for (int i = 0; i < 100; ++i) {
            QVERIFY(!EngineClient::start({{i % 2 == 0 ? "/etc/passwd" : "no-such-program"}}).ok());
        }
        QCOMPARE(openDescriptors(::getpid()), descriptors);
        QVERIFY(childrenOf(::getpid()).empty());
    }
};

QTEST_APPLESS_MAIN(ManyEnginesTest)
#include "many_engines_test.moc"
