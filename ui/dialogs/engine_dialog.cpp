// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/engine_dialog.h"

#include "ui/window/engine_errands.h"
#include "ui/window/engine_setting.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>

namespace mambascope::ui {

EngineDialog::EngineDialog(const QString& commandLine, QWidget* parent)
    : QDialog(parent)
    , m_command(new QLineEdit(commandLine, this))
    , m_test(new QPushButton(this))
    , m_answer(new QLabel(this))
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
    setWindowTitle(tr("Engine"));
    auto* intro = new QLabel(
        tr("The engine does the tensor work. It may run on another machine: then checkpoints, their "
           "tokenizers and "
           "exports are that machine's files, and texts, tasks and sessions are this one's."),
        this);
    intro->setWordWrap(true);
    m_command->setObjectName(QStringLiteral("engineCommand"));
    m_command->setPlaceholderText(tr("The engine that is installed here"));
    m_command->setToolTip(
        tr("For example: ssh gpu-host mambascope-engine. ssh must not have to ask for anything."));
    m_test->setObjectName(QStringLiteral("testConnection"));
    m_test->setAutoDefault(false);
    m_answer->setObjectName(QStringLiteral("engineAnswer"));
    m_answer->setWordWrap(true);
    m_answer->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_answer->setMinimumHeight(fontMetrics().lineSpacing() * 4);
    m_answer->setAlignment(Qt::AlignTop | Qt::AlignLeft);

    auto* form = new QFormLayout(this);
    form->addRow(intro);
    auto* label = new QLabel(tr("&Command"), this);
    label->setBuddy(m_command);
    form->addRow(label, m_command);
    form->addRow(QString(), m_test);
    form->addRow(m_answer);
    form->addRow(m_buttons);
    connect(m_command, &QLineEdit::textChanged, this, &EngineDialog::check);
    connect(m_test, &QPushButton::clicked, this, &EngineDialog::test);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    setMinimumWidth(fontMetrics().averageCharWidth() * 80);
    setTesting(false);
    check();
}

EngineDialog::~EngineDialog() = default;

QString EngineDialog::commandLine() const {
    return m_command->text().trimmed();
}

void EngineDialog::setTesting(bool testing) {
    m_test->setText(testing ? tr("&Stop") : tr("&Test Connection"));
    m_command->setReadOnly(testing);
}

void EngineDialog::check() {
    const Result<EngineCommand> command = engineCommandOf(m_command->text());
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(command.ok());
    m_test->setEnabled(command.ok());
    m_answer->setText(command.ok() ? QString() : QString::fromStdString(command.error().message));
}

void EngineDialog::test() {
    if (m_errands != nullptr) {
        m_errands.reset();
        m_answer->setText(tr("Stopped."));
        setTesting(false);
        return;
    }
    const Result<EngineCommand> command = engineCommandOf(m_command->text());
    if (!command.ok()) {
        return;
    }
    setTesting(true);
    m_answer->setText(tr("Waiting for the engine…"));
    m_errands = std::make_unique<EngineErrands>(command.value());
    m_errands->ask<EngineInfo>(
        [](EngineClient& client, const Job& job) { return client.waitUntilReady(job); },
        [this](const Result<EngineInfo>& info) { showAnswer(info); });
}

void EngineDialog::showAnswer(const Result<EngineInfo>& info) {
    m_errands.release()->deleteLater(); // this is called by it
    setTesting(false);
    if (!info.ok()) {
        QStringList lines{QString::fromStdString(info.error().message)};
        for (const std::string& more : {info.error().hint, info.error().context}) {
            if (!more.empty()) {
                lines << QString::fromStdString(more);
            }
        }
        m_answer->setText(lines.join(u'\n'));
        return;
    }
    const EngineInfo& engine = info.value();
    QStringList lines{tr("The engine answers: mambascope %1, %2 (this program: %3).")
                          .arg(
                              QString::fromStdString(engine.version), QString::fromStdString(engine.runtime),
                              QStringLiteral(MAMBASCOPE_VERSION))};
    for (const DeviceInfo& device : engine.devices) {
        const QString memory = device.memoryBytes > 0
                                   ? QStringLiteral(", ") + QLocale().formattedDataSize(device.memoryBytes)
                                   : QString();
        lines << QStringLiteral("%1: %2%3")
                     .arg(QString::fromStdString(device.id), QString::fromStdString(device.name), memory);
    }
    m_answer->setText(lines.join(u'\n'));
}

} // namespace mambascope::ui
