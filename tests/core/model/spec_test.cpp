// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include <QTest>

using namespace mambascope;

namespace {

ModelSpec released(int layers, int hidden, int dtRank) {
    ModelSpec spec;
    spec.layers = layers;
    spec.hidden = hidden;
    spec.inner = 2 * hidden;
    spec.state = 16;
    spec.dtRank = dtRank;
    spec.convKernel = 4;
    spec.vocabulary = 50280;
    return spec;
}

ModelSpec mamba2(int layers, int hidden) {
    ModelSpec spec = released(layers, hidden, 0);
    spec.architecture = Architecture::Mamba2;
    spec.state = 128;
    spec.heads = spec.inner / 64;
    spec.groups = spec.gatedNormGroups = 1;
    spec.vocabulary = 50288;
    return spec;
}

} // namespace

class SpecTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The released Mamba models: shapes and total parameters of their published checkpoints.
    void countsParameters_data() {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("hidden");
        QTest::addColumn<int>("dtRank");
        QTest::addColumn<qint64>("parameters");
        QTest::newRow("130m") << 24 << 768 << 48 << qint64{129'135'360};
        QTest::newRow("370m") << 48 << 1024 << 64 << qint64{371'516'416};
        QTest::newRow("790m") << 48 << 1536 << 96 << qint64{793'204'224};
        QTest::newRow("1.4b") << 48 << 2048 << 128 << qint64{1'372'178'432};
        QTest::newRow("2.8b") << 64 << 2560 << 160 << qint64{2'768'345'600};
    }

    void countsParameters() {
        QFETCH(int, layers);
        QFETCH(int, hidden);
        QFETCH(int, dtRank);
        QFETCH(qint64, parameters);
        QCOMPARE(released(layers, hidden, dtRank).parameterCount(), parameters);
    }

    /// The published totals of state-spaces/mamba2-130m and tiiuae/falcon-mamba-7b.
    void countsParametersOfTheOtherArchitectures() {
        QCOMPARE(mamba2(24, 768).parameterCount(), std::int64_t{128'989'632});
        ModelSpec falcon = released(64, 4096, 256);
        falcon.architecture = Architecture::FalconMamba;
        falcon.vocabulary = 65024;
        falcon.tiedHead = false;
        QCOMPARE(falcon.parameterCount(), std::int64_t{7'272'665'088});
    }

    void mamba2HasTwoSitesALayer() {
        const ModelSpec spec = mamba2(24, 768);
        QCOMPARE(spec.outputs(Linear::InProj), 3352); // 2 · 1536 + 2 · 128 + 24
        QCOMPARE(spec.convChannels(), 1792);
        QCOMPARE(spec.headWidth(), 64);
        QCOMPARE(spec.inputs(Linear::OutProj), 1536);
        QCOMPARE(spec.channels(Linear::XProj, Side::Input), 0);
        QVERIFY(!spec.has(Linear::DtProj));
        QCOMPARE(spec.sites().size(), std::size_t{48});
        QCOMPARE(spec.sites().at(3), (SiteId{1, Linear::OutProj}));
        QCOMPARE(spec.siteCount(), 96); // places keep their numbers
    }

    void anOwnHeadAndBiasesCount() {
        ModelSpec spec = released(2, 64, 4);
        const std::int64_t before = spec.parameterCount();
        spec.tiedHead = false;
        QCOMPARE(spec.parameterCount() - before, std::int64_t{50280} * 64);
        spec.linearBias = true; // in_proj 2 · 128, out_proj 64
        QCOMPARE(spec.parameterCount() - before, std::int64_t{50280} * 64 + 2 * (256 + 64));
    }

    /// Shapes of mamba-130m's linears.
    void widthsOfTheSites() {
        const ModelSpec spec = released(24, 768, 48);
        QCOMPARE(spec.inputs(Linear::InProj), 768);
        QCOMPARE(spec.outputs(Linear::InProj), 3072);
        QCOMPARE(spec.inputs(Linear::XProj), 1536);
        QCOMPARE(spec.outputs(Linear::XProj), 80);
        QCOMPARE(spec.inputs(Linear::DtProj), 48);
        QCOMPARE(spec.outputs(Linear::DtProj), 1536);
        QCOMPARE(spec.channels(Linear::OutProj, Side::Input), 1536);
        QCOMPARE(spec.channels(Linear::OutProj, Side::Output), 768);
        QCOMPARE(spec.siteCount(), 96);
    }

    void survivesJson() {
        ModelSpec spec = released(3, 48, 5);
        spec.linearBias = true;
        spec.convBias = false;
        spec.tiedHead = false;
        spec.normEpsilon = 1e-3f;
        spec.residualInFp32 = false;
        spec.dtype = DType::BF16;
        const Result<ModelSpec> read = modelSpecFromJson(toJson(spec));
        QVERIFY(read.ok());
        QVERIFY(read.value() == spec);
        QVERIFY(toJson(spec).dump().find("0.001,") != std::string::npos); // not 0.0010000000474974513
    }

    void theOtherArchitecturesSurviveJson() {
        ModelSpec spec = mamba2(24, 768);
        QVERIFY(modelSpecFromJson(toJson(spec)).value() == spec); // without an upper bound of the time step
        spec.dtMin = 0.001f;
        spec.dtMax = 0.1f;
        spec.gatedNormGroups = 0;
        QVERIFY(modelSpecFromJson(toJson(spec)).value() == spec);
        ModelSpec falcon = released(64, 4096, 256);
        falcon.architecture = Architecture::FalconMamba;
        falcon.mixerNormEpsilon = 1e-5f;
        QVERIFY(modelSpecFromJson(toJson(falcon)).value() == falcon);
        Json wrong = toJson(mamba2(24, 768));
        wrong["heads"] = 7; // does not divide 1536
        QVERIFY(!modelSpecFromJson(wrong).ok());
        wrong = toJson(mamba2(24, 768));
        wrong["groups"] = 1 << 30;
        QVERIFY(!modelSpecFromJson(wrong).ok());
    }

    void refusesIncompleteJson_data() {
        QTest::addColumn<int>("architecture");
        for (const Architecture architecture :
             {Architecture::Mamba1, Architecture::FalconMamba, Architecture::Mamba2}) {
            QTest::newRow(std::string(architectureName(architecture)).c_str())
                << static_cast<int>(architecture);
        }
    }

    void refusesIncompleteJson() {
        QFETCH(int, architecture);
        ModelSpec spec =
            architecture == static_cast<int>(Architecture::Mamba2) ? mamba2(24, 768) : released(24, 768, 48);
        spec.architecture = static_cast<Architecture>(architecture);
        const Json whole = toJson(spec);
        for (const auto& [key, value] : whole.items()) {
            Json without = whole;
            without.erase(key);
            const Result<ModelSpec> read = modelSpecFromJson(without);
            QVERIFY2(!read.ok(), key.c_str());
            QVERIFY(read.error().message.find("\"" + key + "\"") != std::string::npos);
            Json wrong = whole;
            wrong[key] = Json::array();
            QVERIFY2(!modelSpecFromJson(wrong).ok(), key.c_str());
        }
        for (const Json& bad :
             {Json(0), Json(-1), Json(1.5), Json(std::int64_t{1} << 40), Json(~std::uint64_t{0})}) {
            Json wrong = whole;
            wrong["hidden"] = bad;
            QVERIFY2(!modelSpecFromJson(wrong).ok(), bad.dump().c_str());
        }
        QVERIFY(!modelSpecFromJson(Json("text")).ok());
    }
};

QTEST_APPLESS_MAIN(SpecTest)
#include "spec_test.moc"
