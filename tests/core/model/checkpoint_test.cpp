// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/model.h"

#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

/// A copy of the fixture hf-f32 (4 layers, d 64, inner 128, state 16, rank 4, conv 4, vocabulary 256) to be
/// spoilt.
class Copy {
public:
    Copy() {
        const fs::path source = test::fixtureFolder() / "hf-f32";
        config = Json::parse(readFile(source / "config.json").value());
        const TensorFile original = openSafetensors(source / "model.safetensors").value();
        for (const auto& [name, view] : original.tensors()) {
            tensors[name] = {
                name, view.dtype, view.shape,
                [bytes = std::vector<std::byte>(
                     view.bytes.begin(), view.bytes.end())]() -> Result<std::vector<std::byte>> {
                    return bytes;
                }};
        }
    }

    const fs::path& folder() const { return m_folder.path(); }

    void write() const {
        QVERIFY(writeFile(folder() / "config.json", config.dump(), true).ok());
        std::vector<TensorToWrite> list;
        for (const auto& [name, tensor] : tensors) {
            list.push_back(tensor);
        }
        QVERIFY(writeSafetensors(folder() / "model.safetensors", list, {}, true).ok());
    }

    Result<std::shared_ptr<const Checkpoint>> open() const {
        write();
        return openCheckpoint(folder());
    }

    void rename(const std::string& from, const std::string& to) {
        TensorToWrite tensor = tensors.at(from);
        tensor.name = to;
        tensors.erase(from);
        tensors[to] = std::move(tensor);
    }

    void put(const std::string& name, DType dtype, std::vector<std::int64_t> shape) {
        std::size_t size = elementSize(dtype);
        for (const std::int64_t length : shape) {
            size *= static_cast<std::size_t>(length);
        }
        tensors[name] = {name, dtype, std::move(shape), [size]() -> Result<std::vector<std::byte>> {
                             return std::vector<std::byte>(size);
                         }};
    }

    Json config;
    std::map<std::string, TensorToWrite> tensors;

private:
    test::TemporaryFolder m_folder;
};

bool mentions(const std::vector<std::string>& warnings, const std::string& words) {
    return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& warning) {
        return warning.find(words) != std::string::npos;
    });
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

const std::string kBlock = "backbone.layers.2.mixer.";

} // namespace

class CheckpointTest : public QObject {
    Q_OBJECT

    /// Asserts that opening fails as unreadable input with a sentence that has `words`, and a hint.
    static void verifyRefused(const Result<std::shared_ptr<const Checkpoint>>& opened, const QString& words) {
        QVERIFY(!opened.ok());
        QCOMPARE(opened.error().code, ErrorCode::Unreadable);
        QVERIFY2(
            QString::fromStdString(opened.error().message).contains(words), opened.error().message.c_str());
        QVERIFY(!opened.error().hint.empty());
    }

