// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/site_preview.h"

#include "core/quantization/quantizer.h"
#include "core/quantization/rotation.h"

#include <algorithm>

namespace mambascope {
namespace {

constexpr std::int64_t kSampledValues = std::int64_t{1} << 17, kFewestRows = 16;

/// Second moment of a channel over the calibration's tokens.
double energy(const ChannelStatistics& input, std::size_t channel) {
    const auto mean = static_cast<double>(input.mean[channel]);
    return static_cast<double>(input.m2[channel]) + mean * mean;
}

/// Quantizes sampled rows one after the other, and adds up what that does.
class SampledRows {
public:
    SampledRows(const ResolvedSite& site, const WeightSample& weight)
        : m_site(site)
        , m_weight(weight)
        , m_errors(width())
        , m_squares(width())
        , m_counts(integers() ? static_cast<std::size_t>(2 * quantizerMax(site.weight.bits) + 1) : 0) {
        if (site.rotate) {
            m_rotation.emplace(weight.inputs);
        }
    }

    /// `tensorScale`: Δ of the whole weight, used where it has one scale.
    void run(float tensorScale) {
        std::vector<float> row, quantized;
        for (std::size_t first = 0; first < m_weight.rows.size(); first += width()) {
            const auto given = m_weight.rows.begin() + static_cast<std::ptrdiff_t>(first);
            row.assign(given, given + m_weight.inputs);
            for (std::size_t j = 0; j < m_site.smoothing.size(); ++j) {
                row[j] *= m_site.smoothing[j];
            }
            if (m_rotation) {
                m_rotation->apply(row);
            }
            quantized = row;
            for (const std::int32_t channel : m_site.exempt) {
                quantized[static_cast<std::size_t>(channel)] = 0;
            }
            quantize(quantized, tensorScale);
            for (const std::int32_t channel : m_site.exempt) {
                quantized[static_cast<std::size_t>(channel)] = row[static_cast<std::size_t>(channel)];
            }
            if (m_rotation) {
                m_rotation->applyInverse(quantized);
            }
            for (std::size_t j = 0; j < width(); ++j) {
                const auto w = static_cast<double>(given[static_cast<std::ptrdiff_t>(j)]);
                const double factor = m_site.smoothing.empty() ? 1.0 : static_cast<double>(m_site.smoothing[j]);
                const double error = static_cast<double>(quantized[j]) / factor - w;
                m_errors[j] += error * error;
                m_squares[j] += w * w;
            }
        }
    }

    const std::vector<double>& errors() const { return m_errors; }   ///< [inputs] Σ (Ŵ − W)²
    const std::vector<double>& squares() const { return m_squares; } ///< [inputs] Σ W²
    std::vector<double> shares() const {
        double total = 0;
        for (const std::int64_t count : m_counts) {
            total += static_cast<double>(count);
        }
        std::vector<double> shares;
        for (const std::int64_t count : m_counts) {
            shares.push_back(static_cast<double>(count) / total);
        }
        return shares;
    }

private:
    std::size_t width() const { return static_cast<std::size_t>(m_weight.inputs); }
    bool integers() const {
        return m_site.weight.format == NumberFormat::Int && m_site.weight.bits < kBitsOff;
    }

    void quantize(std::vector<float>& row, float tensorScale) {
        const WeightQuantization& how = m_site.weight;
        if (!how.active()) {
            return;
        }
        const Granularity granularity = blockSize(how.format) > 0 ? Granularity{} : how.granularity;
        const std::size_t length =
            granularity.kind == GranularityKind::Group ? static_cast<std::size_t>(granularity.groupSize) : row.size();
        for (std::size_t first = 0; first < row.size(); first += length) {
            const std::span<float> run = std::span(row).subspan(first, std::min(length, row.size() - first));
            const float scale = granularity.kind == GranularityKind::Tensor ? tensorScale
                                : integers()                               ? quantizerScale(finiteAbsmax(run), how.bits)
                                             : floatScale(finiteAbsmax(run), how.format);
            if (!integers()) {
                fakeQuantizeFloat(run, scale, how.format);
                continue;
            }
            m_integers.resize(run.size());
            mambascope::quantize(run, scale, how.bits, m_integers);
            const int zero = quantizerMax(how.bits);
            for (std::size_t i = 0; i < run.size(); ++i) {
                ++m_counts[static_cast<std::size_t>(zero + m_integers[i])];
                run[i] = static_cast<float>(m_integers[i]) * scale;
            }
        }
    }

