// SPDX-License-Identifier: GPL-3.0-or-later
// Random edits, drags, undo, redo, and the session closed and opened again: the plan is always, byte for
// byte, what the edits that are in force give when they are made once more.
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

/// What one entry of the undo stack stands for: one edit, or those of a drag.
using Entry = std::vector<Edit>;

QuantPlan replayed(QuantPlan plan, std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
        for (const Edit& edit : entry) {
            plan = withSettings(plan, {edit.target}, edit.patch);
        }
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

/// The window's editor on a session file, and beside it what was done since the file was opened.
class Work {
public:
    explicit Work(std::filesystem::path path)
        : m_path(std::move(path)) {
        m_session = std::move(Session::create(m_path, false)).value();
        m_editor.setSession(m_session.get());
        QObject::connect(&m_editor, &PlanEditor::planChanged, &m_editor, [this] {
            if (m_session != nullptr) {
                m_shown.push_back(text(m_session->plan()));
            }
        });
    }

    QUndoStack& stack() { return m_editor.stack(); }

    /// Makes the edits of one entry. What ends where it began is no entry.
    void edit(const Entry& entry) {
        const QuantPlan before = m_session->plan();
        const bool drag = entry.size() > 1;
        bool moved = false;
        if (drag) {
            m_editor.beginGesture();
        }
        for (const Edit& edit : entry) {
            const QuantPlan after = withSettings(m_editor.plan(), {edit.target}, edit.patch);
            moved |= after != m_editor.plan();
            m_editor.edit(after, QStringLiteral("edit"), QStringLiteral("slider"));
        }
        m_editor.endGesture();
        if (moved) {
            m_entries.resize(m_index); // an edit after an undo drops what could be redone
        }
        if (m_session->plan() != before) {
            m_entries.push_back(entry);
            ++m_index;
        }
    }
    void undo() {
        stack().undo();
        --m_index;
    }
    void redo() {
        stack().redo();
        ++m_index;
    }
    void reopen() {
        m_base = replayed(m_base, std::span(m_entries).first(m_index));
        m_entries.clear();
        m_index = 0;
        const std::size_t shown = m_shown.size();
        m_editor.setSession(nullptr);
        m_session.reset();
        m_session = std::move(Session::open(m_path)).value();
        m_editor.setSession(m_session.get());
        m_shown.resize(shown); // closing and opening change no plan
    }

    std::string plan() const { return text(m_session->plan()); }
    std::string replay() const { return text(replayed(m_base, std::span(m_entries).first(m_index))); }
    bool sameStack() const {
        const QUndoStack& stack = const_cast<Work*>(this)->m_editor.stack();
        return stack.count() == static_cast<int>(m_entries.size()) &&
               stack.index() == static_cast<int>(m_index);
    }
    const std::vector<std::string>& shown() const { return m_shown; }
    std::vector<std::string> history() const {
        std::vector<std::string> plans;
        for (const PlanRevision& revision : m_session->planHistory().value()) {
            plans.push_back(text(revision.plan));
        }
        return plans;
    }

private:
    std::filesystem::path m_path;
    std::unique_ptr<Session> m_session;
    PlanEditor m_editor;
    QuantPlan m_base; ///< the plan that the file was opened with
    std::vector<Entry> m_entries;
    std::size_t m_index = 0;
    std::vector<std::string> m_shown; ///< every plan that was current, in turn
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
        std::array<int, 5> done{};
        for (int step = 0; step < kSteps; ++step) {
            const int kind = random.below(40);
            if (kind == 0) {
                work.reopen();
                ++done[0];
                QVERIFY(!work.stack().canUndo() && !work.stack().canRedo()); // undo ends with the session
                QCOMPARE(work.history(), work.shown());
            } else if (kind < 12 && work.stack().canUndo()) {
                work.undo();
                ++done[1];
            } else if (kind < 20 && work.stack().canRedo()) {
                work.redo();
                ++done[2];
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
            } else {
                work.edit({{random.target(), random.patch()}});
                ++done[4];
            }
            QVERIFY2(work.sameStack(), qPrintable(QString("step %1").arg(step)));
            QCOMPARE(work.plan(), work.replay());
        }
        for (const int count : done) {
            QVERIFY2(count > 10, "one kind of step hardly came up: the test says little");
        }
        work.reopen();
        QCOMPARE(work.history(), work.shown());
    }
};

QTEST_APPLESS_MAIN(PlanReplayTest)
#include "plan_replay_test.moc"
