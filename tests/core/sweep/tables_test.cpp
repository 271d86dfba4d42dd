// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of a sweep: differences within a metric only, printed figures under their own metric, and the text
// forms.
#include "core/sweep/published.h"
#include "core/sweep/tables.h"

#include <QStringList>
#include <QTest>

using namespace mambascope;

namespace {

LoadedModel mamba14b() {
    LoadedModel model;
    model.name = "mamba-1.4b-hf";
    model.spec.layers = 48;
    model.spec.hidden = 2048;
    model.spec.inner = 4096;
    return model;
}

/// `right` of ten items right by acc, `rightNorm` by acc_norm: the first ones.
TaskResult hellaSwag(int right, int rightNorm) {
    TaskResult task;
    task.task = Task::HellaSwag;
    for (int i = 0; i < 10; ++i) {
        ItemResult item;
        item.index = i;
        item.correct = i < right;
        item.correctNorm = i < rightNorm;
        task.items.push_back(item);
    }
    task.metrics = taskMetrics(Task::HellaSwag, task.items, 10);
    return task;
}

SweepRequest requestOf() {
    SweepRequest request;
    request.recipe.name = "mine";
    request.recipe.title = "50 % & more";
    request.recipe.plans = {presetPlan("baseline").value(), presetPlan("W8 (mlp)").value()};
    request.recipe.notes = {"A_note."};
    TaskData data;
    data.task = Task::HellaSwag;
    data.items.resize(20);
    request.tasks = {data};
    request.limit = 10;
    request.seed = 3;
    return request;
}

std::vector<SweepGroup> groupsOf(const LoadedModel& model) {
    SweepGroup group;
    group.model = model;
    for (const auto& [name, task] :
         {std::pair("baseline", hellaSwag(4, 6)), std::pair("W8 (mlp)", hellaSwag(5, 4))}) {
        EvaluationResult row;
        row.planName = name;
        row.plan = OrderedJson::object();
        row.tasks = {task};
        group.rows.push_back(row);
    }
    return {group};
}

QStringList linesOf(const std::string& text) {
    return QString::fromStdString(text).split('\n');
}

} // namespace

class TablesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void printedFiguresOnlyForTheirCheckpoint() {
        // Table 1 of arXiv 2407.12397.
        const auto baseline = publishedValues(mamba14b(), "baseline");
        QCOMPARE(baseline.size(), std::size_t{6});
        QCOMPARE(baseline[1].metric, Metric::AccuracyNorm);
        QCOMPARE(baseline[1].percent, 59.11);
        const auto w8 = publishedValues(mamba14b(), "W8 (mlp)");
        QCOMPARE(w8[1].metric, Metric::Accuracy);
        QCOMPARE(w8[1].percent, 44.91);
        QVERIFY(publishedValues(mamba14b(), "W8A8 input").empty());
        LoadedModel other = mamba14b();
        other.name = "mamba-790m";
        QVERIFY(publishedValues(other, "baseline").empty());
        other = mamba14b();
        other.spec.layers = 24; // called 1.4b, but not of its shape
        QVERIFY(publishedValues(other, "baseline").empty());
    }

    void markdown() {
        const SweepRequest request = requestOf();
        const QStringList lines = linesOf(sweepMarkdown(request, groupsOf(mamba14b())));
        QCOMPARE(lines[0], QString("# 50 % & more"));
        QCOMPARE(lines[2], QString("| plan | HellaSwag acc_norm | HellaSwag acc | average | non-finite |"));
        QCOMPARE(lines[3], QString("| --- | ---: | ---: | ---: | ---: |"));
        // √(0.6·0.4/9) = 16.33, √(0.4·0.6/9) the same, √(0.25/9) = 16.67 points.
        QCOMPARE(lines[4], QString("| baseline | 60.00 ± 16.33 | 40.00 ± 16.33 | 60.00 | 0 |"));
        // Each metric under its own heading: acc_norm 59.11 of the baseline, acc 44.91 of W8.
        QCOMPARE(lines[5], QString("| *baseline, as printed* | 59.11 | – | – | – |"));
        QCOMPARE(
            lines[6],
            QString("| W8 (mlp) | 40.00 ± 16.33 (−20.00) | 50.00 ± 16.67 (+10.00) | 40.00 (−20.00) | 0 |"));
        QCOMPARE(lines[7], QString("| *W8 (mlp), as printed* | – | 44.91 | – | – |"));
        QCOMPARE(lines[8], QString("| chance | 25.0 |  |  |  |"));
        const QString text = lines.join('\n');
        QVERIFY(text.contains("Items: HellaSwag 10 of 20, drawn at random (seed 3)."));
        QVERIFY(text.contains("acc_norm in the baseline's row and as acc in all others"));
        LoadedModel demo;
        demo.name = "demo";
        QVERIFY(!linesOf(sweepMarkdown(request, groupsOf(demo))).join('\n').contains("as printed"));
    }

    void significance() {
        SweepRequest request = requestOf();
        std::vector<SweepGroup> groups = groupsOf(mamba14b());
        groups[0].rows[0].tasks = {hellaSwag(10, 10)};
        groups[0].rows[1].tasks = {hellaSwag(10, 4)}; // 0 : 6, p = 2/64
        QVERIFY(linesOf(sweepMarkdown(request, groups))[6].contains("40.00 ± 16.33 (−60.00\\*)"));
        QVERIFY(linesOf(sweepMarkdown(request, groups))[6].contains("100.00 ± 0.00 (+0.00)"));
        groups[0].rows[1].tasks = {hellaSwag(10, 5)}; // 0 : 5, p = 2/32
        QVERIFY(linesOf(sweepMarkdown(request, groups))[6].contains("50.00 ± 16.67 (−50.00)"));
    }

    void latex() {
        const QString text = QString::fromStdString(sweepLatex(requestOf(), groupsOf(mamba14b())));
        QVERIFY(text.contains(
            "\\begin{tabular}{lrrrr}\n\\toprule\nplan & HellaSwag acc\\_norm & HellaSwag acc & average & "
            "non-finite \\\\\n\\midrule\n"));
        QVERIFY(text.contains("W8 (mlp) & 40.00 {\\scriptsize $\\pm$ 16.33} ($-$20.00) & "));
        QVERIFY(text.contains("\\emph{W8 (mlp), as printed} & -- & 44.91 & -- & -- \\\\\n"));
        QVERIFY(text.contains("chance & 25.0 &  &  &  \\\\\n\\bottomrule\n\\end{tabular}\n"));
        QVERIFY(text.contains("% A_note.\n"));
        SweepRequest request = requestOf();
        std::vector<SweepGroup> groups = groupsOf(mamba14b());
        groups[0].rows[1].planName = "α=0.5_{50%}\\";
        QVERIFY(QString::fromStdString(sweepLatex(request, groups))
                    .contains("\n$\\alpha$=0.5\\_\\{50\\%\\}\\textbackslash{} & "));
    }

    void csv() {
        std::vector<SweepGroup> groups = groupsOf(mamba14b());
        groups[0].rows[1].planName = "a \"b\", c";
        const QStringList lines = linesOf(sweepCsv(requestOf(), groups));
        QCOMPARE(lines.size(), 6); // heading, two plans × two metrics, and the end
        const qsizetype columns = lines[0].count(',');
        QCOMPARE(columns, 18);
        QCOMPARE(lines[1].count(','), columns);
        QVERIFY(lines[1].startsWith("mamba-1.4b-hf,baseline,hellaswag,acc,0,10,0.4,"));
        QVERIFY(lines[1].endsWith(",,,,,,,0,,")); // nothing to compare with, no chance, and no printed acc
        QVERIFY(lines[2].startsWith("mamba-1.4b-hf,baseline,hellaswag,acc_norm,1,10,0.6,"));
        QVERIFY(lines[2].endsWith(",0,0.25,0.5911"));
        QVERIFY(lines[3].startsWith("mamba-1.4b-hf,\"a \"\"b\"\", c\",hellaswag,acc,0,10,0.5,"));
        QVERIFY(lines[3].contains(",0.1,,,1,0,1,0,,")); // one gained, p = 1
        QVERIFY(lines[4].contains(",-0.2,"));
    }

    void json() {
        const OrderedJson json = sweepJson(requestOf(), groupsOf(mamba14b()));
        const OrderedJson& plans = json["checkpoints"][0]["plans"];
        QVERIFY(json["recipe"] == "mine" && json["limit"] == 10);
        QVERIFY(!plans[0]["tasks"]["hellaswag"].contains("delta"));
        QCOMPARE(plans[1]["tasks"]["hellaswag"]["delta"].get<double>(), -0.2);
        QVERIFY(plans[1]["tasks"]["hellaswag"]["other"]["metric"] == "acc");
        QVERIFY(plans[1]["printed"]["values"]["hellaswag"]["acc"] == 44.91);
        QVERIFY(!plans[0]["printed"]["values"]["hellaswag"].contains("acc"));
        QVERIFY(json.dump().find("seconds") == std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TablesTest)
#include "tables_test.moc"
