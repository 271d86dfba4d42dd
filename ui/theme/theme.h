// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/site.h"

#include <QColor>
#include <QObject>
#include <QPalette>

#include <array>

class QApplication;

namespace mambascope::ui {

/// Light and Dark are the program's own palettes; System takes whichever of the two matches the desktop.
enum class ThemeMode { System, Light, Dark };

/// The one table of colours: widgets, plots and exported figures all take theirs from here. Hues follow Okabe
/// and Ito's colour-blind safe set, shifted in lightness until stems and marks have a contrast of at least
/// 3:1 and text of at least 4.5:1 against `background`.
struct PlotColours {
    bool isDark = false;
    QColor background;          ///< behind panels, tables and figures
    QColor window;              ///< behind docks and bars
    QColor raised;              ///< buttons, headers, alternating rows
    QColor border;              ///< thin lines between areas
    QColor text;                ///< titles, numbers
    QColor secondaryText;       ///< subtitles, tick labels
    QColor accent;              ///< selection, focus, primary button
    QColor onAccent;            ///< text on `accent`
    QColor axis;                ///< axis lines and ticks
    QColor grid;                ///< grid lines
    std::array<QColor, 4> stem; ///< by Linear
    QColor bandFill;            ///< the range in which a channel is no outlier
    QColor bandEdge;            ///< its upper edge and label
    QColor outlier;             ///< stem and mark of an outlier channel
    QColor cursor;              ///< cross hair
    QColor good, bad, neutral;  ///< differences to a baseline

    const QColor& stemOf(Linear linear) const { return stem[static_cast<std::size_t>(linear)]; }

    static PlotColours light();
    static PlotColours dark();
    static PlotColours of(bool isDark) { return isDark ? dark() : light(); }
};

/// The widgets' palette that belongs to a table of colours.
QPalette widgetPalette(const PlotColours& colours);

/// Applies Fusion with the program's palettes to the application and follows the desktop while the mode is
/// System.
class Theme : public QObject {
    Q_OBJECT
public:
    explicit Theme(QApplication* application);
    ~Theme() override;

    void setMode(ThemeMode mode);
    ThemeMode mode() const { return m_mode; }
    bool isDark() const { return m_colours.isDark; }
    const PlotColours& colours() const { return m_colours; }

    bool eventFilter(QObject* object, QEvent* event) override;

Q_SIGNALS:
    /// The colours are others than before; the application has its new palette already.
    void changed();

private:
    void apply();
    bool systemIsDark() const;

    QApplication* m_application;
    QPalette m_systemPalette;
    PlotColours m_colours;
    ThemeMode m_mode = ThemeMode::System;
    bool m_applying = false;
};

} // namespace mambascope::ui
