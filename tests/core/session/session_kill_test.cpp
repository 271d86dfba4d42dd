// SPDX-License-Identifier: GPL-3.0-or-later
// The process killed at any moment of its work: the file reopens with everything that was acknowledged, and
// no export is half there.
#include "core/session/session.h"
#include "tests/core/quantization/export_fixture.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <array>
#include <csignal>
#include <ctime>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

enum Kind { PlanEdit, RunStored, CalibrationStored, Exported, ViewEdit, RunRemoved, Kinds };

Kind kindOf(int step) {
    return static_cast<Kind>(step % Kinds);
}

/// Whether a step of kind PlanEdit undoes the one before, if there is one.
bool undoes(int step) {
    return step / Kinds % 3 == 2;
}

QuantPlan planOf(int step) {
    return examplePlan(step % 1000 / 1000.0);
}

std::shared_ptr<const EvaluationResult> resultOf(int step) {
    auto result = std::make_shared<EvaluationResult>(*exampleResult("c1", {}, 20));
    result->seed = step;
    return result;
}

/// A folder with a session and, beside it, the export that its steps make again and again.
struct Place {
    fs::path folder;
    std::shared_ptr<const Checkpoint> model;

    fs::path session() const { return folder / "one.mscope"; }
    fs::path exported() const { return folder / "export"; }
    static std::string mark(int step) { return "made-in-step-" + std::to_string(step); }

    bool exportIn(int step) const {
        ExportRequest request = exportRequest(exported(), ExportFormat::HuggingFace);
        request.overwrite = true;
        request.checkpointHash = mark(step);
        return exportModel(*model, plainPlan(*model), request, nullptr, {}).ok();
    }
};

/// What the session and the folder hold after a number of steps.
struct Expected {
    static constexpr std::size_t kRunsKept = 3;
    struct Plan {
        std::size_t parent = 0; ///< counted from 1; 0: the empty plan
        int step = 0;
    };
    std::vector<Plan> plans;
    std::size_t plan = 0; ///< the current one, counted from 1
    std::vector<int> runs;
    int calibration = 0, exported = 0, view = 0, notes = 0; ///< step that made it; 0: none did

    void after(int step) {
        switch (kindOf(step)) {
        case PlanEdit:
            if (undoes(step) && plan != 0) {
                plan = plans[plan - 1].parent;
            } else {
                plans.push_back({plan, step});
                plan = plans.size();
            }
            break;
        case RunStored:
            runs.push_back(step);
            break;
        case CalibrationStored:
            calibration = step;
            break;
        case Exported:
            exported = step;
            break;
        case ViewEdit:
            view = step;
            break;
        default:
            if (runs.size() > kRunsKept) {
                runs.erase(runs.begin());
            } else {
                notes = step;
            }
        }
    }
};

bool carryOut(Session& session, const Place& place, int step) {
    switch (kindOf(step)) {
    case PlanEdit:
        return undoes(step) && session.undoLabel() ? session.undoPlan().ok()
                                                   : session.setPlan(planOf(step), std::to_string(step)).ok();
    case RunStored:
        return session.addRun(resultOf(step)).ok();
    case CalibrationStored:
        return session.addCalibration(exampleCalibration(exampleCheckpoint("c1"), step)).ok();
    case Exported:
        return place.exportIn(step);
    case ViewEdit:
        return session.setView({{"step", step}}).ok();
    default:
        return session.runs().size() > Expected::kRunsKept ? session.removeRun(session.runs().front().id).ok()
                                                           : session.setNotes(std::to_string(step)).ok();
    }
}

