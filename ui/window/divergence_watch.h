// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/divergence_work.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <string>

namespace mambascope::ui {

class Workspace;

/// Follows the plan: whenever it has rested for a moment and no evaluation runs, measures how far the model's
/// next-token distributions have moved from the unquantized model's.
class DivergenceWatch : public QObject {
    Q_OBJECT
public:
    explicit DivergenceWatch(Workspace& workspace, QObject* parent = nullptr);

    /// Of the plan as it is, or as it was before the last edit; nothing if there is nothing to compare: no model,
    /// no data folder, or a plan that quantizes nothing.
    const std::optional<Divergence>& divergence() const { return m_divergence; }
    /// The plan has changed since divergence() was measured.
    bool stale() const { return m_divergence.has_value() && m_measured != m_wanted; }

Q_SIGNALS:
    void changed();

private:
    /// Everything that the measure depends on; empty if it cannot be taken.
    std::string wanted() const;
    void follow();
    void start();
    void finish(const std::string& key, const Result<Divergence>& divergence);

    Workspace& m_workspace;
    QTimer m_rest;
    std::shared_ptr<DivergenceMeasure> m_measure = std::make_shared<DivergenceMeasure>();
    std::string m_wanted, m_measured; ///< keys of wanted()
    std::optional<Divergence> m_divergence;
};

} // namespace mambascope::ui
