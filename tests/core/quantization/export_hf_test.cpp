// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export.h"

#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "tests/support/paths.h"

#include <QTest>
#include <cmath>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<const Checkpoint> fixture(const char* name) {
    return openCheckpoint(test::fixtureFolder() / name).value();
}

std::vector<float> tensor(const fs::path& folder, const std::string& name) {
    const TensorFile file = openSafetensors(folder / "model.safetensors").value();
    return toFloat(*file.find(name)).value();
}

ExportRequest requestFor(const fs::path& folder) {
    ExportRequest request;
    request.folder = folder;
    request.checkpointHash = "c0ffee";
    request.calibrationHash = "ca11b";
    return request;
}

ResolvedPlan plainPlan(const Checkpoint& checkpoint) {
    return resolvePlan(checkpoint.spec, QuantPlan(), nullptr, nullptr, "").value();
}

/// Smoothing factors 0.5, 1.5, 2.5 … at a site.
void smooth(const Checkpoint& checkpoint, ResolvedPlan& plan, SiteId site) {
    auto& factors = plan.sites[static_cast<std::size_t>(site.index())].smoothing;
    for (int j = 0; j < checkpoint.spec.inputs(site.linear); ++j) {
        factors.push_back(0.5f + static_cast<float>(j));
    }
}

/// Largest relative difference.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = a.size() == b.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
        const double scale = std::max({std::fabs(a[i]), std::fabs(b[i]), 1e-9f});
        largest = std::max(largest, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])) / scale);
    }
    return largest;
}

std::vector<std::string> entries(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

} // namespace

class ExportHfTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theBaselineComesBackUnchanged_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"hf-f32", "hf-bf16-untied", "hf-f16-sharded", "hf-odd"}) {
            QTest::newRow(name) << QString(name);
        }
    }
    void theBaselineComesBackUnchanged() {
        QFETCH(QString, name);
        const auto source = fixture(qPrintable(name));
        const test::TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        const auto report = exportModel(*source, plainPlan(*source), requestFor(out), nullptr, {});
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY(report.value().notes.empty());
        const auto back = openCheckpoint(out);
        QVERIFY2(back.ok(), back.ok() ? "" : back.error().message.c_str());
        QVERIFY2(
            back.value()->warnings.empty(),
            back.value()->warnings.empty() ? "" : back.value()->warnings[0].c_str());
        ModelSpec expected = source->spec;
        expected.dtype = DType::F32;
        QVERIFY(back.value()->spec == expected);
        for (const auto& [key, view] : back.value()->tensors.tensors()) {
            const TensorView* original = source->tensors.find(key);
            QVERIFY2(original != nullptr, key.c_str());
            QCOMPARE(toFloat(view).value(), toFloat(*original).value());
        }
    }

    void theWrittenWeightsAreTheQuantizedOnes() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ExportRequest request = requestFor(folder.path() / "out");
        request.plan = presetPlan("W4 (all)").value();
        const auto resolved = resolvePlan(source->spec, request.plan, nullptr, nullptr, "").value();
        QVERIFY(exportModel(*source, resolved, request, nullptr, {}).ok());
        const SiteId site{1, Linear::XProj};
        const auto weight =
            effectiveWeight(*source, site, resolved.sites[static_cast<std::size_t>(site.index())]).value();
        QCOMPARE(tensor(request.folder, "backbone.layers.1.mixer.x_proj.weight"), weight);
        // Per tensor at 4 bits: multiples of absmax / 7.
        const TensorView& original = source->tensor("backbone.layers.0.mixer.A_log");
        std::vector<float> aLog = toFloat(original).value();
        const float scale = finiteAbsmax(aLog) / 7.0f;
        for (float& value : aLog) {
            value = std::nearbyint(value / scale) * scale;
        }
        QCOMPARE(tensor(request.folder, "backbone.layers.0.mixer.A_log"), aLog);
        // Biases and norms stay.
        for (const char* name : {"backbone.layers.0.norm.weight", "backbone.layers.0.mixer.dt_proj.bias"}) {
            QCOMPARE(tensor(request.folder, name), toFloat(source->tensor(name)).value());
        }
        QVERIFY(
            tensor(request.folder, "backbone.embeddings.weight") !=
            toFloat(source->tensor(source->names.embedding)).value());
    }

    void smoothingWithoutQuantizationKeepsTheFunction() {
        // in: norm / s, columns · s. dt: x_proj's rows / s, columns · s. x, out: columns · s / s.
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ResolvedPlan plan = plainPlan(*source);
        for (const Linear linear : kLinears) {
            smooth(*source, plan, {0, linear});
        }
        const fs::path out = folder.path() / "out";
        const auto report = exportModel(*source, plan, requestFor(out), nullptr, {});
        QVERIFY(report.ok());
        QCOMPARE(report.value().notes.size(), 3UL); // the two folds, and what is divided out
        const std::string block = "backbone.layers.0.";
        const auto original = [&](const std::string& name) {
            return toFloat(source->tensor(block + name)).value();
        };
        const auto inputs = [&](Linear linear) {
            return static_cast<std::size_t>(source->spec.inputs(linear));
        };
        std::vector<float> norm = original("norm.weight");
        std::vector<float> in = original("mixer.in_proj.weight");
        for (std::size_t i = 0; i < in.size(); ++i) {
            in[i] *= 0.5f + static_cast<float>(i % inputs(Linear::InProj));
        }
        for (std::size_t j = 0; j < norm.size(); ++j) {
            norm[j] /= 0.5f + static_cast<float>(j);
        }
        QVERIFY(difference(tensor(out, block + "norm.weight"), norm) < 1e-7);
        QVERIFY(difference(tensor(out, block + "mixer.in_proj.weight"), in) < 1e-7);
        std::vector<float> x = original("mixer.x_proj.weight");
        std::vector<float> dt = original("mixer.dt_proj.weight");
        for (std::size_t i = 0; i < inputs(Linear::DtProj) * inputs(Linear::XProj); ++i) {
            x[i] /= 0.5f + static_cast<float>(i / inputs(Linear::XProj));
        }
        for (std::size_t i = 0; i < dt.size(); ++i) {
            dt[i] *= 0.5f + static_cast<float>(i % inputs(Linear::DtProj));
        }
        QVERIFY(difference(tensor(out, block + "mixer.x_proj.weight"), x) < 1e-6);
        QVERIFY(difference(tensor(out, block + "mixer.dt_proj.weight"), dt) < 1e-7);
        QVERIFY(
            difference(tensor(out, block + "mixer.out_proj.weight"), original("mixer.out_proj.weight")) <
            1e-6);
    }

    void dtIsNotFoldedThroughAQuantizedOutput() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ResolvedPlan plan = plainPlan(*source);
        smooth(*source, plan, {0, Linear::DtProj});
        plan.sites[static_cast<std::size_t>(SiteId{0, Linear::XProj}.index())].output = {
            8, ActivationScale::Static, 0.1f};
        const fs::path out = folder.path() / "out";
        QVERIFY(exportModel(*source, plan, requestFor(out), nullptr, {}).ok());
        const std::string name = "backbone.layers.0.mixer.x_proj.weight";
        QCOMPARE(tensor(out, name), toFloat(source->tensor(name)).value());
        const std::string dt = "backbone.layers.0.mixer.dt_proj.weight";
        QVERIFY(difference(tensor(out, dt), toFloat(source->tensor(dt)).value()) < 1e-6);
    }

    void zeroedChannelsAreZeroColumns() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ResolvedPlan plan = plainPlan(*source);
        plan.sites[static_cast<std::size_t>(SiteId{1, Linear::OutProj}.index())].zeroed = {2, 5};
        const fs::path out = folder.path() / "out";
        const auto report = exportModel(*source, plan, requestFor(out), nullptr, {});
        QCOMPARE(report.value().notes.size(), 1UL);
        const std::string name = "backbone.layers.1.mixer.out_proj.weight";
        const std::vector<float> original = toFloat(source->tensor(name)).value();
        const std::vector<float> written = tensor(out, name);
        const auto columns = static_cast<std::size_t>(source->spec.inputs(Linear::OutProj));
        for (std::size_t i = 0; i < written.size(); ++i) {
            const bool zeroed = i % columns == 2 || i % columns == 5;
            QCOMPARE(written[i], zeroed ? 0.0f : original[i]);
        }
    }

    void theRecordHoldsWhatTheWeightsCannot() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ExportRequest request = requestFor(folder.path() / "out");
        request.plan = presetPlan("W8A8 (mlp)").value();
        ResolvedPlan plan = plainPlan(*source);
        ResolvedSite& site = plan.sites[static_cast<std::size_t>(SiteId{0, Linear::OutProj}.index())];
        site.output = {8, ActivationScale::Static, 0.125f};
        site.zeroed = {3};
        smooth(*source, plan, {0, Linear::OutProj});
        const auto report = exportModel(*source, plan, request, nullptr, {});
        QVERIFY(report.ok());
        QVERIFY(report.value().notes[0].find("activations at out_proj") != std::string::npos);
        const Json record = Json::parse(readFile(request.folder / "mambascope.json").value());
        QCOMPARE(record["checkpoint"]["hash"].get<std::string>(), std::string("c0ffee"));
        QCOMPARE(record["calibration_hash"].get<std::string>(), std::string("ca11b"));
        QCOMPARE(record["plan_hash"].get<std::string>(), planHash(request.plan));
        QVERIFY(planFromJson(record["plan"], "record").value() == request.plan);
        const Json& out = record["sites"]["layers.0.out_proj"];
        QCOMPARE(out["output"]["scale"].get<float>(), 0.125f);
        QCOMPARE(out["zeroed"].get<std::vector<int>>(), std::vector<int>{3});
        QCOMPARE(out["smoothing"].get<std::vector<float>>(), site.smoothing);
        QCOMPARE(out["smoothing_folded_into"].get<std::string>(), std::string("weight"));
        QCOMPARE(record["notes"].size(), report.value().notes.size());
    }

    void filesAreListedWithTheirSize() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        const fs::path out = folder.path() / "out";
        const auto report = exportModel(*source, plainPlan(*source), requestFor(out), nullptr, {}).value();
        auto files = report.files;
        auto found = entries(out);
        std::sort(files.begin(), files.end());
        std::sort(found.begin(), found.end());
        QCOMPARE(files, found);
        QVERIFY(std::find(files.begin(), files.end(), "generation_config.json") != files.end());
        std::int64_t bytes = 0;
        for (const std::string& name : files) {
            bytes += static_cast<std::int64_t>(fs::file_size(out / name));
        }
        QCOMPARE(report.bytes, bytes);
    }

    void theCardSaysWhatWasDone() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ExportRequest request = requestFor(folder.path() / "out");
        request.plan = presetPlan("W4 (mlp)").value();
        request.plan.name = "four *bits*\nonly";
        CalibrationSource calibration;
        calibration.textName = "my text.txt";
        calibration.samples = 12;
        calibration.length = 34;
        calibration.seed = 56;
        const auto resolved = resolvePlan(source->spec, request.plan, nullptr, nullptr, "").value();
        QVERIFY(exportModel(*source, resolved, request, &calibration, {}).ok());
        const std::string card = readFile(request.folder / "README.md").value();
        for (const char* words :
             {"# hf-f32, four \\*bits\\* only\n", "12 windows of 34 tokens of my text.txt, at random positions with seed 56.",
              "ca11b", "c0ffee", "all sites: weight bits off → 4",
              "mambascope-cli calibrate hf-f32 --text 'my text.txt' --samples 12 --length 34 --seed 56 -o "
              "calibration.safetensors\nmambascope-cli export hf-f32 --format hf --plan mambascope.json --calibration "
              "calibration.safetensors -o out\n"}) {
            QVERIFY2(card.find(words) != std::string::npos, (std::string(words) + "\n---\n" + card).c_str());
        }
    }

    void aLargeExportIsCutIntoShards() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ExportRequest request = requestFor(folder.path() / "out");
        request.shardBytes = 30'000; // in_proj alone has 32768 bytes
        const auto report = exportModel(*source, plainPlan(*source), request, nullptr, {});
        QVERIFY(report.ok());
        QVERIFY(!fs::exists(request.folder / "model.safetensors"));
        QVERIFY(fs::exists(request.folder / "model.safetensors.index.json"));
        const auto back = openCheckpoint(request.folder);
        QVERIFY2(back.ok(), back.ok() ? "" : back.error().message.c_str());
        QVERIFY(back.value()->weightFiles.size() > 2);
        for (const auto& [name, view] : back.value()->tensors.tensors()) {
            QCOMPARE(toFloat(view).value(), toFloat(*source->tensors.find(name)).value());
        }
    }

    void otherTypes() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ExportRequest request = requestFor(folder.path() / "out");
        request.dtype = DType::BF16;
        const auto report = exportModel(*source, plainPlan(*source), request, nullptr, {});
        QCOMPARE(report.value().notes.size(), 1UL);
        QVERIFY(report.value().notes[0].find("bfloat16") != std::string::npos);
        QVERIFY(openCheckpoint(request.folder).value()->spec.dtype == DType::BF16);
        request.folder = folder.path() / "ints";
        request.dtype = DType::I8;
        const auto refused = exportModel(*source, plainPlan(*source), request, nullptr, {});
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().code == ErrorCode::Usage);
    }

    void anExistingFolderIsReplacedOnlyIfAskedAndOnlyIfItWasExported() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        ExportRequest request = requestFor(folder.path() / "out");
        QVERIFY(exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        const auto refused = exportModel(*source, plainPlan(*source), request, nullptr, {});
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().code == ErrorCode::Usage);
        request.overwrite = true;
        request.checkpointHash = "second";
        QVERIFY(exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        QVERIFY(readFile(request.folder / "mambascope.json").value().find("second") != std::string::npos);
        // A folder with other things in it is not this program's to delete.
        const fs::path home = folder.path() / "home";
        fs::create_directory(home);
        QVERIFY(writeFile(home / "letter.txt", "dear", false).ok());
        request.folder = home;
        QVERIFY(!exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        QCOMPARE(readFile(home / "letter.txt").value(), std::string("dear"));
        request.folder = source->folder;
        QVERIFY(!exportModel(*source, plainPlan(*source), request, nullptr, {}).ok());
        QCOMPARE(entries(folder.path()).size(), 2UL); // out and home, nothing temporary
    }

    void aCancelledExportLeavesNothing() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        std::stop_source stop;
        Job job;
        job.stop = stop.get_token();
        int reports = 0;
        job.onProgress = [&](const Progress&) {
            if (++reports == 3) {
                stop.request_stop();
            }
        };
        const auto result =
            exportModel(*source, plainPlan(*source), requestFor(folder.path() / "out"), nullptr, job);
        QVERIFY(!result.ok());
        QVERIFY(result.error().code == ErrorCode::Cancelled);
        QVERIFY(fs::is_empty(folder.path()));
    }

    void aMissingParentIsSaidAndNotMade() {
        const auto source = fixture("hf-f32");
        const test::TemporaryFolder folder;
        const auto result = exportModel(
            *source, plainPlan(*source), requestFor(folder.path() / "nowhere" / "out"), nullptr, {});
        QVERIFY(!result.ok());
        QVERIFY(result.error().code == ErrorCode::Usage);
        QVERIFY(fs::is_empty(folder.path()));
    }
};

QTEST_APPLESS_MAIN(ExportHfTest)
#include "export_hf_test.moc"
