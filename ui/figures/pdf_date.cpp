// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/pdf_date.h"

#include <QDateTime>
#include <QHashFunctions>

#include <cstdlib>

namespace mambascope::ui {
namespace {

QByteArray fixedPdfDate() {
    const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
    const qint64 seconds = epoch != nullptr ? QByteArray(epoch).toLongLong() : 1735689600; // 2025-01-01
    const QDateTime date = QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC);
    return "D:" + date.toString(QStringLiteral("yyyyMMddHHmmss")).toLatin1() + "Z";
}

} // namespace

void fixPdfDate(QByteArray& pdf) {
    // The length stays the same, so that the offsets in the file's table stay right.
    const QByteArray key = "/CreationDate (";
    const qsizetype from = pdf.lastIndexOf(key) + key.size();
    const qsizetype to = from < key.size() ? -1 : pdf.indexOf(')', from);
    const QByteArray date = fixedPdfDate() + ')';
    if (to >= 0 && to + 1 - from >= date.size()) {
        pdf.replace(from, to + 1 - from, date.leftJustified(to + 1 - from, ' '));
    }
}

FixedHashOrder::FixedHashOrder() {
    QHashSeed::setDeterministicGlobalSeed();
}

FixedHashOrder::~FixedHashOrder() {
    QHashSeed::resetRandomGlobalSeed();
}

} // namespace mambascope::ui
