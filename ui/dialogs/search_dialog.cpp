// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/search_dialog.h"

#include "core/quantization/search.h"
#include "core/search/candidates.h"
#include "ui/commands/plan_edit.h"
#include "ui/dialogs/path_row.h"
#include "ui/models/text.h"
#include "ui/window/workspace.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambascope::ui {
namespace {

constexpr int kBits = 0, kMebibytes = 1; ///< of the budget's units
constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr int kMostBits = 8;

QLabel* wrapped(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setWordWrap(true);
    return label;
}

} // namespace

SearchDialog::SearchDialog(const Workspace& workspace, QWidget* parent)
    : QDialog(parent)
    , m_workspace(workspace)
    , m_target(new QComboBox(this))
    , m_pages(new QStackedWidget(this))
    , m_about(wrapped({}, this))
    , m_grid(new QLineEdit(this))
    , m_budget(new QDoubleSpinBox(this))
    , m_unit(new QComboBox(this))
    , m_otherUnit(new QLabel(this))
    , m_weighted(new QCheckBox(tr("&Weigh by what each site's bits do to the predictions"), this))
    , m_on(new QCheckBox(tr("One site at a time o&n, all else in floats"), this))
    , m_off(new QCheckBox(tr("One site at a time o&ff, all else as planned"), this))
    , m_text(new QLineEdit(this))
    , m_samples(new QSpinBox(this))
    , m_length(new QSpinBox(this))
    , m_seed(new QSpinBox(this))
    , m_state(wrapped({}, this))
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
    setWindowTitle(tr("Search"));
    buildForm();
    fill(workspace.view().data().search);
    connect(m_target, &QComboBox::currentIndexChanged, this, &SearchDialog::check);
    connect(m_unit, &QComboBox::activated, this, &SearchDialog::changeUnit);
    connect(m_budget, &QDoubleSpinBox::valueChanged, this, &SearchDialog::check);
    for (QLineEdit* edit : {m_grid, m_text}) {
        connect(edit, &QLineEdit::textChanged, this, &SearchDialog::check);
    }
    for (QSpinBox* box : {m_samples, m_length}) {
        connect(box, &QSpinBox::valueChanged, this, &SearchDialog::check);
    }
    for (QCheckBox* box : findChildren<QCheckBox*>()) {
        connect(box, &QCheckBox::toggled, this, &SearchDialog::check);
    }
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    setMinimumWidth(fontMetrics().averageCharWidth() * 88);
    check();
}

void SearchDialog::buildForm() {
    m_target->addItems(
        {tr("α of every site"), tr("Bits of every site, under a budget"), tr("Sensitivity of every site")});
    for (QWidget* page : {alphaPage(), bitsPage(), sensitivityPage()}) {
        m_pages->addWidget(page);
    }
    m_samples->setRange(1, 1'000'000);
    m_length->setRange(2, 1'000'000);
    m_length->setSuffix(tr(" tokens"));
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setToolTip(tr("Where the windows start; the same seed gives the same windows on every machine"));
    const QString calibrated = m_workspace.view().data().calibration.textFile;
    m_text->setPlaceholderText(
        calibrated.isEmpty() ? tr("A plain text file, UTF-8")
                             : tr("That of the calibration: %1").arg(QFileInfo(calibrated).fileName()));
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* from = wrapped(qt(planTitle(m_workspace.plan())), this);
    auto* form = new QFormLayout(this);
    form->addRow(tr("&Search for"), m_target);
    form->addRow(m_about);
    form->addRow(tr("From the plan"), from);
    form->addRow(m_pages);
    addPathRow(*form, tr("&Text"), m_text, this, [this] { browse(); });
    form->addRow(tr("Win&dows"), m_samples);
    form->addRow(tr("&Length"), m_length);
    form->addRow(tr("S&eed"), m_seed);
    form->addRow(m_state);
    form->addRow(m_buttons);
    m_buttons->button(QDialogButtonBox::Ok)->setText(tr("Sea&rch"));
    alignFields();
}

/// Pages have forms of their own, whose fields begin where the others do.
void SearchDialog::alignFields() {
    QList<QWidget*> labels;
    for (const QFormLayout* form : findChildren<QFormLayout*>()) {
        for (int row = 0; row < form->rowCount(); ++row) {
            const QLayoutItem* item = form->itemAt(row, QFormLayout::LabelRole);
            if (item != nullptr && item->widget() != nullptr) {
                labels.append(item->widget());
            }
        }
    }
    int width = 0;
    for (const QWidget* label : labels) {
        width = std::max(width, label->sizeHint().width());
    }
    for (QWidget* label : labels) {
        label->setMinimumWidth(width);
    }
}

