// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <QObject>
#include <QUndoStack>

namespace mambascope::ui {

/// The only way in which the window changes the session's plan: every edit is one entry of the undo stack.
class PlanEditor : public QObject {
    Q_OBJECT
public:
    explicit PlanEditor(QObject* parent = nullptr);

    /// The session whose plan is edited (may be null); forgets the history of the one before.
    void setSession(Session* session);

    /// The current plan; without a session the baseline.
    const QuantPlan& plan() const;
    QUndoStack& stack() { return m_stack; }

    /// Makes `after` current. The same plan again does nothing. Edits with the same `mergeKey` inside one
    /// gesture are one entry. Refused while another edit is being carried out.
    void edit(const QuantPlan& after, const QString& label, const QString& mergeKey = {});

    /// From here to endGesture() edits with the same key merge. Gestures do not nest; the inner one is the
    /// same.
    void beginGesture();
    void endGesture();

Q_SIGNALS:
    void planChanged();
    /// The session did not take the plan.
    void failed(const mambascope::Error& error);

private:
    bool apply(const QuantPlan& plan, const QString& label);

    Session* m_session = nullptr;
    QuantPlan m_noPlan;
    QUndoStack m_stack;
    int m_gesture = 0;
    bool m_inGesture = false;
    bool m_applying = false;
};

} // namespace mambascope::ui
