// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/plan_command.h"

#include <QCoreApplication>

#include <utility>

namespace mambascope::ui {
namespace {
constexpr int kPlanCommandId = 1;
}

PlanCommand::PlanCommand(
    QuantPlan before, QuantPlan after, const QString& label, const QString& mergeKey, int gesture,
    Apply apply)
    : QUndoCommand(label)
    , m_before(std::move(before))
    , m_after(std::move(after))
    , m_mergeKey(mergeKey)
    , m_gesture(gesture)
    , m_apply(std::move(apply)) {
}

void PlanCommand::undo() {
    if (!m_apply(m_before, QCoreApplication::translate("PlanCommand", "Undo %1").arg(text()))) {
        setObsolete(true);
    }
}

void PlanCommand::redo() {
    if (!m_apply(m_after, text())) {
        setObsolete(true);
    }
}

int PlanCommand::id() const {
    return m_mergeKey.isEmpty() ? -1 : kPlanCommandId;
}

bool PlanCommand::mergeWith(const QUndoCommand* other) {
    const auto* next = static_cast<const PlanCommand*>(other); // id() is equal, so it is one
    if (next->m_mergeKey != m_mergeKey || next->m_gesture != m_gesture) {
        return false;
    }
    m_after = next->m_after;
    setText(next->text());
    setObsolete(m_after == m_before);
    return true;
}

} // namespace mambascope::ui