/// "" if the session holds what is expected, else what differs.
std::string sessionDiffers(const Session& session, const Expected& expected) {
    const Result<std::vector<PlanRevision>> history = session.planHistory();
    if (!history.ok() || history.value().size() != expected.plans.size()) {
        return "number of plans";
    }
    std::vector<std::int64_t> ids{0};
    for (const PlanRevision& revision : history.value()) {
        const Expected::Plan& plan = expected.plans[ids.size() - 1];
        if (revision.label != std::to_string(plan.step) || revision.parent != ids[plan.parent] ||
            toJson(revision.plan).dump() != toJson(planOf(plan.step)).dump()) {
            return "plan " + std::to_string(ids.size());
        }
        ids.push_back(revision.id);
    }
    const QuantPlan current =
        expected.plan == 0 ? QuantPlan() : planOf(expected.plans[expected.plan - 1].step);
    if (session.planRevision() != ids[expected.plan] ||
        toJson(session.plan()).dump() != toJson(current).dump()) {
        return "current plan";
    }
    if (session.runs().size() != expected.runs.size()) {
        return "number of runs";
    }
    for (std::size_t i = 0; i < expected.runs.size(); ++i) {
        if (!difference(*session.runs()[i].result, *resultOf(expected.runs[i])).empty()) {
            return "run " + std::to_string(i);
        }
    }
    const auto calibration = session.calibration();
    if ((calibration != nullptr) != (expected.calibration != 0) ||
        (calibration != nullptr &&
         *calibration != *exampleCalibration(exampleCheckpoint("c1"), expected.calibration))) {
        return "calibration";
    }
    const Json view = expected.view == 0 ? Json() : Json{{"step", expected.view}};
    const std::string notes = expected.notes == 0 ? std::string() : std::to_string(expected.notes);
    return session.view() != view ? "view" : session.notes() != notes ? "notes" : "";
}

/// "" if the export is the one expected, whole, and nothing else can be seen in the folder.
std::string folderDiffers(const Place& place, const Expected& expected, const fs::path& reference) {
    for (const std::string& name : entries(place.folder)) {
        if (!name.starts_with('.') && !name.starts_with("one.mscope") && name != "export") {
            return name + " is visible";
        }
    }
    if (expected.exported == 0) {
        return fs::exists(place.exported()) ? "an export is visible" : "";
    }
    if (!fs::exists(place.exported())) {
        return "the export is gone";
    }
    std::vector<std::string> names = entries(place.exported()), whole = entries(reference);
    std::sort(names.begin(), names.end());
    std::sort(whole.begin(), whole.end());
    if (names != whole) {
        return "the export lacks a file";
    }
    const Result<std::string> weights = readFile(place.exported() / "model.safetensors");
    const Result<std::string> facts = readFile(place.exported() / "mambascope.json");
    if (!weights.ok() || weights.value() != readFile(reference / "model.safetensors").value()) {
        return "the export's weights";
    }
    const std::string mark = '"' + Place::mark(expected.exported) + '"';
    return facts.ok() && facts.value().find(mark) != std::string::npos ? "" : "the export is another one";
}

/// When the child is to die: so many nanoseconds after it has begun a step, or after it has begun to open the
/// session.
struct Moment {
    std::optional<int> step;
    long nanoseconds = 1;
};

/// Has the system kill this process with SIGKILL.
bool dieAfter(long nanoseconds) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    timer_t timer{};
    itimerspec when{};
    when.it_value = {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    return timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &when, nullptr) == 0;
}

/// Works until it is killed and writes the number of each completed step into the pipe. The clock starts in
/// here and with the step, so that a busy machine changes little of what the kill meets.
[[noreturn]] void workUntilKilled(const Place& place, int from, const Moment& moment, int pipeEnd) {
    if (!moment.step && !dieAfter(moment.nanoseconds)) {
        _exit(3);
    }
    const Result<std::unique_ptr<Session>> session = Session::open(place.session());
    if (!session.ok() || session.value()->readOnly()) {
        _exit(1);
    }
    for (int step = from;; ++step) {
        if (moment.step == step && !dieAfter(moment.nanoseconds)) {
            _exit(3);
        }
        if (!carryOut(*session.value(), place, step)) {
            _exit(2);
        }
        (void)!write(pipeEnd, &step, sizeof step);
    }
}

/// Lets a child work until it is killed. Gives the last step that it said it had completed (`from` - 1 if
/// none); nothing if it ended in another way.
std::optional<int> killed(const Place& place, int from, const Moment& moment) {
    int ends[2];
    if (pipe(ends) != 0) {
        return std::nullopt;
    }
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        workUntilKilled(place, from, moment, ends[1]);
    }
    close(ends[1]);
    int last = from - 1;
    for (int next = 0; read(ends[0], &next, sizeof next) == sizeof next;) {
        last = next;
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? std::optional<int>(last) : std::nullopt;
}

} // namespace

class SessionKillTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// A moment is a step and a time after its begin, both from a fixed seed.
    void killedAtRandomMoments() {
        constexpr int kRounds = 200, kRoundsOfOneFile = 50, kMostSteps = 7, kLeastOfAKind = 5,
                      kOpenings = 10; ///< one kill in so many while the session is being opened
        // Nanoseconds, a little more than each kind of step takes, so that the kill falls into all its parts.
        constexpr std::array<unsigned, Kinds> kDurations{400'000,    600'000, 800'000,
                                                         20'000'000, 400'000, 400'000};
        constexpr unsigned kOpeningLasts = 20'000'000;
        std::mt19937 random(20260101);
        std::array<int, Kinds> interrupted{};
        int opening = 0, missing = 0;
        const auto model = fixture("hf-f32");
        const TemporaryFolder other;
        const fs::path reference = Place{other.path(), model}.exported();
        QVERIFY((Place{other.path(), model}.exportIn(1)));
        std::optional<TemporaryFolder> folder;
        Place place;
        Expected expected;
        for (int round = 0, done = 0; round < kRounds; ++round) {
            if (round % kRoundsOfOneFile == 0) {
                folder.emplace();
                place = {folder->path(), model};
                expected = {};
                done = 0;
                const auto session = std::move(Session::create(place.session(), false)).value();
                QVERIFY(session->setCheckpoint(exampleCheckpoint("c1")).ok());
            }
            const int target = done + 1 + static_cast<int>(random() % (kMostSteps + 1));
            const auto drawn = static_cast<long>(random());
            const Moment moment =
                round % kOpenings == 0
                    ? Moment{std::nullopt, 1 + drawn % kOpeningLasts}
                    : Moment{target, 1 + drawn % kDurations[static_cast<std::size_t>(kindOf(target))]};
            const std::optional<int> acknowledged = killed(place, done + 1, moment);
            QVERIFY2(acknowledged.has_value(), "a step failed in the child");
            const bool begun = *acknowledged > done;
            while (done < *acknowledged) {
                expected.after(++done);
            }
            Expected oneMore = expected;
            oneMore.after(done + 1);

            Result<std::unique_ptr<Session>> session = Session::open(place.session());
            QVERIFY2(session.ok(), session.ok() ? "" : describe(session.error()).c_str());
            QVERIFY2(!session.value()->readOnly(), session.value()->readOnlyReason().c_str());
            const std::string asSaid =
                sessionDiffers(*session.value(), expected) + folderDiffers(place, expected, reference);
            if (!asSaid.empty()) { // then the step in which it was killed has come to its end
                const std::string differs =
                    sessionDiffers(*session.value(), oneMore) + folderDiffers(place, oneMore, reference);
                QVERIFY2(
                    differs.empty(),
                    qPrintable(QString("round %1, step %2: neither as acknowledged (%3) nor one more (%4)")
                                   .arg(round)
                                   .arg(done + 1)
                                   .arg(asSaid.c_str(), differs.c_str())));
                expected = oneMore;
                ++done;
            }
            session.value().reset();
            QCOMPARE(integrity(place.session()), std::string("ok"));
            opening += begun ? 0 : 1;
            missing += asSaid.empty() ? 1 : 0;
            if (moment.step) { // else it may have been at its opening still
                ++interrupted[static_cast<std::size_t>(kindOf(*acknowledged + 1))];
            }
        }
        qInfo(
            "%d kills, %d of them before the first step ended; in %d the step at work left nothing, in %d it "
            "was complete",
            kRounds, opening, missing, kRounds - missing);
        for (std::size_t kind = 0; kind < Kinds; ++kind) {
            qInfo("kind %zu: interrupted %d times", kind, interrupted[kind]);
            QVERIFY2(
                interrupted[kind] >= kLeastOfAKind,
                qPrintable(QString("step of kind %1 was interrupted %2 times only: the test says little")
                               .arg(kind)
                               .arg(interrupted[kind])));
        }
    }
};

QTEST_APPLESS_MAIN(SessionKillTest)
#include "session_kill_test.moc"
