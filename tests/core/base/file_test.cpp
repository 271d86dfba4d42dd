// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_folder.h"
#include "core/base/file.h"

#include "tests/support/paths.h"

#include <QTest>

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

int entries(const fs::path& folder) {
    return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// While it lives, no file may become larger than `bytes`: a full disk without a disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &m_before); }

private:
    rlimit m_before{};
};

} // namespace

class FileTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void mapsAFile() {
        const test::TemporaryFolder folder;
        put(folder.path() / "a", "hello");
        const auto mapped = MappedFile::open(folder.path() / "a");
        QVERIFY(mapped.ok());
        QCOMPARE(mapped.value()->bytes().size(), std::size_t{5});
        QCOMPARE(static_cast<char>(mapped.value()->bytes()[4]), 'o');
        put(folder.path() / "empty", "");
        QVERIFY(MappedFile::open(folder.path() / "empty").value()->bytes().empty());
    }

    void refusesWhatIsNoFile() {
        const test::TemporaryFolder folder;
        QCOMPARE(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
        for (const auto& [path, words] :
             {std::pair(folder.path() / "missing", "does not exist"), std::pair(folder.path(), "is a folder"),
              std::pair(folder.path() / "pipe", "not a regular file")}) {
            const auto mapped = MappedFile::open(path);
            QVERIFY(!mapped.ok());
            QCOMPARE(mapped.error().code, ErrorCode::Unreadable);
            QVERIFY2(mapped.error().message.find(words) != std::string::npos, mapped.error().message.c_str());
        }
        QVERIFY(!readFile(folder.path()).ok());
        QVERIFY(!readFile(folder.path() / "missing").ok());
    }

    void readsAtMostWhatItMay() {
        const test::TemporaryFolder folder;
        put(folder.path() / "a", std::string(100, 'x'));
        QCOMPARE(readFile(folder.path() / "a", 100).value(), std::string(100, 'x'));
        const auto refused = readFile(folder.path() / "a", 99);
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().message.find("larger than the 99 bytes") != std::string::npos);
        // Says nothing of its size beforehand and never ends.
        QVERIFY(!readFile("/dev/zero", 1 << 20).ok());
    }

    void appearsOnlyWhenCommitted() {
        const test::TemporaryFolder folder;
        auto file = AtomicFile::create(folder.path() / "a", false);
        QVERIFY(file.ok());
        QVERIFY(file.value().write("one ").ok());
        QVERIFY(file.value().write("two").ok());
        QVERIFY(!fs::exists(folder.path() / "a"));
        QVERIFY(file.value().commit().ok());
        QCOMPARE(readFile(folder.path() / "a").value(), std::string("one two"));
        QCOMPARE(entries(folder.path()), 1);
    }

    void leavesNothingBehindWithoutCommit() {
        const test::TemporaryFolder folder;
        {
            auto file = AtomicFile::create(folder.path() / "a", false);
            QVERIFY(file.value().write("half").ok());
            AtomicFile moved = std::move(file).value();
            QVERIFY(moved.write(" of it").ok());
            QCOMPARE(entries(folder.path()), 1);
        }
        QCOMPARE(entries(folder.path()), 0);
    }

    void overwritesOnlyIfAsked() {
        const test::TemporaryFolder folder;
        put(folder.path() / "a", "old");
        const auto refused = writeFile(folder.path() / "a", "new", false);
        QVERIFY(!refused.ok());
        QCOMPARE(refused.error().code, ErrorCode::Usage);
        QVERIFY(refused.error().hint.find("--force") != std::string::npos);
        QCOMPARE(readFile(folder.path() / "a").value(), std::string("old"));
        QVERIFY(writeFile(folder.path() / "a", "new", true).ok());
        QCOMPARE(readFile(folder.path() / "a").value(), std::string("new"));
        QCOMPARE(entries(folder.path()), 1);
    }

    void refusesAFileThatAppearedMeanwhile() {
        const test::TemporaryFolder folder;
        auto file = AtomicFile::create(folder.path() / "a", false);
        QVERIFY(file.value().write("mine").ok());
        put(folder.path() / "a", "theirs");
        const auto committed = file.value().commit();
        QVERIFY(!committed.ok());
        QCOMPARE(committed.error().code, ErrorCode::Usage);
        QCOMPARE(readFile(folder.path() / "a").value(), std::string("theirs"));
        QCOMPARE(entries(folder.path()), 1);
    }

    void keepsTheOldFileIfThereIsNoSpace() {
        const test::TemporaryFolder folder;
        put(folder.path() / "a", "old");
        {
            const FileSizeLimit limit(1000);
            auto file = AtomicFile::create(folder.path() / "a", true);
            QVERIFY(file.value().write(std::string(900, 'x')).ok());
            const auto written = file.value().write(std::string(900, 'x'));
            QVERIFY(!written.ok());
            QCOMPARE(written.error().code, ErrorCode::Failed);
            QVERIFY2(
                written.error().message.find("larger than files may be") != std::string::npos,
                written.error().message.c_str());
            // A file with a hole must not get the name, whatever the caller does next.
            QVERIFY(!file.value().commit().ok());
        }
        QCOMPARE(readFile(folder.path() / "a").value(), std::string("old"));
        QCOMPARE(entries(folder.path()), 1);
    }

    void saysWhyItCannotWrite() {
        const test::TemporaryFolder folder;
        put(folder.path() / "readonly", "old");
        fs::permissions(folder.path() / "readonly", fs::perms::owner_read);
        fs::create_directory(folder.path() / "sub");
        struct Case {
            fs::path path;
            ErrorCode code;
            const char* words;
        };
        for (const Case& row :
             {Case{folder.path() / "missing" / "a", ErrorCode::Usage, "does not exist"},
              Case{folder.path() / "readonly", ErrorCode::ReadOnly, "may not be written"},
              Case{folder.path() / "sub", ErrorCode::Usage, "is a folder"},
              Case{folder.path() / "readonly" / "a", ErrorCode::Usage, "does not exist"},
              Case{"/dev/null", ErrorCode::Usage, "not a regular file"},
              Case{"", ErrorCode::Usage, "file name"}}) {
            const auto written = writeFile(row.path, "new", true);
            QVERIFY2(!written.ok(), row.words);
            QVERIFY2(
                written.error().message.find(row.words) != std::string::npos,
                written.error().message.c_str());
            QCOMPARE(written.error().code, row.code);
        }
        QCOMPARE(entries(folder.path()), 2);
    }

    void writesThroughALinkAndKeepsPermissions() {
        const test::TemporaryFolder folder;
        put(folder.path() / "real", "old");
        fs::permissions(folder.path() / "real", fs::perms::owner_read | fs::perms::owner_write);
        fs::create_symlink("real", folder.path() / "link");
        QVERIFY(writeFile(folder.path() / "link", "new", true).ok());
        QVERIFY(fs::is_symlink(folder.path() / "link"));
        QCOMPARE(readFile(folder.path() / "real").value(), std::string("new"));
        QVERIFY(
            fs::status(folder.path() / "real").permissions() ==
            (fs::perms::owner_read | fs::perms::owner_write));
    }

    void aNameOfFullLengthWorks() {
        const test::TemporaryFolder folder;
        QVERIFY(writeFile(folder.path() / std::string(255, 'n'), "x", false).ok());
        QCOMPARE(entries(folder.path()), 1);
    }

    void aFolderAppearsOnlyWhenCommitted() {
        const test::TemporaryFolder folder;
        {
            auto discarded = AtomicFolder::create(folder.path() / "out");
            QVERIFY(discarded.ok());
            put(discarded.value().path() / "a", "x");
            QVERIFY(!fs::exists(folder.path() / "out"));
        }
        QCOMPARE(entries(folder.path()), 0);
        auto kept = AtomicFolder::create(folder.path() / "out/");
        put(kept.value().path() / "a", "x");
        QVERIFY(kept.value().commit().ok());
        QCOMPARE(readFile(folder.path() / "out" / "a").value(), std::string("x"));
        QCOMPARE(entries(folder.path()), 1);
    }

    void aFolderNeverReplacesAnything() {
        const test::TemporaryFolder folder;
        auto first = AtomicFolder::create(folder.path() / "out");
        auto second = AtomicFolder::create(folder.path() / "out");
        QVERIFY(first.value().commit().ok());
        QCOMPARE(second.value().commit().error().code, ErrorCode::Usage);
        QCOMPARE(AtomicFolder::create(folder.path() / "out").error().code, ErrorCode::Usage);
        QCOMPARE(AtomicFolder::create(folder.path() / "no" / "out").error().code, ErrorCode::Usage);
        QCOMPARE(entries(folder.path()), 1);
    }
};

QTEST_APPLESS_MAIN(FileTest)
#include "file_test.moc"
