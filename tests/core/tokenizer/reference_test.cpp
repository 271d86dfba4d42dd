// SPDX-License-Identifier: GPL-3.0-or-later
// encode() against the slow definition of the same: on random text and on every text of the public data sets.
#include "tests/core/tokenizer/reference.h"

#include "core/base/file.h"
#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/unicode.h"
#include "tests/support/paths.h"

#include <QTest>

#include <filesystem>
#include <optional>
#include <random>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

/// Both implementations of one tokenizer.json.
struct Pair {
    std::shared_ptr<const Tokenizer> ours;
    test::ReferenceTokenizer reference;

    explicit Pair(const fs::path& file)
        : ours(Tokenizer::open(file).value())
        , reference(Json::parse(readFile(file).value())) {}
};

/// Random text of one kind; the same seed gives the same text on every machine.
class RandomText {
public:
    explicit RandomText(std::uint64_t seed)
        : m_random(seed) {}

    std::string next() {
        std::string text;
        const std::size_t kind = below(8);
        for (std::size_t n = below(60); n > 0; --n) {
            appendUtf8(text, kind == 7 ? character(below(7)) : character(kind));
        }
        return text;
    }

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(m_random() % limit); }

private:
    char32_t pick(std::u32string_view from) { return from[below(from.size())]; }

    char32_t character(std::size_t kind) {
        switch (kind) {
        case 0: // what English and code are made of, spaces and quotes more often
            return pick(U"   '''\n\tsstdmrevl aeiouSTDM019.,-_(<|>é");
        case 1: // all white space, and what looks like it
            return pick(U"  "
                        U"\t\n\r\v\f\u0085\u00a0\u1680\u180e\u2003\u200a\u200b\u2028\u202f\u205f\u3000\ufeff"
                        U"\u001cx1!");
        case 2: // letters, and marks that compose with them or reorder
            return pick(U"aeonACKÅ\u212b\u0301\u0308\u0327\u0323\u030a\u0345\u0338\u1e9b\u03b1\u1f00\u0958"
                        U"\u0915\u093c'");
        case 3: // Hangul syllables and their parts, which compose by rule
            return pick(U"\u1100\u1112\u1161\u1175\u11a7\u11a8\u11c2\uac00\uac01\ud7a3 \u3131");
        case 4: // numbers of every kind
            return pick(U" 0123456789½²Ⅷ٣\u0967\u4e00\U0001d7ce\u3007\u2460a");
        case 5: // whatever the first plane has
            return plane(0x10000);
        default: // whatever there is
            return plane(0x110000);
        }
    }

    char32_t plane(std::size_t limit) {
        while (true) {
            const auto c = static_cast<char32_t>(below(limit));
            if (c < 0xd800 || c >= 0xe000) {
                return c;
            }
        }
    }

    std::mt19937_64 m_random;
};

} // namespace

class ReferenceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_demo.emplace(test::sourceFolder() / "resources" / "demo" / "tokenizer.json");
        if (const auto data = test::sharedData()) {
            m_neoX.emplace(*data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json");
        }
    }

    void randomText_data() {
        QTest::addColumn<bool>("neoX");
        QTest::newRow("demo") << false;
        QTest::newRow("GPT-NeoX-20B") << true;
    }

    void randomText() {
        QFETCH(bool, neoX);
        if (neoX && !m_neoX) {
            QSKIP("The GPT-NeoX-20B tokenizer is not on this machine (MAMBASCOPE_SHARED_DATA).");
        }
        Pair& pair = neoX ? *m_neoX : *m_demo;
        RandomText random(20260814);
        std::string all;
        for (int i = 0; i < 20000; ++i) {
            const std::string text = random.next();
            compare(pair, text);
            all += text;
            all += std::string(random.below(30), ' '); // runs of every length, whatever stands around them
        }
        compare(pair, all);
    }

    /// One character between letters, for every character there is: 1.1 million of them in one text.
    void everyCharacter() {
        std::string text;
        for (char32_t c = 0; c < 0x110000; ++c) {
            if (c < 0xd800 || c >= 0xe000) {
                text += 'a';
                appendUtf8(text, c);
            }
        }
        compare(*m_demo, text);
    }

    /// Letters of a word that is too long for the cache, and for merging step by step.
    void longWords() {
        RandomText random(7);
        for (const std::size_t length : {39u, 40u, 41u, 48u, 49u, 100u, 700u}) {
            std::string same(length, 'a'), mixed;
            for (std::size_t i = 0; i < length; ++i) {
                mixed += static_cast<char>('a' + random.below(5));
            }
            compare(*m_demo, same);
            compare(*m_demo, mixed);
            if (m_neoX) {
                compare(*m_neoX, same);
                compare(*m_neoX, mixed);
            }
        }
    }

    /// More different words than the cache holds, so that it starts afresh in between.
    void moreWordsThanTheCacheHolds() {
        std::string text;
        for (int i = 0; i < 150'000; ++i) {
            text += ' ';
            text += std::to_string(i * 7919);
            text += 'x';
        }
        compare(*m_demo, text);
    }

    /// Files as they stand: with the JSON, XML and line feeds around the sentences.
    void publicData_data() {
        QTest::addColumn<QString>("file");
        const auto data = test::sharedData();
        if (!data) {
            QTest::newRow("none") << QString();
            return;
        }
        for (const auto& entry : fs::recursive_directory_iterator(*data)) {
            const std::string extension = entry.path().extension().string();
            for (const char* text : {".raw", ".tokens", ".jsonl", ".txt", ".xml", ".md"}) {
                if (extension == text) {
                    QTest::newRow(entry.path().lexically_relative(*data).c_str())
                        << QString::fromStdString(entry.path().string());
                }
            }
        }
    }

    void publicData() {
        QFETCH(QString, file);
        if (file.isEmpty()) {
            QSKIP("The public data sets are not on this machine (MAMBASCOPE_SHARED_DATA).");
        }
        const std::string text = readFile(file.toStdString()).value();
        QVERIFY(isValidUtf8(text));
        compare(*m_neoX, text);
    }

private:
    static void compare(Pair& pair, const std::string& text) {
        const auto ours = pair.ours->encode(text);
        const auto expected = pair.reference.encode(text);
        if (ours == expected) {
            return;
        }
        const auto [a, b] = std::mismatch(ours.begin(), ours.end(), expected.begin(), expected.end());
        const std::string before = pair.ours->decode(std::span(ours.begin(), a));
        const auto number = [](auto it, auto end) {
            return it == end ? QStringLiteral("nothing") : QString::number(*it);
        };
        QFAIL(qPrintable(QStringLiteral("token %1 (byte %2) is %3 instead of %4 in: %5")
                             .arg(a - ours.begin())
                             .arg(before.size())
                             .arg(
                                 number(a, ours.end()), number(b, expected.end()),
                                 QString::fromStdString(text).mid(0, 400))));
    }

    std::optional<Pair> m_demo, m_neoX;
};

QTEST_APPLESS_MAIN(ReferenceTest)
#include "reference_test.moc"
