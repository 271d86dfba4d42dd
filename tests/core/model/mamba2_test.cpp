// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/checkpoint_copy.h"

using namespace mambascope;
using namespace mambascope::test;

namespace {

/// The shape that tests/golden/fixtures/README.md gives: 8 heads of 16, 2 groups.
ModelSpec mamba2Spec() {
    ModelSpec spec = fixtureSpec(3, DType::F32);
    spec.architecture = Architecture::Mamba2;
    spec.dtRank = 0;
    spec.heads = 8;
    spec.groups = 2;
    spec.gatedNormGroups = 1;
    return spec;
}

/// The fixture mamba2 in state-spaces' own layout.
struct OriginalMamba2 : Copy {
    OriginalMamba2()
        : Copy("mamba2") {
        config = {{"d_model", 64},     {"n_layer", 3},
                  {"vocab_size", 250}, {"ssm_cfg", {{"layer", "Mamba2"}, {"ngroups", 2}, {"d_state", 16}}},
                  {"rms_norm", true},  {"pad_vocab_size_multiple", 16}};
        rename("backbone.embeddings.weight", "backbone.embedding.weight");
    }
};

} // namespace

/// What is special about opening FalconMamba and Mamba-2.
class Mamba2Test : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void opensTheFixtures() {
        ModelSpec falcon = fixtureSpec(3, DType::F32);
        falcon.architecture = Architecture::FalconMamba;
        falcon.tiedHead = false;
        for (const auto& [name, spec] :
             {std::pair("mamba2", mamba2Spec()), std::pair("falcon-mamba", falcon)}) {
            const auto opened = openCheckpoint(fixtureFolder() / name);
            QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
            QVERIFY2(opened.value()->spec == spec, toJson(opened.value()->spec).dump().c_str());
            QVERIFY2(opened.value()->warnings.empty(), joined(opened.value()->warnings).c_str());
            std::int64_t values = 0; // every value of the file is a parameter and the other way round
            for (const auto& [tensor, view] : opened.value()->tensors.tensors()) {
                values += view.elementCount();
            }
            QCOMPARE(values, spec.parameterCount());
        }
    }

    void opensTheOriginalLayout() {
        const auto opened = OriginalMamba2().open();
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        ModelSpec spec = mamba2Spec();
        spec.gatedNormGroups = 2; // state-spaces' code norms every group by itself
        QVERIFY2(opened.value()->spec == spec, toJson(opened.value()->spec).dump().c_str());
        QVERIFY2(opened.value()->warnings.empty(), joined(opened.value()->warnings).c_str());
    }

    void opensTheOriginalLayoutWithoutNorm() {
        OriginalMamba2 copy;
        copy.config["ssm_cfg"]["rmsnorm"] = false;
        for (int i = 0; i < 3; ++i) {
            copy.tensors.erase("backbone.layers." + std::to_string(i) + ".mixer.norm.weight");
        }
        const auto opened = copy.open();
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        QCOMPARE(opened.value()->spec.gatedNormGroups, 0);
    }

    void theTensorsOnlyTellGroupsTimesStates() {
        Copy copy("mamba2");
        copy.config["n_groups"] = 4; // 2 · 16 = 4 · 8, but state_size says 16
        auto opened = copy.open();
        QVERIFY(opened.ok());
        QCOMPARE(opened.value()->spec.groups, 2);
        QVERIFY(mentions(opened.value()->warnings, "n_groups 4, but the tensors have 2"));
        copy.config.erase("state_size");
        opened = copy.open();
        QVERIFY(opened.ok());
        QCOMPARE(opened.value()->spec.groups, 4);
        QCOMPARE(opened.value()->spec.state, 8);
        QVERIFY(mentions(opened.value()->inferred, "state_size 8"));
    }

    void readsTheBoundsOfTheTimeStep() {
        Copy copy("mamba2");
        copy.config["time_step_limit"] = {0.25, 4.0};
        const auto opened = copy.open();
        QVERIFY(opened.ok());
        QCOMPARE(opened.value()->spec.dtMin, 0.25f);
        QCOMPARE(opened.value()->spec.dtMax, 4.0f);
    }

    void refusesShapesThatDoNotFit_data() {
        QTest::addColumn<QString>("tensor");
        QTest::addColumn<int>("length");
        QTest::addColumn<QString>("words");
        QTest::newRow("heads") << "A_log" << 7 << "cannot be shared out evenly to the 7 heads";
        QTest::newRow("an MLP inside") << "in_proj.weight" << 328 + 64 << "in_proj.weight has the shape";
        QTest::newRow("convolution") << "conv1d.weight" << 193 << "65 channels beside the 128 of out_proj";
        QTest::newRow("no states") << "conv1d.weight" << 128 << "0 channels beside the 128 of out_proj";
        QTest::newRow("gated norm") << "norm.weight" << 64 << "norm.weight has the shape";
    }

    void refusesShapesThatDoNotFit() {
        QFETCH(QString, tensor);
        QFETCH(int, length);
        QFETCH(QString, words);
        Copy copy("mamba2");
        const std::string name = "backbone.layers.0.mixer." + tensor.toStdString();
        std::vector<std::int64_t> shape = copy.tensors.at(name).shape;
        shape.front() = length;
        copy.put(name, DType::F32, shape);
        verifyRefused(copy.open(), words);
    }

    void saysWhereConfigAndTensorsDiffer() {
        Copy copy("mamba2");
        copy.config["num_heads"] = 80;
        copy.config["expand"] = 3;
        const auto opened = copy.open();
        QVERIFY(opened.ok());
        QVERIFY(mentions(opened.value()->warnings, "num_heads 80, but the tensors have 8"));
        QVERIFY(mentions(opened.value()->warnings, "expand 3"));
    }
};

QTEST_APPLESS_MAIN(Mamba2Test)
#include "mamba2_test.moc"
