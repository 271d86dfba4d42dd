// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/icons.h"

#include "ui/theme/theme.h"

#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

void initializeIcons() {
    // A static library's resources are dropped by the linker unless somebody asks for them by name.
    Q_INIT_RESOURCE(icons);
}

namespace mambascope::ui {
namespace {

QPixmap rendered(const QByteArray& svg, const QColor& colour, int size) {
    QByteArray coloured = svg;
    coloured.replace("currentColor", colour.name().toLatin1());
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    QSvgRenderer(coloured).render(&painter);
    return pixmap;
}

} // namespace

QIcon colouredIcon(QStringView name, const QColor& colour, const QColor& disabled) {
    initializeIcons();
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    const QByteArray svg = file.readAll();
    QIcon icon;
    for (const int size : {16, 20, 24, 32, 40, 48, 64, 72}) {
        icon.addPixmap(rendered(svg, colour, size), QIcon::Normal);
        icon.addPixmap(rendered(svg, disabled, size), QIcon::Disabled);
    }
    return icon;
}

QIcon themedIcon(QStringView name, const Theme& theme) {
    QColor disabled = theme.colours().secondaryText;
    disabled.setAlphaF(0.45F);
    return colouredIcon(name, theme.colours().text, disabled);
}

} // namespace mambascope::ui
