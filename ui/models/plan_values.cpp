// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/plan_values.h"

#include "ui/models/plan_model.h"
#include "ui/models/text.h"

#include <QCoreApplication>
#include <QLocale>

namespace mambascope::ui {
namespace {

/// The context of the texts here.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(PlanValues)
};

QString precisionText(int bits, NumberFormat format) {
    if (format != NumberFormat::Int) {
        return qt(numberFormatTitle(format));
    }
    return bits >= kBitsOff ? Texts::tr("off") : number(bits);
}

/// What a cell holds: bits, or the name of a format.
QVariant precisionValue(int bits, NumberFormat format) {
    return format == NumberFormat::Int ? QVariant(bits) : QVariant(qt(numberFormatName(format)));
}

QString granularityText(const Granularity& granularity) {
    switch (granularity.kind) {
    case GranularityKind::Tensor:
        return Texts::tr("tensor");
    case GranularityKind::Channel:
        return Texts::tr("channel");
    case GranularityKind::Group:
        break;
    }
    return Texts::tr("group of %1").arg(granularity.groupSize);
}

QString sideText(ActivationSide side) {
    switch (side) {
    case ActivationSide::Output:
        return Texts::tr("output");
    case ActivationSide::Both:
        return Texts::tr("both");
    case ActivationSide::Input:
        break;
    }
    return Texts::tr("input");
}

QString staticText(Clip clip) {
    switch (clip.kind) {
    case ClipKind::Percentile:
        return Texts::tr("%1 %").arg(QLocale().toString(clip.percent, 'g', 6));
    case ClipKind::Mse:
        return Texts::tr("least error");
    case ClipKind::Absmax:
        break;
    }
    return Texts::tr("static");
}

QString scaleText(const SiteSettings& settings) {
    switch (settings.activationScale) {
    case ActivationScale::Static:
        return staticText(settings.activationClip);
    case ActivationScale::Dynamic:
        return Texts::tr("dynamic");
    case ActivationScale::Token:
        break;
    }
    return Texts::tr("per token");
}

std::optional<int> bitsOf(const QVariant& value) {
    bool ok = false;
    const int bits = value.toInt(&ok);
    return ok && ((bits >= 2 && bits <= 8) || bits == kBitsOff) ? std::optional(bits) : std::nullopt;
}

template <class T>
SitePatch patchOf(std::optional<T> SitePatch::*member, T value) {
    SitePatch patch;
    patch.*member = value;
    return patch;
}

/// A patch from a name, if it is one.
template <class T>
std::optional<SitePatch> patchOf(std::optional<T> SitePatch::*member, const std::optional<T>& value) {
    return value ? std::optional(patchOf(member, *value)) : std::nullopt;
}

/// Bits bring the integer format back, a format leaves the bits alone.
std::optional<SitePatch> precisionPatch(
    const QVariant& value, std::optional<int> SitePatch::*bits,
    std::optional<NumberFormat> SitePatch::*format) {
    const auto named = parseNumberFormat(value.toString().toStdString());
    SitePatch patch;
    patch.*format = named.value_or(NumberFormat::Int);
    if (!named) {
        patch.*bits = bitsOf(value);
    }
    return named || (patch.*bits).has_value() ? std::optional(patch) : std::nullopt;
}

/// A scale, or the place where a static one is clipped.
std::optional<SitePatch> scalePatch(const std::string& name) {
    SitePatch patch;
    patch.activationScale = parseActivationScale(name);
    patch.activationClip = Clip{};
    if (!patch.activationScale) {
        patch.activationScale = ActivationScale::Static;
        patch.activationClip = parseClip(name);
    }
    return patch.activationClip ? std::optional(patch) : std::nullopt;
}

} // namespace

QString planText(const SiteSettings& settings, int column) {
    switch (column) {
    case PlanModel::WeightBitsColumn:
        return precisionText(settings.weightBits, settings.weightFormat);
    case PlanModel::GranularityColumn:
        return granularityText(settings.weightGranularity);
    case PlanModel::ActivationBitsColumn:
        return precisionText(settings.activationBits, settings.activationFormat);
    case PlanModel::SideColumn:
        return sideText(settings.activationSide);
    case PlanModel::ScaleColumn:
        return scaleText(settings);
    case PlanModel::TreatmentColumn:
        return settings.rotate          ? Texts::tr("rotated")
               : settings.floatOutliers ? Texts::tr("in floats")
                                        : Texts::tr("as is");
    case PlanModel::ScanColumn:
        return precisionText(settings.scanBits, NumberFormat::Int);
    case PlanModel::StateColumn:
        return precisionText(settings.stateBits, NumberFormat::Int);
    case PlanModel::AlphaColumn:
        return settings.alpha ? QLocale().toString(*settings.alpha, 'f', 2) : Texts::tr("off");
    default:
        return {};
    }
}

