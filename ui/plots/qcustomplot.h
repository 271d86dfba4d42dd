// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The only place that includes QCustomPlot. Its header needs Qt's keywords, which the rest of the program
/// switches off: they are defined here for its own lines only, after the Qt headers that it pulls in.

#include <QtCore/QtCore>
#include <QtGui/QtGui>
#include <QtPrintSupport/QtPrintSupport>
#include <QtWidgets/QtWidgets>

#ifdef QT_NO_KEYWORDS
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define emit Q_EMIT
#endif
#ifdef QT_NO_FOREACH
#define foreach(variable, container) for (variable : container)
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wshadow"
#include <qcustomplot.h>
#pragma GCC diagnostic pop

#ifdef QT_NO_KEYWORDS
#undef signals
#undef slots
#undef emit
#endif
#ifdef QT_NO_FOREACH
#undef foreach
#endif
