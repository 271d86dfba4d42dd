// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/sequential.h"

#include <algorithm>
#include <cmath>

namespace mambascope {

void SequentialTest::add(int change) {
    if (change == 0) {
        return;
    }
    int& count = change > 0 ? m_gained : m_lost;
    ++count;
    m_logEvidence += std::log(2.0 * count / (m_gained + m_lost + 1));
    m_largestEvidence = std::max(m_largestEvidence, m_logEvidence);
}

double SequentialTest::p() const {
    return std::exp(-m_largestEvidence);
}

} // namespace mambascope