QVariant planValue(const SiteSettings& settings, int column) {
    switch (column) {
    case PlanModel::WeightBitsColumn:
        return precisionValue(settings.weightBits, settings.weightFormat);
    case PlanModel::GranularityColumn:
        return QString::fromStdString(granularityName(settings.weightGranularity));
    case PlanModel::ActivationBitsColumn:
        return precisionValue(settings.activationBits, settings.activationFormat);
    case PlanModel::SideColumn:
        return qt(activationSideName(settings.activationSide));
    case PlanModel::ScaleColumn:
        return settings.activationClip == Clip{} || settings.activationScale != ActivationScale::Static
                   ? qt(activationScaleName(settings.activationScale))
                   : QString::fromStdString(clipName(settings.activationClip));
    case PlanModel::TreatmentColumn:
        return settings.rotate          ? QStringLiteral("rotate")
               : settings.floatOutliers ? QStringLiteral("float")
                                        : QStringLiteral("none");
    case PlanModel::AlphaColumn:
        return settings.alpha.value_or(-1.0);
    case PlanModel::ZeroColumn:
        return settings.zeroOutliers;
    case PlanModel::ScanColumn:
        return settings.scanBits;
    case PlanModel::StateColumn:
        return settings.stateBits;
    default:
        return {};
    }
}

QString planWord(const SiteSettings& settings, int column) {
    const QVariant value = planValue(settings, column);
    const bool off = value == QVariant(kBitsOff) || (column == PlanModel::AlphaColumn && value.toDouble() < 0);
    return off                                      ? QStringLiteral("off")
           : column == PlanModel::ZeroColumn        ? (value.toBool() ? QStringLiteral("on") : QStringLiteral("off"))
           : value.typeId() == QMetaType::Double    ? QString::number(value.toDouble(), 'g', 6)
                                                    : value.toString();
}

QVariant planValueOf(int column, const QString& word) {
    for (const PlanChoice& choice : planChoices(column)) {
        if (word.compare(choice.text, Qt::CaseInsensitive) == 0) {
            return choice.value;
        }
    }
    const bool off = word.compare(QLatin1String("off"), Qt::CaseInsensitive) == 0;
    switch (column) {
    case PlanModel::ZeroColumn:
        return off                                                              ? QVariant(false)
               : word.compare(QLatin1String("on"), Qt::CaseInsensitive) == 0 ? QVariant(true)
                                                                                : QVariant();
    case PlanModel::AlphaColumn: {
        bool ok = false;
        double alpha = QLocale().toDouble(word, &ok);
        alpha = ok ? alpha : QLocale::c().toDouble(word, &ok);
        return off ? QVariant(-1.0) : ok && alpha >= 0 && alpha <= 1 ? QVariant(alpha) : QVariant();
    }
    default: {
        const QVariant value = off ? QVariant(kBitsOff) : QVariant(word.toLower());
        return planPatch(column, value) ? value : QVariant();
    }
    }
}

std::optional<SitePatch> planPatch(int column, const QVariant& value) {
    const std::string name = value.toString().toStdString();
    switch (column) {
    case PlanModel::WeightBitsColumn:
        return precisionPatch(value, &SitePatch::weightBits, &SitePatch::weightFormat);
    case PlanModel::GranularityColumn:
        return patchOf(&SitePatch::weightGranularity, parseGranularity(name));
    case PlanModel::ActivationBitsColumn:
        return precisionPatch(value, &SitePatch::activationBits, &SitePatch::activationFormat);
    case PlanModel::SideColumn:
        return patchOf(&SitePatch::activationSide, parseActivationSide(name));
    case PlanModel::ScaleColumn:
        return scalePatch(name);
    case PlanModel::TreatmentColumn: {
        if (name != "none" && name != "float" && name != "rotate") {
            return std::nullopt;
        }
        SitePatch patch;
        patch.rotate = name == "rotate";
        patch.floatOutliers = name == "float";
        return patch;
    }
    case PlanModel::AlphaColumn: {
        bool ok = false;
        const double alpha = value.toDouble(&ok);
        if (!ok || !(alpha <= 1)) {
            return std::nullopt;
        }
        SitePatch patch;
        patch.alpha.emplace(alpha < 0 ? std::optional<double>() : std::optional<double>(alpha));
        return patch;
    }
    case PlanModel::ZeroColumn:
        return patchOf(&SitePatch::zeroOutliers, value.toBool());
    case PlanModel::ScanColumn:
        return patchOf(&SitePatch::scanBits, bitsOf(value));
    case PlanModel::StateColumn:
        return patchOf(&SitePatch::stateBits, bitsOf(value));
    default:
        return std::nullopt;
    }
}

