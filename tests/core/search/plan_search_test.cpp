// SPDX-License-Identifier: GPL-3.0-or-later
// Searches on an engine whose numbers are made up: 0.3 is the best α of every site, and every bit halves an
// error.
#include "core/quantization/search.h"
#include "core/search/candidates.h"
#include "core/search/plan_search.h"
#include "core/session/search_trace.h"
#include "tests/core/engine/fake_engine.h"

#include <QTest>

#include <stop_token>

using namespace mambascope;

namespace {

constexpr int kSites = 16; ///< of four layers

Json traceOf(const PlanSearch& search, const PlanSearchResult& found) {
    const SearchSetup setup{
        std::string(searchTargetName(search.target)),
        {"/models/tiny", "tiny", "hash", {}},
        search.plan,
        {},
        {},
        {2, 64, 0, false}};
    return Json::parse(searchTrace(setup, found.measured).dump());
}

} // namespace

class PlanSearchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_engine = test::makeFakeEngine();
        LoadRequest request;
        request.model = "tiny";
        const auto loaded = m_engine->load(request, {});
        QVERIFY(loaded.ok());
        m_spec = loaded.value().spec;
        CalibrationRequest text;
        text.windows = {{1, 2, 3, 4}};
        const auto snapshot = m_engine->calibrate(text, {});
        QVERIFY(snapshot.ok());
        m_calibration = std::make_shared<const CalibrationSnapshot>(snapshot.value());
    }

    void alphaIsTheBestOfTheGrid() {
        PlanSearch search = of(SearchTarget::Alpha);
        search.grid = {0.1, 0.3, 0.5};
        const auto found = searchPlan(*m_engine, m_spec, search, {});
        QVERIFY(found.ok());
        for (const SiteId site : m_spec.sites()) {
            QCOMPARE(found.value().plan.at(site).alpha.value_or(-1), 0.3);
        }
        const Json trace = traceOf(search, found.value());
        QCOMPARE(trace["sites"].size(), std::size_t{kSites});
        // Without α the engine errs by 0.6² more than with 0.3.
        QVERIFY(trace["error_after"].get<double>() < trace["error_before"].get<double>());
        const Json& site = trace["sites"]["layers.0.in_proj"];
        QVERIFY(std::abs(site["before"].get<double>() - site["errors"][1].get<double>() - 0.36) < 1e-12);
    }

    void whatATraceSaysIsThePlanThatWasFound_data() {
        QTest::addColumn<int>("target");
        QTest::addColumn<double>("budget");
        QTest::newRow("alpha") << int(SearchTarget::Alpha) << 0.0;
        QTest::newRow("bits, between two widths") << int(SearchTarget::Bits) << 4.6;
        QTest::newRow("bits, all that there are") << int(SearchTarget::Bits) << 8.0;
    }

    void whatATraceSaysIsThePlanThatWasFound() {
        QFETCH(int, target);
        QFETCH(double, budget);
        PlanSearch search = of(static_cast<SearchTarget>(target));
        search.plan = presetPlan("SmoothQuant W8A8 α=0.5").value();
        search.plan.groups = ParameterGroups::all(); // the other groups follow as well
        search.grid = {0.1, 0.3};
        search.bits = {8, 6, 4};
        search.averageBits = budget;
        const auto found = searchPlan(*m_engine, m_spec, search, {});
        QVERIFY2(found.ok(), found.ok() ? "" : found.error().message.c_str());
        const auto again = planOfTrace(search.plan, traceOf(search, found.value()));
        QVERIFY(again.ok());
        QVERIFY(planDiff(found.value().plan, again.value(), m_spec.layers).empty());
        QVERIFY(!(again.value() == search.plan) || budget == 8.0);
    }

    void bitsStayUnderTheBudget() {
        PlanSearch search = of(SearchTarget::Bits);
        search.bits = {8, 6, 4, 2};
        search.averageBits = averageBitsOfBytes(m_spec, siteWeightCount(m_spec) * 5 / 8); // 5 bits a weight
        search.weighted = true;
        std::vector<Progress> seen;
        const auto found = searchPlan(*m_engine, m_spec, search, {{}, [&](const Progress& p) {
                                                                      seen.push_back(p);
                                                                  }});
        QVERIFY(found.ok());
        QVERIFY(averageWeightBits(m_spec, found.value().plan) <= 5);
        const Json trace = traceOf(search, found.value());
        QCOMPARE(trace["allocations"].size(), std::size_t{3});
        QCOMPARE(trace["sites"]["layers.3.out_proj"]["divergences"].size(), std::size_t{4});
        // One pass for the reference, one for every site and width, two for every allocation; counted to the
        // end.
        QCOMPARE(seen.back().total, std::uint64_t{1 + kSites * 4 + 2 * 3});
        QCOMPARE(seen.back().done, seen.back().total);
    }

    void aBudgetBelowTheFewestBitsIsRefusedBeforeAnythingIsMeasured() {
        PlanSearch search = of(SearchTarget::Bits);
        search.bits = {8, 4};
        search.averageBits = 3;
        bool measured = false;
        const auto found = searchPlan(*m_engine, m_spec, search, {{}, [&](const Progress&) {
                                                                      measured = true;
                                                                  }});
        QVERIFY(!found.ok() && found.error().code == ErrorCode::Usage);
        QVERIFY(!measured);
    }

    void sensitivityMeasuresWhatWasAskedFor() {
        PlanSearch search = of(SearchTarget::Sensitivity);
        search.without = false;
        const auto on = searchPlan(*m_engine, m_spec, search, {});
        QVERIFY(on.ok());
        const Json trace = traceOf(search, on.value());
        QVERIFY(trace.contains("baseline") && trace.contains("plan"));
        QCOMPARE(trace["sites"].size(), std::size_t{kSites});
        QVERIFY(trace["sites"]["layers.1.x_proj"]["only"].is_number());
        QVERIFY(trace["sites"]["layers.1.x_proj"]["without"].is_null());
        QVERIFY(!planOfTrace(search.plan, trace).ok()); // nothing was chosen
        search.plan = QuantPlan();
        QVERIFY(!searchPlan(*m_engine, m_spec, search, {}).ok());
        search.plan = presetPlan("W8A8 input").value();
        search.only = false;
        QVERIFY(!searchPlan(*m_engine, m_spec, search, {}).ok());
    }

    void aStoppedSearchEndsWithinABatch() {
        for (const SearchTarget target :
             {SearchTarget::Alpha, SearchTarget::Bits, SearchTarget::Sensitivity}) {
            PlanSearch search = of(target);
            search.grid = {0.1, 0.3};
            search.bits = {8, 4};
            search.averageBits = 6;
            std::stop_source stop;
            std::uint64_t passes = 0;
            const Job job{stop.get_token(), [&](const Progress& progress) {
                              passes = std::max(passes, progress.done);
                              if (progress.done == 1) {
                                  stop.request_stop();
                              }
                          }};
            if (target == SearchTarget::Alpha) {
                stop.request_stop(); // it has no passes, only what the engine measures
            }
            const auto found = searchPlan(*m_engine, m_spec, search, job);
            QVERIFY(!found.ok() && found.error().code == ErrorCode::Cancelled);
            QCOMPARE(passes, std::uint64_t{target == SearchTarget::Alpha ? 0U : 1U});
        }
    }

    void whatIsNoTraceHasNoPlan() {
        const Json good = Json::parse(
            R"({"target":"bits","candidates":["8","4"],"sites":{"layers.0.in_proj":{"chosen":"4"}}})");
        QCOMPARE(planOfTrace({}, good).value().at({0, Linear::InProj}).weightBits, 4);
        for (const char* chosen : {"\"9\"", "\"4.5\"", "\"off\"", "\"four\"", "4", "null"}) {
            Json bad = good;
            bad["sites"]["layers.0.in_proj"]["chosen"] = Json::parse(chosen);
            QVERIFY2(!planOfTrace({}, bad).ok(), chosen);
        }
        Json elsewhere = good, empty = good;
        elsewhere["sites"]["somewhere"] = Json::object();
        empty["sites"] = Json::object();
        for (const Json& bad : {elsewhere, empty, Json(), Json::array()}) {
            QVERIFY(!planOfTrace({}, bad).ok());
        }
    }

    void gridsAndBitsAreRead() {
        QCOMPARE(parseGrid("0:1:0.1").value().size(), std::size_t{11});
        QCOMPARE(parseGrid("0:1:0.1").value()[3], 0.3);
        QCOMPARE(parseGrid("0.5,0.8").value(), (std::vector{0.5, 0.8}));
        for (const char* bad : {"", "a", "0:2:0.5", "0:1:0", "-0.1", "0.5,"}) {
            QVERIFY2(!parseGrid(bad).ok(), bad);
        }
        QCOMPARE(parseBitList("4,8,4").value(), (std::vector{8, 4}));
        QVERIFY(!parseBitList("9").ok() && !parseBitList("1,4").ok() && !parseBitList("").ok());
    }

private:
    PlanSearch of(SearchTarget target) const {
        PlanSearch search;
        search.target = target;
        search.plan = presetPlan("W8A8 input").value();
        search.calibration = m_calibration;
        for (int window = 0; window < 2; ++window) {
            std::vector<std::int32_t>& tokens = search.windows.emplace_back();
            for (int i = 0; i < 64; ++i) {
                tokens.push_back((7 * i + window) % 1000);
            }
        }
        return search;
    }

    std::unique_ptr<Engine> m_engine;
    ModelSpec m_spec;
    std::shared_ptr<const CalibrationSnapshot> m_calibration;
};

QTEST_APPLESS_MAIN(PlanSearchTest)
#include "plan_search_test.moc"
