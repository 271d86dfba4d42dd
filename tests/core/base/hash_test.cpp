// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"

#include <QTest>

using namespace mambascope;

namespace {

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(i * 131 + i / 256);
    }
    return text;
}

} // namespace

class HashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// XXH3's published value for no input: XXH128("") with seed 0.
    void hashOfNothingIsThePublishedValue() {
        QCOMPARE(contentHash(std::string_view()), std::string("99aa06d3014798d86001c324468d497f"));
        QCOMPARE(ContentHasher().digest(), std::string("99aa06d3014798d86001c324468d497f"));
    }

    /// Sizes around the borders of XXH3's short (16, 128, 240) and long (1024-byte block) paths.
    void piecesHashLikeTheWhole_data() {
        QTest::addColumn<int>("size");
        for (const int size : {1, 3, 16, 17, 128, 129, 240, 241, 1024, 1025, 100000}) {
            QTest::addRow("%d bytes", size) << size;
        }
    }

    void piecesHashLikeTheWhole() {
        QFETCH(int, size);
        const std::string text = pattern(static_cast<std::size_t>(size));
        ContentHasher hasher;
        for (std::size_t at = 0, step = 1; at < text.size(); at += step, step = step * 3 % 1000 + 1) {
            hasher.add(std::string_view(text).substr(at, step));
        }
        QCOMPARE(hasher.digest(), contentHash(text));
        QCOMPARE(contentHash(std::as_bytes(std::span(text))), contentHash(text));
    }

    void oneBitChangesTheHash() {
        std::string text = pattern(5000);
        const std::string before = contentHash(text);
        text[4321] = static_cast<char>(text[4321] ^ 1);
        QVERIFY(contentHash(text) != before);
        QCOMPARE(before.size(), std::size_t{32});
    }

    void digestMayBeTakenInBetween() {
        ContentHasher hasher;
        hasher.add("ab");
        QCOMPARE(hasher.digest(), contentHash(std::string_view("ab")));
        hasher.add("c");
        QCOMPARE(hasher.digest(), contentHash(std::string_view("abc")));
    }
};

QTEST_APPLESS_MAIN(HashTest)
#include "hash_test.moc"
