// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>

#include <vector>

class QPainter;
class QRegion;

namespace mambascope::ui {

/// What a widget has painted of itself, kept until it changes. It is opaque, so that showing it is a copy;
/// and it keeps its memory from size to size, which the system would otherwise have to clear at every step of
/// a resize.
class PaintedImage {
public:
    /// What is kept is no longer right.
    void invalidate() { m_valid = false; }
    /// Whether what is kept is that of a widget of `size` logical pixels at this device pixel ratio.
    bool isValid(QSize size, qreal ratio) const;
    /// An image of that size, filled with `background`, to be painted on in logical pixels; it is what is
    /// kept from now on. `size` must not be empty. What lies in `covered` (device pixels) is not filled, for
    /// something opaque is painted there.
    QImage& renew(QSize size, qreal ratio, const QColor& background, const QRect& covered = {});
    /// Copies it to a widget that is painted on, as far as it lies in `region` (logical pixels). Nothing if
    /// nothing is kept.
    void show(QPainter& painter, const QRegion& region) const;

private:
    QSize m_size; ///< in logical pixels
    std::vector<QRgb> m_pixels;
    QImage m_image; ///< in m_pixels
    bool m_valid = false;
};

} // namespace mambascope::ui
