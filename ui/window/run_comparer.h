// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/compared_runs.h"

#include <QObject>

#include <memory>
#include <thread>

namespace mambascope::ui {

/// Compares two results on a thread of its own; a newer question takes the place of an older one.
class RunComparer : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    ~RunComparer() override;

    void start(
        std::shared_ptr<const EvaluationResult> from, std::shared_ptr<const EvaluationResult> to, int layers,
        const std::filesystem::path& folder);

Q_SIGNALS:
    void finished(const std::shared_ptr<const mambascope::ui::ComparedRuns>& runs);
    void failed(const mambascope::Error& error);

private:
    int m_question = 0;
    std::jthread m_thread;
};

} // namespace mambascope::ui