bool holds(const SitePatch& patch, int column) {
    switch (column) {
    case PlanModel::WeightBitsColumn:
        return patch.weightBits.has_value() || patch.weightFormat.has_value();
    case PlanModel::GranularityColumn:
        return patch.weightGranularity.has_value();
    case PlanModel::ActivationBitsColumn:
        return patch.activationBits.has_value() || patch.activationFormat.has_value();
    case PlanModel::SideColumn:
        return patch.activationSide.has_value();
    case PlanModel::ScaleColumn:
        return patch.activationScale.has_value() || patch.activationClip.has_value();
    case PlanModel::TreatmentColumn:
        return patch.rotate.has_value() || patch.floatOutliers.has_value();
    case PlanModel::AlphaColumn:
        return patch.alpha.has_value();
    case PlanModel::ZeroColumn:
        return patch.zeroOutliers.has_value();
    case PlanModel::ScanColumn:
        return patch.scanBits.has_value();
    case PlanModel::StateColumn:
        return patch.stateBits.has_value();
    default:
        return false;
    }
}

bool isIdle(const SiteSettings& settings, int column) {
    switch (column) {
    case PlanModel::WeightBitsColumn:
    case PlanModel::GranularityColumn:
        return !settings.quantizesWeights();
    case PlanModel::ActivationBitsColumn:
    case PlanModel::SideColumn:
    case PlanModel::ScaleColumn:
        return !settings.quantizesActivations();
    case PlanModel::AlphaColumn:
        return !settings.alpha.has_value();
    case PlanModel::ZeroColumn:
        return !settings.zeroOutliers;
    case PlanModel::TreatmentColumn:
        return !settings.rotate && !settings.floatOutliers;
    case PlanModel::ScanColumn:
        return settings.scanBits >= kBitsOff;
    case PlanModel::StateColumn:
        return settings.stateBits >= kBitsOff;
    default:
        return false;
    }
}

QList<PlanChoice> planChoices(int column) {
    QList<PlanChoice> choices;
    const auto add = [&](const SiteSettings& settings) {
        choices.append({planText(settings, column), planValue(settings, column)});
    };
    SiteSettings settings;
    switch (column) {
    case PlanModel::WeightBitsColumn:
    case PlanModel::ActivationBitsColumn:
        for (const int bits : {kBitsOff, 8, 7, 6, 5, 4, 3, 2}) {
            settings.weightBits = settings.activationBits = bits;
            add(settings);
        }
        for (const NumberFormat format :
             {NumberFormat::Fp8E4M3, NumberFormat::Fp8E5M2, NumberFormat::MxFp4, NumberFormat::NvFp4}) {
            settings.weightFormat = settings.activationFormat = format;
            add(settings);
        }
        break;
    case PlanModel::ScanColumn:
    case PlanModel::StateColumn:
        for (const int bits : {kBitsOff, 8, 7, 6, 5, 4, 3, 2}) {
            settings.scanBits = settings.stateBits = bits;
            add(settings);
        }
        break;
    case PlanModel::GranularityColumn:
        for (const Granularity granularity :
             {Granularity{GranularityKind::Tensor, 0}, Granularity{GranularityKind::Channel, 0},
              Granularity{GranularityKind::Group, 32}, Granularity{GranularityKind::Group, 64},
              Granularity{GranularityKind::Group, 128}, Granularity{GranularityKind::Group, 256}}) {
            settings.weightGranularity = granularity;
            add(settings);
        }
        break;
    case PlanModel::SideColumn:
        for (const ActivationSide side :
             {ActivationSide::Input, ActivationSide::Output, ActivationSide::Both}) {
            settings.activationSide = side;
            add(settings);
        }
        break;
    case PlanModel::ScaleColumn:
        for (const ActivationScale scale :
             {ActivationScale::Static, ActivationScale::Dynamic, ActivationScale::Token}) {
            settings.activationScale = scale;
            add(settings);
        }
        settings.activationScale = ActivationScale::Static;
        for (const char* clip : {"percentile:99", "percentile:99.9", "percentile:99.99", "mse"}) {
            settings.activationClip = parseClip(clip).value_or(Clip{});
            add(settings);
        }
        break;
    case PlanModel::TreatmentColumn:
        add(settings);
        settings.floatOutliers = true;
        add(settings);
        settings.floatOutliers = false;
        settings.rotate = true;
        add(settings);
        break;
    default:
        break;
    }
    return choices;
}

} // namespace mambascope::ui
