// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/bpe.h"
#include "core/tokenizer/unicode.h"

#include <QTest>

#include <algorithm>
#include <ctime>
#include <map>
#include <random>

using namespace mambascope;

namespace {

using Ids = std::vector<std::int32_t>;

/// Merges in any order of ranks, also such as no training gives: a later pair may come before the one that it
/// is made of. Equal pairs occur, too.
struct RandomMerges {
    std::array<std::int32_t, 256> byteIds{};
    std::vector<Bpe::Merge> merges;

    explicit RandomMerges(std::mt19937_64& random) {
        byteIds.fill(-1);
        for (std::int32_t i = 0; i < 4; ++i) {
            byteIds[static_cast<std::size_t>('a' + i)] = i;
        }
        for (std::int32_t next = 4; next < 40; ++next) {
            const auto any = [&] {
                return static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(next));
            };
            merges.push_back({any(), any(), next});
        }
        for (std::size_t i = merges.size(); i > 1; --i) {
            std::swap(merges[i - 1], merges[random() % i]);
        }
    }

    /// The pair of the lowest rank first, of equal ones the leftmost, until no pair has a rank.
    Ids encode(const std::string& word) const {
        std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> ranks;
        for (std::size_t rank = 0; rank < merges.size(); ++rank) {
            ranks[{merges[rank].left, merges[rank].right}] = rank;
        }
        Ids ids;
        for (const char c : word) {
            ids.push_back(byteIds[static_cast<std::uint8_t>(c)]);
        }
        std::erase(ids, -1);
        while (true) {
            std::size_t best = merges.size(), where = 0;
            for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
                const auto found = ranks.find({ids[i], ids[i + 1]});
                if (found != ranks.end() && found->second < best) {
                    best = found->second;
                    where = i;
                }
            }
            if (best == merges.size()) {
                return ids;
            }
            ids[where] = merges[best].result;
            ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(where) + 1);
        }
    }
};

double threadSeconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

} // namespace

class BpeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Words on both sides of every limit: 28 bytes in the cache, 8 ids in it, 40 tokens merged step by step.
    void anyMergesAnyWords() {
        std::mt19937_64 random(5);
        for (int round = 0; round < 60; ++round) {
            const RandomMerges merges(random);
            const Bpe bpe(merges.byteIds, merges.merges);
            WordCache cache;
            for (int i = 0; i < 60; ++i) {
                std::string word(1 + random() % 90, 'a');
                for (char& c : word) {
                    c = static_cast<char>('a' + random() % 5); // e has no token
                }
                const Ids expected = merges.encode(word);
                for (const char* pass : {"new", "known"}) {
                    Ids ids{-7};
                    bpe.encode(word, cache, ids);
                    QVERIFY2(
                        ids.front() == -7 &&
                            std::equal(ids.begin() + 1, ids.end(), expected.begin(), expected.end()),
                        qPrintable(QString::fromStdString(word) + QLatin1String(pass)));
                }
            }
        }
    }

    /// Words that differ in one byte, at every place of every length.
    void theCacheKeepsWordsApart() {
        WordCache cache;
        for (std::size_t length = 1; length <= WordCache::kMaxWordBytes; ++length) {
            const std::string word(length, 'x');
            const std::int32_t id = static_cast<std::int32_t>(length);
            cache.insert(WordCache::Key(word), std::span(&id, 1));
            for (std::size_t i = 0; i < length; ++i) {
                std::string other = word;
                other[i] = '\0';
                QVERIFY(cache.find(WordCache::Key(other)).empty());
            }
            QCOMPARE(cache.find(WordCache::Key(word)).front(), id);
        }
        QCOMPARE(cache.find(WordCache::Key("x")).front(), 1);
    }

    /// Old words make room; what is found is right.
    void theCacheForgets() {
        WordCache cache;
        int found = 0;
        for (std::int32_t i = 0; i < 200'000; ++i) {
            const std::string word = std::to_string(i);
            const std::array<std::int32_t, 2> ids{i, ~i};
            cache.insert(WordCache::Key(word), ids);
            QVERIFY(std::ranges::equal(cache.find(WordCache::Key(word)), ids));
            const std::int32_t before = i / 2;
            const auto known = cache.find(WordCache::Key(std::to_string(before)));
            QVERIFY(known.empty() || (known.size() == 2 && known[0] == before && known[1] == ~before));
            found += known.empty() ? 0 : 1;
        }
        QVERIFY(found > 10'000 && found < 200'000);
    }

    /// A megabyte each; anything quadratic would need minutes.
    void longInputsTakeTimeInProportion() {
        std::mt19937_64 random(1);
        const RandomMerges merges(random);
        const Bpe bpe(merges.byteIds, merges.merges);
        WordCache cache;
        Ids ids;
        const double start = threadSeconds();
        bpe.encode(std::string(1'000'000, 'a'), cache, ids);
        const double merged = threadSeconds();
        // Marks below and above by turns, which normal form C puts in order: U+0323 has class 220, U+0302
        // 230.
        std::string marks = "a", ordered = "\u1ead"; // a with both
        for (int i = 0; i < 250'000; ++i) {
            marks += "\u0302\u0323";
        }
        const std::string nfc = toNfc(marks);
        const double normalised = threadSeconds();
        for (const char* mark : {"\u0323", "\u0302"}) {
            for (int i = 1; i < 250'000; ++i) {
                ordered += mark;
            }
        }
        QVERIFY(nfc == ordered);
        qInfo("a million letters %.2f s, half a million marks %.2f s", merged - start, normalised - merged);
        QVERIFY(normalised - start < 10);
    }

    /// What isCertainlyNfc() promises, for every character alone and for pairs of those it knows.
    void aQuickLookIsNeverWrong() {
        std::u32string known;
        for (char32_t c = 0; c < 0x110000; ++c) {
            const bool surrogate = c >= 0xd800 && c < 0xe000;
            if (!surrogate && isCertainlyNfc(toUtf8(std::u32string(1, c)))) {
                known += c;
            }
        }
        QVERIFY(known.size() > 30'000); // ideographs and Hangul alone are more
        const auto normal = [](const std::string& text) {
            const QString utf16 = QString::fromUcs4(toCodePoints(text).data());
            return utf16.normalized(QString::NormalizationForm_C) == utf16;
        };
        std::mt19937_64 random(3);
        std::u32string all(known.begin() + 1, known.end());
        for (int round = 0; round < 5; ++round) {
            const std::string text = toUtf8(all);
            QVERIFY(isCertainlyNfc(text));
            QVERIFY(normal(text)); // by Qt's tables
            for (std::size_t i = all.size(); i > 1; --i) {
                std::swap(all[i - 1], all[random() % i]);
            }
        }
        for (const char* text :
             {"\u0301", "\u0374", "\u0387", "\u1100", "\u11a8", "\u2000", "\u2126", "\u212b", "\u3099",
              "\ufb1f"}) {
            QVERIFY2(!isCertainlyNfc(text), text);
        }
    }
};

QTEST_APPLESS_MAIN(BpeTest)
#include "bpe_test.moc"
