// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/checkpoint_copy.h"

using namespace mambascope;
using namespace mambascope::test;

namespace {

const std::string kBlock = "backbone.layers.2.mixer.";

} // namespace

/// What openCheckpoint refuses, each with its own sentence.
class CheckpointRefusalsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refusesOtherLayouts_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("words");
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
        verifyRefused(openCheckpoint(fixtureFolder() / fixture.toStdString()), words);
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
            << QByteArray(R"({"model_type": "bamba", "time_step_limit": [0.0, Infinity, -Infinity, NaN]})")
            << "model_type \"bamba\"";
        QTest::newRow("architectures only")
            << QByteArray(R"({"architectures": ["JambaForCausalLM"]})") << "JambaForCausalLM";
        QTest::newRow("original Mamba-3")
            << QByteArray(R"({"d_model": 64, "n_layer": 4, "ssm_cfg": {"layer": "Mamba3"}})") << "\"Mamba3\"";
        QTest::newRow("norm before the gate")
            << QByteArray(
                   R"({"d_model": 64, "n_layer": 4, "ssm_cfg": {"layer": "Mamba2", "norm_before_gate": true}})")
            << "norm before the gate";
        QTest::newRow("a D for every channel")
            << QByteArray(
                   R"({"d_model": 64, "n_layer": 4, "ssm_cfg": {"layer": "Mamba2", "D_has_hdim": true}})")
            << "D for every channel";
        QTest::newRow("Mamba-2 with another activation")
            << QByteArray(
                   R"({"d_model": 64, "n_layer": 4, "ssm_cfg": {"layer": "Mamba2", "activation": "gelu"}})")
            << "activation gelu";
        QTest::newRow("time step limit of three")
            << QByteArray(R"({"model_type": "mamba2", "time_step_limit": [0, 1, 2]})") << "time_step_limit";
        QTest::newRow("time step limit upside down")
            << QByteArray(R"({"model_type": "mamba2", "time_step_limit": [1, 0.5]})") << "time_step_limit";
        QTest::newRow("mixer epsilon is text")
            << QByteArray(R"({"model_type": "falcon_mamba", "mixer_rms_eps": "small"})") << "mixer_rms_eps";
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
        const TemporaryFolder folder;
        fs::copy(fixtureFolder() / "hf-f16-sharded", folder.path(), fs::copy_options::recursive);
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
};

QTEST_APPLESS_MAIN(CheckpointRefusalsTest)
#include "checkpoint_refusals_test.moc"
