// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/searches_dialog.h"

#include "core/base/file.h"
#include "core/quantization/search.h"
#include "ui/dialogs/figure_dialog.h"
#include "ui/dialogs/last_folder.h"
#include "ui/models/search_text.h"
#include "ui/models/searches_model.h"
#include "ui/models/text.h"
#include "ui/plots/chart_plot.h"
#include "ui/window/elided_label.h"
#include "ui/window/workspace.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

QString viewText(SearchView view) {
    switch (view) {
    case SearchView::Alpha:
        return SearchesDialog::tr("Error over α, one layer");
    case SearchView::Errors:
        return SearchesDialog::tr("Error over the layers");
    case SearchView::Bits:
        return SearchesDialog::tr("Bits of the sites");
    case SearchView::Budget:
        return SearchesDialog::tr("Divergence over average bits");
    case SearchView::Sensitivity:
        break;
    }
    return SearchesDialog::tr("Loss of the sites");
}

bool hasBars(SearchView view) {
    return view == SearchView::Bits || view == SearchView::Sensitivity;
}

} // namespace

SearchesDialog::SearchesDialog(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QDialog(parent)
    , m_workspace(workspace)
    , m_model(new SearchesModel(this))
    , m_view(new QComboBox(this))
    , m_order(new QComboBox(this))
    , m_layer(new QSpinBox(this))
    , m_found(new QLabel(this))
    , m_changes(new QLabel(this))
    , m_plot(new ChartPlot(this))
    , m_readout(new ElidedLabel(this)) {
    setWindowTitle(tr("Searches"));
    auto* parts = new QSplitter(Qt::Horizontal, this);
    parts->setChildrenCollapsible(false);
    parts->addWidget(list());
    parts->addWidget(details(theme));
    parts->setStretchFactor(1, 1);
    const int character = fontMetrics().averageCharWidth();
    parts->setSizes({character * 62, character * 138});
    auto* column = new QVBoxLayout(this);
    column->addWidget(parts, 1);
    column->addWidget(buttons());
    resize(character * 200, fontMetrics().height() * 36);

    connect(
        m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &SearchesDialog::showCurrent);
    connect(m_view, &QComboBox::activated, this, &SearchesDialog::showChart);
    connect(m_order, &QComboBox::activated, this, &SearchesDialog::showChart);
    connect(m_layer, &QSpinBox::valueChanged, this, [this](int layer) {
        m_workspace.view().setLayer(layer);
        showChart();
    });
    connect(&workspace.view(), &ViewState::changed, this, [this] {
        m_layer->setValue(m_workspace.view().data().layer);
    });
    connect(m_plot, &ChartPlot::readoutChanged, m_readout, &QLabel::setText);
    connect(&workspace, &Workspace::searchesChanged, this, &SearchesDialog::refresh);
    connect(&workspace, &Workspace::planChanged, this, &SearchesDialog::showChanges);
    connect(&workspace, &Workspace::sessionChanged, this, &QDialog::close); // its searches are others
    refresh();
}

QWidget* SearchesDialog::list() {
    m_table = new QTableView(this);
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->setAccessibleName(tr("Searches"));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setStretchLastSection(true);
    return m_table;
}

QWidget* SearchesDialog::details(const Theme& theme) {
    auto* part = new QWidget(this);
    m_plot->setTheme(&theme);
    m_plot->setAccessibleName(tr("What the search measured"));
    m_plot->setEmptyText(tr(
        "No search yet. “New Search…” finds α or bits for every site, or how sensitive each is, and what it "
        "measured appears here, as does what mambascope-cli search --session measures."));
    m_order->addItems({tr("by layer"), tr("by size")});
    m_readout->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readout->setAccessibleName(tr("Value at the cursor"));
    for (QLabel* label : {m_found, m_changes}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_changes->setForegroundRole(QPalette::PlaceholderText);
    auto* choices = new QHBoxLayout;
    const auto add = [&](const QString& text, QWidget* widget) {
        auto* label = new QLabel(text, part);
        label->setBuddy(widget);
        choices->addWidget(label);
        choices->addWidget(widget);
        choices->addSpacing(fontMetrics().averageCharWidth());
        return label;
    };
    add(tr("Sho&w"), m_view);
    m_orderLabel = add(tr("&Order"), m_order);
    m_layerLabel = add(tr("&Layer"), m_layer);
    choices->addStretch(1);
    m_view->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_found);
    column->addLayout(choices);
    column->addWidget(m_plot, 1);
    column->addWidget(m_readout);
    column->addWidget(m_changes);
    return part;
}

QWidget* SearchesDialog::buttons() {
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    const auto add = [&](const QString& text, const QString& toolTip, auto run) {
        QPushButton* button = buttons->addButton(text, QDialogButtonBox::ActionRole);
        button->setToolTip(toolTip);
        button->setAutoDefault(false);
        connect(button, &QPushButton::clicked, this, run);
        return button;
    };
    m_use = add(tr("&Use What It Found"), {}, &SearchesDialog::use);
    add(tr("&New Search…"), tr("α, bits under a budget, or sensitivity"), &SearchesDialog::searchRequested);
    add(tr("Open &Trace…"), tr("The trace that mambascope-cli search --trace wrote"),
        &SearchesDialog::browse);
    m_figure = add(tr("&Figure…"), tr("Save, copy or print"), &SearchesDialog::openFigure);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    return buttons;
}

int SearchesDialog::currentRow() const {
    return m_table->currentIndex().isValid() ? m_table->currentIndex().row() : -1;
}

void SearchesDialog::refresh() {
    const std::int64_t current = currentRow() < 0 ? 0 : m_model->entry(currentRow()).id;
    const std::int64_t newestBefore = m_model->entries().empty() ? 0 : m_model->entries().front().id;
    std::vector<SearchEntry> entries;
    if (const Session* session = m_workspace.session()) {
        const Result<std::vector<Record>> records = session->searches();
        if (!records.ok()) {
            m_found->setText(qt(describe(records.error())));
            return;
        }
        for (const Record& record : records.value()) {
            entries.insert(entries.begin(), {record.id, {}, record.created, Json(record.content)});
        }
    }
    for (const SearchEntry& entry : m_model->entries()) {
        if (entry.id == 0) {
            entries.push_back(entry);
        }
    }
    m_model->setEntries(std::move(entries));
    const auto& shown = m_model->entries();
    const bool another = !shown.empty() && shown.front().id != newestBefore;
    const auto found = std::ranges::find(shown, current, &SearchEntry::id);
    const auto row = another || found == shown.end() ? 0 : static_cast<int>(found - shown.begin());
    if (!shown.empty()) {
        m_table->setCurrentIndex(m_model->index(row, 0));
    }
    showCurrent();
}

void SearchesDialog::showNewest() {
    if (m_model->rowCount() > 0) {
        m_table->setCurrentIndex(m_model->index(0, 0));
    }
}

void SearchesDialog::openFile(const QString& file) {
    const QString name = QFileInfo(file).fileName();
    const auto text = readFile(file.toStdString());
    const auto json = text.ok() ? parseJson(text.value(), name.toStdString()) : Result<Json>(text.error());
    if (json.ok() && !searchViews(json.value()).empty()) {
        std::vector<SearchEntry> entries = m_model->entries();
        entries.push_back({0, name, 0, json.value()});
        m_model->setEntries(std::move(entries));
        m_table->setCurrentIndex(m_model->index(m_model->rowCount() - 1, 0));
        return;
    }
    m_found->setText(
        json.ok() ? tr("%1 is not the trace of a search. mambascope-cli search --trace writes one.").arg(name)
                  : qt(describe(json.error())));
}

void SearchesDialog::browse() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Open the Trace of a Search"), lastFolder(), tr("Traces (*.json)"));
    if (!file.isEmpty()) {
        rememberFolder(file);
        openFile(file);
    }
}

