// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace mambascope {

/// Where the word that starts at `start` (< text.size(), valid UTF-8) ends under the GPT-2 pattern
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", encoder.py). Every position
/// belongs to a word, so calling it again and again covers the text.
std::size_t gpt2WordEnd(std::string_view text, std::size_t start);

} // namespace mambascope
