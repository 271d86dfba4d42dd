// SPDX-License-Identifier: GPL-3.0-or-later
// usage: tokenizer_bench TOKENIZER.json TEXT…
// Speed of encode() by the processor time of its thread, so that a busy machine changes little: cold (a fresh
// tokenizer whose cache of words is empty) and warm (the median of seven runs after it). Also how long
// opening takes, and one word of a million letters, which must take no longer than ordinary text of that size
// by more than a constant factor.
#include "core/base/file.h"
#include "core/tokenizer/tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

using namespace mambascope;

namespace {

double threadSeconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Run {
    double seconds = 0;
    std::size_t tokens = 0;
};

Run encodeOnce(const Tokenizer& tokenizer, std::string_view text) {
    const double start = threadSeconds();
    const std::size_t tokens = tokenizer.encode(text).size();
    return {threadSeconds() - start, tokens};
}

std::shared_ptr<const Tokenizer> opened(const char* path, double& seconds) {
    const double start = threadSeconds();
    auto tokenizer = Tokenizer::open(path);
    seconds = threadSeconds() - start;
    if (!tokenizer.ok()) {
        std::fprintf(stderr, "%s\n", describe(tokenizer.error()).c_str());
        return nullptr;
    }
    return tokenizer.value();
}

void measure(const char* tokenizerFile, const std::string& name, std::string_view text) {
    constexpr int kRuns = 7;
    double opening = 0;
    const auto tokenizer = opened(tokenizerFile, opening);
    const Run cold = encodeOnce(*tokenizer, text);
    std::vector<double> seconds;
    for (int i = 0; i < kRuns; ++i) {
        seconds.push_back(encodeOnce(*tokenizer, text).seconds);
    }
    std::sort(seconds.begin(), seconds.end());
    const double mb = static_cast<double>(text.size()) * 1e-6;
    const double warm = seconds[kRuns / 2];
    std::printf(
        "%8.3f MB %9zu tokens  cold %7.1f MB/s  warm %7.1f MB/s %7.1f million tokens/s  %s\n", mb,
        cold.tokens, mb / cold.seconds, mb / warm, static_cast<double>(cold.tokens) * 1e-6 / warm,
        name.c_str());
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: %s TOKENIZER.json TEXT...\n", argv[0]);
        return 2;
    }
    double opening = 0;
    if (!opened(argv[1], opening)) {
        return 3;
    }
    std::printf("opening the tokenizer takes %.0f ms\n", opening * 1e3);
    for (int i = 2; i < argc; ++i) {
        const Result<std::string> text = readFile(argv[i]);
        if (!text.ok()) {
            std::fprintf(stderr, "%s\n", describe(text.error()).c_str());
            return 3;
        }
        measure(argv[1], argv[i], text.value());
    }
    measure(argv[1], "one word of a million letters", std::string(1'000'000, 'a'));
    measure(argv[1], "a million spaces", std::string(1'000'000, ' '));
    return 0;
}
