// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/checkpoint_copy.h"

#include "core/checkpoint/pytorch.h"
#include "core/model/hub_cache.h"
#include "tests/support/hub.h"

using namespace mambascope;
using namespace mambascope::test;

namespace {

/// A tokenizer.json with these ids and one added token.
void putTokenizer(const fs::path& folder, int ids) {
    Json vocabulary = Json::object();
    for (int i = 0; i < ids - 1; ++i) {
        vocabulary[std::to_string(i)] = i;
    }
    const Json json = {
        {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}},
        {"added_tokens", {{{"id", ids - 1}, {"content", "<|end|>"}}}}};
    QVERIFY(writeFile(folder / "tokenizer.json", json.dump(), true).ok());
}

void copyFixture(const char* name, const fs::path& to) {
    fs::copy(fixtureFolder() / name, to, fs::copy_options::recursive);
}

} // namespace

/// Folders as state-spaces publishes them, with pytorch_model.bin, and the Hugging Face cache.
class OriginalLayoutTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The shapes that tests/golden/fixtures/README.md gives.
    void opensTheFixtures_data() {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("dtype");
        QTest::newRow("ssm-original") << 4 << static_cast<int>(DType::F32);
        QTest::newRow("ssm-original-legacy") << 4 << static_cast<int>(DType::F32);
        QTest::newRow("ssm-original-f16-shared") << 2 << static_cast<int>(DType::F16);
    }

    void opensTheFixtures() {
        QFETCH(int, layers);
        QFETCH(int, dtype);
        const Variable cache("HF_HUB_CACHE", "/nonexistent");
        const auto opened = openCheckpoint(fixtureFolder() / QTest::currentDataTag());
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        const Checkpoint& checkpoint = *opened.value();
        QVERIFY2(
            checkpoint.spec == fixtureSpec(layers, static_cast<DType>(dtype)),
            toJson(checkpoint.spec).dump().c_str());
        QVERIFY2(checkpoint.warnings.empty(), joined(checkpoint.warnings).c_str());
        QVERIFY(checkpoint.tokenizerFile.empty());
        QCOMPARE(checkpoint.names.embedding, std::string("backbone.embedding.weight"));
        // The head is the embedding: nothing is stored or mapped twice.
        QVERIFY(checkpoint.spec.tiedHead);
        QCOMPARE(
            static_cast<const void*>(checkpoint.tensor("lm_head.weight").bytes.data()),
            static_cast<const void*>(checkpoint.tensor("backbone.embedding.weight").bytes.data()));
    }

    /// Values as Python's own pickle, zipfile and struct modules read them.
    void sharedAndTransposedTensorsAreRead() {
        const auto opened = openCheckpoint(fixtureFolder() / "ssm-original-f16-shared");
        const std::string block = "backbone.layers.1.mixer.";
        // The second half of the storage that also holds layer 0's.
        const TensorView& in = opened.value()->tensor(block + "in_proj.weight");
        const TensorView& first = opened.value()->tensor("backbone.layers.0.mixer.in_proj.weight");
        QCOMPARE(
            static_cast<const void*>(first.bytes.data() + 16384 * 2),
            static_cast<const void*>(in.bytes.data()));
        // Strides (1, 64).
        const std::vector<float> out = toFloat(opened.value()->tensor(block + "out_proj.weight")).value();
        QCOMPARE(out[0], 0.01800537109375f);
        QCOMPARE(out[1], 0.08367919921875f);
        QCOMPARE(out[128], 0.0164794921875f);
        QCOMPARE(toFloat(in).value()[1], 0.1689453125f);
        QCOMPARE(toFloat(in).value()[64], 0.023345947265625f);
    }

    void bothFormatsAreRead() {
        const auto zip = openCheckpoint(fixtureFolder() / "ssm-original");
        const auto legacy = openCheckpoint(fixtureFolder() / "ssm-original-legacy");
        const auto value = [](const auto& opened, const char* name, std::size_t index) {
            return toFloat(opened.value()->tensor(name)).value().at(index);
        };
        QCOMPARE(zip.value()->tensors.tensors().size(), std::size_t{43});
        QCOMPARE(legacy.value()->tensors.tensors().size(), std::size_t{43});
        QCOMPARE(value(zip, "backbone.embedding.weight", 223 * 64), 0.3682892322540283f);
        QCOMPARE(value(legacy, "backbone.embedding.weight", 0), 0.30095088481903076f);
        QCOMPARE(value(legacy, "backbone.embedding.weight", 256 * 64 - 1), -0.9992442727088928f);
        QCOMPARE(value(legacy, "backbone.layers.3.mixer.D", 127), 1.1210957765579224f);
        QCOMPARE(value(legacy, "backbone.layers.3.mixer.A_log", 0), 2.0249409675598145f);
        QCOMPARE(value(legacy, "backbone.norm_f.weight", 63), 1.059229850769043f);
    }

    void safetensorsWinsOverPickle() {
        const Copy copy;
        copy.write();
        copyFixture("ssm-original/pytorch_model.bin", copy.folder() / "pytorch_model.bin");
        const auto opened = openCheckpoint(copy.folder());
        QVERIFY(opened.ok());
        QCOMPARE(opened.value()->weightFiles, std::vector{copy.folder() / "model.safetensors"});
        QVERIFY(openCheckpoint(copy.folder() / "pytorch_model.bin").ok());
    }

    void opensShards() {
        const TemporaryFolder folder;
        for (const char* shard : {"pytorch_model-00001-of-00001.bin", "config.json"}) {
            copyFixture(
                shard[0] == 'c' ? "ssm-original/config.json" : "ssm-original-f16-shared/pytorch_model.bin",
                folder.path() / shard);
        }
        Json map = Json::object();
        const TensorFile tensors =
            openPyTorch(fixtureFolder() / "ssm-original-f16-shared" / "pytorch_model.bin").value();
        for (const auto& [name, view] : tensors.tensors()) {
            map[name] = "pytorch_model-00001-of-00001.bin";
        }
        copyFixture("ssm-original-f16-shared/config.json", folder.path() / "other.json");
        fs::rename(folder.path() / "other.json", folder.path() / "config.json");
        const fs::path index = folder.path() / "pytorch_model.bin.index.json";
        QVERIFY(writeFile(index, Json{{"weight_map", map}}.dump(), true).ok());
        for (const fs::path& model :
             {folder.path(), index, folder.path() / "pytorch_model-00001-of-00001.bin"}) {
            const auto opened = openCheckpoint(model);
            QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
            QCOMPARE(opened.value()->weightFiles.size(), std::size_t{1});
            QVERIFY(opened.value()->spec == fixtureSpec(2, DType::F16));
        }
        map["backbone.norm_f.weight"] = "../pytorch_model.bin";
        QVERIFY(writeFile(index, Json{{"weight_map", map}}.dump(), true).ok());
        verifyRefused(openCheckpoint(folder.path()), "not a plain file name");
    }

    void aTruncatedFileIsRefused() {
        const TemporaryFolder folder;
        copyFixture("ssm-original", folder.path() / "model");
        fs::resize_file(folder.path() / "model" / "pytorch_model.bin", 300'000);
        verifyRefused(openCheckpoint(folder.path() / "model"), "pytorch_model.bin is truncated");
    }

    void opensByItsNameInTheCache() {
        const TemporaryFolder home;
        const Variable noCache("HF_HUB_CACHE", {});
        const Variable homeVariable("HF_HOME", home.path());
        const fs::path cache = home.path() / "hub";
        QCOMPARE(hubCacheFolder(), cache);
        verifyRefused(
            openCheckpoint("state-spaces/mamba-tiny"), "neither a folder nor a model in the Hugging");
        const fs::path snapshot = putIntoCache(cache, "models--state-spaces--mamba-tiny", "0123abcd");
        verifyRefused(openCheckpoint("state-spaces/mamba-tiny"), "has no config.json");
        for (const char* file : {"config.json", "pytorch_model.bin"}) {
            copyFixture((std::string("ssm-original/") + file).c_str(), snapshot / file);
        }
        const auto opened = openCheckpoint("state-spaces/mamba-tiny");
        QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
        QCOMPARE(opened.value()->folder, snapshot);
        const fs::path main = cache / "models--state-spaces--mamba-tiny" / "refs" / "main";
        for (const char* revision : {"4567", "../snapshots/0123abcd", ""}) {
            QVERIFY(writeFile(main, revision, true).ok());
            verifyRefused(openCheckpoint("state-spaces/mamba-tiny"), "lacks the files of the main revision");
        }
        fs::remove(main);
        verifyRefused(openCheckpoint("state-spaces/mamba-tiny"), "has no main revision");
        verifyRefused(openCheckpoint("../mamba-tiny"), "does not exist");
    }

    void cacheVariablesInTheirOrder() {
        const Variable home("HOME", "/somebody"), hfHome("HF_HOME", "/hf"), hub("HF_HUB_CACHE", "/hub");
        QCOMPARE(hubCacheFolder(), fs::path("/hub"));
        const Variable noHub("HF_HUB_CACHE", {});
        QCOMPARE(hubCacheFolder(), fs::path("/hf/hub"));
        const Variable noHome("HF_HOME", {});
        QCOMPARE(hubCacheFolder(), fs::path("/somebody/.cache/huggingface/hub"));
    }

    /// 256 rows: 250 ids and six rows of padding fit, 257 ids do not.
    void aTokenizerInTheCacheIsUsedIfItFits() {
        const TemporaryFolder cache;
        const Variable variable("HF_HUB_CACHE", cache.path());
        const fs::path snapshot = putIntoCache(cache.path(), "models--EleutherAI--gpt-neox-20b", "99");
        const fs::path model = fixtureFolder() / "ssm-original";
        QVERIFY(openCheckpoint(model).value()->tokenizerFile.empty());
        putTokenizer(snapshot, 257);
        QVERIFY(openCheckpoint(model).value()->tokenizerFile.empty());
        putTokenizer(snapshot, 250);
        const auto opened = openCheckpoint(model);
        QCOMPARE(opened.value()->tokenizerFile, snapshot / "tokenizer.json");
        QVERIFY(mentions(opened.value()->warnings, "EleutherAI/gpt-neox-20b in the Hugging Face cache"));
        // Far more rows than ids: another tokenizer was used to train it.
        QVERIFY(cachedNeoXTokenizer(250 + 1023).has_value());
        QVERIFY(!cachedNeoXTokenizer(250 + 1024).has_value());
        QVERIFY(writeFile(snapshot / "tokenizer.json", "{\"model\": [", true).ok());
        QVERIFY(openCheckpoint(model).value()->tokenizerFile.empty());
    }

    /// The real one has 50 277 ids, Mamba's embedding 50 280 rows.
    void theRealTokenizerFitsThePublishedModels() {
        const auto data = sharedData();
        if (!data || !fs::exists(*data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json")) {
            QSKIP("The GPT-NeoX tokenizer is not on this machine.");
        }
        const TemporaryFolder cache;
        const Variable variable("HF_HUB_CACHE", cache.path());
        const fs::path snapshot = putIntoCache(cache.path(), "models--EleutherAI--gpt-neox-20b", "1");
        fs::copy_file(*data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json", snapshot / "tokenizer.json");
        QVERIFY(cachedNeoXTokenizer(50280).has_value());
        QVERIFY(cachedNeoXTokenizer(50277).has_value());
        QVERIFY(!cachedNeoXTokenizer(50276).has_value());
        QVERIFY(!cachedNeoXTokenizer(65024).has_value()); // FalconMamba's rows
    }
};

QTEST_APPLESS_MAIN(OriginalLayoutTest)
#include "original_layout_test.moc"
