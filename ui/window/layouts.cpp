// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/layouts.h"

#include <QSettings>
#include <QVariantMap>

namespace mambascope::ui {
namespace {

QString key() {
    return QStringLiteral("layouts");
}

QVariantMap layouts() {
    return QSettings().value(key()).toMap();
}

} // namespace

QStringList layoutNames() {
    return layouts().keys();
}

QByteArray namedLayout(const QString& name) {
    return layouts().value(name).toByteArray();
}

void storeNamedLayout(const QString& name, const QByteArray& layout) {
    QVariantMap all = layouts();
    all.insert(name, layout);
    QSettings().setValue(key(), all);
}

void removeNamedLayout(const QString& name) {
    QVariantMap all = layouts();
    all.remove(name);
    QSettings().setValue(key(), all);
}

} // namespace mambascope::ui
