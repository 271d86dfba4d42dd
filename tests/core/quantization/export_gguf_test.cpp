// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_gguf.h"

#include "tests/core/quantization/export_fixture.h"

#include <QTest>

#include <cmath>
#include <cstring>
#include <map>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

/// A reader of its own, after the specification of GGUF (version 3): everything as text or numbers.
class Reader {
public:
    struct Tensor {
        std::vector<std::uint64_t> ne; ///< fastest dimension first
        std::uint32_t type = 0;
        std::uint64_t offset = 0;
    };

    explicit Reader(const fs::path& path)
        : m_text(readFile(path).value()) {
        magic = m_text.substr(0, 4);
        m_at = 4;
        version = take<std::uint32_t>();
        const auto count = take<std::uint64_t>();
        const auto pairs = take<std::uint64_t>();
        for (std::uint64_t i = 0; i < pairs; ++i) {
            const std::string key = text();
            values[key] = value(take<std::uint32_t>());
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::string name = text();
            Tensor tensor;
            tensor.ne.resize(take<std::uint32_t>());
            for (std::uint64_t& length : tensor.ne) {
                length = take<std::uint64_t>();
            }
            tensor.type = take<std::uint32_t>();
            tensor.offset = take<std::uint64_t>();
            tensors[name] = tensor;
        }
        data = (m_at + 31) / 32 * 32;
    }

    /// Values of a tensor, dequantized as ggml defines its types.
    std::vector<float> floats(const std::string& name) const {
        const Tensor& tensor = tensors.at(name);
        std::uint64_t count = 1;
        for (const std::uint64_t length : tensor.ne) {
            count *= length;
        }
        std::vector<float> result(count);
        const auto* at = reinterpret_cast<const unsigned char*>(m_text.data()) + data + tensor.offset;
        for (std::uint64_t i = 0; i < count; ++i) {
            switch (tensor.type) {
            case 0:
                std::memcpy(&result[i], at + 4 * i, 4);
                break;
            case 1:
                result[i] = half(at + 2 * i);
                break;
            case 8:
                result[i] = half(at + i / 32 * 34) *
                            static_cast<float>(static_cast<signed char>(at[i / 32 * 34 + 2 + i % 32]));
                break;
            case 2: {
                const unsigned char byte = at[i / 32 * 18 + 2 + i % 16];
                const int q = i % 32 < 16 ? byte & 15 : byte >> 4;
                result[i] = half(at + i / 32 * 18) * static_cast<float>(q - 8);
                break;
            }
            default:
                qFatal("type %u", tensor.type);
            }
        }
        return result;
    }

    std::uint64_t size() const { return m_text.size(); }

    std::string magic;
    std::uint32_t version = 0;
    std::map<std::string, Json> values;
    std::map<std::string, Tensor> tensors;
    std::uint64_t data = 0;

private:
    template <class T>
    T take() {
        T result;
        std::memcpy(&result, m_text.data() + m_at, sizeof result);
        m_at += sizeof result;
        return result;
    }
    std::string text() {
        const auto length = take<std::uint64_t>();
        m_at += length;
        return m_text.substr(m_at - length, length);
    }
    Json value(std::uint32_t type) {
        switch (type) {
        case 4:
            return take<std::uint32_t>();
        case 5:
            return take<std::int32_t>();
        case 6:
            return take<float>();
        case 7:
            return take<std::uint8_t>() != 0;
        case 8:
            return text();
        case 9: {
            Json list = Json::array();
            const auto inner = take<std::uint32_t>();
            const auto count = take<std::uint64_t>();
            for (std::uint64_t i = 0; i < count; ++i) {
                list.push_back(value(inner));
            }
            return list;
        }
        default:
            qFatal("kind %u", type);
        }
    }
    /// IEEE 754 half precision by its definition.
    static float half(const unsigned char* at) {
        const int bits = at[0] | at[1] << 8;
        const int exponent = (bits >> 10) & 31;
        const int mantissa = bits & 1023;
        const float magnitude = exponent == 0
                                    ? std::ldexp(static_cast<float>(mantissa), -24)
                                    : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
        return (bits & 0x8000) != 0 ? -magnitude : magnitude;
    }

