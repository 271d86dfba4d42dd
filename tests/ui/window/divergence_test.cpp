// SPDX-License-Identifier: GPL-3.0-or-later
// How far the plan moves the next-token distributions, as the window follows it.
#include "tests/ui/window/bench.h"
#include "ui/docks/results_panel.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/divergence_watch.h"

#include <QLabel>
#include <QtTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 20'000;

QuantPlan weights(int bits) {
    QuantPlan plan;
    plan.defaults.weightBits = bits;
    return plan;
}

/// The same by hand: windows of 128 tokens of LAMBADA's texts in the order of seed 0.
DivergenceResult expected(const QuantPlan& plan) {
    const auto engine = test::fakeEngineFactory()().value();
    LoadRequest load;
    load.model = "tiny";
    const LoadedModel model = engine->load(load, {}).value();
    const auto tokenizer = Tokenizer::fromJson(engine->tokenizerJson().value(), "tokenizer.json").value();
    const TaskData lambada =
        loadTask(Task::Lambada, test::sourceFolder() / "resources" / "demo" / "tasks").value();
    std::string text;
    for (const int row : itemOrder(static_cast<int>(lambada.items.size()), 0, 0)) {
        const TaskItem::Choice& item = lambada.items[static_cast<std::size_t>(row)].choices.front();
        text += item.context + item.continuation + "\n\n";
    }
    const std::vector<std::int32_t> tokens = tokenizer->encode(text);
    ForwardRequest request;
    for (int window = 0; window < 8; ++window) {
        const auto begin = tokens.begin() + 128 * window;
        request.sequences.emplace_back(begin, begin + 128);
    }
    const auto logits = [&](const QuantPlan& under) {
        return engine->applyPlan(under, nullptr, {}).ok() ? engine->forward(request, {}).value().logits
                                                          : std::vector<std::vector<float>>();
    };
    const auto before = logits(QuantPlan()), after = logits(plan);
    DivergenceMeter meter;
    for (std::size_t i = 0; i < before.size(); ++i) {
        meter.add(request.sequences[i], before[i], after[i]);
    }
    return meter.result();
}

} // namespace

class DivergenceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
        m_folder = std::make_unique<test::TemporaryFolder>();
        m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
        m_watch = std::make_unique<DivergenceWatch>(*m_workspace);
        m_workspace->openCheckpoint(QStringLiteral("tiny"));
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    }
    void cleanup() {
        m_watch.reset();
        m_workspace.reset();
        m_folder.reset();
    }

    void followsThePlan() {
        edit(weights(8));
        QVERIFY(!measuredSoon()); // nobody has said where there is text
        m_workspace->view().setEvaluation(test::demoEvaluation({Task::Rte}, 10));
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(), kPatience);
        const double eight = m_watch->divergence()->result.mean;
        const DivergenceResult byHand = expected(weights(8));
        QCOMPARE(m_watch->divergence()->source, std::string("LAMBADA"));
        QCOMPARE(m_watch->divergence()->result.positions, std::int64_t{1024});
        QCOMPARE(eight, byHand.mean);
        QCOMPARE(m_watch->divergence()->result.percentile99, byHand.percentile99);
        QCOMPARE(m_watch->divergence()->result.topAgreement, byHand.topAgreement);

        edit(weights(4));
        QVERIFY(m_watch->stale());
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(), kPatience);
        QVERIFY(m_watch->divergence()->result.mean != eight);

        m_workspace->planEditor().undo();
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(), kPatience);
        QCOMPARE(m_watch->divergence()->result.mean, eight);
        m_workspace->planEditor().undo(); // nothing is quantized any more
        QVERIFY(!m_watch->divergence());
    }

    void waitsForAnEvaluation() {
        edit(weights(8));
        m_workspace->evaluate(test::demoEvaluation({Task::Rte, Task::Copa}, 10));
        QVERIFY(m_workspace->running() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(isMeasured(), kPatience);
        QVERIFY(m_workspace->running() == nullptr);
        QCOMPARE(m_workspace->session()->runs().size(), std::size_t{2});
    }

    void thePanelShowsIt() {
        m_watch.reset(); // the panel has its own
        Theme theme(qApp);
        ResultsPanel panel(*m_workspace, theme);
        const auto* text = panel.findChild<QLabel*>(QStringLiteral("divergence"));
        QVERIFY(text != nullptr);
        QVERIFY(text->isHidden());
        m_workspace->view().setEvaluation(test::demoEvaluation({Task::Rte}, 10));
        edit(weights(8));
        QTRY_VERIFY_WITH_TIMEOUT(!text->isHidden() && text->isEnabled(), kPatience);
        const DivergenceResult byHand = expected(weights(8));
        QVERIFY(text->text().contains(significant(byHand.mean, 3)));
        QVERIFY(text->text().contains(percent(byHand.topAgreement)));
        edit(weights(4));
        QVERIFY(!text->isEnabled()); // of the plan before
        QTRY_VERIFY_WITH_TIMEOUT(text->isEnabled(), kPatience);
    }

private:
    void edit(const QuantPlan& plan) { m_workspace->planEditor().edit(plan, QStringLiteral("edit")); }
    bool isMeasured() const { return m_watch->divergence() && !m_watch->stale(); }
    /// Whether a measure begins although the plan rests.
    bool measuredSoon() { return QTest::qWaitFor([this] { return isMeasured(); }, 400); }

    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<DivergenceWatch> m_watch;
};

QTEST_MAIN(DivergenceTest)
#include "divergence_test.moc"
