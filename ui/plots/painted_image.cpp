// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/painted_image.h"

#include <QPainter>
#include <QRegion>

#include <cmath>

namespace mambascope::ui {

bool PaintedImage::isValid(QSize size, qreal ratio) const {
    return m_valid && m_size == size && m_image.devicePixelRatio() == ratio;
}

QImage& PaintedImage::renew(QSize size, qreal ratio, const QColor& background, const QRect& covered) {
    const QSize pixels(
        static_cast<int>(std::ceil(size.width() * ratio)),
        static_cast<int>(std::ceil(size.height() * ratio)));
    const auto needed = static_cast<std::size_t>(pixels.width()) * static_cast<std::size_t>(pixels.height());
    if (m_pixels.size() < needed) {
        m_pixels = std::vector<QRgb>(needed + needed / 4); // with room for the next steps
        m_image = {};
    }
    if (m_image.size() != pixels) {
        m_image = QImage(
            reinterpret_cast<uchar*>(m_pixels.data()), pixels.width(), pixels.height(),
            pixels.width() * qsizetype{sizeof(QRgb)}, QImage::Format_RGB32);
    }
    m_image.setDevicePixelRatio(1);
    if (covered.isEmpty()) {
        m_image.fill(background);
    } else {
        QPainter painter(&m_image);
        for (const QRect& part : QRegion(m_image.rect()) - covered) {
            painter.fillRect(part, background);
        }
    }
    m_image.setDevicePixelRatio(ratio);
    m_size = size;
    m_valid = true;
    return m_image;
}

void PaintedImage::show(QPainter& painter, const QRegion& region) const {
    if (m_image.isNull()) {
        return;
    }
    // In device pixels: an image that is scaled, be it by 1, is not copied line by line.
    const qreal ratio = m_image.devicePixelRatio();
    const QImage plain(
        m_image.constBits(), m_image.width(), m_image.height(), m_image.bytesPerLine(), m_image.format());
    painter.save();
    painter.scale(1 / ratio, 1 / ratio);
    for (const QRect& part : region) {
        const QRect pixels =
            QRectF(part.x() * ratio, part.y() * ratio, part.width() * ratio, part.height() * ratio)
                .toAlignedRect()
                .intersected(m_image.rect());
        painter.drawImage(pixels.topLeft(), plain, pixels);
    }
    painter.restore();
}

} // namespace mambascope::ui