QWidget* SearchDialog::alphaPage() {
    auto* page = new QWidget(this);
    auto* form = new QFormLayout(page);
    form->setContentsMargins(0, 0, 0, 0);
    m_grid->setToolTip(tr("FROM:TO:STEP, or values from 0 to 1 with commas between them"));
    form->addRow(tr("&Grid of α"), m_grid);
    return page;
}

QWidget* SearchDialog::bitsPage() {
    auto* page = new QWidget(this);
    auto* form = new QFormLayout(page);
    form->setContentsMargins(0, 0, 0, 0);
    m_unit->setAccessibleName(tr("Unit of the budget"));
    m_unit->addItems({tr("bits a weight, on average"), tr("MiB of weights")});
    auto* budget = new QHBoxLayout;
    budget->addWidget(m_budget);
    budget->addWidget(m_unit);
    budget->addWidget(m_otherUnit, 1);
    form->addRow(tr("&Budget"), budget);
    static_cast<QLabel*>(form->labelForField(budget))->setBuddy(m_budget);
    auto* widths = new QHBoxLayout;
    for (std::size_t i = 0; i < m_widths.size(); ++i) {
        const int bits = kMostBits - static_cast<int>(i);
        m_widths[i] = new QCheckBox(number(bits), page);
        m_widths[i]->setAccessibleName(tr("%n bits", nullptr, bits));
        widths->addWidget(m_widths[i]);
    }
    widths->addStretch(1);
    form->addRow(tr("Bits to choose from"), widths);
    m_weighted->setToolTip(
        tr("Takes a pass for every site and width; without it, the errors of the outputs decide"));
    form->addRow(QString(), m_weighted);
    return page;
}

QWidget* SearchDialog::sensitivityPage() {
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_on);
    column->addWidget(m_off);
    column->addStretch(1);
    return page;
}

void SearchDialog::fill(const SearchSettings& settings) {
    m_target->setCurrentIndex(static_cast<int>(settings.target));
    m_grid->setText(settings.grid);
    const bool inBytes = settings.budgetBytes > 0;
    m_unit->setCurrentIndex(inBytes ? kMebibytes : kBits);
    m_budget->setRange(0.001, 1'000'000);
    stepByUnit();
    m_budget->setValue(
        inBytes ? static_cast<double>(settings.budgetBytes) / kMebibyte : settings.averageBits);
    for (std::size_t i = 0; i < m_widths.size(); ++i) {
        m_widths[i]->setChecked(std::ranges::count(settings.bits, kMostBits - static_cast<int>(i)) > 0);
    }
    m_weighted->setChecked(settings.weighted);
    m_on->setChecked(settings.only);
    m_off->setChecked(settings.without);
    m_text->setText(settings.textFile);
    m_samples->setValue(settings.samples);
    m_length->setValue(settings.length);
    m_seed->setValue(static_cast<int>(settings.seed));
}

SearchSettings SearchDialog::settings() const {
    SearchSettings settings;
    settings.target = static_cast<SearchTarget>(m_target->currentIndex());
    settings.textFile = m_text->text();
    settings.samples = m_samples->value();
    settings.length = m_length->value();
    settings.seed = m_seed->value();
    settings.grid = m_grid->text();
    settings.bits.clear();
    for (std::size_t i = 0; i < m_widths.size(); ++i) {
        if (m_widths[i]->isChecked()) {
            settings.bits.push_back(kMostBits - static_cast<int>(i));
        }
    }
    const bool inBytes = m_unit->currentIndex() == kMebibytes;
    settings.averageBits = inBytes ? settings.averageBits : m_budget->value();
    settings.budgetBytes = inBytes ? std::llround(m_budget->value() * kMebibyte) : 0;
    settings.weighted = m_weighted->isChecked();
    settings.only = m_on->isChecked();
    settings.without = m_off->isChecked();
    return settings;
}

void SearchDialog::setTarget(SearchTarget target) {
    m_target->setCurrentIndex(static_cast<int>(target));
}

void SearchDialog::browse() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Text to Measure On"), m_workspace.searchText(settings()),
        tr("Text (*.txt *.md *.text);;All files (*)"));
    if (!file.isEmpty()) {
        m_text->setText(file);
    }
}

