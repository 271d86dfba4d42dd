// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QMetaType>

namespace mambascope::test {

/// One file of a checkpoint that must be refused; the others beside it are good.
struct HostileFile {
    QByteArray what; ///< what is wrong with it
    QByteArray name; ///< in the checkpoint's folder
    QByteArray bytes;
    QByteArray words; ///< part of the sentence that refuses it
};

QList<HostileFile> hostileConfigs();
QList<HostileFile> hostileSafetensors();
QList<HostileFile> hostileIndexes();
QList<HostileFile> hostilePickles();     ///< instructions that do harm
QList<HostileFile> hostileTensors();     ///< what a pickle says of tensors and storages
QList<HostileFile> hostileArchives();    ///< the zip format around a pickle
QList<HostileFile> hostileLegacyFiles(); ///< the format before PyTorch 1.6

} // namespace mambascope::test

Q_DECLARE_METATYPE(mambascope::test::HostileFile)
