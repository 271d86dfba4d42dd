// SPDX-License-Identifier: GPL-3.0-or-later
// Files made to do harm, given to `mambascope-cli info` as a user would: each is refused with a sentence of
// its own and exit status 3, in less than a second of processor time and 100 MB of memory.
#include "tests/core/checkpoint/pickle_writer.h"
#include "tests/core/checkpoint/raw_safetensors.h"
#include "tests/e2e/hostile_files.h"
#include "tests/e2e/measured_run.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QtTest>

#include <cstdio>
#include <cstring>

using namespace mambascope::test;

namespace {

constexpr double kMostSeconds = 1, kMostMb = 100;

void put(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

/// The first line without what differs from run to run or from one number to the next: two failures whose
/// sentences differ in nothing else have no sentence of their own.
QString sentence(const QByteArray& errors, const QString& folder) {
    QString line = QString::fromUtf8(errors).section(u'\n', 0, 0);
    line.remove(QStringLiteral("mambascope-cli: ")).replace(folder, QStringLiteral("FOLDER"));
    return line.replace(QRegularExpression(QStringLiteral("\\d+")), QStringLiteral("N"));
}

} // namespace

class HostileFilesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refuses_data() {
        QTest::addColumn<HostileFile>("file");
        for (const auto& rows :
             {hostileConfigs, hostileSafetensors, hostileIndexes, hostilePickles, hostileTensors,
              hostileArchives, hostileLegacyFiles}) {
            for (const HostileFile& file : rows()) {
                QTest::newRow(file.what.constData()) << file;
            }
        }
    }

    void refuses() {
        QFETCH(HostileFile, file);
        const TemporaryFolder folder;
        const QString path = QString::fromStdString(folder.path().string());
        if (file.name != "config.json") {
            put(path + QStringLiteral("/config.json"),
                R"({"model_type": "mamba", "layer_norm_epsilon": 1e-5})");
        }
        if (file.name.contains("index")) {
            // A shard that is there and good.
            put(path + QStringLiteral("/a.safetensors"), safetensors(one("U8", "[1]", "[0,1]"), 1));
            put(path + QStringLiteral("/b.safetensors"), safetensors(one("U8", "[1]", "[0,1]"), 1));
        }
        put(path + u'/' + QString::fromLatin1(file.name), file.bytes);
        const Measured run = runMeasured("mambascope-cli", {QStringLiteral("info"), path});
        const QString said = sentence(run.err, path);
        m_table << QStringLiteral("%1 %2 s %3 MB  %4\n        %5")
                       .arg(run.exitCode)
                       .arg(run.cpuSeconds, 6, 'f', 3)
                       .arg(run.peakMb, 6, 'f', 1)
                       .arg(QString::fromUtf8(file.what), said);
        QVERIFY2(run.exitCode == 3, (QByteArray::number(run.exitCode) + ": " + run.err).constData());
        QVERIFY2(run.err.contains(file.words), run.err.constData());
        QVERIFY2(run.err.trimmed().contains('\n'), "no hint");
        QVERIFY2(
            !m_said.contains(said), qPrintable(said + QStringLiteral(" is also said of: ") + m_said[said]));
        m_said[said] = QString::fromUtf8(file.what);
        m_slowest = std::max(m_slowest, run.cpuSeconds);
        m_largest = std::max(m_largest, run.peakMb);
        if (!builtWithSanitizer()) {
            QVERIFY2(run.cpuSeconds < kMostSeconds, qPrintable(QString::number(run.cpuSeconds)));
            QVERIFY2(run.peakMb < kMostMb, qPrintable(QString::number(run.peakMb)));
        }
    }

    /// What a good file needs, to compare.
    void aGoodCheckpointOpens() {
        const QString path = QString::fromStdString((fixtureFolder() / "hf-f32").string());
        const Measured run = runMeasured("mambascope-cli", {QStringLiteral("info"), path});
        QVERIFY2(run.exitCode == 0, run.err.constData());
        m_table << QStringLiteral("%1 %2 s %3 MB  the fixture hf-f32, which opens")
                       .arg(run.exitCode)
                       .arg(run.cpuSeconds, 6, 'f', 3)
                       .arg(run.peakMb, 6, 'f', 1);
    }

    /// Opened all the same, with a warning: its user wants to see what is broken.
    void nanIsAWarning() {
        const TemporaryFolder folder;
        const QString path = QString::fromStdString(folder.path().string());
        const QString source = QString::fromStdString((fixtureFolder() / "hf-f32").string());
        QVERIFY(QFile::copy(source + QStringLiteral("/config.json"), path + QStringLiteral("/config.json")));
        QFile good(source + QStringLiteral("/model.safetensors"));
        QVERIFY(good.open(QIODevice::ReadOnly));
        QByteArray bytes = good.readAll();
        const auto values = [&](const QStringList& more) {
            const Outcome info = cli(QStringList{QStringLiteral("info"), path} + more);
            return info.exitCode == 0 ? QString::fromStdString(info.json()["warnings"].dump())
                                      : QString::fromUtf8(info.err);
        };
        // fp32 NaN as the last value of the embedding [256, 64], which is the file's first tensor; then as
        // its first.
        const QByteArray nan = QByteArray::fromHex("0000c07f");
        quint64 header = 0;
        std::memcpy(&header, bytes.constData(), sizeof header);
        const auto embedding = static_cast<qsizetype>(8 + header);
        bytes.replace(embedding + 256 * 64 * 4 - 4, 4, nan);
        put(path + QStringLiteral("/model.safetensors"), bytes);
        QCOMPARE(values({}), QStringLiteral("[]"));
        const QString all = values({QStringLiteral("--hash")});
        QVERIFY2(
            all.contains(QStringLiteral("backbone.embeddings.weight (1 value) holds NaN or infinity")),
            qPrintable(all));
        bytes.replace(embedding, 4, nan);
        put(path + QStringLiteral("/model.safetensors"), bytes);
        const QString glance = values({});
        QVERIFY2(
            glance.contains(QStringLiteral("(1 value in its first 4 KiB) holds NaN")), qPrintable(glance));
    }

    void cleanupTestCase() {
        std::printf(
            "exit, processor time, peak memory, file, sentence\n%s\n", qPrintable(m_table.join(u'\n')));
        std::printf(
            "%lld files, %lld sentences, slowest %.3f s, largest %.1f MB%s\n",
            static_cast<long long>(m_table.size()), static_cast<long long>(m_said.size()), m_slowest,
            m_largest, builtWithSanitizer() ? " (not limited: built with a sanitizer)" : "");
    }

private:
    QStringList m_table;
    QMap<QString, QString> m_said; ///< sentence → file
    double m_slowest = 0, m_largest = 0;
};

QTEST_APPLESS_MAIN(HostileFilesTest)
#include "hostile_files_test.moc"