    const ResolvedSite& m_site;
    const WeightSample& m_weight;
    std::optional<Rotation> m_rotation;
    std::vector<double> m_errors, m_squares;
    std::vector<std::int64_t> m_counts;
    std::vector<std::int8_t> m_integers;
};

/// Δ of the whole weight, where it has one: rounding is monotonous, so the largest smoothed magnitude is the largest
/// of the smoothed column maxima. Behind a rotation only the sampled rows are known.
float tensorScale(const ResolvedSite& site, const WeightSample& weight, const std::vector<float>& columns) {
    if (!site.weight.active() || site.weight.format == NumberFormat::MxFp4) {
        return 1;
    }
    float absmax = 0;
    if (site.rotate) {
        std::vector<float> rows = weight.rows;
        for (std::size_t i = 0; i < rows.size() && !site.smoothing.empty(); ++i) {
            rows[i] *= site.smoothing[i % site.smoothing.size()];
        }
        Rotation(weight.inputs).apply(rows);
        absmax = finiteAbsmax(rows);
    } else {
        std::vector<float> counted = columns;
        for (const std::int32_t channel : site.exempt) {
            counted[static_cast<std::size_t>(channel)] = 0;
        }
        absmax = finiteAbsmax(counted);
    }
    return site.weight.format == NumberFormat::Int ? quantizerScale(absmax, site.weight.bits)
                                                   : floatScale(absmax, site.weight.format);
}

double sum(const std::vector<double>& values) {
    double total = 0;
    for (const double value : values) {
        total += value;
    }
    return total;
}

/// Σ_j energy_j · errors_j over Σ_j energy_j · squares_j.
double weighted(
    const ChannelStatistics& input, const std::vector<double>& errors, const std::vector<double>& squares) {
    double error = 0, all = 0;
    for (std::size_t j = 0; j < errors.size(); ++j) {
        error += energy(input, j) * errors[j];
        all += energy(input, j) * squares[j];
    }
    return all > 0 ? error / all : 0;
}

/// The same for the input's own errors, in units of the unsmoothed input.
double inputError(
    const ResolvedSite& site, const ChannelStatistics& input, const std::vector<double>& squares) {
    const double noise = static_cast<double>(site.input.scale) * static_cast<double>(site.input.scale) / 12;
    double error = 0, all = 0;
    for (std::size_t j = 0; j < squares.size(); ++j) {
        const double smoothing = site.smoothing.empty() ? 1.0 : static_cast<double>(site.smoothing[j]);
        const auto channel = static_cast<std::int32_t>(j);
        const bool zeroed = std::binary_search(site.zeroed.begin(), site.zeroed.end(), channel);
        const bool exempt = std::binary_search(site.exempt.begin(), site.exempt.end(), channel);
        const double rounded = std::min(energy(input, j), noise * smoothing * smoothing);
        error += squares[j] * (zeroed ? energy(input, j) : exempt ? 0.0 : rounded);
        all += squares[j] * energy(input, j);
    }
    return all > 0 ? error / all : 0;
}

/// Nothing that the quantizer gets exceeds its range.
bool coversAll(const ResolvedSite& site, const std::vector<float>& absmax) {
    return activationScale(finiteAbsmax(absmax), site.input) <= site.input.scale;
}

} // namespace

Result<WeightSample> sampleWeight(const Checkpoint& checkpoint, SiteId site) {
    const auto& names = checkpoint.names.blocks[static_cast<std::size_t>(site.layer)];
    const Result<std::vector<float>> weight = checkpoint.floats(names.linear(site.linear));
    if (!weight.ok()) {
        return weight.error().within(siteName(site));
    }
    WeightSample sample;
    sample.outputs = checkpoint.spec.outputs(site.linear);
    sample.inputs = checkpoint.spec.inputs(site.linear);
    sample.columnAbsmax = columnAbsmax(weight.value(), sample.outputs, sample.inputs);
    const std::int64_t rows =
        std::min(sample.outputs, std::max(kFewestRows, kSampledValues / sample.inputs));
    for (std::int64_t i = 0; i < rows; ++i) {
        const auto row = weight.value().begin() + i * sample.outputs / rows * sample.inputs;
        sample.rows.insert(sample.rows.end(), row, row + sample.inputs);
    }
    return sample;
}

SitePreview
previewSite(const ResolvedSite& site, const WeightSample& weight, const ChannelStatistics& input) {
    SitePreview preview;
    preview.inputAbsmax = input.absmax;
    preview.weightAbsmax = weight.columnAbsmax;
    for (std::size_t j = 0; j < site.smoothing.size(); ++j) {
        preview.weightAbsmax[j] *= site.smoothing[j];
        if (!preview.inputAbsmax.empty()) {
            preview.inputAbsmax[j] /= site.smoothing[j];
        }
    }
    for (const std::int32_t channel : site.zeroed) { // there are none without a calibration
        preview.inputAbsmax[static_cast<std::size_t>(channel)] = 0;
    }
    SampledRows rows(site, weight);
    rows.run(tensorScale(site, weight, preview.weightAbsmax));
    const double squares = sum(rows.squares());
    preview.weightError = squares > 0 ? sum(rows.errors()) / squares : 0;
    preview.weightLevels = rows.shares();
    if (input.channels() != weight.inputs || input.onlyMagnitudes()) {
        return preview;
    }
    preview.outputErrorOfWeight = weighted(input, rows.errors(), rows.squares());
    const bool fixed = site.input.active() && site.input.scaling == ActivationScale::Static &&
                       site.input.format == NumberFormat::Int;
    if (fixed) {
        preview.inputScale = site.input.scale;
    }
    std::vector<float> quantized = preview.inputAbsmax;
    for (const std::int32_t channel : site.exempt) {
        quantized[static_cast<std::size_t>(channel)] = 0;
    }
    if (!site.input.active() || (fixed && !site.rotate && coversAll(site, quantized))) {
        preview.outputErrorOfInput = inputError(site, input, rows.squares());
    }
    return preview;
}

} // namespace mambascope
