// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mambascope {

/// A test of paired differences that may be looked at after every item, and stopped whenever one likes.
///
/// Null hypothesis: whatever came before, an item that changes is as likely gained as lost (McNemar's). With
/// g gained and l lost until now the likelihood ratio of a coin of unknown bias, all biases alike, to a fair
/// one is
///     E = ∫ θ^g (1−θ)^l dθ · 2^(g+l) = g! l! / (g+l+1)! · 2^(g+l).
/// Under the null E is a martingale that begins at 1, so that it ever reaches 1/p has a probability of at
/// most p (Ville 1939; the mixture is Robbins's, 1970). Hence p = 1 / max E over all items so far is a
/// p-value at every moment, also at one that was chosen by looking at it.
class SequentialTest {
public:
    /// The next item: +1 gained, −1 lost, 0 the same. In the order of evaluation.
    void add(int change);
    double p() const; ///< in (0, 1]
    int gained() const { return m_gained; }
    int lost() const { return m_lost; }

private:
    int m_gained = 0, m_lost = 0;
    double m_logEvidence = 0;     ///< ln E
    double m_largestEvidence = 0; ///< max ln E
};

} // namespace mambascope
