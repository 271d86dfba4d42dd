// SPDX-License-Identifier: GPL-3.0-or-later
// Built-in recipes and recipe files (docs/evaluation.md, section 11).
#include "core/base/file.h"
#include "core/sweep/recipe.h"
#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

QStringList planNames(const Recipe& recipe) {
    QStringList names;
    for (const QuantPlan& plan : recipe.plans) {
        names << QString::fromStdString(plan.name);
    }
    return names;
}

Result<Recipe> load(const TemporaryFolder& folder, const std::string& text) {
    const auto file = folder.path() / "mine.json";
    return writeFile(file, text, true).ok() ? loadRecipe(file) : Error::failed("cannot write the recipe");
}

} // namespace

class RecipeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void builtInRecipes() {
        QCOMPARE(recipeNames().size(), std::size_t{6});
        // Rows of the paper's Table 1, in its order.
        QCOMPARE(
            planNames(builtInRecipe("paper-table-1").value()),
            (QStringList{
                "baseline", "W8 (mlp)", "W8 (all)", "W4 (mlp)", "W4 (all)", "W8A8 (mlp)", "W8A8 (all)"}));
        const Recipe zeroing = builtInRecipe("paper-table-2").value();
        QCOMPARE(zeroing.plans.size(), std::size_t{6}); // none, four kinds of linear, all
        QVERIFY(zeroing.plans[4].at({3, Linear::OutProj}).zeroOutliers);
        QVERIFY(!zeroing.plans[4].at({3, Linear::InProj}).zeroOutliers);
        const Recipe grid = builtInRecipe("alpha-grid").value();
        QCOMPARE(grid.plans.size(), std::size_t{13});
        QCOMPARE(grid.plans[2].defaults.alpha.value(), 0.0);
        QCOMPARE(grid.plans[5].defaults.alpha.value(), 0.3);
        QCOMPARE(grid.plans.back().defaults.alpha.value(), 1.0);
        for (const std::string& name : recipeNames()) {
            const Recipe recipe = builtInRecipe(name).value();
            QVERIFY(recipe.plans.front().isBaseline(8));
            QStringList names = planNames(recipe);
            QCOMPARE(names.removeDuplicates(), 0);
        }
        const auto unknown = builtInRecipe("paper-table-9");
        QCOMPARE(unknown.error().code, ErrorCode::Usage);
        QVERIFY(unknown.error().hint.find("paper-table-1") != std::string::npos);
    }

    void files() {
        const TemporaryFolder folder;
        QuantPlan w4 = presetPlan("W4 channel").value();
        QVERIFY(writeFile(folder.path() / "w4.json", toJson(w4).dump(), false).ok());
        const std::string inlined = toJson(presetPlan("W8 channel").value()).dump();
        const auto recipe = load(
            folder, R"({"format": 1, // a comment
                "name": "mine", "title": "Mine", "checkpoints": ["demo"], "tasks": ["piqa", "sub/t.json"],
                "limit": 10, "seed": 4, "notes": ["A note."],
                "plans": ["baseline", "w4.json", {"file": "w4.json", "name": "again"},
                          {"preset": "W8A8 input", "name": "eight"}, {"name": "inline", "plan": )" +
                        inlined + "}]}");
        QVERIFY2(recipe.ok(), recipe.ok() ? "" : recipe.error().message.c_str());
        QCOMPARE(
            planNames(recipe.value()), (QStringList{"baseline", "W4 channel", "again", "eight", "inline"}));
        QCOMPARE(planHash(recipe.value().plans[1]), planHash(w4));
        QCOMPARE(planHash(recipe.value().plans[4]), planHash(presetPlan("W8 channel").value()));
        QCOMPARE(recipe.value().tasks, "piqa," + (folder.path() / "sub/t.json").string());
        QCOMPARE(recipe.value().limit, std::optional(10));
        QCOMPARE(recipe.value().seed, std::optional(std::int64_t{4}));
        QCOMPARE(recipe.value().checkpoints, std::vector<std::string>{"demo"});
    }

    void badFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("complaint");
        const auto row = [](const char* name, const char* text, const char* complaint) {
            QTest::newRow(name) << QByteArray(text) << QByteArray(complaint);
        };
        row("no JSON", "{", "mine.json");
        row("list", "[]", "not a JSON object");
        row("unknown key", R"({"format": 1, "plan": []})", "\"plan\" is not known");
        row("no format", R"({"plans": ["baseline"]})", "\"format\" is missing");
        row("newer", R"({"format": 2, "plans": ["baseline"]})", "\"format\"");
        row("no plans", R"({"format": 1})", "\"plans\" is missing");
        row("empty plans", R"({"format": 1, "plans": []})", "\"plans\"");
        row("unknown preset", R"({"format": 1, "plans": ["baseline", "W3A7"]})", "plan 2");
        row("number for a plan", R"({"format": 1, "plans": [8]})", "plan 1");
        row("unknown key in a plan", R"({"format": 1, "plans": [{"presett": "W8A8 input"}]})", "presett");
        row("two sources", R"({"format": 1, "plans": [{"preset": "baseline", "file": "x.json"}]})",
            "exactly one");
        row("no such file", R"({"format": 1, "plans": ["nowhere.json"]})", "nowhere.json");
        row("twice the same name", R"({"format": 1, "plans": ["baseline", "baseline"]})", "\"baseline\"");
        row("limit", R"({"format": 1, "plans": ["baseline"], "limit": 0})", "\"limit\"");
        row("seed", R"({"format": 1, "plans": ["baseline"], "seed": 1.5})", "\"seed\"");
        row("huge seed", R"({"format": 1, "plans": ["baseline"], "seed": 18446744073709551615})", "\"seed\"");
        row("tasks", R"({"format": 1, "plans": ["baseline"], "tasks": 3})", "\"tasks\"");
    }

    void badFilesAreRefused() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, complaint);
        const TemporaryFolder folder;
        const auto recipe = load(folder, text.toStdString());
        QVERIFY(!recipe.ok());
        QCOMPARE(recipe.error().code, ErrorCode::Unreadable);
        QVERIFY2(
            recipe.error().message.find(complaint.toStdString()) != std::string::npos,
            recipe.error().message.c_str());
    }
};

QTEST_APPLESS_MAIN(RecipeTest)
#include "recipe_test.moc"