    static ModelSpec fixtureSpec(int layers, DType dtype) {
        ModelSpec spec;
        spec.layers = layers;
        spec.hidden = 64;
        spec.inner = 128;
        spec.state = 16;
        spec.dtRank = 4;
        spec.convKernel = 4;
        spec.vocabulary = 256;
        spec.dtype = dtype;
        return spec;
    }

private Q_SLOTS:
    /// The shapes that tests/golden/fixtures/README.md gives.
    void opensTheFixtures() {
        ModelSpec untied = fixtureSpec(4, DType::BF16);
        untied.tiedHead = false;
        ModelSpec odd = fixtureSpec(3, DType::F32);
        odd.hidden = 48;
        odd.inner = 144;
        odd.state = 8;
        odd.dtRank = 5;
        odd.convKernel = 3;
        odd.linearBias = true;
        odd.convBias = false;
        odd.normEpsilon = 1e-3f;
        odd.residualInFp32 = false;
        for (const auto& [name, spec, parameters] :
             {std::tuple("hf-f32", fixtureSpec(4, DType::F32), 147'264),
              std::tuple("hf-bf16-untied", untied, 163'648),
              std::tuple("hf-f16-sharded", fixtureSpec(6, DType::F16), 212'672),
              std::tuple("hf-odd", odd, 92'544)}) {
            const auto opened = openCheckpoint(test::fixtureFolder() / name);
            QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
            const Checkpoint& checkpoint = *opened.value();
            QVERIFY2(checkpoint.spec == spec, toJson(checkpoint.spec).dump().c_str());
            QVERIFY2(checkpoint.warnings.empty(), joined(checkpoint.warnings).c_str());
            // Every value of the file is a parameter and the other way round.
            std::int64_t values = 0;
            for (const auto& [tensor, view] : checkpoint.tensors.tensors()) {
                values += view.elementCount();
            }
            QCOMPARE(values, spec.parameterCount());
            QCOMPARE(values, std::int64_t{parameters});
        }
    }

    void namesTensorsByTheirRole() {
        const auto opened = openCheckpoint(test::fixtureFolder() / "hf-odd");
        const TensorNames::Block& block = opened.value()->names.blocks.at(1);
        QCOMPARE(block.outProjBias, std::string("backbone.layers.1.mixer.out_proj.bias"));
        QVERIFY(block.convBias.empty());
        QCOMPARE(
            opened.value()->tensor(block.linear(Linear::XProj)).shape, (std::vector<std::int64_t>{21, 144}));
        QCOMPARE(
            opened.value()->tensor(block.linear(Linear::DtProj)).shape, (std::vector<std::int64_t>{144, 5}));
        QVERIFY(opened.value()->names.head.empty());
    }

    void opensAFileBesideItsConfig() {
        const fs::path fixtures = test::fixtureFolder();
        for (const auto& [path, layers] :
             {std::pair(fixtures / "hf-f32" / "model.safetensors", 4),
              std::pair(fixtures / "hf-f32" / "config.json", 4),
              std::pair(fixtures / "hf-f16-sharded" / "model.safetensors.index.json", 6),
              std::pair(fixtures / "hf-f16-sharded" / "model-00002-of-00005.safetensors", 6)}) {
            const auto opened = openCheckpoint(path);
            QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
            QCOMPARE(opened.value()->spec.layers, layers);
        }
        QCOMPARE(openCheckpoint(fixtures / "hf-f16-sharded").value()->weightFiles.size(), std::size_t{5});
    }

    void opensTheDemo() {
        const auto opened = openCheckpoint("demo");
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        QCOMPARE(opened.value()->spec.layers, 8);
        QCOMPARE(opened.value()->spec.hidden, 192);
        QCOMPARE(opened.value()->spec.vocabulary, 4096);
        QVERIFY(fs::exists(opened.value()->tokenizerFile));
        QVERIFY(fs::exists(demoTasksFolder() / "lambada"));
        QVERIFY(fs::exists(demoCalibrationText()));
    }

    void resourcesMayLieElsewhere() {
        const QByteArray before = qgetenv("MAMBASCOPE_RESOURCES");
        qputenv("MAMBASCOPE_RESOURCES", "/elsewhere");
        QCOMPARE(demoModelFolder(), fs::path("/elsewhere/demo"));
        verifyRefused(openCheckpoint("demo"), "/elsewhere/demo has no config.json");
        qputenv("MAMBASCOPE_RESOURCES", before);
    }

    void refusesOtherLayouts_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("words");
        QTest::newRow("mamba2") << "mamba2"
                                << "model_type \"mamba2\"";
        QTest::newRow("falcon-mamba") << "falcon-mamba"
                                      << "model_type \"falcon_mamba\"";
        for (const char* name : {"ssm-original", "ssm-original-legacy", "ssm-original-f16-shared"}) {
            QTest::newRow(name) << name << "pytorch_model.bin is a PyTorch pickle file";
        }
        QTest::newRow("pickle file") << "ssm-original/pytorch_model.bin"
                                     << "is a PyTorch pickle file";
        QTest::newRow("other tensors") << "hf-f32/golden.safetensors"
                                       << "backbone.embeddings.weight is missing";
        QTest::newRow("missing") << "nothing"
                                 << "does not exist";
        QTest::newRow("no checkpoint") << "."
                                       << "has no config.json";
    }

    void refusesOtherLayouts() {
        QFETCH(QString, fixture);
        QFETCH(QString, words);
        verifyRefused(openCheckpoint(test::fixtureFolder() / fixture.toStdString()), words);
    }

    void refusesConfigs_data() {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<QString>("words");
        QTest::newRow("empty") << QByteArray() << "not valid JSON";
        QTest::newRow("cut") << QByteArray("{\"model_type\": \"mam") << "not valid JSON";
        QTest::newRow("array") << QByteArray("[]") << "not a JSON object";
        QTest::newRow("says nothing") << QByteArray("{}") << "does not say which architecture";
        QTest::newRow("llama") << QByteArray(R"({"model_type": "llama"})") << "model_type \"llama\"";
        QTest::newRow("number") << QByteArray(R"({"model_type": 7})") << "model_type \"7\"";
        QTest::newRow("Infinity as Python writes it")
            << QByteArray(R"({"model_type": "mamba2", "time_step_limit": [0.0, Infinity, -Infinity, NaN]})")
            << "model_type \"mamba2\"";
        QTest::newRow("architectures only")
            << QByteArray(R"({"architectures": ["JambaForCausalLM"]})") << "JambaForCausalLM";
        QTest::newRow("original Mamba-2")
            << QByteArray(R"({"d_model": 64, "n_layer": 4, "ssm_cfg": {"layer": "Mamba2"}})") << "\"Mamba2\"";
        QTest::newRow("original hybrid")
            << QByteArray(R"({"d_model": 64, "n_layer": 4, "attn_layer_idx": [1]})") << "attention layers";
        QTest::newRow("original LayerNorm")
            << QByteArray(R"({"d_model": 64, "n_layer": 4, "rms_norm": false})") << "LayerNorm";
        QTest::newRow("other activation")
            << QByteArray(R"({"model_type": "mamba", "hidden_act": "gelu"})") << "activation gelu";
        QTest::newRow("epsilon is text")
            << QByteArray(R"({"model_type": "mamba", "layer_norm_epsilon": "1e-5"})") << "layer_norm_epsilon";
        QTest::newRow("epsilon is negative")
            << QByteArray(R"({"model_type": "mamba", "layer_norm_epsilon": -1})") << "layer_norm_epsilon";
    }

    void refusesConfigs() {
        QFETCH(QByteArray, config);
        QFETCH(QString, words);
        const Copy copy;
        copy.write();
        QVERIFY(writeFile(copy.folder() / "config.json", config.toStdString(), true).ok());
        verifyRefused(openCheckpoint(copy.folder()), words);
    }

    void refusesFoldersWithSomethingMissing() {
        const Copy copy;
        copy.write();
        fs::rename(copy.folder() / "model.safetensors", copy.folder() / "weights.safetensors");
        verifyRefused(openCheckpoint(copy.folder()), "holds no weights");
        QVERIFY(openCheckpoint(copy.folder() / "weights.safetensors").ok());
        fs::resize_file(copy.folder() / "weights.safetensors", 100'000);
        verifyRefused(openCheckpoint(copy.folder() / "weights.safetensors"), "is truncated");
        fs::remove(copy.folder() / "config.json");
        verifyRefused(openCheckpoint(copy.folder() / "weights.safetensors"), "has no config.json");
    }

    void refusesAMissingShard() {
        const test::TemporaryFolder folder;
        fs::copy(test::fixtureFolder() / "hf-f16-sharded", folder.path(), fs::copy_options::recursive);
        fs::remove(folder.path() / "model-00003-of-00005.safetensors");
        verifyRefused(openCheckpoint(folder.path()), "shard model-00003-of-00005.safetensors is missing");
    }

    void refusesTensors_data() {
        QTest::addColumn<std::function<void(Copy&)>>("spoil");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* name, std::function<void(Copy&)> spoil, const QString& words) {
            QTest::newRow(name) << std::move(spoil) << words;
        };
        for (const char* name :
             {"mixer.A_log", "mixer.D", "mixer.conv1d.weight", "mixer.conv1d.bias", "mixer.x_proj.weight",
              "mixer.dt_proj.weight", "mixer.dt_proj.bias", "mixer.in_proj.weight", "mixer.out_proj.weight",
              "norm.weight"}) {
            const std::string tensor = std::string("backbone.layers.2.") + name;
            row(
                tensor.c_str(), [tensor](Copy& copy) { copy.tensors.erase(tensor); },
                QString::fromStdString("The tensor " + tensor + " is missing."));
        }
        row(
            "first block without A_log",
            [](Copy& copy) { copy.tensors.erase("backbone.layers.0.mixer.A_log"); },
            "backbone.layers.0.mixer.A_log is missing");
        row(
            "no embedding", [](Copy& copy) { copy.tensors.erase("backbone.embeddings.weight"); },
            "backbone.embeddings.weight is missing");
        row(
            "no final norm", [](Copy& copy) { copy.tensors.erase("backbone.norm_f.weight"); },
            "backbone.norm_f.weight is missing");
        row(
            "a layer is missing",
            [](Copy& copy) {
                std::erase_if(copy.tensors, [](const auto& item) {
                    return item.first.starts_with("backbone.layers.1.");
                });
            },
            "backbone.layers.1.norm.weight is missing");
        row(
            "the last layer is missing",
            [](Copy& copy) {
                std::erase_if(copy.tensors, [](const auto& item) {
                    return item.first.starts_with("backbone.layers.3.");
                });
            },
            "config.json says 4 layers");
        row(
            "no layer",
            [](Copy& copy) {
                std::erase_if(copy.tensors, [](const auto& item) {
                    return item.first.starts_with("backbone.layers.");
                });
            },
            "backbone.layers.0.norm.weight is missing");
        row(
            "a layer far away",
            [](Copy& copy) { copy.put("backbone.layers.2147483647.norm.weight", DType::F32, {64}); },
            "backbone.layers.4.norm.weight is missing");
        row(
            "transposed",
            [](Copy& copy) {
                copy.put(kBlock + "x_proj.weight", DType::F32, {128, 36});
            },
            "layers.2.mixer.x_proj.weight has the shape [128, 36], but the other tensors ask for [36, 128]");
        row(
            "flat convolution",
            [](Copy& copy) {
                copy.put(kBlock + "conv1d.weight", DType::F32, {128, 4});
            },
            "has the shape [128, 4], but the other tensors ask for [128, 1, 4]");
        row(
            "A_log with one dimension",
            [](Copy& copy) { copy.put("backbone.layers.0.mixer.A_log", DType::F32, {128}); },
            "layers.0.mixer.A_log has the shape [128], but a shape of 2 positive lengths");
        row(
            "no state",
            [](Copy& copy) {
                copy.put("backbone.layers.0.mixer.A_log", DType::F32, {128, 0});
            },
            "has the shape [128, 0]");
        row(
            "huge state without data",
            [](Copy& copy) {
                copy.put("backbone.layers.0.mixer.A_log", DType::F32, {0, std::int64_t{1} << 40});
            },
            "has the shape [0, 1099511627776]");
        row(
            "bias in one block only",
            [](Copy& copy) { copy.put(kBlock + "in_proj.bias", DType::F32, {256}); },
            "backbone.layers.0.mixer.in_proj.bias is missing");
        row(
            "quantized weights",
            [](Copy& copy) {
                copy.put(kBlock + "in_proj.weight", DType::I8, {256, 64});
            },
            "layers.2.mixer.in_proj.weight is stored as I8");
        row(
            "head of another width",
            [](Copy& copy) {
                copy.config["tie_word_embeddings"] = false;
                copy.put("lm_head.weight", DType::F32, {256, 32});
            },
            "lm_head.weight has the shape [256, 32]");
    }

    void refusesTensors() {
        QFETCH(std::function<void(Copy&)>, spoil);
        QFETCH(QString, words);
        Copy copy;
        spoil(copy);
        verifyRefused(copy.open(), words);
    }

    void warnsOfContradictions_data() {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QString>("words");
        // Stale keys that the released mamba-370m-hf and mamba-790m-hf carry.
        QTest::newRow("d_inner of 370m") << QByteArray("d_inner") << QByteArray("160")
                                         << "config.json says d_inner 160, but the tensors have 128";
        QTest::newRow("d_model of 790m") << QByteArray("d_model") << QByteArray("2048")
                                         << "config.json says d_model 2048, but the tensors have 64";
        QTest::newRow("vocab_size") << QByteArray("vocab_size") << QByteArray("250") << "vocab_size 250";
        QTest::newRow("hidden_size") << QByteArray("hidden_size") << QByteArray("65") << "hidden_size 65";
        QTest::newRow("intermediate_size")
            << QByteArray("intermediate_size") << QByteArray("1") << "intermediate_size 1";
        QTest::newRow("state_size") << QByteArray("state_size") << QByteArray("8") << "state_size 8";
        QTest::newRow("time_step_rank")
            << QByteArray("time_step_rank") << QByteArray("9") << "time_step_rank 9";
        QTest::newRow("conv_kernel") << QByteArray("conv_kernel") << QByteArray("3") << "conv_kernel 3";
        QTest::newRow("fewer layers")
            << QByteArray("num_hidden_layers") << QByteArray("3") << "num_hidden_layers 3";
        QTest::newRow("use_bias") << QByteArray("use_bias") << QByteArray("true") << "use_bias true";
        QTest::newRow("no use_bias") << QByteArray("use_bias") << QByteArray() << "does not say use_bias";
        QTest::newRow("use_conv_bias")
            << QByteArray("use_conv_bias") << QByteArray("false") << "use_conv_bias false";
        QTest::newRow("own head") << QByteArray("tie_word_embeddings") << QByteArray("false")
                                  << "own weights";
        QTest::newRow("dtype") << QByteArray("dtype") << QByteArray("\"float16\"") << "dtype float16";
        QTest::newRow("no epsilon") << QByteArray("layer_norm_epsilon") << QByteArray()
                                    << "no layer_norm_epsilon";
    }

    void warnsOfContradictions() {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, value);
        QFETCH(QString, words);
        Copy copy;
        value.isEmpty() ? void(copy.config.erase(key.toStdString()))
                        : void(copy.config[key.toStdString()] = Json::parse(value.toStdString()));
        const auto opened = copy.open();
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        // The tensors decide all the same.
        QVERIFY(opened.value()->spec == fixtureSpec(4, DType::F32));
        QCOMPARE(opened.value()->warnings.size(), std::size_t{1});
        QVERIFY2(
            mentions(opened.value()->warnings, words.toStdString()),
            joined(opened.value()->warnings).c_str());
    }

    void warnsOfTensorsThatAreNotUsed() {
        Copy copy;
        copy.put("backbone.layers.1.mixer.dt_layernorm.weight", DType::F32, {4});
        const auto opened = copy.open();
        QVERIFY(mentions(
            opened.value()->warnings,
            "1 tensor of the checkpoint, e.g. backbone.layers.1.mixer.dt_layernorm"));
    }

    void otherSpellingsOfNamesAreRead() {
        for (const char* spelling : {"backbone.embedding.weight", "embeddings.weight", "embedding.weight"}) {
            Copy copy;
            copy.rename("backbone.embeddings.weight", spelling);
            if (!std::string_view(spelling).starts_with("backbone.")) {
                std::vector<std::string> names;
                for (const auto& [name, tensor] : copy.tensors) {
                    names.push_back(name);
                }
                for (const std::string& name : names) {
                    if (name.starts_with("backbone.")) {
                        copy.rename(name, name.substr(9));
                    }
                }
            }
            const auto opened = copy.open();
            QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
            QCOMPARE(opened.value()->names.embedding, std::string(spelling));
            QVERIFY(opened.value()->spec == fixtureSpec(4, DType::F32));
        }
    }

    /// state-spaces' own layout, if its weights are safetensors: 250 words padded to a multiple of 8.
    void opensTheOriginalLayout() {
        Copy copy;
        copy.rename("backbone.embeddings.weight", "backbone.embedding.weight");
        copy.config = {{"d_model", 64},          {"n_layer", 4},
                       {"vocab_size", 250},      {"ssm_cfg", Json::object()},
                       {"rms_norm", true},       {"residual_in_fp32", true},
                       {"fused_add_norm", true}, {"pad_vocab_size_multiple", 8}};
        const auto opened = copy.open();
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        QVERIFY(opened.value()->spec == fixtureSpec(4, DType::F32));
        QVERIFY2(opened.value()->warnings.empty(), joined(opened.value()->warnings).c_str());
    }

    void aHeadThatRepeatsTheEmbeddingIsTied() {
        Copy copy;
        TensorToWrite head = copy.tensors.at("backbone.embeddings.weight");
        head.name = "lm_head.weight";
        copy.tensors["lm_head.weight"] = head;
        auto opened = copy.open();
        QVERIFY(opened.value()->spec.tiedHead);
        QVERIFY(opened.value()->names.head.empty());
        QVERIFY2(opened.value()->warnings.empty(), joined(opened.value()->warnings).c_str());
        copy.put("lm_head.weight", DType::F32, {256, 64}); // zeros
        opened = copy.open();
        QVERIFY(!opened.value()->spec.tiedHead);
        QCOMPARE(opened.value()->names.head, std::string("lm_head.weight"));
        QVERIFY(mentions(opened.value()->warnings, "lm_head.weight differs"));
    }
};

QTEST_APPLESS_MAIN(CheckpointTest)
#include "checkpoint_test.moc"
