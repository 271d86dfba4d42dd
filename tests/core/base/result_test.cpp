// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/result.h"

#include <QTest>

using namespace mambascope;

class ResultTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void exitStatusIsTheOneOfTheCommandLineContract() {
        QCOMPARE(exitStatus(Error::failed("x")), 1);
        QCOMPARE(exitStatus(Error::usage("x")), 2);
        QCOMPARE(exitStatus(Error::unreadable("x")), 3);
        QCOMPARE(exitStatus(Error::cancelled()), 130);
        for (const ErrorCode code : {ErrorCode::EngineLost, ErrorCode::OutOfMemory, ErrorCode::ReadOnly}) {
            QCOMPARE(exitStatus(Error{code, "x", {}, {}}), 1);
        }
    }

    void describesOnOneLine() {
        QCOMPARE(describe(Error::failed("It failed.")), std::string("It failed."));
        QCOMPARE(
            describe(Error::failed("It failed.", "Try again.").within("layer 3").within("model")),
            std::string("It failed. Try again. (model: layer 3)"));
        QCOMPARE(describe(Error::failed("one\ntwo", "three\tfour")), std::string("one two three four"));
    }

    void holdsAValueOrAnError() {
        const Result<std::string> good(std::string("value"));
        QVERIFY(good.ok());
        QCOMPARE(good.value(), std::string("value"));
        const Result<std::string> bad(Error::usage("no"));
        QVERIFY(!bad.ok());
        QCOMPARE(bad.error().message, std::string("no"));
        QVERIFY(Result<void>().ok());
        QVERIFY(!Result<void>(Error::cancelled()).ok());
    }
};

QTEST_APPLESS_MAIN(ResultTest)
#include "result_test.moc"
