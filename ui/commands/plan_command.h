// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/plan.h"

#include <QUndoCommand>

#include <functional>

namespace mambascope::ui {

/// One step from a plan to another. Commands of one gesture that change the same thing merge into one.
class PlanCommand : public QUndoCommand {
public:
    /// Makes a plan current; false if it could not be stored.
    using Apply = std::function<bool(const QuantPlan& plan, const QString& label)>;

    /// `mergeKey` names what is being changed ("alpha"); empty never merges. `gesture` tells one drag from
    /// the next.
    PlanCommand(
        QuantPlan before, QuantPlan after, const QString& label, const QString& mergeKey, int gesture,
        Apply apply);

    void undo() override;
    void redo() override;
    int id() const override;
    bool mergeWith(const QUndoCommand* other) override;

private:
    QuantPlan m_before;
    QuantPlan m_after;
    QString m_mergeKey;
    int m_gesture;
    Apply m_apply;
};

} // namespace mambascope::ui
