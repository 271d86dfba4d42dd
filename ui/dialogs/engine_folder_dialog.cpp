// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/engine_folder_dialog.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace mambascope::ui {
namespace {

constexpr int kKind = Qt::UserRole;

FolderEntry::Kind kindOf(const QTreeWidgetItem* item) {
    return static_cast<FolderEntry::Kind>(item->data(0, kKind).toInt());
}

QString below(const QString& folder, const QString& name) {
    return folder.endsWith(u'/') ? QString(folder + name) : QString(folder + u'/' + name);
}

} // namespace

EngineFolderDialog::EngineFolderDialog(
    const EngineCommand& command, Purpose purpose, const QString& folder, const QString& name,
    QWidget* parent)
    : QDialog(parent)
    , m_purpose(purpose)
    , m_errands(command)
    , m_path(new QLineEdit(this))
    , m_up(new QToolButton(this))
    , m_list(new QTreeWidget(this))
    , m_name(purpose == Purpose::NameNewFolder ? new QLineEdit(name, this) : nullptr)
    , m_status(new QLabel(this))
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
    setWindowTitle(
        purpose == Purpose::OpenCheckpoint ? tr("Open Checkpoint on the Engine's Machine")
                                           : tr("Export Checkpoint on the Engine's Machine"));
    m_path->setObjectName(QStringLiteral("folderPath"));
    m_path->setAccessibleName(tr("Folder"));
    m_up->setIcon(style()->standardIcon(QStyle::SP_FileDialogToParent));
    m_up->setToolTip(tr("Go to the folder above"));
    m_up->setAccessibleName(m_up->toolTip());
    m_list->setObjectName(QStringLiteral("folderEntries"));
    m_list->setAccessibleName(tr("What is in the folder"));
    m_list->setHeaderLabels({tr("Name"), tr("Kind"), tr("Size")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setStretchLastSection(false);
    m_status->setWordWrap(true);

    auto* where = new QHBoxLayout;
    where->addWidget(m_path, 1);
    where->addWidget(m_up);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(where);
    layout->addWidget(m_list, 1);
    if (m_name != nullptr) {
        auto* label = new QLabel(tr("&Name of the new folder:"), this);
        label->setBuddy(m_name);
        layout->addWidget(label);
        layout->addWidget(m_name);
        connect(m_name, &QLineEdit::textChanged, this, &EngineFolderDialog::check);
    }
    layout->addWidget(m_status);
    layout->addWidget(m_buttons);
    QPushButton* accept = m_buttons->button(QDialogButtonBox::Ok);
    accept->setText(purpose == Purpose::OpenCheckpoint ? tr("&Open") : tr("&Export"));
    accept->setAutoDefault(false); // Return in the path goes there
    m_buttons->button(QDialogButtonBox::Cancel)->setAutoDefault(false);

    connect(m_path, &QLineEdit::returnPressed, this, [this] { go(m_path->text()); });
    connect(m_up, &QToolButton::clicked, this, [this] { go(m_parent); });
    connect(m_list, &QTreeWidget::itemActivated, this, &EngineFolderDialog::activate);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this, &EngineFolderDialog::check);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    resize(fontMetrics().averageCharWidth() * 90, fontMetrics().lineSpacing() * 26);
    check();
    go(folder);
}

void EngineFolderDialog::go(const QString& folder) {
    m_status->setText(tr("Asking the engine's machine…"));
    m_errands.ask<FolderListing>(
        [path = folder.toStdString()](EngineClient& client, const Job& job) {
            return client.listFolder(path, job);
        },
        [this](const Result<FolderListing>& listing) { show(listing); });
}

void EngineFolderDialog::show(const Result<FolderListing>& listing) {
    if (!listing.ok()) {
        m_status->setText(QStringLiteral("%1 %2").arg(
            QString::fromStdString(listing.error().message), QString::fromStdString(listing.error().hint)));
        check();
        return;
    }
    m_folder = QString::fromStdString(listing.value().folder);
    m_parent = QString::fromStdString(listing.value().parent);
    m_path->setText(m_folder);
    m_up->setEnabled(!m_parent.isEmpty());
    m_list->clear();
    QList<QTreeWidgetItem*> items;
    for (const FolderEntry& entry : listing.value().entries) {
        const bool isFolder = entry.kind == FolderEntry::Kind::Folder;
        auto* item = new QTreeWidgetItem(
            {QString::fromStdString(entry.name),
             isFolder                                      ? tr("Folder")
             : entry.kind == FolderEntry::Kind::Checkpoint ? tr("Checkpoint")
                                                           : tr("File"),
             isFolder ? QString() : QLocale().formattedDataSize(static_cast<qint64>(entry.bytes))});
        item->setData(0, kKind, static_cast<int>(entry.kind));
        item->setIcon(
            0, style()->standardIcon(
                   entry.kind == FolderEntry::Kind::File ? QStyle::SP_FileIcon : QStyle::SP_DirIcon));
        item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
        items << item;
    }
    m_list->addTopLevelItems(items);
    m_list->resizeColumnToContents(1);
    m_list->resizeColumnToContents(2);
    m_status->setText(
        listing.value().complete ? QString() : tr("The folder holds more than is listed: type the path."));
    check();
}

void EngineFolderDialog::activate(QTreeWidgetItem* item) {
    const QString path = below(m_folder, item->text(0));
    if (kindOf(item) == FolderEntry::Kind::Folder || m_purpose == Purpose::NameNewFolder) {
        if (kindOf(item) != FolderEntry::Kind::File) {
            go(path);
        }
        return;
    }
    item->setSelected(true);
    accept();
}

/// What is selected, if a checkpoint can be opened by it.
QString EngineFolderDialog::chosen() const {
    const QList<QTreeWidgetItem*> selected = m_list->selectedItems();
    return selected.isEmpty() ? QString() : below(m_folder, selected.first()->text(0));
}

QString EngineFolderDialog::path() const {
    return m_purpose == Purpose::OpenCheckpoint ? chosen() : below(m_folder, m_name->text().trimmed());
}

void EngineFolderDialog::check() {
    const bool ready = m_purpose == Purpose::OpenCheckpoint
                           ? !chosen().isEmpty()
                           : !m_folder.isEmpty() && !m_name->text().trimmed().isEmpty();
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(ready);
}

} // namespace mambascope::ui
