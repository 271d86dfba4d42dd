// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <QObject>
#include <QString>

#include <functional>

namespace mambascope::ui {

/// The only way in which the window changes the session's plan. Every edit is one step of the session's plan
/// history, which is what undo and redo go along: they work after a restart as before it.
class PlanEditor : public QObject {
    Q_OBJECT
public:
    explicit PlanEditor(QObject* parent = nullptr);

    /// The session whose plan is edited (may be null).
    void setSession(Session* session);

    /// The current plan; without a session the baseline.
    const QuantPlan& plan() const;

    /// Makes `after` current. The same plan again does nothing. Edits with the same `mergeKey` inside one
    /// gesture are one step. Refused while another edit is being carried out.
    void edit(const QuantPlan& after, const QString& label, const QString& mergeKey = {});

    /// From here to endGesture() edits with the same key merge. Gestures do not nest; the inner one is the
    /// same.
    void beginGesture();
    void endGesture();

    bool canUndo() const;
    bool canRedo() const;
    /// What undo() would take back and redo() make again, for people; empty if there is nothing.
    QString undoText() const;
    QString redoText() const;
    /// Nothing happens if there is nothing to undo or to redo.
    void undo();
    void redo();

Q_SIGNALS:
    void planChanged();
    /// The session did not take the plan.
    void failed(const mambascope::Error& error);

private:
    void apply(const std::function<Result<void>(Session&)>& change);

    Session* m_session = nullptr;
    QuantPlan m_noPlan;
    bool m_inGesture = false;
    bool m_applying = false;
    QString m_openKey;               ///< what the gesture changed last
    std::int64_t m_openRevision = 0; ///< and the revision that it made
};

} // namespace mambascope::ui
