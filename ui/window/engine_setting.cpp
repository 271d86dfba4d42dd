// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/engine_setting.h"

#include <QSettings>

namespace mambascope::ui {
namespace {

QString key() {
    return QStringLiteral("engineCommand");
}

} // namespace

QString storedEngineCommand() {
    return QSettings().value(key()).toString();
}

void storeEngineCommand(const QString& commandLine) {
    commandLine.trimmed().isEmpty() ? QSettings().remove(key())
                                    : QSettings().setValue(key(), commandLine.trimmed());
}

Result<EngineCommand> engineCommandOf(const QString& commandLine) {
    return commandLine.trimmed().isEmpty() ? Result<EngineCommand>(EngineCommand::standard())
                                           : EngineCommand::parse(commandLine.toStdString());
}

EngineService::EngineFactory engineFactory(const EngineCommand& command) {
    return [command]() -> Result<std::unique_ptr<Engine>> {
        Result<std::unique_ptr<EngineClient>> client = EngineClient::start(command);
        if (!client.ok()) {
            return client.error();
        }
        return std::unique_ptr<Engine>(std::move(client).value());
    };
}

} // namespace mambascope::ui
