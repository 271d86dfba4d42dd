// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/divergence.h"

#include "core/evaluation/result_numbers.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

/// One row of logits as a distribution.
struct Row {
    std::span<const float> logits;
    std::size_t top = 0;
    double logNormalizer = 0; ///< log Σ exp(logit)
    bool finite = true;

    explicit Row(std::span<const float> values)
        : logits(values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            finite &= std::isfinite(values[i]);
            top = values[i] > values[top] ? i : top;
        }
        double sum = 0;
        for (const float value : values) {
            sum += std::exp(static_cast<double>(value) - values[top]);
        }
        logNormalizer = values[top] + std::log(sum);
    }
    double logProbability(std::size_t i) const { return static_cast<double>(logits[i]) - logNormalizer; }
};

double divergence(const Row& p, const Row& q) {
    double sum = 0;
    for (std::size_t i = 0; i < p.logits.size(); ++i) {
        const double logP = p.logProbability(i);
        sum += std::exp(logP) * (logP - q.logProbability(i));
    }
    return std::max(sum, 0.0); // rounding may take a tiny one below
}

/// Nearest rank in sorted values.
double percentile(const std::vector<double>& sorted, double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

} // namespace

void DivergenceMeter::add(
    std::span<const std::int32_t> ids, std::span<const float> baseline, std::span<const float> quantized) {
    if (ids.empty() || baseline.size() != quantized.size() || baseline.size() < ids.size()) {
        return;
    }
    const std::size_t vocabulary = baseline.size() / ids.size();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Row p(baseline.subspan(i * vocabulary, vocabulary));
        const Row q(quantized.subspan(i * vocabulary, vocabulary));
        if (!p.finite || !q.finite) {
            ++m_nonfinite;
            continue;
        }
        m_divergences.push_back(divergence(p, q));
        m_agreeing += p.top == q.top ? 1 : 0;
        if (i + 1 < ids.size() && ids[i + 1] >= 0 && static_cast<std::size_t>(ids[i + 1]) < vocabulary) {
            m_baselineLogLikelihood += p.logProbability(static_cast<std::size_t>(ids[i + 1]));
            m_logLikelihood += q.logProbability(static_cast<std::size_t>(ids[i + 1]));
            ++m_predicted;
        }
    }
}

DivergenceResult DivergenceMeter::result() const {
    DivergenceResult result;
    result.nonfinite = m_nonfinite;
    result.positions = static_cast<std::int64_t>(m_divergences.size());
    if (m_divergences.empty()) {
        return result;
    }
    std::vector<double> sorted = m_divergences;
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    double sum = 0;
    for (const double value : sorted) {
        sum += value;
    }
    result.mean = sum / n;
    double squares = 0;
    for (const double value : sorted) {
        squares += (value - result.mean) * (value - result.mean);
    }
    result.standardError = sorted.size() > 1 ? std::sqrt(squares / (n - 1) / n) : 0.0;
    result.median = percentile(sorted, 0.5);
    result.percentile99 = percentile(sorted, 0.99);
    result.largest = sorted.back();
    result.topAgreement = static_cast<double>(m_agreeing) / n;
    if (m_predicted > 0) {
        const auto predicted = static_cast<double>(m_predicted);
        result.baselinePerplexity = std::exp(-m_baselineLogLikelihood / predicted);
        result.perplexity = std::exp(-m_logLikelihood / predicted);
    }
    return result;
}

OrderedJson toJson(const DivergenceResult& result) {
    return {
        {"positions", result.positions},
        {"nonfinite", result.nonfinite},
        {"kl_mean", jsonReal(result.mean)},
        {"kl_mean_stderr", jsonReal(result.standardError)},
        {"kl_median", jsonReal(result.median)},
        {"kl_p99", jsonReal(result.percentile99)},
        {"kl_max", jsonReal(result.largest)},
        {"top_agreement", result.topAgreement},
        {"baseline_token_perplexity", jsonReal(result.baselinePerplexity)},
        {"token_perplexity", jsonReal(result.perplexity)}};
}

} // namespace mambascope
