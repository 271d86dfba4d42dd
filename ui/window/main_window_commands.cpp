// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/plan_edit.h"
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/calibrate_dialog.h"
#include "ui/dialogs/compare_dialog.h"
#include "ui/dialogs/engine_dialog.h"
#include "ui/dialogs/engine_folder_dialog.h"
#include "ui/dialogs/evaluate_dialog.h"
#include "ui/dialogs/last_folder.h"
#include "ui/dialogs/search_dialog.h"
#include "ui/dialogs/searches_dialog.h"
#include "ui/figures/figure_painter.h"
#include "ui/models/text.h"
#include "ui/report/report_printer.h"
#include "ui/window/centre_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/engine_setting.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window_actions.h"
#include "ui/window/message_bar.h"
#include "ui/window/overview_view.h"
#include "ui/window/preferences.h"
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace mambascope::ui {
namespace {

QString engineFolderKey() {
    return QStringLiteral("lastEngineFolder");
}

} // namespace

QString MainWindow::askEngineFolder(bool forOpening, const QString& name) {
    using Purpose = EngineFolderDialog::Purpose;
    EngineFolderDialog dialog(
        m_workspace.engineCommand(), forOpening ? Purpose::OpenCheckpoint : Purpose::NameNewFolder,
        QSettings().value(engineFolderKey()).toString(), name, this);
    if (dialog.exec() != QDialog::Accepted) {
        return {};
    }
    QSettings().setValue(engineFolderKey(), dialog.folder());
    return dialog.path();
}

void MainWindow::chooseEngine() {
    EngineDialog dialog(storedEngineCommand(), this);
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    const Result<EngineCommand> command = engineCommandOf(dialog.commandLine());
    if (!command.ok()) {
        m_messages->show(Notice::of(command.error()));
        return;
    }
    Preferences preferences = storedPreferences();
    preferences.engineCommand = dialog.commandLine();
    apply(preferences);
}

void MainWindow::openCheckpoint() {
    if (m_workspace.engineElsewhere()) {
        if (const QString path = askEngineFolder(true); !path.isEmpty()) {
            m_workspace.openCheckpoint(path);
        }
        return;
    }
    const QString folder = QFileDialog::getExistingDirectory(
        this, tr("Open Checkpoint: Folder with config.json and Weights"), lastFolder());
    if (!folder.isEmpty()) {
        rememberFolder(folder);
        m_workspace.openCheckpoint(folder);
    }
}

void MainWindow::locateCheckpoint() {
    if (m_workspace.engineElsewhere()) {
        if (const QString path = askEngineFolder(true); !path.isEmpty()) {
            m_workspace.relocateCheckpoint(path);
        }
        return;
    }
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Locate the Checkpoint of This Session"), lastFolder());
    if (!folder.isEmpty()) {
        rememberFolder(folder);
        m_workspace.relocateCheckpoint(folder);
    }
}

void MainWindow::openFile() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Open File"), lastFolder(),
        tr("Everything that opens (*.mscope *.safetensors *.pt *.pth *.bin config.json);;Sessions "
           "(*.mscope);;Calibrations (*.safetensors);;Activation scales (*.pt *.pth *.bin *.safetensors);;"
           "All files (*)"));
    if (!file.isEmpty()) {
        rememberFolder(file);
        storeLayout();
        m_workspace.open(file);
    }
}

void MainWindow::closeDocument() {
    if (mayStopJobs(tr("Close"), tr("“%1” is under way. Stop it and close?"), tr("Stop and Close"))) {
        storeLayout();
        m_workspace.closeDocument();
    }
}

bool MainWindow::mayStopJobs(const QString& title, const QString& question, const QString& stop) {
    if (!m_asksBeforeClosing || m_workspace.jobs().idle()) {
        return true;
    }
    const auto job = m_workspace.jobs().current();
    QMessageBox box(
        QMessageBox::Question, title, question.arg(QString::fromStdString(job->title)), QMessageBox::NoButton,
        this);
    QPushButton* yes = box.addButton(stop, QMessageBox::AcceptRole);
    box.addButton(tr("Keep Open"), QMessageBox::RejectRole);
    box.exec();
    return box.clickedButton() == static_cast<QAbstractButton*>(yes) || m_workspace.jobs().idle();
}

