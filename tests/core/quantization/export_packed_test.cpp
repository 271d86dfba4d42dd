// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_packed.h"

#include "tests/core/quantization/export_fixture.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kIn = "backbone.layers.0.mixer.in_proj";

/// A decoder of its own, after the description of the layout: integers [rows, columns] and what one step
/// means for each.
struct Decoded {
    std::vector<int> q;
    std::vector<float> values;
};

std::vector<float> floats(const TensorFile& file, const std::string& name) {
    return toFloat(*file.find(name)).value();
}

Decoded decode(const TensorFile& file, const std::string& module, int bits) {
    Decoded result;
    std::int64_t rows = 0, columns = 0;
    if (const TensorView* plain = file.find(module + ".weight")) {
        rows = plain->shape[0];
        columns = plain->shape[1];
        for (const std::byte b : plain->bytes) {
            result.q.push_back(std::to_integer<int>(b) - (std::to_integer<int>(b) > 127 ? 256 : 0));
        }
    } else {
        const TensorView& packed = *file.find(module + ".weight_packed");
        std::memcpy(&rows, file.find(module + ".weight_shape")->bytes.data(), 8);
        std::memcpy(&columns, file.find(module + ".weight_shape")->bytes.data() + 8, 8);
        const auto rowBytes = static_cast<std::size_t>(packed.shape[1]) * 4;
        for (std::int64_t row = 0; row < rows; ++row) {
            for (std::int64_t j = 0; j < columns; ++j) {
                // Little-endian words with the lowest bits first are bytes with the lowest bits first.
                const auto bit = static_cast<std::size_t>(j * bits);
                const auto byte =
                    std::to_integer<int>(packed.bytes[static_cast<std::size_t>(row) * rowBytes + bit / 8]);
                result.q.push_back(((byte >> (bit % 8)) & ((1 << bits) - 1)) - (1 << (bits - 1)));
            }
        }
    }
    const TensorView& scale = *file.find(module + ".weight_scale");
    const std::vector<float> scales = floats(file, module + ".weight_scale");
    const std::int64_t perRow = scale.shape.size() == 2 ? scale.shape[1] : 0;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        const std::int64_t at = perRow == 0 ? 0 : i / columns * perRow + (i % columns) / (columns / perRow);
        result.values.push_back(
            static_cast<float>(result.q[static_cast<std::size_t>(i)]) * scales[static_cast<std::size_t>(at)]);
    }
    return result;
}

Result<ExportReport> exportTo(const fs::path& folder, const Checkpoint& source, const ResolvedPlan& plan) {
    return exportModel(source, plan, exportRequest(folder, ExportFormat::CompressedTensors), nullptr, {});
}

const char* message(const Result<ExportReport>& report) {
    return report.ok() ? "" : report.error().message.c_str();
}

std::vector<float> effective(const Checkpoint& source, const ResolvedPlan& plan, SiteId site) {
    return effectiveWeight(source, site, plan.sites[static_cast<std::size_t>(site.index())]).value();
}

} // namespace

class ExportPackedTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theIntegersMeanThePlansWeights_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<int>("bits");
        QTest::addColumn<QString>("granularity");
        QTest::addColumn<bool>("activations");
        for (const char* model : {"hf-f32", "hf-bf16-untied", "falcon-mamba", "mamba2", "hf-odd"}) {
            for (const int bits : {4, 8}) {
                for (const char* granularity : {"tensor", "channel", "group:4096"}) {
                    for (const bool activations : {false, true}) {
                        QTest::addRow("%s w%d %s a%d", model, bits, granularity, activations ? 8 : 16)
                            << QString(model) << bits << QString(granularity) << activations;
                    }
                }
            }
        }
    }
    void theIntegersMeanThePlansWeights() {
        QFETCH(QString, model);
        QFETCH(int, bits);
        QFETCH(QString, granularity);
        QFETCH(bool, activations);
        const auto source = fixture(qPrintable(model));
        ResolvedPlan plan =
            quantizedPlan(*source, {bits, parseGranularity(granularity.toStdString()).value()});
        for (const SiteId site : source->spec.sites()) {
            if (activations) {
                siteIn(plan, site).input = {8, ActivationScale::Static, 0.03125f};
            }
        }
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        const auto report = exportTo(out, *source, plan);
        QVERIFY2(report.ok(), message(report));
        const TensorFile file = openSafetensors(out / "model.safetensors").value();
        const auto back = openCheckpoint(out);
        QVERIFY2(back.ok(), back.ok() ? "" : back.error().message.c_str());
        QVERIFY2(
            back.value()->warnings.empty(),
            back.value()->warnings.empty() ? "" : back.value()->warnings[0].c_str());
        for (const SiteId site : source->spec.sites()) {
            const std::string module = "backbone.layers." + std::to_string(site.layer) + ".mixer." +
                                       std::string(linearName(site.linear));
            const std::vector<float> expected = effective(*source, plan, site);
            QCOMPARE(decode(file, module, bits).values, expected);
            QCOMPARE(back.value()->floats(module + ".weight").value(), expected);
            QCOMPARE(file.find(module + ".weight_packed") == nullptr, activations);
            QCOMPARE(file.find(module + ".input_scale") != nullptr, activations);
            if (activations) {
                QCOMPARE(floats(file, module + ".input_scale"), std::vector<float>{0.03125f});
            }
        }
        ModelSpec expected = source->spec;
        expected.dtype = DType::F32;
        QVERIFY(back.value()->spec == expected);
    }

    void groupsThatDivideARowHaveAScaleEach() {
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = plainPlan(*source);
        const SiteId site{0, Linear::InProj};
        const int size = source->spec.hidden / 4;
        siteIn(plan, site).weight = {4, {GranularityKind::Group, size}};
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        const auto report = exportTo(out, *source, plan);
        QVERIFY2(report.ok(), message(report));
        const TensorFile file = openSafetensors(out / "model.safetensors").value();
        QCOMPARE(
            file.find(std::string(kIn) + ".weight_scale")->shape,
            (std::vector<std::int64_t>{2 * source->spec.inner, 4}));
        QCOMPARE(decode(file, kIn, 4).values, effective(*source, plan, site));
        const Json group = jsonFile(out / "config.json")["quantization_config"]["config_groups"]["group_0"];
        QCOMPARE(group["weights"]["strategy"].get<std::string>(), std::string("group"));
        QCOMPARE(group["weights"]["group_size"].get<int>(), size);
        QCOMPARE(group["targets"].get<std::vector<std::string>>(), std::vector<std::string>{kIn});
    }

    void theConfigurationIsWhatLoadersRead() {
        // science.md, section 6: one group for all linears, lm_head left out.
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = quantizedPlan(*source, {8, {}});
        for (const SiteId site : source->spec.sites()) {
            siteIn(plan, site).input = {8, ActivationScale::Static, 0.5f};
        }
        const TemporaryFolder folder;
        QVERIFY(exportTo(folder.path() / "out", *source, plan).ok());
        const Json config = jsonFile(folder.path() / "out" / "config.json")["quantization_config"];
        QCOMPARE(config["quant_method"].get<std::string>(), std::string("compressed-tensors"));
        QCOMPARE(config["format"].get<std::string>(), std::string("int-quantized"));
        QCOMPARE(config["quantization_status"].get<std::string>(), std::string("compressed"));
        QCOMPARE(config["config_groups"].size(), 1UL);
        QVERIFY(config["kv_cache_scheme"].is_null());
        QCOMPARE(config["ignore"].get<std::vector<std::string>>(), std::vector<std::string>{"lm_head"});
        const Json& group = config["config_groups"]["group_0"];
        QCOMPARE(group["targets"].get<std::vector<std::string>>(), std::vector<std::string>{"Linear"});
        const Json weights{{"num_bits", 8},        {"type", "int"},         {"symmetric", true},
                           {"strategy", "tensor"}, {"group_size", nullptr}, {"dynamic", false}};
        QVERIFY(group["weights"] == weights);
        QVERIFY(group["input_activations"] == weights); // the same words for an activation of 8 bits
        QVERIFY(group["output_activations"].is_null());
    }

    void mixedPlansHaveAGroupForEachKind() {
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = plainPlan(*source);
        for (int layer = 0; layer < source->spec.layers; ++layer) {
            siteIn(plan, {layer, Linear::InProj}).weight = {4, {GranularityKind::Channel, 0}};
            siteIn(plan, {layer, Linear::OutProj}).weight = {8, {}};
            siteIn(plan, {layer, Linear::OutProj}).input = {8, ActivationScale::Token, 0};
        }
        siteIn(plan, {0, Linear::XProj}).weight = {8, {}};
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        const auto report = exportTo(out, *source, plan);
        QVERIFY(report.ok());
        QVERIFY(mentions(report.value().notes, "in the plan: results differ a little at out_proj."));
        QVERIFY(mentions(report.value().notes, "classes of transformers cannot load them"));
        const Json config = jsonFile(out / "config.json")["quantization_config"];
        QCOMPARE(config["format"].get<std::string>(), std::string("mixed-precision"));
        const Json& groups = config["config_groups"];
        QCOMPARE(groups.size(), 3UL);
        QCOMPARE(
            groups["group_0"]["targets"].get<std::vector<std::string>>(),
            std::vector<std::string>{"re:.*\\.mixer\\.in_proj$"});
        QCOMPARE(groups["group_0"]["format"].get<std::string>(), std::string("pack-quantized"));
        QCOMPARE(
            groups["group_1"]["targets"].get<std::vector<std::string>>(),
            std::vector<std::string>{"backbone.layers.0.mixer.x_proj"});
        QCOMPARE(groups["group_2"]["format"].get<std::string>(), std::string("int-quantized"));
        QCOMPARE(groups["group_2"]["input_activations"]["strategy"].get<std::string>(), std::string("token"));
        QCOMPARE(groups["group_2"]["input_activations"]["dynamic"].get<bool>(), true);
        // The rest stays float and is named so.
        const auto ignore = config["ignore"].get<std::vector<std::string>>();
        QVERIFY(mentions(ignore, "backbone.layers.1.mixer.x_proj"));
        QVERIFY(mentions(ignore, "re:.*\\.mixer\\.dt_proj$"));
        QVERIFY(!mentions(ignore, "layers.0.mixer.x_proj"));
        const TensorFile file = openSafetensors(out / "model.safetensors").value();
        QVERIFY(file.find("backbone.layers.1.mixer.x_proj.weight")->dtype == DType::F32);
        QCOMPARE(decode(file, kIn, 4).values, effective(*source, plan, {0, Linear::InProj}));
    }

    void foldedSmoothingKeepsTheIntegers() {
        // in: the norm takes 1/s, the integers are those of W · s. dt: x_proj's rows take 1/s in their
        // scales.
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = quantizedPlan(*source, {8, {}});
        const ResolvedPlan plain = plan;
        smooth(*source, plan, {0, Linear::InProj});
        smooth(*source, plan, {0, Linear::DtProj});
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        QVERIFY(exportTo(out, *source, plan).ok());
        const TensorFile file = openSafetensors(out / "model.safetensors").value();
        QCOMPARE(decode(file, kIn, 8).values, effective(*source, plan, {0, Linear::InProj}));
        const std::string dt = "backbone.layers.0.mixer.dt_proj";
        QCOMPARE(decode(file, dt, 8).values, effective(*source, plan, {0, Linear::DtProj}));
        const std::vector<float> norm = source->floats("backbone.layers.0.norm.weight").value();
        const std::vector<float> written = floats(file, "backbone.layers.0.norm.weight");
        for (std::size_t j = 0; j < norm.size(); ++j) {
            QCOMPARE(written[j], norm[j] / (0.5f + static_cast<float>(j)));
        }
        const std::string x = "backbone.layers.0.mixer.x_proj";
        const Decoded decoded = decode(file, x, 8);
        const std::vector<float> unfolded = effective(*source, plain, {0, Linear::XProj});
        const auto columns = static_cast<std::size_t>(source->spec.inner);
        for (std::size_t i = 0; i < unfolded.size(); ++i) {
            const std::size_t row = i / columns;
            const bool feeds = row < static_cast<std::size_t>(source->spec.dtRank);
            const float expected = feeds ? unfolded[i] / (0.5f + static_cast<float>(row)) : unfolded[i];
            QVERIFY(std::fabs(decoded.values[i] - expected) <= 2e-7f * std::fabs(expected));
        }
    }

    void whatCannotBeFoldedStaysFloat() {
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = quantizedPlan(*source, {8, {}});
        smooth(*source, plan, {0, Linear::OutProj});
        siteIn(plan, {0, Linear::OutProj}).input = {8, ActivationScale::Static, 0.5f};
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        const auto report = exportTo(out, *source, plan);
        QVERIFY(report.ok());
        const std::string name = "backbone.layers.0.mixer.out_proj.weight";
        const TensorFile file = openSafetensors(out / "model.safetensors").value();
        QVERIFY(file.find(name)->dtype == DType::F32);
        QVERIFY(file.find("backbone.layers.1.mixer.out_proj.weight_packed") != nullptr);
        QVERIFY(mentions(report.value().notes, "smoothing at out_proj has no exact place"));
        QVERIFY(mentions(
            report.value().notes, "activations at out_proj are quantized in the plan, which this export"));
        const Json record = jsonFile(out / "mambascope.json");
        QCOMPARE(record["sites"]["layers.0.out_proj"]["stored_as"].get<std::string>(), std::string("float"));
        QCOMPARE(record["sites"]["layers.1.out_proj"]["stored_as"].get<std::string>(), std::string("packed"));
    }

    void zeroedChannelsAreZeroIntegers() {
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = quantizedPlan(*source, {4, {GranularityKind::Channel, 0}});
        siteIn(plan, {0, Linear::InProj}).zeroed = {1, 3};
        const TemporaryFolder folder;
        QVERIFY(exportTo(folder.path() / "out", *source, plan).ok());
        const TensorFile file = openSafetensors(folder.path() / "out" / "model.safetensors").value();
        const Decoded decoded = decode(file, kIn, 4);
        const std::vector<float> full = effective(*source, plan, {0, Linear::InProj});
        const auto columns = static_cast<std::size_t>(source->spec.hidden);
        for (std::size_t i = 0; i < full.size(); ++i) {
            const bool zeroed = i % columns == 1 || i % columns == 3;
            QCOMPARE(decoded.values[i], zeroed ? 0.0f : full[i]);
        }
    }

    void whatTheLayoutLacksIsRefused_data() {
        QTest::addColumn<int>("bits");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("granularity");
        QTest::addColumn<QString>("words");
        QTest::newRow("3 bits") << 3 << "int"
                                << "tensor"
                                << "has 3";
        QTest::newRow("6 bits") << 6 << "int"
                                << "channel"
                                << "has 6";
        QTest::newRow("group") << 4 << "int"
                               << "group:7"
                               << "groups of 7";
        QTest::newRow("fp8") << kBitsOff << "fp8_e4m3"
                             << "tensor"
                             << "is fp8_e4m3";
        QTest::newRow("nothing") << kBitsOff << "int"
                                 << "tensor"
                                 << "No linear layer";
    }
    void whatTheLayoutLacksIsRefused() {
        QFETCH(int, bits);
        QFETCH(QString, format);
        QFETCH(QString, granularity);
        QFETCH(QString, words);
        const auto source = fixture("hf-f32");
        const ResolvedPlan plan = quantizedPlan(
            *source, {bits, parseGranularity(granularity.toStdString()).value(),
                      parseNumberFormat(format.toStdString()).value()});
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plan);
        QVERIFY(!report.ok());
        QVERIFY(report.error().code == ErrorCode::Usage);
        QVERIFY2(
            report.error().message.find(words.toStdString()) != std::string::npos,
            report.error().message.c_str());
        QVERIFY(!report.error().hint.empty());
        QVERIFY(fs::is_empty(folder.path()));
    }

    void outputsAreNotedAndNotWritten() {
        const auto source = fixture("hf-f32");
        ResolvedPlan plan = quantizedPlan(*source, {8, {}});
        siteIn(plan, {1, Linear::XProj}).output = {8, ActivationScale::Static, 0.5f};
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plan);
        QVERIFY(report.ok());
        QVERIFY(mentions(report.value().notes, "activations at x_proj"));
    }
};

QTEST_APPLESS_MAIN(ExportPackedTest)
#include "export_packed_test.moc"
