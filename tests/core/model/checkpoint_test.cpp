// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/checkpoint_copy.h"

using namespace mambascope;
using namespace mambascope::test;

class CheckpointTest : public QObject {
    Q_OBJECT

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
            const auto opened = openCheckpoint(fixtureFolder() / name);
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
        const auto opened = openCheckpoint(fixtureFolder() / "hf-odd");
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
        const fs::path fixtures = fixtureFolder();
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
