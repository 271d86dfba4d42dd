// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/laid_out_texts.h"

#include <QFontMetricsF>
#include <QPainter>

namespace mambascope::ui {
namespace {
constexpr qsizetype kMost = 2000; ///< texts kept
}

void LaidOutTexts::setFont(const QFont& font) {
    if (font != m_font || m_ascent == 0) {
        m_font = font;
        m_ascent = QFontMetricsF(font).ascent();
        m_texts.clear();
    }
}

LaidOutTexts::Text& LaidOutTexts::find(const QString& text) {
    const auto found = m_texts.find(text);
    if (found != m_texts.end()) {
        return *found;
    }
    if (m_texts.size() >= kMost) {
        m_texts.clear();
    }
    Text made{QFontMetricsF(m_font).horizontalAdvance(text), QStaticText(text)};
    made.laidOut.setTextFormat(Qt::PlainText);
    return *m_texts.insert(text, made);
}

void LaidOutTexts::draw(QPainter& painter, QPointF baseline, const QString& text) {
    if (!text.isEmpty()) {
        painter.setFont(m_font);
        painter.drawStaticText(baseline - QPointF(0, m_ascent), find(text).laidOut);
    }
}

} // namespace mambascope::ui
