// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <QString>

#include <functional>

namespace mambascope::ui {

/// One message for the message bar: what happened, what to do about it, and at most one thing to click.
struct Notice {
    enum class Severity { Info, Warning, Error };
    Severity severity = Severity::Info;
    QString text;
    QString hint;
    QString details; ///< for the details view and the clipboard
    QString actionText;
    std::function<void()> action; ///< runs on the GUI thread; empty: no button

    static Notice info(const QString& text, const QString& details = {}) {
        return {Severity::Info, text, {}, details, {}, {}};
    }
    static Notice of(const Error& error, Severity severity = Severity::Error) {
        return {
            severity,
            QString::fromStdString(error.message),
            QString::fromStdString(error.hint),
            QString::fromStdString(error.context),
            {},
            {}};
    }
    Notice with(const QString& label, std::function<void()> run) const {
        Notice copy = *this;
        copy.actionText = label;
        copy.action = std::move(run);
        return copy;
    }
};

} // namespace mambascope::ui
