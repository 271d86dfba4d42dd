// SPDX-License-Identifier: GPL-3.0-or-later
// Random edits, drags, jumps, undo, redo, and the session closed and opened again: the plan is always, byte
// for byte, what the edits that are in force give when they are made once more, and nothing leaves the
// history.
#include "tests/support/paths.h"
#include "ui/commands/plan_edit.h"
#include "ui/commands/plan_editor.h"

#include <QTest>

#include <random>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kLayers = 3;

std::string text(const QuantPlan& plan) {
    return toJson(plan).dump();
}

struct Edit {
    PlanTarget target;
    SitePatch patch;
};

/// One step of undo: one edit, or those of a drag.
using Entry = std::vector<Edit>;

QuantPlan replayed(QuantPlan plan, const Entry& entry) {
    for (const Edit& edit : entry) {
        plan = withSettings(plan, {edit.target}, edit.patch);
    }
    return plan;
}

class RandomEdits {
public:
    explicit RandomEdits(unsigned seed)
        : m_random(seed) {}

    int below(int count) { return static_cast<int>(m_random() % static_cast<unsigned>(count)); }

    PlanTarget target() {
        const Linear linear = kLinears[static_cast<std::size_t>(below(4))];
        switch (below(5)) {
        case 0:
            return PlanTarget::model();
        case 1:
            return PlanTarget::every(linear);
        default:
            return PlanTarget::at({below(kLayers), linear});
        }
    }

    SitePatch alpha() {
        SitePatch patch;
        patch.alpha = std::optional<double>(std::uniform_real_distribution<double>(0, 1)(m_random));
        return patch;
    }

    SitePatch patch() {
        SitePatch patch = below(2) == 0 ? alpha() : SitePatch();
        switch (below(6)) {
        case 0:
            patch.weightBits = 2 + below(7);
            break;
        case 1:
            patch.activationBits = below(2) == 0 ? kBitsOff : 2 + below(7);
            break;
        case 2:
            patch.activationSide = below(2) == 0 ? ActivationSide::Output : ActivationSide::Both;
            break;
        case 3:
            patch.alpha = std::optional<double>(); // smoothing off
            break;
        case 4:
            patch.zeroOutliers = below(2) == 0;
            break;
        default:
            patch.activationScale = below(2) == 0 ? ActivationScale::Dynamic : ActivationScale::Static;
        }
        return patch;
    }

private:
    std::mt19937 m_random;
};

/// The window's editor on a session file, and beside it the tree of what was done.
class Work {
public:
    explicit Work(std::filesystem::path path)
        : m_path(std::move(path)) {
        m_session = std::move(Session::create(m_path, false)).value();
        m_editor.setSession(m_session.get());
    }

    /// Makes the edits of one entry. What ends where it began is none.
    void edit(const Entry& entry) {
        const QuantPlan before = m_session->plan();
        if (entry.size() > 1) {
            m_editor.beginGesture();
        }
        for (const Edit& edit : entry) {
            m_editor.edit(
                withSettings(m_editor.plan(), {edit.target}, edit.patch), QStringLiteral("edit"),
                QStringLiteral("slider"));
        }
        m_editor.endGesture();
        if (m_session->plan() != before) {
            add({m_at, entry, {}});
        }
    }
    /// Makes the plan of any node current.
    void jump(int number) {
        const std::size_t node = static_cast<std::size_t>(number) % m_nodes.size();
        const QuantPlan target = replay(node);
        const bool moves = target != m_session->plan();
        m_editor.edit(target, QStringLiteral("back"));
        if (moves) {
            add({m_at, {}, node});
        }
    }
    bool undo() {
        m_editor.undo();
        const bool moves = m_at != 0;
        m_at = m_nodes[m_at].parent;
        return moves;
    }
    bool redo() {
        m_editor.redo();
        const std::size_t child = newestChild();
        m_at = child != 0 ? child : m_at;
        return child != 0;
    }
    void reopen() {
        m_editor.setSession(nullptr);
        m_session.reset();
        m_session = std::move(Session::open(m_path)).value();
        m_editor.setSession(m_session.get());
    }