    std::string m_text;
    std::size_t m_at = 0;
};

Result<ExportReport>
exportTo(const fs::path& folder, const Checkpoint& source, const ResolvedPlan& plan, const char* type) {
    ExportRequest request = exportRequest(folder, ExportFormat::Gguf);
    request.ggufType = type;
    return exportModel(source, plan, request, nullptr, {});
}

std::shared_ptr<const Checkpoint> demo() {
    return openCheckpoint(sourceFolder() / "resources" / "demo").value();
}

} // namespace

class ExportGgufTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void floatsAreTheWeightsUnderLlamaCppsNames() {
        const auto source = fixture("hf-bf16-untied");
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plainPlan(*source), "f32");
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        const Reader file(folder.path() / "out" / "model.gguf");
        QCOMPARE(file.magic, std::string("GGUF"));
        QCOMPARE(file.version, 3U);
        const std::string block = "backbone.layers.1.";
        // Names and dimensions that llama.cpp's loader asks for (src/models/mamba.cpp), fastest first.
        const auto d = static_cast<std::uint64_t>(source->spec.hidden);
        const auto inner = static_cast<std::uint64_t>(source->spec.inner);
        const auto n = static_cast<std::uint64_t>(source->spec.state);
        const auto rank = static_cast<std::uint64_t>(source->spec.dtRank);
        const auto vocabulary = static_cast<std::uint64_t>(source->spec.vocabulary);
        const std::map<std::string, std::pair<std::string, std::vector<std::uint64_t>>> expected{
            {"token_embd.weight", {"backbone.embeddings.weight", {d, vocabulary}}},
            {"output.weight", {"lm_head.weight", {d, vocabulary}}},
            {"output_norm.weight", {"backbone.norm_f.weight", {d}}},
            {"blk.1.attn_norm.weight", {block + "norm.weight", {d}}},
            {"blk.1.ssm_in.weight", {block + "mixer.in_proj.weight", {d, 2 * inner}}},
            {"blk.1.ssm_conv1d.weight", {block + "mixer.conv1d.weight", {4, inner}}},
            {"blk.1.ssm_conv1d.bias", {block + "mixer.conv1d.bias", {inner}}},
            {"blk.1.ssm_x.weight", {block + "mixer.x_proj.weight", {inner, rank + 2 * n}}},
            {"blk.1.ssm_dt.weight", {block + "mixer.dt_proj.weight", {rank, inner}}},
            {"blk.1.ssm_dt.bias", {block + "mixer.dt_proj.bias", {inner}}},
            {"blk.1.ssm_a", {block + "mixer.A_log", {n, inner}}},
            {"blk.1.ssm_d", {block + "mixer.D", {inner}}},
            {"blk.1.ssm_out.weight", {block + "mixer.out_proj.weight", {inner, d}}}};
        QCOMPARE(file.tensors.size(), static_cast<std::size_t>(3 + 10 * source->spec.layers));
        for (const auto& [name, what] : expected) {
            QVERIFY2(file.tensors.contains(name), name.c_str());
            QCOMPARE(file.tensors.at(name).ne, what.second);
            std::vector<float> original = source->floats(what.first).value();
            for (float& value : original) {
                value = name.ends_with("ssm_a") ? static_cast<float>(-std::exp(static_cast<double>(value)))
                                                : value;
            }
            QCOMPARE(file.floats(name), original);
        }
        std::uint64_t end = 0;
        for (const auto& [name, tensor] : file.tensors) {
            QCOMPARE(tensor.offset % 32, 0UL);
            end = std::max(end, tensor.offset);
        }
        QCOMPARE(file.size() % 32, 0UL);
        QVERIFY(file.data + end < file.size());
    }

    void theKeysDescribeTheModel() {
        const auto source = fixture("falcon-mamba");
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plainPlan(*source), "f16");
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        const Reader file(folder.path() / "out" / "model.gguf");
        const ModelSpec& spec = source->spec;
        const std::map<std::string, Json> expected{
            {"general.architecture", "mamba"},
            {"general.file_type", 1}, // mostly F16
            {"mamba.context_length", 1 << 20},
            {"mamba.embedding_length", spec.hidden},
            {"mamba.feed_forward_length", 0},
            {"mamba.attention.head_count", 0},
            {"mamba.block_count", spec.layers},
            {"mamba.ssm.conv_kernel", spec.convKernel},
            {"mamba.ssm.inner_size", spec.inner},
            {"mamba.ssm.state_size", spec.state},
            {"mamba.ssm.time_step_rank", spec.dtRank},
            {"mamba.ssm.dt_b_c_rms", true},
            {"mamba.attention.layer_norm_rms_epsilon", spec.normEpsilon},
            {"tokenizer.ggml.model", "none"}};
        for (const auto& [key, value] : expected) {
            QVERIFY2(file.values.contains(key), key.c_str());
            QVERIFY2(file.values.at(key) == value, key.c_str());
        }
        QVERIFY(mentions(report.value().notes, "no tokenizer"));
        QCOMPARE(file.tensors.at("blk.0.ssm_in.weight").type, 1U);
        QCOMPARE(file.tensors.at("blk.0.ssm_a").type, 0U);
    }

    /// Names, dimensions and keys that llama.cpp's loader asks for (src/models/mamba2.cpp), fastest first.
    void mamba2() {
        Checkpoint source = *fixture("mamba2");
        source.spec.gatedNormGroups = source.spec.groups; // as state-spaces' own code has it
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", source, plainPlan(source), "f32");
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        const Reader file(folder.path() / "out" / "model.gguf");
        const auto d = static_cast<std::uint64_t>(source.spec.hidden);
        const auto inner = static_cast<std::uint64_t>(source.spec.inner);
        const auto heads = static_cast<std::uint64_t>(source.spec.heads);
        const auto groups = static_cast<std::uint64_t>(source.spec.groups);
        const std::uint64_t conv = inner + 2 * groups * static_cast<std::uint64_t>(source.spec.state);
        const std::string block = "backbone.layers.2.";
        const std::map<std::string, std::pair<std::string, std::vector<std::uint64_t>>> expected{
            {"blk.2.attn_norm.weight", {block + "norm.weight", {d}}},
            {"blk.2.ssm_in.weight", {block + "mixer.in_proj.weight", {d, inner + conv + heads}}},
            {"blk.2.ssm_conv1d.weight", {block + "mixer.conv1d.weight", {4, conv}}},
            {"blk.2.ssm_conv1d.bias", {block + "mixer.conv1d.bias", {conv}}},
            {"blk.2.ssm_dt.bias", {block + "mixer.dt_bias", {heads}}},
            {"blk.2.ssm_a", {block + "mixer.A_log", {1, heads}}},
            {"blk.2.ssm_d", {block + "mixer.D", {1, heads}}},
            {"blk.2.ssm_norm.weight", {block + "mixer.norm.weight", {inner / groups, groups}}},
            {"blk.2.ssm_out.weight", {block + "mixer.out_proj.weight", {inner, d}}}};
        QCOMPARE(file.tensors.size(), static_cast<std::size_t>(2 + 9 * source.spec.layers)); // a tied head
        for (const auto& [name, what] : expected) {
            QVERIFY2(file.tensors.contains(name), name.c_str());
            QCOMPARE(file.tensors.at(name).ne, what.second);
            std::vector<float> original = source.floats(what.first).value();
            for (float& value : original) {
                value = name.ends_with("ssm_a") ? static_cast<float>(-std::exp(static_cast<double>(value)))
                                                : value;
            }
            QCOMPARE(file.floats(name), original);
        }
        const std::map<std::string, Json> keys{
            {"general.architecture", "mamba2"},
            {"mamba2.embedding_length", source.spec.hidden},
            {"mamba2.block_count", source.spec.layers},
            {"mamba2.ssm.conv_kernel", source.spec.convKernel},
            {"mamba2.ssm.inner_size", source.spec.inner},
            {"mamba2.ssm.state_size", source.spec.state},
            {"mamba2.ssm.time_step_rank", source.spec.heads},
            {"mamba2.ssm.group_count", source.spec.groups},
            {"mamba2.attention.layer_norm_rms_epsilon", source.spec.normEpsilon}};
        for (const auto& [key, value] : keys) {
            QVERIFY2(file.values.contains(key), key.c_str());
            QVERIFY2(file.values.at(key) == value, key.c_str());
        }
        QVERIFY(!mentions(report.value().notes, "time step"));
        source.spec.dtMax = 0.1f;
        const auto clamped = exportTo(folder.path() / "clamped", source, plainPlan(source), "f32");
        QVERIFY(clamped.ok() && mentions(clamped.value().notes, "does not clamp the time step"));
    }

    void blocksRoundOnceMore_data() {
        QTest::addColumn<QString>("type");
        QTest::addColumn<unsigned>("number");
        QTest::addColumn<double>("steps");
        // Half a step of absmax / 127, or of |m| / 8 (a full one where +m is cut to 7 steps), and what a
        // scale of eleven bits adds.
        QTest::newRow("q8_0") << QString("q8_0") << 8U << 0.5 / 127 + 1.0 / 2048;
        QTest::newRow("q4_0") << QString("q4_0") << 2U << 1.0 / 8 + 1.0 / 2048;
    }
    void blocksRoundOnceMore() {
        QFETCH(QString, type);
        QFETCH(unsigned, number);
        QFETCH(double, steps);
        const auto source = demo();
        const ResolvedPlan plan = quantizedPlan(*source, {8, {}});
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plan, qPrintable(type));
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QVERIFY(mentions(report.value().notes, "rounded once more"));
        QVERIFY(!mentions(report.value().notes, "65504"));
        const auto halves = exportTo(folder.path() / "halves", *source, plan, "f16");
        QVERIFY(halves.ok() && mentions(halves.value().notes, "beyond 65504 become infinite"));
        const Reader file(folder.path() / "out" / "model.gguf");
        QCOMPARE(file.tensors.at("blk.7.ssm_out.weight").type, number);
        QCOMPARE(file.tensors.at("blk.7.ssm_dt.weight").type, 1U); // 12 columns are no multiple of 32
        QVERIFY(!file.tensors.contains("output.weight"));          // tied
        const SiteId site{7, Linear::OutProj};
        const std::vector<float> expected =
            effectiveWeight(*source, site, plan.sites[static_cast<std::size_t>(site.index())]).value();
        const std::vector<float> written = file.floats("blk.7.ssm_out.weight");
        QCOMPARE(written.size(), expected.size());
        bool changed = false;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            double absmax = 0;
            for (std::size_t j = i / 32 * 32; j < i / 32 * 32 + 32; ++j) {
                absmax = std::max(absmax, std::fabs(static_cast<double>(expected[j])));
            }
            QVERIFY(
                std::fabs(static_cast<double>(written[i]) - static_cast<double>(expected[i])) <=
                steps * absmax);
            changed |= written[i] != expected[i];
        }
        QVERIFY(changed);
    }

    void theTokenizerIsTheCheckpoints() {
        const auto source = demo();
        const TemporaryFolder folder;
        QVERIFY(exportTo(folder.path() / "out", *source, plainPlan(*source), "q8_0").ok());
        const Reader file(folder.path() / "out" / "model.gguf");
        const Json original = jsonFile(source->folder / "tokenizer.json");
        QCOMPARE(file.values.at("tokenizer.ggml.model").get<std::string>(), std::string("gpt2"));
        QCOMPARE(file.values.at("tokenizer.ggml.pre").get<std::string>(), std::string("gpt-2"));
        const Json& tokens = file.values.at("tokenizer.ggml.tokens");
        QCOMPARE(tokens.size(), static_cast<std::size_t>(source->spec.vocabulary));
        for (const auto& [token, id] : original["model"]["vocab"].items()) {
            QCOMPARE(tokens[id.get<std::size_t>()].get<std::string>(), token);
        }
        const Json& merges = file.values.at("tokenizer.ggml.merges");
        QCOMPARE(merges.size(), original["model"]["merges"].size());
        QCOMPARE(
            merges[5].get<std::string>(), original["model"]["merges"][5][0].get<std::string>() + " " +
                                              original["model"]["merges"][5][1].get<std::string>());
        const Json& types = file.values.at("tokenizer.ggml.token_type");
        QCOMPARE(types[0].get<int>(), 3); // <|endoftext|>: control
        QCOMPARE(types[100].get<int>(), 1);
        // tokenizer_config.json: bos, eos and unk are <|endoftext|>, pad is <|padding|>.
        QCOMPARE(file.values.at("tokenizer.ggml.bos_token_id").get<int>(), 0);
        QCOMPARE(file.values.at("tokenizer.ggml.eos_token_id").get<int>(), 0);
        QCOMPARE(file.values.at("tokenizer.ggml.padding_token_id").get<int>(), 1);
        QCOMPARE(file.values.at("tokenizer.ggml.add_bos_token").get<bool>(), false);
    }

    void oddTokenizersAreHandled() {
        const auto model = [](const char* rest) {
            return std::string(
                       R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]},)") +
                   rest + "}";
        };
        const char* bytes = R"("pre_tokenizer": {"type": "ByteLevel"})";
        // Rows that no token has are unused; a merge may be one text.
        const auto padded = ggufTokenizer(model(bytes), {}, Json{{"eos_token_id", 1}}, 4);
        QVERIFY(padded.ok());
        std::map<std::string, GgufValue> values(padded.value().begin(), padded.value().end());
        QVERIFY(
            std::get<std::vector<std::int32_t>>(values.at("tokenizer.ggml.token_type")) ==
            (std::vector<std::int32_t>{1, 1, 5, 5}));
        QCOMPARE(std::get<std::uint32_t>(values.at("tokenizer.ggml.eos_token_id")), 1U);
        QVERIFY(!values.contains("tokenizer.ggml.bos_token_id"));
        const char* falcon =
            R"("pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Punctuation"},
            {"type": "ByteLevel"}, {"type": "Digits"}, {"type": "Split"}]})";
        const auto named = ggufTokenizer(model(falcon), {}, {}, 2);
        QVERIFY(named.ok());
        QCOMPARE(std::get<std::string>(named.value()[1].second), std::string("falcon"));
        // What cannot be said is refused.
        QVERIFY(!ggufTokenizer(model(bytes), {}, {}, 1).ok());
        QVERIFY(!ggufTokenizer(model(R"("pre_tokenizer": {"type": "Whitespace"})"), {}, {}, 2).ok());
        QVERIFY(!ggufTokenizer(R"({"model": {"type": "Unigram"}})", {}, {}, 2).ok());
        QVERIFY(!ggufTokenizer("{", {}, {}, 2).ok());
    }

    void whatLlamaCppLacksIsRefused_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("words");
        QTest::newRow("mamba2") << QString("mamba2") << QString("1 for 2 groups");
        QTest::newRow("odd") << QString("hf-odd") << QString("twice the hidden");
    }
    void whatLlamaCppLacksIsRefused() {
        QFETCH(QString, model);
        QFETCH(QString, words);
        const auto source = fixture(qPrintable(model));
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plainPlan(*source), "f32");
        QVERIFY(!report.ok());
        QVERIFY(report.error().code == ErrorCode::Usage);
        QVERIFY(report.error().message.find(words.toStdString()) != std::string::npos);
        QVERIFY(fs::is_empty(folder.path()));
    }

    void anUnknownTypeIsRefused() {
        const auto source = fixture("hf-f32");
        const TemporaryFolder folder;
        const auto report = exportTo(folder.path() / "out", *source, plainPlan(*source), "q3_k");
        QVERIFY(!report.ok());
        QVERIFY(report.error().code == ErrorCode::Usage);
    }
};

QTEST_APPLESS_MAIN(ExportGgufTest)
#include "export_gguf_test.moc"
