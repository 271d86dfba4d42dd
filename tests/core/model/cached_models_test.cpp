// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/cached_models.h"

#include "core/model/hub_cache.h"
#include "core/model/model.h"
#include "tests/support/hub.h"
#include "tests/support/paths.h"

#include <QTest>

#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kMambaConfig = R"({"model_type": "mamba", "num_hidden_layers": 2})";
constexpr const char* kTwoShards =
    R"({"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}})";

const CachedModel* find(const CachedModels& cache, const std::string& name) {
    for (const CachedModel& model : cache.models) {
        if (model.name == name) {
            return &model;
        }
    }
    return nullptr;
}

} // namespace

class CachedModelsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<TemporaryFolder>();
        m_variable = std::make_unique<Variable>("HF_HUB_CACHE", m_folder->path());
    }
    void cleanup() {
        m_variable.reset();
        m_folder.reset();
    }

    void kindsByWhatConfigSays_data() {
        QTest::addColumn<QString>("config");
        QTest::addColumn<QString>("kind");
        QTest::newRow("Mamba") << R"({"model_type": "mamba"})"
                               << "Mamba";
        QTest::newRow("FalconMamba") << R"({"model_type": "falcon_mamba"})"
                                     << "FalconMamba";
        QTest::newRow("Mamba-2") << R"({"model_type": "mamba2"})"
                                 << "Mamba-2";
        QTest::newRow("architecture only") << R"({"architectures": ["Mamba2ForCausalLM"]})"
                                           << "Mamba-2";
        QTest::newRow("state-spaces") << R"({"d_model": 8, "n_layer": 2, "ssm_cfg": {}})"
                                      << "Mamba";
        QTest::newRow("state-spaces, Mamba-2")
            << R"({"d_model": 8, "n_layer": 2, "ssm_cfg": {"layer": "Mamba2"}})"
            << "Mamba-2";
        QTest::newRow("another") << R"({"model_type": "llama"})"
                                 << "llama";
        QTest::newRow("says nothing") << R"({"hidden_size": 4})"
                                      << "";
        QTest::newRow("no object") << R"([1, 2])"
                                   << "";
        QTest::newRow("odd types") << R"({"model_type": 7, "architectures": {}, "ssm_cfg": 3})"
                                   << "";
    }

    void kindsByWhatConfigSays() {
        QFETCH(QString, config);
        QFETCH(QString, kind);
        QCOMPARE(QString::fromStdString(modelKind(Json::parse(config.toStdString()))), kind);
    }

    void namesOfFolders() {
        QCOMPARE(
            hubNameOf("/c/models--state-spaces--mamba-130m-hf/snapshots/0a1b").value(),
            std::string("state-spaces/mamba-130m-hf"));
        QCOMPARE(hubNameOf("/c/models--gpt2/snapshots/0a1b").value(), std::string("gpt2"));
        QVERIFY(!hubNameOf("/models/mamba-130m").has_value());
        QVERIFY(!hubNameOf("/c/datasets--a--b/snapshots/0a1b").has_value());
        QVERIFY(!hubNameOf("").has_value());
        QCOMPARE(checkpointName("/c/models--a--mamba/snapshots/0a1b"), std::string("mamba"));
        QCOMPARE(checkpointName("/c/models--a--mamba/snapshots/0a1b/"), std::string("mamba"));
        QCOMPARE(checkpointName("/models/mamba-130m/"), std::string("mamba-130m"));
    }

    /// A real checkpoint of the fixtures, laid out with blobs and links: it is listed, and opens by its name.
    void aCompleteModelOpensByItsReference() {
        const fs::path snapshot = putIntoCache(m_folder->path(), "models--state-spaces--tiny", "0123");
        std::uintmax_t bytes = 0;
        for (const char* name : {"config.json", "model.safetensors"}) {
            const fs::path file = fixtureFolder() / "hf-f32" / name;
            bytes += fs::file_size(file);
            fs::create_directories(snapshot.parent_path().parent_path() / "blobs");
            fs::copy_file(file, snapshot.parent_path().parent_path() / "blobs" / name);
            fs::create_symlink(fs::path("../../blobs") / name, snapshot / name);
        }
        const CachedModels cache = listCachedModels({});
        QCOMPARE(cache.folder, m_folder->path());
        QVERIFY(cache.complete && cache.trouble.empty());
        QCOMPARE(cache.models.size(), std::size_t{1});
        const CachedModel& model = cache.models.front();
        QVERIFY2(model.openable, model.why.c_str());
        QCOMPARE(model.name, std::string("state-spaces/tiny"));
        QCOMPARE(model.kind, std::string("Mamba"));
        QCOMPARE(model.bytes, bytes);
        QCOMPARE(model.reference, std::string("state-spaces/tiny"));
        QVERIFY(openCheckpoint(model.reference).ok());
        // Another revision than main is opened by its folder.
        fs::remove_all(snapshot.parent_path().parent_path() / "refs");
        const CachedModels other = listCachedModels({});
        QVERIFY(other.models.front().openable);
        QCOMPARE(other.models.front().reference, snapshot.string());
        QVERIFY(openCheckpoint(other.models.front().reference).ok());
    }

    void whatCannotBeOpenedSaysWhy() {
        const fs::path cache = m_folder->path();
        const fs::path whole = putIntoCache(cache, "models--a--whole", "1");
        putBlob(whole, "config.json", "c", kMambaConfig);
        putBlob(whole, "model.safetensors", "w", "weights, not read here");
        putBlob(
            putIntoCache(cache, "models--a--llama", "1"), "config.json", "c", R"({"model_type": "llama"})");
        const fs::path noWeights = putIntoCache(cache, "models--a--no-weights", "1");
        putBlob(noWeights, "config.json", "c", kMambaConfig);
        fs::create_symlink("../../blobs/gone", noWeights / "model.safetensors"); // still being downloaded
        const fs::path shards = putIntoCache(cache, "models--a--shards", "1");
        putBlob(shards, "config.json", "c", kMambaConfig);
        putBlob(shards, "model.safetensors.index.json", "i", kTwoShards);
        putBlob(shards, "model-00001-of-00002.safetensors", "s", "weights");
        fs::create_symlink("../../blobs/gone", shards / "model-00002-of-00002.safetensors");
        fs::create_symlink(
            "../../blobs/gone", putIntoCache(cache, "models--a--no-config", "1") / "config.json");
        putBlob(putIntoCache(cache, "models--a--tokenizer", "1"), "tokenizer.json", "t", "{}");
        putBlob(putIntoCache(cache, "models--a--damaged", "1"), "config.json", "c", "{\"model_type\": ");
        fs::create_directories(cache / "models--a--only-refs" / "refs");
        fs::create_directories(cache / "datasets--a--not-a-model" / "snapshots" / "1");
        writeText(cache / "version.txt", "1");
        fs::create_symlink(cache / "models--a--loop", cache / "models--a--loop");

        const CachedModels found = listCachedModels({});
        QCOMPARE(found.models.size(), std::size_t{8});
        QVERIFY(found.complete && found.trouble.empty());
        QCOMPARE(found.models.front().name, std::string("a/whole")); // what opens comes first
        QVERIFY(found.models.front().openable);
        QCOMPARE(found.models[1].name, std::string("a/no-weights")); // then others of the family
        for (const auto& [name, kind, words] : std::initializer_list<std::array<const char*, 3>>{
                 {"a/llama", "llama", "kind llama cannot be opened"},
                 {"a/no-weights", "Mamba", "there are no weights"},
                 {"a/shards", "Mamba", "1 of 2 weight files"},
                 {"a/no-config", "", "not complete: config.json is missing"},
                 {"a/tokenizer", "", "has no config.json"},
                 {"a/damaged", "", "config.json"},
                 {"a/only-refs", "", "no revision"}}) {
            const CachedModel* model = find(found, name);
            QVERIFY2(model != nullptr, name);
            QVERIFY2(!model->openable, name);
            QCOMPARE(model->kind, std::string(kind));
            QVERIFY2(model->why.find(words) != std::string::npos, model->why.c_str());
        }
    }

    void noCacheIsNoTrouble() {
        const Variable nowhere("HF_HUB_CACHE", m_folder->path() / "nowhere");
        const CachedModels cache = listCachedModels({});
        QVERIFY(cache.models.empty() && cache.trouble.empty());
        QCOMPARE(cache.folder, m_folder->path() / "nowhere");
    }

    void aFileInThePlaceOfTheCacheSaysSo() {
        writeText(m_folder->path() / "file", "");
        const Variable file("HF_HUB_CACHE", m_folder->path() / "file");
        const CachedModels cache = listCachedModels({});
        QVERIFY(cache.models.empty());
        QVERIFY(!cache.trouble.empty());
    }

    void unreadableFoldersSaySo() {
        if (geteuid() == 0) {
            QSKIP("The superuser may read every folder.");
        }
        const fs::path snapshot = putIntoCache(m_folder->path(), "models--a--locked", "1");
        const fs::path model = snapshot.parent_path().parent_path();
        fs::permissions(model, fs::perms::none);
        const CachedModels cache = listCachedModels({});
        fs::permissions(model, fs::perms::owner_all);
        QCOMPARE(cache.models.size(), std::size_t{1});
        QVERIFY2(
            cache.models.front().why.find("cannot be read") != std::string::npos,
            cache.models.front().why.c_str());
    }

    void stopsBetweenModels() {
        for (int i = 0; i < 50; ++i) {
            putIntoCache(m_folder->path(), "models--a--m" + std::to_string(i), "1");
        }
        std::stop_source source;
        const Job job{source.get_token(), [&source](const Progress& progress) {
                          if (progress.done == 7) {
                              source.request_stop();
                          }
                      }};
        const CachedModels cache = listCachedModels(job);
        QCOMPARE(cache.models.size(), std::size_t{7});
        QVERIFY(!cache.complete);
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    std::unique_ptr<Variable> m_variable;
};

QTEST_APPLESS_MAIN(CachedModelsTest)
#include "cached_models_test.moc"
