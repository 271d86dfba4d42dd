// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/plan_editor.h"

#include <QScopedValueRollback>

namespace mambascope::ui {
namespace {

QString textOf(const std::optional<std::string>& label) {
    return label ? QString::fromStdString(*label) : QString();
}

} // namespace

PlanEditor::PlanEditor(QObject* parent)
    : QObject(parent) {
}

void PlanEditor::setSession(Session* session) {
    m_session = session;
    m_openRevision = 0;
    Q_EMIT planChanged();
}

const QuantPlan& PlanEditor::plan() const {
    return m_session != nullptr ? m_session->plan() : m_noPlan;
}

void PlanEditor::edit(const QuantPlan& after, const QString& label, const QString& mergeKey) {
    if (m_session == nullptr || after == plan()) {
        return;
    }
    const bool goesOn = m_inGesture && !mergeKey.isEmpty() && mergeKey == m_openKey && m_openRevision != 0 &&
                        m_openRevision == m_session->planRevision();
    apply([&](Session& session) {
        const std::string text = label.toStdString();
        Result<void> done = goesOn ? session.amendPlan(after, text) : session.setPlan(after, text);
        m_openKey = mergeKey;
        m_openRevision = session.planRevision();
        return done;
    });
}

void PlanEditor::beginGesture() {
    if (!m_inGesture) {
        m_inGesture = true;
        m_openRevision = 0;
    }
}

void PlanEditor::endGesture() {
    m_inGesture = false;
}

bool PlanEditor::canUndo() const {
    return m_session != nullptr && m_session->undoLabel();
}

bool PlanEditor::canRedo() const {
    return m_session != nullptr && m_session->redoLabel();
}

QString PlanEditor::undoText() const {
    return m_session != nullptr ? textOf(m_session->undoLabel()) : QString();
}

QString PlanEditor::redoText() const {
    return m_session != nullptr ? textOf(m_session->redoLabel()) : QString();
}

void PlanEditor::undo() {
    if (canUndo()) {
        apply(&Session::undoPlan);
    }
}

void PlanEditor::redo() {
    if (canRedo()) {
        apply(&Session::redoPlan);
    }
}

void PlanEditor::apply(const std::function<Result<void>(Session&)>& change) {
    if (m_applying) { // a view that answers planChanged() with an edit
        return;
    }
    const QScopedValueRollback<bool> guard(m_applying, true);
    if (const Result<void> done = change(*m_session); !done.ok()) {
        Q_EMIT failed(done.error());
    }
    Q_EMIT planChanged();
}

} // namespace mambascope::ui
