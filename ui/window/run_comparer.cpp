// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/run_comparer.h"

namespace mambascope::ui {

RunComparer::~RunComparer() {
    m_thread.request_stop();
}

void RunComparer::start(
    std::shared_ptr<const EvaluationResult> from, std::shared_ptr<const EvaluationResult> to, int layers,
    const std::filesystem::path& folder) {
    const int question = ++m_question;
    // Posted events of a destroyed receiver are dropped, and the thread is joined before this goes.
    m_thread = std::jthread([this, question, from = std::move(from), to = std::move(to), layers,
                             folder](const std::stop_token& stop) {
        auto compared = compareForDisplay(*from, *to, layers, folder, Job{stop, {}});
        QMetaObject::invokeMethod(
            this,
            [this, question, compared = std::move(compared)] {
                if (question != m_question) {
                    return;
                }
                if (compared.ok()) {
                    Q_EMIT finished(std::make_shared<const ComparedRuns>(compared.value()));
                } else {
                    Q_EMIT failed(compared.error());
                }
            },
            Qt::QueuedConnection);
    });
}

} // namespace mambascope::ui