void MainWindow::chooseTokenizer() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Choose the Tokenizer of This Checkpoint"), lastFolder(),
        tr("Tokenizers (*.json);;All files (*)"));
    if (!file.isEmpty()) {
        rememberFolder(file);
        m_workspace.chooseTokenizer(file);
    }
}

void MainWindow::importCalibration() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Import Calibration"), lastFolder(),
        tr("Calibrations and activation scales (*.safetensors *.pt *.pth *.bin);;All files (*)"));
    if (!file.isEmpty()) {
        rememberFolder(file);
        m_workspace.importCalibration(file);
    }
}

void MainWindow::saveCopy() {
    QFileDialog dialog(this, tr("Save a Copy of the Session"), lastFolder(), tr("Sessions (*.mscope)"));
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(QStringLiteral("mscope"));
    if (const Session* session = m_workspace.session()) {
        dialog.selectFile(QFileInfo(QString::fromStdString(session->path().string())).fileName());
    }
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    const QString file = dialog.selectedFiles().value(0);
    rememberFolder(file);
    storeLayout();
    const Result<void> saved = m_workspace.saveCopy(file);
    m_messages->show(
        saved.ok() ? Notice::info(tr("A copy is in %1. The session goes on in its own file.").arg(file))
                   : Notice::of(saved.error()));
}

void MainWindow::calibrate() {
    CalibrationSettings settings = m_workspace.view().data().calibration;
    const auto* checkpoint = m_workspace.checkpoint();
    settings.rotated |= checkpoint != nullptr && m_workspace.plan().needsRotatedInputs(checkpoint->spec.layers);
    CalibrateDialog dialog(settings, this);
    if (dialog.exec() == QDialog::Accepted) {
        m_workspace.calibrate(dialog.settings());
    }
}

void MainWindow::evaluate() {
    EvaluateDialog dialog(
        m_workspace.view().data().evaluation, QString::fromStdString(planTitle(m_workspace.plan())), this);
    if (dialog.exec() == QDialog::Accepted) {
        m_workspace.evaluate(dialog.settings());
    }
}

void MainWindow::evaluateNow() {
    const EvaluationSettings& settings = m_workspace.view().data().evaluation;
    if (settings.folder.isEmpty() || !QFileInfo(settings.folder).isDir()) {
        evaluate();
    } else {
        m_workspace.evaluate(settings);
    }
}

QString MainWindow::askForFigureFile(const QString& title, const QString& name) {
    QFileDialog dialog(
        this, title, lastFolder(), tr("PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;Data as CSV (*.csv)"));
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.selectFile(name);
    dialog.setDefaultSuffix(QStringLiteral("pdf"));
    connect(&dialog, &QFileDialog::filterSelected, &dialog, [&dialog](const QString& filter) {
        dialog.setDefaultSuffix(filter.section(QStringLiteral("*."), 1, 1).section(u')', 0, 0));
    });
    if (dialog.exec() != QDialog::Accepted) {
        return {};
    }
    const QString file = dialog.selectedFiles().value(0);
    rememberFolder(file);
    return file;
}

void MainWindow::exportFigureAs() {
    if (m_centre->overviewIsCurrent()) {
        exportOverviewAs();
        return;
    }
    const auto figure = layerView()->printable();
    const QString file = !figure ? QString()
                                 : askForFigureFile(
                                       tr("Export Figure"),
                                       QStringLiteral("layer-%1.pdf").arg(m_workspace.view().data().layer));
    if (!file.isEmpty()) {
        // The dialog has asked already whether to replace the file.
        const Result<void> written = exportFigure(*figure, file.toStdString(), storedPreferences().figure, true);
        m_messages->show(
            written.ok() ? Notice::info(tr("The figure is in %1.").arg(file)) : Notice::of(written.error()));
    }
}

