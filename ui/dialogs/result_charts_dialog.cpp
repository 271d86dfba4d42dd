// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/result_charts_dialog.h"

#include "core/base/file.h"
#include "core/base/normal.h"
#include "core/figure/result_charts.h"
#include "core/session/session_diff.h"
#include "ui/commands/plan_edit.h"
#include "ui/dialogs/figure_dialog.h"
#include "ui/models/text.h"
#include "ui/plots/chart_plot.h"
#include "ui/window/elided_label.h"
#include "ui/window/workspace.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

/// The mean of the tasks' published metrics, with the interval that their standard errors give it.
ResultRun resultRun(const Run& run, const QuantPlan& plan) {
    double squares = 0;
    int tasks = 0;
    for (const TaskResult& task : run.result->tasks) {
        if (task.metrics.n > 0) {
            const double error = accuracyStandardError(task.metrics.published(task.task), task.metrics.n);
            squares += error * error;
            ++tasks;
        }
    }
    const double mean = run.result->average(), half = kNormal95 * std::sqrt(squares) / std::max(1, tasks);
    const std::string& name = run.result->planName;
    return {name.empty() ? planTitle(plan) : name, plan, mean, mean - half, mean + half};
}

bool comparable(const EvaluationResult& a, const EvaluationResult& b) {
    const EvaluationResult* both[] = {&a, &b};
    const std::size_t tasks = taskLabels(both).size();
    return a.seed == b.seed && a.limit == b.limit && a.tasks.size() == tasks && b.tasks.size() == tasks;
}

std::string conditionsOf(const EvaluationResult& result) {
    std::string text = "Model " + result.modelName + ". Tasks: ";
    for (const TaskResult& task : result.tasks) {
        text += (&task == &result.tasks.front() ? "" : ", ") + task.title();
    }
    return text + (result.limit > 0 ? ", " + std::to_string(result.limit) + " items each, seed " +
                                          std::to_string(result.seed) + "."
                                    : ", all items.");
}

} // namespace

ResultChartsDialog::ResultChartsDialog(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QDialog(parent)
    , m_workspace(workspace)
    , m_plot(new ChartPlot(this))
    , m_readout(new ElidedLabel(this)) {
    setWindowTitle(tr("Plots of Results"));
    m_plot->setTheme(&theme);
    m_plot->setAccessibleName(tr("Plots of results"));
    m_plot->setEmptyText(
        tr("No run yet. Evaluate the baseline and some plans, and their accuracy appears here "
           "over bits, size and α."));
    m_readout->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readout->setAccessibleName(tr("Value at the cursor"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    m_figure = buttons->addButton(tr("&Figure…"), QDialogButtonBox::ActionRole);
    connect(m_figure, &QPushButton::clicked, this, &ResultChartsDialog::openFigure);
    m_figure->setToolTip(tr("Save, copy or print"));
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_plot, 1);
    column->addWidget(m_readout);
    column->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 170, fontMetrics().height() * 28);

    connect(m_plot, &ChartPlot::readoutChanged, m_readout, &QLabel::setText);
    connect(&workspace, &Workspace::runsChanged, this, &ResultChartsDialog::showRuns);
    connect(&workspace, &Workspace::sessionChanged, this, &QDialog::close); // its runs are others
    showRuns();
}

void ResultChartsDialog::showRuns() {
    const Session* session = m_workspace.session();
    const ModelSpec* spec = m_workspace.spec();
    std::shared_ptr<const Chart> chart;
    if (session != nullptr && spec != nullptr && !session->runs().empty()) {
        const EvaluationResult& newest = *session->runs().back().result;
        std::vector<ResultRun> runs;
        for (const Run& run : session->runs()) {
            const auto plan = planOf(*run.result);
            if (plan.ok() && comparable(*run.result, newest)) {
                runs.push_back(resultRun(run, plan.value()));
            }
        }
        chart = std::make_shared<const Chart>(resultChart(*spec, runs, conditionsOf(newest)));
    }
    m_plot->setChart(chart);
    m_figure->setEnabled(chart != nullptr);
}

void ResultChartsDialog::openFigure() {
    auto* dialog = new FigureDialog(*m_plot->chart(), QStringLiteral("results"), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

} // namespace mambascope::ui