void SearchesDialog::showCurrent() {
    const int row = currentRow();
    const SearchView before =
        m_views.empty() ? SearchView::Errors : m_views[static_cast<std::size_t>(m_view->currentIndex())];
    m_views = row < 0 ? std::vector<SearchView>() : searchViews(m_model->entry(row).trace);
    m_view->clear();
    for (const SearchView view : m_views) {
        m_view->addItem(viewText(view));
    }
    if (const auto same = std::ranges::find(m_views, before);
        before != SearchView::Errors && same != m_views.end()) {
        m_view->setCurrentIndex(static_cast<int>(same - m_views.begin()));
    }
    m_view->setEnabled(m_views.size() > 1);
    m_found->setText(row < 0 ? QString() : foundText(m_model->entry(row).trace));
    showChart();
    showChanges();
}

void SearchesDialog::showChart() {
    const int row = currentRow();
    const bool shows = row >= 0 && !m_views.empty();
    const SearchView view =
        shows ? m_views[static_cast<std::size_t>(m_view->currentIndex())] : SearchView::Errors;
    for (QWidget* widget : {static_cast<QWidget*>(m_order), static_cast<QWidget*>(m_orderLabel)}) {
        widget->setVisible(shows && hasBars(view));
    }
    for (QWidget* widget : {static_cast<QWidget*>(m_layer), static_cast<QWidget*>(m_layerLabel)}) {
        widget->setVisible(shows && view == SearchView::Alpha);
    }
    m_figure->setEnabled(shows);
    if (!shows) {
        m_plot->setChart(nullptr);
        return;
    }
    if (const ModelSpec* spec = m_workspace.spec()) {
        const QSignalBlocker quiet(m_layer);
        m_layer->setRange(0, std::max(0, spec->layers - 1));
        m_layer->setValue(m_workspace.view().data().layer);
    }
    std::vector<Json> searches;
    for (const SearchEntry& each : m_model->entries()) {
        if (view == SearchView::Budget) {
            searches.push_back(each.trace);
        }
    }
    const SearchEntry& entry = m_model->entry(row);
    const SearchChartRequest request{
        view, static_cast<SiteOrder>(m_order->currentIndex()), m_layer->value(), searches};
    auto chart = searchChart(
        entry.trace, entry.name.isEmpty() ? searchName(entry.trace).toStdString() : entry.name.toStdString(),
        request);
    m_plot->setChart(chart.ok() ? std::make_shared<const Chart>(std::move(chart).value()) : nullptr);
}

