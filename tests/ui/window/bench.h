// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/client.h"
#include "tests/core/engine/fake_engine.h"
#include "tests/support/paths.h"
#include "ui/window/workspace.h"

#include <QString>
#include <QStringList>
#include <QtGlobal>

#include <cstdio>
#include <memory>

namespace mambascope::test {

/// Collects what Qt warns about between construction and destruction.
class WarningCollector {
public:
    WarningCollector() {
        s_messages.clear();
        m_before =
            qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& message) {
                // The offscreen platform knows neither of these; nobody who uses the window meets it.
                if (type == QtDebugMsg || type == QtInfoMsg) {
                    std::fprintf(stderr, "%s\n", qPrintable(message));
                }
                const bool ofPlatform = message.startsWith(QLatin1String("This plugin does not support"));
                if (type != QtDebugMsg && type != QtInfoMsg && !ofPlatform) {
                    s_messages.append(message);
                }
            });
    }
    ~WarningCollector() { qInstallMessageHandler(m_before); }
    WarningCollector(const WarningCollector&) = delete;
    WarningCollector& operator=(const WarningCollector&) = delete;

    static QString text() { return s_messages.join(QLatin1Char('\n')); }

private:
    static inline QStringList s_messages;
    QtMessageHandler m_before;
};

/// An engine in this process that has no tensors.
inline ui::WorkspaceOptions fakeOptions(const TemporaryFolder& folder) {
    return {fakeEngineFactory(), QString::fromStdString((folder.path() / "sessions").string())};
}

/// The same engine as a process of its own, which can die.
inline ui::WorkspaceOptions processOptions(const TemporaryFolder& folder) {
    return {
        []() -> Result<std::unique_ptr<Engine>> {
            Result<std::unique_ptr<EngineClient>> client = EngineClient::start({{FAKE_ENGINE}});
            if (!client.ok()) {
                return client.error();
            }
            return std::unique_ptr<Engine>(std::move(client).value());
        },
        QString::fromStdString((folder.path() / "sessions").string())};
}

inline ui::CalibrationSettings demoCalibration(int samples) {
    return {
        QString::fromStdString((sourceFolder() / "resources/demo/calibration.txt").string()), samples, 32, 0,
        true};
}

inline ui::EvaluationSettings demoEvaluation(std::vector<Task> tasks, int limit) {
    return {
        QString::fromStdString((sourceFolder() / "resources/demo/tasks").string()), std::move(tasks), limit,
        0};
}

} // namespace mambascope::test
