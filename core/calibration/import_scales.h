// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/checkpoint/tensor.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mambascope {

/// A calibration made of what another tool measured, and what could not be taken over, a sentence each.
struct ImportedScales {
    CalibrationSnapshot snapshot;
    std::vector<std::string> notes;
};

/// Turns SmoothQuant's activation scales (Xiao et al. 2022; generate_act_scales.py) into a calibration: one
/// vector a linear layer, named like "backbone.layers.0.mixer.in_proj", with the largest magnitude of every
/// input channel. `name` is kept as the checkpoint's name.
///
/// Filled are absmax, and min and max with -absmax and absmax, the only range that it vouches for. Not known,
/// and zero: mean, m2, above6, the histogram; the output sides are not observed at all (so the outlier rules
/// all-elements and llm-int8 have no answer here). Widths and layers of
/// the spec come from the vectors; state size, convolution and vocabulary, which do not, are those of the
/// published Mamba models (16, 4, 50280), and a note says so. Vectors of other linears (lm_head) are left out
/// with a note.
///
/// Unreadable if there is no such vector, one of a layer is missing, is no vector of floats, differs in width
/// from that of the other layers, or holds a value that is negative or not finite.
Result<ImportedScales> importScales(const TensorFile& scales, const std::string& name);

/// Whether a file's tensors look like such scales: a vector named like the linear layer of a Mamba block
/// (weights end in ".weight" and are no match).
bool holdsScales(const TensorFile& file);

/// Opens what holds per-channel maxima, whichever program wrote it: a calibration file (loadCalibration), or
/// activation scales in PyTorch's format or safetensors (importScales, named like the file without its
/// ending). The snapshot of a calibration file comes without notes. Unreadable as those two are.
Result<ImportedScales> openCalibrationOrScales(const std::filesystem::path& path);

/// Whether openCalibrationOrScales() is meant for this file rather than openCheckpoint(), by what the file's
/// header says. False if it is neither, or cannot be read.
bool isCalibrationOrScales(const std::filesystem::path& path);

} // namespace mambascope
