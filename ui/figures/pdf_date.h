// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace mambascope::ui {

/// Replaces the present time, which Qt writes into a PDF, by SOURCE_DATE_EPOCH or else a constant, so that
/// the same contents give the same bytes.
void fixPdfDate(QByteArray& pdf);

/// While there is one, new hashes of Qt have one order in every process: a PDF has its fonts in that of a hash.
class FixedHashOrder {
public:
    FixedHashOrder();
    ~FixedHashOrder();
    FixedHashOrder(const FixedHashOrder&) = delete;
    FixedHashOrder& operator=(const FixedHashOrder&) = delete;
};

} // namespace mambascope::ui