void SearchesDialog::showChanges() {
    const int row = currentRow();
    const auto found = row < 0 ? Result<QuantPlan>(Error::usage({}))
                               : planOfTrace(m_workspace.plan(), m_model->entry(row).trace);
    const ModelSpec* spec = m_workspace.spec();
    if (!found.ok() || spec == nullptr) {
        m_use->setEnabled(false);
        m_use->setToolTip(
            row < 0 ? QString() : tr("This search chose nothing: it measured how sensitive the sites are."));
        m_changes->clear();
        return;
    }
    const std::vector<std::string> lines = planDiff(m_workspace.plan(), found.value(), spec->layers);
    constexpr std::size_t kLines = 4;
    QStringList shown;
    for (std::size_t i = 0; i < std::min(kLines, lines.size()); ++i) {
        shown.append(qt(lines[i]));
    }
    QString text = lines.empty()
                       ? tr("The plan has what this search chose.")
                       : tr("Using it would change the plan: %1").arg(shown.join(QStringLiteral("; ")));
    if (lines.size() > kLines) {
        text += tr(", and %n more", nullptr, static_cast<int>(lines.size() - kLines));
    }
    m_changes->setText(text);
    m_use->setEnabled(!lines.empty());
    m_use->setToolTip(tr("One step that can be undone; what the search did not choose stays as it is"));
}

void SearchesDialog::use() {
    if (const int row = currentRow(); row >= 0) {
        m_workspace.useSearch(m_model->entry(row).trace);
    }
}

void SearchesDialog::setView(SearchView view) {
    const auto found = std::ranges::find(m_views, view);
    if (found != m_views.end()) {
        m_view->setCurrentIndex(static_cast<int>(found - m_views.begin()));
        showChart();
    }
}

void SearchesDialog::setOrder(SiteOrder order) {
    m_order->setCurrentIndex(static_cast<int>(order));
    showChart();
}

void SearchesDialog::openFigure() {
    auto* dialog = new FigureDialog(*m_plot->chart(), QStringLiteral("search"), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

} // namespace mambascope::ui
