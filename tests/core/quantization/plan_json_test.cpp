// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"

#include <QTest>
#include <random>
#include <set>

using namespace mambascope;

namespace {

/// Any plan, from a seed.
class RandomPlan {
public:
    explicit RandomPlan(unsigned seed)
        : m_generator(seed) {}

    QuantPlan make() {
        QuantPlan plan;
        plan.name = "plan \"" + std::to_string(below(1000)) + "\" α";
        everything().applyTo(plan.defaults);
        for (SitePatch& patch : plan.linears) {
            patch = some();
        }
        for (unsigned i = below(6); i > 0; --i) {
            if (const SitePatch patch = some(); !patch.empty()) {
                plan.sites[SiteId::fromIndex(static_cast<int>(below(256)))] = patch;
            }
        }
        plan.groups = {coin(), coin(), coin(), coin(), coin()};
        plan.rule = static_cast<OutlierRule>(below(4));
        plan.k = 0.1 + static_cast<double>(below(100000)) / 7e3;
        plan.ssmInput = coin();
        return plan;
    }

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(m_generator() % bound); }
    bool coin() { return below(2) == 1; }
    int bits() { return below(4) == 0 ? kBitsOff : 2 + static_cast<int>(below(7)); }

    SitePatch everything() {
        SitePatch patch;
        patch.weightBits = bits();
        const auto kind = static_cast<GranularityKind>(below(3));
        patch.weightGranularity =
            Granularity{kind, kind == GranularityKind::Group ? 1 + static_cast<int>(below(200)) : 0};
        patch.activationBits = bits();
        patch.activationSide = static_cast<ActivationSide>(below(3));
        patch.activationScale = static_cast<ActivationScale>(below(3));
        patch.alpha = coin() ? std::optional(static_cast<double>(below(1001)) / 1000.0) : std::nullopt;
        patch.zeroOutliers = coin();
        patch.scanBits = bits();
        patch.stateBits = bits();
        return patch;
    }

    SitePatch some() {
        SitePatch patch = everything();
        SitePatch dropped;
        const SitePatch other = everything();
        if (coin()) {
            dropped.weightBits = other.weightBits;
        }
        if (coin()) {
            dropped.weightGranularity = other.weightGranularity;
        }
        if (coin()) {
            dropped.activationBits = other.activationBits;
        }
        if (coin()) {
            dropped.activationSide = other.activationSide;
        }
        if (coin()) {
            dropped.activationScale = other.activationScale;
        }
        if (coin()) {
            dropped.alpha = other.alpha;
        }
        if (coin()) {
            dropped.zeroOutliers = other.zeroOutliers;
        }
        if (coin()) {
            dropped.scanBits = other.scanBits;
            dropped.stateBits = other.stateBits;
        }
        patch.drop(dropped);
        return patch;
    }

    std::mt19937 m_generator;
};

} // namespace

class PlanJsonTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPlanReadsBack() {
        for (unsigned seed = 0; seed < 300; ++seed) {
            const QuantPlan plan = RandomPlan(seed).make();
            const std::string text = toJson(plan).dump(2);
            const auto read = parsePlan(text, "P.json");
            QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
            QVERIFY2(read.value() == plan, text.c_str());
            QCOMPARE(toJson(read.value()).dump(2), text);
            QCOMPARE(planHash(read.value()), planHash(plan));
        }
    }

    void theTextIsFixed() {
        QuantPlan plan;
        plan.name = "mine";
        plan.defaults.weightBits = 8;
        plan.sites[{7, Linear::OutProj}].activationBits = kBitsOff;
        plan.linears[1].alpha = std::optional<double>();
        QCOMPARE(
            QString::fromStdString(toJson(plan).dump()),
            QString(
                R"({"format":1,"name":"mine","scope":["linear"],"rule":"channel-spread","k":6.0,)"
                R"("ssm_input":false,"defaults":{"w_bits":8,"w_granularity":"tensor","a_bits":"off",)"
                R"("a_side":"input","a_scale":"static","alpha":"off","zero_outliers":false},)"
                R"("linears":{"x_proj":{"alpha":"off"}},"sites":{"layers.7.out_proj":{"a_bits":"off"}}})"));
    }

    void anEmptyPlanIsTheBaseline() {
        QVERIFY(parsePlan(R"({"format": 1})", "P.json").value() == QuantPlan());
    }

    void commentsAndShorthandsAreAccepted() {
        const auto plan = parsePlan(
            R"(// by hand
            {"format": 1, /* all */ "scope": "all", "defaults": {"w_bits": 16, "alpha": null},
             "linears": {"out": {"a_bits": 8}}})",
            "P.json");
        QVERIFY2(plan.ok(), plan.ok() ? "" : plan.error().message.c_str());
        QVERIFY(plan.value().groups == ParameterGroups::all());
        QCOMPARE(plan.value().at({0, Linear::OutProj}).activationBits, 8);
        QCOMPARE(plan.value().defaults.weightBits, kBitsOff);
    }

    void refusals_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::addColumn<QString>("hint");
        const auto add = [](const char* name, const char* body, const char* says, const char* hint = "") {
            QTest::newRow(name) << QString("{\"format\": 1, ") + body + "}" << says << hint;
        };
        QTest::newRow("no JSON") << "{\"format\": 1,"
                                 << ""
                                 << "";
        QTest::newRow("no object") << "[1]"
                                   << "is no quantization plan"
                                   << "";
        QTest::newRow("no format") << "{\"name\": \"x\"}"
                                   << "it has no \"format\""
                                   << "plan new";
        QTest::newRow("newer format") << "{\"format\": 2}"
                                      << "it has format 2"
                                      << "newer";
        QTest::newRow("odd format") << "{\"format\": \"one\"}"
                                    << "its format is \"one\""
                                    << "";
        add("unknown key", R"("nmae": "x")", "unknown key \"nmae\"", "\"name\"");
        add("unknown key far from all", R"("quantum_foam": 1)", "unknown key \"quantum_foam\"", "Known are");
        add("unknown setting", R"("defaults": {"wbits": 8})", "unknown key \"wbits\" of the defaults",
            "\"w_bits\"");
        add("unknown setting of a site", R"("sites": {"layers.7.x_proj": {"a_bit": 8}})",
            "unknown key \"a_bit\" of layers.7.x_proj", "\"a_bits\"");
        add("one bit", R"("defaults": {"w_bits": 1})", "w_bits of the defaults is 1");
        add("nine bits", R"("linears": {"in_proj": {"a_bits": 9}})", "a_bits of in_proj is 9");
        add("half a bit", R"("defaults": {"w_bits": 7.5})", "w_bits of the defaults is 7.5");
        add("bits as text", R"("defaults": {"w_bits": "8"})", "w_bits of the defaults is \"8\"");
        add("negative alpha", R"("defaults": {"alpha": -0.1})", "alpha of the defaults is -0.1");
        add("alpha above one", R"("defaults": {"alpha": 1.01})", "alpha of the defaults is 1.01");
        add("alpha as text", R"("defaults": {"alpha": "half"})", "alpha of the defaults is \"half\"");
        add("k of zero", R"("k": 0)", "k is 0");
        add("negative k", R"("k": -6)", "k is -6");
        add("k as text", R"("k": "six")", "k is \"six\"");
        add("unknown rule", R"("rule": "sixsigma")", "rule is \"sixsigma\"");
        add("negative layer", R"("sites": {"layers.-1.in_proj": {}})", "negative layer");
        add("unknown site", R"("sites": {"layers.0.mlp": {}})", "unknown site \"layers.0.mlp\"");
        add("sites as list", R"("sites": [])", "\"sites\" has to be an object");
        add("unknown linear", R"("linears": {"mlp": {}})", "unknown linear \"mlp\"");
        add("linears as list", R"("linears": [])", "\"linears\" has to be an object");
        add("settings as number", R"("defaults": 8)", "the defaults has to be an object");
        add("unknown granularity", R"("defaults": {"w_granularity": "row"})",
            "w_granularity of the defaults is \"row\"");
        add("empty group", R"("defaults": {"w_granularity": "group:0"})", "is \"group:0\"");
        add("unknown side", R"("defaults": {"a_side": "left"})", "a_side of the defaults is \"left\"");
        add("unknown scale", R"("defaults": {"a_scale": 1})", "a_scale of the defaults is 1");
        add("zeroing as number", R"("defaults": {"zero_outliers": 1})", "zero_outliers of the defaults is 1");
        add("unknown scope", R"("scope": "some")", "\"scope\" has to be");
        add("unknown group", R"("scope": ["linaer"])", "unknown parameter group \"linaer\"", "\"linear\"");
        add("ssm_input as text", R"("ssm_input": "yes")", "ssm_input is \"yes\"");
        add("name as number", R"("name": 5)", "its name is 5");
    }

    void refusals() {
        QFETCH(QString, text);
        QFETCH(QString, says);
        QFETCH(QString, hint);
        const auto plan = parsePlan(text.toStdString(), "P.json");
        QVERIFY(!plan.ok());
        QVERIFY(plan.error().code == ErrorCode::Unreadable);
        const QString message = QString::fromStdString(plan.error().message);
        QVERIFY2(message.contains(says), qPrintable(message));
        QVERIFY2(message.contains("P.json"), qPrintable(message));
        QVERIFY2(message.endsWith('.'), qPrintable(message));
        QVERIFY2(QString::fromStdString(plan.error().hint).contains(hint), plan.error().hint.c_str());
    }

    void namesReadBack() {
        for (const Granularity granularity :
             {Granularity{}, Granularity{GranularityKind::Channel, 0},
              Granularity{GranularityKind::Group, 128}}) {
            QVERIFY(parseGranularity(granularityName(granularity)) == granularity);
        }
        for (const char* bad :
             {"", "group", "group:", "group:-1", "group:1x", "group: 8", "Tensor", "group:99999999999"}) {
            QVERIFY2(!parseGranularity(bad).has_value(), bad);
        }
        QVERIFY(parseActivationSide("both") == ActivationSide::Both);
        QVERIFY(parseActivationScale("token") == ActivationScale::Token);
        QVERIFY(!parseActivationScale("Token").has_value());
    }
};

QTEST_APPLESS_MAIN(PlanJsonTest)
#include "plan_json_test.moc"
