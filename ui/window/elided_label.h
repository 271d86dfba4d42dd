// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>
#include <QStaticText>

namespace mambascope::ui {

/// One line of plain text that takes the width it gets: what has no room ends in "…", and the tool tip then
/// has all of it, before what else the tool tip says.
class ElidedLabel : public QLabel {
public:
    explicit ElidedLabel(QWidget* parent = nullptr);
    explicit ElidedLabel(const QString& text, QWidget* parent = nullptr);

    /// Of the text alone: where text can be selected, QLabel lays out a document to find out.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    bool isCut() const;

    QString m_measured; ///< the text whose width in m_measuredFont is m_width
    QFont m_measuredFont;
    int m_width = 0;
    QStaticText m_laidOut; ///< what is shown of it
};

} // namespace mambascope::ui
