// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/plan_editor.h"

#include "ui/commands/plan_command.h"

#include <QScopedValueRollback>

namespace mambascope::ui {

PlanEditor::PlanEditor(QObject* parent)
    : QObject(parent) {
}

void PlanEditor::setSession(Session* session) {
    m_stack.clear();
    m_session = session;
    Q_EMIT planChanged();
}

const QuantPlan& PlanEditor::plan() const {
    return m_session != nullptr ? m_session->plan() : m_noPlan;
}

void PlanEditor::edit(const QuantPlan& after, const QString& label, const QString& mergeKey) {
    // A view that answers planChanged() with an edit would push into the stack while it executes.
    if (m_applying || m_session == nullptr || after == plan()) {
        return;
    }
    const QString key = m_inGesture ? mergeKey : QString();
    m_stack.push(new PlanCommand(
        plan(), after, label, key, m_gesture,
        [this](const QuantPlan& next, const QString& text) { return apply(next, text); }));
}

void PlanEditor::beginGesture() {
    if (!m_inGesture) {
        m_inGesture = true;
        ++m_gesture;
    }
}

void PlanEditor::endGesture() {
    m_inGesture = false;
}

bool PlanEditor::apply(const QuantPlan& plan, const QString& label) {
    if (m_applying || m_session == nullptr) {
        return false;
    }
    const QScopedValueRollback<bool> guard(m_applying, true);
    const Result<void> stored = m_session->setPlan(plan, label.toStdString());
    if (!stored.ok()) {
        Q_EMIT failed(stored.error());
    }
    Q_EMIT planChanged();
    return stored.ok();
}

} // namespace mambascope::ui
