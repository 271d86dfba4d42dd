// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <QDialog>
#include <QStringList>

#include <optional>

namespace mambascope::ui {

/// What this program is made of, a line a part: itself and how it was built, its libraries, the engine
/// (nothing: it has not answered yet), and the system.
QStringList versionLines(const std::optional<EngineInfo>& engine);

/// Says what this program is, under which licence, and the versions of its parts, to be copied.
class AboutDialog : public QDialog {
    Q_OBJECT
public:
    explicit AboutDialog(const std::optional<EngineInfo>& engine, QWidget* parent = nullptr);
};

} // namespace mambascope::ui
