// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/evaluate_dialog.h"

#include "core/evaluation/task_file.h"
#include "ui/dialogs/path_row.h"
#include "ui/models/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace mambascope::ui {
namespace {

constexpr int kTasksARow = 3;

bool hasData(Task task, const QString& folder) {
    const auto files = taskFiles(task, folder.toStdString());
    return std::any_of(files.begin(), files.end(), [](const std::filesystem::path& file) {
        return QFileInfo::exists(QString::fromStdString(file.string()));
    });
}

} // namespace

EvaluateDialog::EvaluateDialog(const EvaluationSettings& settings, const QString& plan, QWidget* parent)
    : QDialog(parent)
    , m_folder(new QLineEdit(settings.folder, this))
    , m_fileBoxes(new QVBoxLayout)
    , m_fileError(new QLabel(this))
    , m_limit(new QSpinBox(this))
    , m_seed(new QSpinBox(this))
    , m_earlyStop(new QComboBox(this))
    , m_reuse(new QSpinBox(this))
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
    setWindowTitle(tr("Evaluate"));
    auto* intro = new QLabel(
        tr("Plan: %1\nThe baseline runs first if this session has none on the same data.").arg(plan), this);
    intro->setWordWrap(true);
    m_limit->setRange(0, 100'000'000);
    m_limit->setSpecialValueText(tr("all"));
    m_limit->setValue(settings.limit);
    m_limit->setSuffix(tr(" items a task"));
    m_limit->setSingleStep(50);
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setValue(static_cast<int>(settings.seed));
    m_seed->setToolTip(tr("The order of the items, and which ones if there is a limit"));
    m_earlyStop->addItem(tr("off"), 0.0);
    for (const double level : {0.05, 0.01, 0.001}) {
        m_earlyStop->addItem(tr("at p ≤ %1").arg(level), level);
    }
    m_earlyStop->setCurrentIndex(std::max(0, m_earlyStop->findData(settings.earlyStop)));
    m_earlyStop->setToolTip(tr(
        "Ends a task once its paired difference to the baseline is clear. Valid however often one looks, but "
        "the accuracy is then over fewer items: leave it off for numbers that are to be published."));
    m_reuse->setRange(kAutomaticReuse, 1 << 20);
    m_reuse->setSpecialValueText(tr("automatic"));
    m_reuse->setValue(settings.reuseMegabytes);
    m_reuse->setSuffix(tr(" MiB"));
    m_reuse->setSingleStep(256);
    m_reuse->setToolTip(tr(
        "What the engine may keep to go on from the layer that was edited, instead of from the first one; 0 "
        "keeps nothing. Results are the same."));
    m_folder->setPlaceholderText(tr("Folder with the data sets: lambada/, hellaswag/, piqa/, …"));

    auto* form = new QFormLayout(this);
    form->addRow(intro);
    addPathRow(*form, tr("&Data"), m_folder, this, [this] { browse(); });
    form->addRow(tr("Tasks"), taskChoice(settings));
    form->addRow(tr("&Limit"), m_limit);
    form->addRow(tr("S&eed"), m_seed);
    form->addRow(tr("&Stop early"), m_earlyStop);
    form->addRow(tr("&Memory for edits"), m_reuse);
    form->addRow(m_buttons);
    m_buttons->button(QDialogButtonBox::Ok)->setText(tr("E&valuate"));
    connect(m_folder, &QLineEdit::textChanged, this, &EvaluateDialog::check);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    setMinimumWidth(fontMetrics().averageCharWidth() * 80);
    for (const QString& file : settings.taskFiles) {
        addFile(file);
    }
    check();
}

QLayout* EvaluateDialog::taskChoice(const EvaluationSettings& settings) {
    auto* tasks = new QGridLayout;
    for (const Task task : kTasks) {
        auto* box = new QCheckBox(qt(taskDisplayName(task)), this);
        box->setChecked(
            std::find(settings.tasks.begin(), settings.tasks.end(), task) != settings.tasks.end());
        const auto place = static_cast<int>(m_tasks.size());
        tasks->addWidget(box, place / kTasksARow, place % kTasksARow);
        m_tasks.push_back(box);
        connect(box, &QCheckBox::toggled, this, &EvaluateDialog::check);
    }
    auto* add = new QPushButton(tr("Add Task &File…"), this);
    add->setAutoDefault(false);
    add->setToolTip(tr("A task of your own: a JSON file with templates for prompts and choices"));
    connect(add, &QPushButton::clicked, this, &EvaluateDialog::chooseFiles);
    m_fileError->setWordWrap(true);
    m_fileError->setObjectName(QStringLiteral("taskFileError"));
    m_fileError->hide();
    auto* column = new QVBoxLayout;
    column->addLayout(tasks);
    column->addLayout(m_fileBoxes);
    column->addWidget(m_fileError);
    column->addWidget(add, 0, Qt::AlignLeft);
    return column;
}

EvaluationSettings EvaluateDialog::settings() const {
    EvaluationSettings settings{m_folder->text(), {}, m_limit->value(), m_seed->value()};
    settings.earlyStop = m_earlyStop->currentData().toDouble();
    settings.reuseMegabytes = m_reuse->value();
    for (std::size_t i = 0; i < m_tasks.size(); ++i) {
        if (m_tasks[i]->isChecked() && m_tasks[i]->isEnabled()) {
            settings.tasks.push_back(kTasks[i]);
        }
    }
    for (const FileTask& file : m_files) {
        if (file.box->isChecked()) {
            settings.taskFiles.append(file.path);
        }
    }
    return settings;
}

void EvaluateDialog::chooseFiles() {
    const QStringList files = QFileDialog::getOpenFileNames(
        this, tr("Task Files"), m_folder->text(), tr("Task files (*.json);;All files (*)"));
    for (const QString& file : files) {
        addFile(file);
    }
    check();
}

void EvaluateDialog::addFile(const QString& path) {
    // A broken line of its data is asked about when it is evaluated.
    const Result<TaskData> task = loadTaskFile(path.toStdString(), BrokenLines::LeaveOut);
    QString wrong = task.ok() ? QString() : QString::fromStdString(task.error().message);
    if (task.ok() && std::any_of(m_files.begin(), m_files.end(), [&](const FileTask& file) {
            return file.name == task.value().name();
        })) {
        wrong = tr("There is a task named “%1” already.").arg(qt(task.value().name()));
    }
    m_fileError->setText(wrong);
    m_fileError->setVisible(!wrong.isEmpty());
    if (!wrong.isEmpty()) {
        return;
    }
    auto* box = new QCheckBox(qt(task.value().title()), this);
    box->setChecked(true);
    box->setToolTip(path);
    connect(box, &QCheckBox::toggled, this, &EvaluateDialog::check);
    m_fileBoxes->addWidget(box);
    m_files.push_back({path, task.value().name(), box});
}

void EvaluateDialog::browse() {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Folder with the Data Sets"), m_folder->text());
    if (!folder.isEmpty()) {
        m_folder->setText(folder);
    }
}

void EvaluateDialog::check() {
    for (std::size_t i = 0; i < m_tasks.size(); ++i) {
        const bool there = hasData(kTasks[i], m_folder->text());
        m_tasks[i]->setEnabled(there);
        m_tasks[i]->setToolTip(there ? QString() : tr("No data of this task in the folder"));
    }
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(
        !settings().tasks.empty() || !settings().taskFiles.isEmpty());
}

} // namespace mambascope::ui