    /// "" if plan, undo and redo are as they should be, else what differs.
    std::string difference() {
        return text(m_session->plan()) != text(replay(m_at)) ? "plan"
               : m_editor.canUndo() != (m_at != 0)           ? "undo"
               : m_editor.canRedo() != (newestChild() != 0)  ? "redo"
                                                             : "";
    }
    /// The same of the whole history.
    std::string historyDifference() const {
        const std::vector<PlanRevision> history = m_session->planHistory().value();
        if (history.size() + 1 != m_nodes.size()) {
            return "number of revisions";
        }
        std::vector<std::int64_t> ids{0};
        for (const PlanRevision& revision : history) {
            const std::size_t node = ids.size();
            if (revision.parent != ids[m_nodes[node].parent]) {
                return "parent of " + std::to_string(node);
            }
            if (text(revision.plan) != text(replay(node))) {
                return "plan of " + std::to_string(node);
            }
            ids.push_back(revision.id);
        }
        return m_session->planRevision() == ids[m_at] ? "" : "place";
    }

private:
    struct Node {
        std::size_t parent = 0;
        Entry entry;                   ///< what was done to the parent's plan
        std::optional<std::size_t> as; ///< or the node whose plan was taken
    };

    void add(Node node) {
        m_nodes.push_back(std::move(node));
        m_at = m_nodes.size() - 1;
    }
    std::size_t newestChild() const {
        std::size_t node = m_nodes.size() - 1;
        while (node > 0 && m_nodes[node].parent != m_at) {
            --node;
        }
        return node;
    }
    QuantPlan replay(std::size_t node) const {
        if (node == 0) {
            return {};
        }
        const Node& made = m_nodes[node];
        return made.as ? replay(*made.as) : replayed(replay(made.parent), made.entry);
    }

    std::filesystem::path m_path;
    std::unique_ptr<Session> m_session;
    PlanEditor m_editor;
    std::vector<Node> m_nodes{{}}; ///< the first is the empty plan
    std::size_t m_at = 0;
};

} // namespace

class PlanReplayTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void thePlanIsWhatItsEditsGive() {
        constexpr int kSteps = 1'500;
        const test::TemporaryFolder folder;
        Work work(folder.path() / "plan.mscope");
        RandomEdits random(20260611);
        std::array<int, 6> done{};
        for (int step = 0; step < kSteps; ++step) {
            const int kind = random.below(40);
            if (kind == 0) {
                work.reopen();
                ++done[0];
                QCOMPARE(work.historyDifference(), std::string());
            } else if (kind < 12) {
                done[1] += work.undo() ? 1 : 0;
            } else if (kind < 20) {
                done[2] += work.redo() ? 1 : 0;
            } else if (kind < 25) {
                const PlanTarget target = random.target();
                Entry drag;
                for (int i = 0, moves = 2 + random.below(5); i < moves; ++i) {
                    drag.push_back({target, random.alpha()});
                }
                if (random.below(3) == 0) { // back to where it began, if that was smoothing off
                    SitePatch off;
                    off.alpha = std::optional<double>();
                    drag.push_back({target, off});
                }
                work.edit(drag);
                ++done[3];
            } else if (kind < 27) {
                work.jump(random.below(1 << 20));
                ++done[4];
            } else {
                work.edit({{random.target(), random.patch()}});
                ++done[5];
            }
            QVERIFY2(
                work.difference().empty(),
                qPrintable(QString("step %1: %2").arg(step).arg(QString::fromStdString(work.difference()))));
        }
        for (const int count : done) {
            QVERIFY2(count > 10, "one kind of step hardly came up: the test says little");
        }
        work.reopen();
        QCOMPARE(work.historyDifference(), std::string());
    }
};

QTEST_APPLESS_MAIN(PlanReplayTest)
#include "plan_replay_test.moc"
