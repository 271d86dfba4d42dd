// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/site_weight.h"

#include "core/quantization/export.h"
#include "core/quantization/quantizer.h"
#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;

class SiteWeightTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAreThoseOfTheWholeWeight_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("granularity");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("treatment");
        for (const char* model : {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "falcon-mamba"}) {
            for (const char* granularity : {"tensor", "channel", "group:16"}) {
                for (const char* treatment : {"none", "smoothed", "rotated", "exempt"}) {
                    QTest::addRow("%s %s %s", model, granularity, treatment)
                        << model << granularity << "int" << treatment;
                }
            }
            for (const char* format : {"fp8_e4m3", "fp8_e5m2", "mxfp4", "nvfp4"}) {
                QTest::addRow("%s %s", model, format) << model << "tensor" << format << "smoothed";
            }
        }
    }
    void rowsAreThoseOfTheWholeWeight() {
        QFETCH(QString, model);
        QFETCH(QString, granularity);
        QFETCH(QString, format);
        QFETCH(QString, treatment);
        const auto checkpoint = openCheckpoint(test::fixtureFolder() / model.toStdString()).value();
        for (const SiteId site : checkpoint->spec.sites()) {
            const std::int64_t outputs = checkpoint->spec.outputs(site.linear);
            const std::int64_t inputs = checkpoint->spec.inputs(site.linear);
            const auto width = static_cast<std::size_t>(inputs);
            const auto& names = checkpoint->names.blocks[static_cast<std::size_t>(site.layer)];
            std::vector<float> expected = checkpoint->floats(names.linear(site.linear)).value();
            ResolvedSite resolved;
            resolved.weight = {
                4, *parseGranularity(granularity.toStdString()), *parseNumberFormat(format.toStdString())};
            if (treatment == QLatin1String("smoothed")) {
                for (std::size_t j = 0; j < width; ++j) {
                    resolved.smoothing.push_back(0.5f + 0.01f * static_cast<float>(j));
                }
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    expected[i] *= resolved.smoothing[i % width];
                }
            }
            if (treatment == QLatin1String("rotated")) {
                resolved.rotate = true;
                Rotation(inputs).apply(expected);
            }
            const std::vector<float> floats = expected;
            if (treatment == QLatin1String("exempt")) {
                resolved.exempt = {1, 2};
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    expected[i] = i % width == 1 || i % width == 2 ? 0.0f : expected[i];
                }
            }
            fakeQuantizeWeight(expected, outputs, inputs, resolved.weight);
            for (std::size_t i = 0; i < expected.size() && !resolved.exempt.empty(); ++i) {
                expected[i] = i % width == 1 || i % width == 2 ? floats[i] : expected[i];
            }
            QCOMPARE(effectiveWeight(*checkpoint, site, resolved).value(), expected);
            // Any row by itself.
            SiteWeight weight = SiteWeight::open(*checkpoint, site, resolved).value();
            std::vector<float> row(width);
            float absmax = 0;
            for (std::int64_t i = outputs; weight.sharesScale() && i-- > 0;) {
                absmax = std::max(absmax, weight.absmax(i, row));
            }
            weight.setAbsmax(absmax);
            weight.row(outputs - 1, row);
            QVERIFY(std::equal(row.begin(), row.end(), expected.end() - inputs));
        }
    }
};

QTEST_APPLESS_MAIN(SiteWeightTest)
#include "site_weight_test.moc"
