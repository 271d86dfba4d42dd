// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/start_page.h"

#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/cache_scan.h"
#include "ui/window/entry_list.h"
#include "ui/window/session_files.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

QString sizeText(std::uintmax_t bytes) {
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1, QLocale::DataSizeSIFormat);
}

ListEntry recentEntry(const QString& path) {
    const QFileInfo file(path);
    ListEntry entry;
    entry.title = file.completeBaseName();
    entry.key = path;
    entry.toolTip = path;
    entry.enabled = file.exists();
    const QString kind = file.suffix() == QLatin1String("mscope")        ? StartPage::tr("Session")
                         : file.suffix() == QLatin1String("safetensors") ? StartPage::tr("Calibration")
                                                                         : StartPage::tr("Activation scales");
    entry.detail = entry.enabled
                       ? QStringLiteral("%1 · %2").arg(kind, shortPath(file.absolutePath()))
                       : StartPage::tr("%1 · no longer in %2").arg(kind, shortPath(file.absolutePath()));
    if (entry.enabled) {
        entry.trailing = QLocale().toString(file.lastModified().date(), QLocale::ShortFormat);
    }
    return entry;
}

ListEntry cachedEntry(const CachedModel& model) {
    ListEntry entry;
    entry.title = QString::fromStdString(model.name);
    entry.enabled = model.openable;
    entry.trailing = sizeText(model.bytes);
    entry.detail = QString::fromStdString(model.openable ? model.kind : model.why);
    entry.toolTip = model.openable ? QString::fromStdString(model.folder.string()) : entry.detail;
    entry.key = QString::fromStdString(model.reference);
    return entry;
}

} // namespace

QString shortPath(const QString& path) {
    const QString home = QDir::homePath();
    return path == home || path.startsWith(home + QLatin1Char('/'))
               ? QString(QLatin1Char('~') + QStringView(path).mid(home.size()))
               : path;
}

StartPage::StartPage(CacheScan& cache, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_cache(cache)
    , m_recent(new EntryList(theme, tr("Recent"), this))
    , m_cached(new EntryList(theme, tr("Hugging Face cache"), this)) {
    m_recent->setPlaceholder(tr("Sessions and calibrations that you open are listed here."));
    const int character = fontMetrics().averageCharWidth();
    auto* lists = new QHBoxLayout;
    lists->setSpacing(character * 4);
    lists->addWidget(m_recent, 1);
    lists->addWidget(m_cached, 1);
    auto* middle = new QWidget(this);
    middle->setMaximumWidth(character * 170);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(character * 4, 0, character * 4, 0);
    column->addStretch(2);
    column->addWidget(heading());
    column->addSpacing(fontMetrics().height() * 2);
    column->addLayout(lists, 100);
    column->addStretch(3);
    auto* row = new QHBoxLayout(this);
    row->addStretch(1);
    row->addWidget(middle, 100);
    row->addStretch(1);

    connect(m_recent, &EntryList::chosen, this, &StartPage::fileChosen);
    connect(m_cached, &EntryList::chosen, this, &StartPage::modelChosen);
    connect(&cache, &CacheScan::changed, this, &StartPage::refreshCached);
    refreshCached();
}

QWidget* StartPage::heading() {
    auto* page = new QWidget(this);
    auto* title = new QLabel(tr("Open a Mamba checkpoint"), page);
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.8);
    title->setFont(large);
    auto* text = new QLabel(
        tr("A folder with config.json and weights. Sessions, calibrations and activation scales open as "
           "files. "
           "Or drop any of them here."),
        page);
    text->setWordWrap(true);
    text->setForegroundRole(QPalette::PlaceholderText);
    auto* open = new QPushButton(tr("Open Checkpoint…"), page);
    auto* file = new QPushButton(tr("Open File…"), page);
    auto* demo = new QPushButton(tr("Open Demo"), page);
    auto* tour = new QPushButton(tr("Take the Tour"), page);
    tour->setToolTip(tr("Two minutes through the window, on the demo"));
    open->setDefault(true);
    connect(open, &QPushButton::clicked, this, &StartPage::openRequested);
    connect(file, &QPushButton::clicked, this, &StartPage::openFileRequested);
    connect(demo, &QPushButton::clicked, this, &StartPage::demoRequested);
    connect(tour, &QPushButton::clicked, this, &StartPage::tourRequested);
    auto* buttons = new QHBoxLayout;
    for (QPushButton* button : {open, file, demo, tour}) {
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(title);
    column->addWidget(text);
    column->addSpacing(fontMetrics().height() / 2);
    column->addLayout(buttons);
    return page;
}

void StartPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refreshRecent();
    m_cache.start();
}

void StartPage::refreshRecent() {
    QList<ListEntry> entries;
    for (const QString& file : recentFiles()) {
        entries.append(recentEntry(file));
    }
    m_recent->setEntries(entries);
    fitLists();
}

void StartPage::fitLists() {
    constexpr int kFewest = 5; // room for a placeholder
    const int rows = std::max({kFewest, m_recent->list()->count(), m_cached->list()->count()});
    m_recent->setMostRows(rows);
    m_cached->setMostRows(rows);
}

void StartPage::refreshCached() {
    const std::optional<CachedModels>& found = m_cache.models();
    if (!found) {
        m_cached->setPlaceholder(tr("Looking through the cache…"));
        m_cached->setEntries({});
        fitLists();
        return;
    }
    if (m_cache.running()) {
        return; // what was found before stays till the new result is there
    }
    const QString folder = QString::fromStdString(found->folder.string());
    std::uintmax_t bytes = 0;
    QList<ListEntry> entries;
    for (const CachedModel& model : found->models) {
        bytes += model.bytes;
        entries.append(cachedEntry(model));
    }
    const QString trouble = QString::fromStdString(found->trouble);
    m_cached->setPlaceholder(
        !trouble.isEmpty() ? trouble
                           : tr("No models in %1.\n\nWhere there is a network, this puts one there:\n"
                                "huggingface-cli download state-spaces/mamba-130m-hf")
                                 .arg(folder.isEmpty() ? tr("the cache") : shortPath(folder)));
    m_cached->setNote(
        entries.isEmpty()
            ? QString()
            : tr("%1 · %2 in %3")
                  .arg(
                      entries.size() == 1 ? tr("1 model") : tr("%1 models").arg(number(entries.size())),
                      sizeText(bytes), shortPath(folder)),
        trouble.isEmpty() ? folder : trouble);
    m_cached->setEntries(entries);
    fitLists();
}

} // namespace mambascope::ui
