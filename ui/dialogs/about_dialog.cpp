// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/about_dialog.h"

#include "ui/models/text.h"
#include "ui/plots/qcustomplot.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSysInfo>
#include <QVBoxLayout>

#include <sqlite3.h>

namespace mambascope::ui {
namespace {

QString build() {
#ifdef NDEBUG
    const QString kind = AboutDialog::tr("optimised");
#else
    const QString kind = AboutDialog::tr("with assertions");
#endif
#ifdef __clang__
    const QString compiler = QStringLiteral("Clang %1").arg(QLatin1String(__clang_version__));
#else
    const QString compiler = QStringLiteral("GCC %1").arg(QLatin1String(__VERSION__));
#endif
    return AboutDialog::tr("Built by %1 for %2, %3").arg(compiler, QSysInfo::buildAbi(), kind);
}

} // namespace

QStringList versionLines(const std::optional<EngineInfo>& engine) {
    return {
        AboutDialog::tr("Mambascope %1").arg(QStringLiteral(MAMBASCOPE_VERSION)),
        build(),
        AboutDialog::tr("Qt %1").arg(QLatin1String(qVersion())),
        AboutDialog::tr("QCustomPlot %1").arg(QStringLiteral(QCUSTOMPLOT_VERSION_STR)),
        AboutDialog::tr("SQLite %1").arg(QLatin1String(sqlite3_libversion())),
        engine ? AboutDialog::tr("Engine: %1 %2, %3")
                     .arg(qt(engine->name), qt(engine->version), qt(engine->runtime))
               : AboutDialog::tr("Engine: not started"),
        AboutDialog::tr("System: %1, %2")
            .arg(QSysInfo::prettyProductName(), QSysInfo::currentCpuArchitecture()),
    };
}

AboutDialog::AboutDialog(const std::optional<EngineInfo>& engine, QWidget* parent)
    : QDialog(parent) {
    setWindowTitle(tr("About Mambascope"));
    auto* title = new QLabel(tr("Mambascope %1").arg(QStringLiteral(MAMBASCOPE_VERSION)), this);
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.5);
    title->setFont(large);
    auto* text = new QLabel(
        tr("A workbench for people who quantize Mamba language models.\n\nFree software under the GNU "
           "General Public "
           "License, version 3 or later. QCustomPlot, which draws the plots, is under the same licence; Qt "
           "is used under "
           "the GNU Lesser General Public License."),
        this);
    text->setWordWrap(true);
    const QStringList lines = versionLines(engine);
    auto* versions = new QLabel(lines.join(u'\n'), this);
    versions->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    versions->setAccessibleName(tr("Versions"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* copy = buttons->addButton(tr("&Copy Versions"), QDialogButtonBox::ActionRole);
    connect(copy, &QPushButton::clicked, this, [lines] {
        QGuiApplication::clipboard()->setText(lines.join(u'\n'));
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(fontMetrics().height() * 2 / 3);
    column->addWidget(title);
    column->addWidget(text);
    column->addWidget(versions);
    column->addWidget(buttons);
    setMinimumWidth(fontMetrics().averageCharWidth() * 72);
    buttons->button(QDialogButtonBox::Close)->setFocus();
}

} // namespace mambascope::ui