void MainWindow::exportOverviewAs() {
    const auto map = m_centre->overview()->map();
    const QString file = map == nullptr
                             ? QString()
                             : askForFigureFile(
                                   tr("Export Overview"),
                                   QStringLiteral("layers-%1.pdf").arg(qt(linearName(map->options.linear))));
    if (!file.isEmpty()) {
        const Result<void> written =
            exportFigure(
                m_centre->overview()->figure(), file.toStdString(), storedPreferences().figure, true);
        m_messages->show(
            written.ok() ? Notice::info(tr("The overview is in %1.").arg(file))
                         : Notice::of(written.error()));
    }
}

void MainWindow::copyFigure() {
    if (const auto figure = m_centre->printable()) {
        copyFigureToClipboard(*figure, storedPreferences().figure);
    }
}

void MainWindow::exportCheckpointAs() {
    const QString name =
        QStringLiteral("%1-quantized")
            .arg(
                m_workspace.checkpoint() != nullptr ? QString::fromStdString(m_workspace.checkpoint()->name)
                                                    : QString());
    if (m_workspace.engineElsewhere()) {
        if (const QString folder = askEngineFolder(false, name); !folder.isEmpty()) {
            m_workspace.exportCheckpoint(folder, false);
        }
        return;
    }
    QFileDialog dialog(this, tr("Export Checkpoint: Name of a New Folder"), lastFolder());
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setFileMode(QFileDialog::AnyFile);
    dialog.setLabelText(QFileDialog::FileName, tr("Folder:"));
    dialog.selectFile(name);
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    const QString folder = dialog.selectedFiles().value(0);
    rememberFolder(folder);
    m_workspace.exportCheckpoint(folder, false);
}

void MainWindow::exportReportAs() {
    const Session* session = m_workspace.session();
    QFileDialog dialog(this, tr("Export Report"), lastFolder(), tr("PDF (*.pdf);;Web page (*.html)"));
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(QStringLiteral("pdf"));
    connect(&dialog, &QFileDialog::filterSelected, &dialog, [&dialog](const QString& filter) {
        dialog.setDefaultSuffix(filter.contains(QStringLiteral("*.html")) ? QStringLiteral("html")
                                                                           : QStringLiteral("pdf"));
    });
    dialog.selectFile(QFileInfo(QString::fromStdString(session->path().string())).completeBaseName());
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    const QString file = dialog.selectedFiles().value(0);
    rememberFolder(file);
    const Result<void> written = exportReport(*session, file.toStdString(), true);
    m_messages->show(
        written.ok() ? Notice::info(tr("The report is in %1.").arg(file)) : Notice::of(written.error()));
}

void MainWindow::compareRuns(qint64 run) {
    if (m_compare == nullptr) {
        m_compare = new CompareDialog(m_workspace, m_theme, this);
        m_compare->setAttribute(Qt::WA_DeleteOnClose);
    }
    m_compare->compare(0, run);
    m_compare->show();
    m_compare->raise();
    m_compare->activateWindow();
}

void MainWindow::search() {
    SearchDialog dialog(m_workspace, this);
    if (dialog.exec() == QDialog::Accepted) {
        m_workspace.search(dialog.settings());
    }
}

SearchesDialog* MainWindow::searches() const {
    return m_searches;
}

void MainWindow::showSearches() {
    if (m_searches == nullptr) {
        m_searches = new SearchesDialog(m_workspace, m_theme, this);
        m_searches->setAttribute(Qt::WA_DeleteOnClose);
        connect(m_searches, &SearchesDialog::searchRequested, this, &MainWindow::search);
    }
    m_searches->showNewest();
    m_searches->show();
    m_searches->raise();
    m_searches->activateWindow();
}

void MainWindow::showShortcuts() {
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keyboard Shortcuts"));
    auto* text = new QTextBrowser(dialog);
    text->setHtml(shortcutSheet(*menuBar()));
    text->setAccessibleName(tr("Keyboard shortcuts"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(text);
    column->addWidget(buttons);
    const int character = fontMetrics().averageCharWidth();
    dialog->resize(character * 90, fontMetrics().height() * 42);
    dialog->show();
}

void MainWindow::about() {
    AboutDialog(m_workspace.jobs().service().engineInfo(), this).exec();
}

} // namespace mambascope::ui