double SearchDialog::budgetBits() const {
    const SearchSettings asked = settings();
    const ModelSpec* spec = m_workspace.spec();
    return asked.budgetBytes > 0 && spec != nullptr ? averageBitsOfBytes(*spec, asked.budgetBytes)
                                                    : asked.averageBits;
}

void SearchDialog::stepByUnit() {
    const bool inBytes = m_unit->currentIndex() == kMebibytes;
    m_budget->setDecimals(inBytes ? 3 : 2);
    m_budget->setSingleStep(inBytes ? 1 : 0.25);
}

/// The same budget in the other unit.
void SearchDialog::changeUnit() {
    const ModelSpec* spec = m_workspace.spec();
    if (spec == nullptr) {
        return;
    }
    const double perBit = static_cast<double>(siteWeightCount(*spec)) / 8 / kMebibyte;
    const bool inBytes = m_unit->currentIndex() == kMebibytes;
    const double value = inBytes ? m_budget->value() * perBit : m_budget->value() / perBit;
    stepByUnit();
    m_budget->setValue(value);
    check();
}

QString SearchDialog::trouble() const {
    const SearchSettings asked = settings();
    if (const QString why = m_workspace.whyNoSearch(asked.target); !why.isEmpty()) {
        return why;
    }
    if (asked.target == SearchTarget::Alpha && !parseGrid(asked.grid.toStdString()).ok()) {
        return tr("The grid is neither FROM:TO:STEP, e.g. 0:1:0.1, nor values from 0 to 1 with commas "
                  "between them.");
    }
    if (asked.target == SearchTarget::Bits && asked.bits.empty()) {
        return tr("There are no bits to choose from.");
    }
    if (asked.target == SearchTarget::Bits && budgetBits() < asked.bits.back()) {
        return tr("The budget is %1 bits a weight, less than the fewest that can be chosen, %2.")
            .arg(significant(budgetBits(), 3), number(asked.bits.back()));
    }
    if (asked.target == SearchTarget::Sensitivity && !asked.only && !asked.without) {
        return tr("Choose one site at a time on, off, or both.");
    }
    const QString text = m_workspace.searchText(asked);
    if (text.isEmpty()) {
        return tr("There is no text to measure on: choose one.");
    }
    return QFileInfo(text).isFile() ? QString() : tr("There is no file %1.").arg(text);
}

QString SearchDialog::effort() const {
    const SearchSettings asked = settings();
    const QString tokens = number(qlonglong{asked.samples} * asked.length);
    if (asked.target == SearchTarget::Alpha) {
        return tr("Measures every linear's output over %1 tokens.").arg(tokens);
    }
    PlanSearch search;
    search.target = asked.target;
    search.bits = asked.bits;
    search.weighted = asked.weighted;
    search.only = asked.only;
    search.without = asked.without;
    return tr("Takes %1 passes over %2 tokens.")
        .arg(number(searchPasses(*m_workspace.spec(), search)), tokens);
}

void SearchDialog::check() {
    const auto target = static_cast<SearchTarget>(m_target->currentIndex());
    m_pages->setCurrentIndex(m_target->currentIndex());
    m_about->setText(
        target == SearchTarget::Alpha ? tr("The migration strength of SmoothQuant that leaves each linear's "
                                           "output nearest to the unquantized "
                                           "one. What is found becomes the plan, and can be undone.")
        : target == SearchTarget::Bits
            ? tr("The weight bits of each site with which the model stays nearest to float weights within a "
                 "budget. "
                 "What is found becomes the plan, and can be undone.")
            : tr("How much each site by itself costs in loss. The plan stays as it is."));
    if (const ModelSpec* spec = m_workspace.spec()) {
        const double bits = budgetBits();
        const double bytes = bits * static_cast<double>(siteWeightCount(*spec)) / 8;
        m_otherUnit->setText(
            m_unit->currentIndex() == kMebibytes
                ? tr("= %1 bits a weight").arg(significant(bits, 3))
                : tr("= %1 of weights, scales not counted").arg(locale().formattedDataSize(qint64(bytes))));
    }
    const QString why = trouble();
    m_state->setText(why.isEmpty() ? effort() : why);
    m_state->setForegroundRole(why.isEmpty() ? QPalette::PlaceholderText : QPalette::WindowText);
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(why.isEmpty());
}

} // namespace mambascope::ui
