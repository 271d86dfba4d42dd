// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/files.h"
#include "ui/window/engine_errands.h"

#include <QDialog>

class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QToolButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace mambascope::ui {

/// Browses the folders of the engine's machine: for a checkpoint that is there, or for the place of a new
/// folder.
class EngineFolderDialog : public QDialog {
    Q_OBJECT
public:
    enum class Purpose { OpenCheckpoint, NameNewFolder };

    /// Begins in `folder`, the home folder there if it is empty; `name` is proposed for a new folder.
    EngineFolderDialog(
        const EngineCommand& command, Purpose purpose, const QString& folder, const QString& name,
        QWidget* parent = nullptr);

    /// The checkpoint's folder or weights file, or the new folder; a path on the engine's machine.
    QString path() const;
    /// The folder that is shown.
    QString folder() const { return m_folder; }

private:
    void go(const QString& folder);
    void show(const Result<FolderListing>& listing);
    void activate(QTreeWidgetItem* item);
    void check();
    QString chosen() const;

    Purpose m_purpose;
    EngineErrands m_errands;
    QString m_folder, m_parent;
    QLineEdit* m_path;
    QToolButton* m_up;
    QTreeWidget* m_list;
    QLineEdit* m_name; ///< null for opening
    QLabel* m_status;
    QDialogButtonBox* m_buttons;
};

} // namespace mambascope::ui
