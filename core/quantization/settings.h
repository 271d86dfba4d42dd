// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/plan.h"

namespace mambascope {

/// Calls visit(member of SitePatch, member of SiteSettings) for every setting that a site has.
template <class Visitor>
void forEachSetting(Visitor&& visit) {
    visit(&SitePatch::weightBits, &SiteSettings::weightBits);
    visit(&SitePatch::weightFormat, &SiteSettings::weightFormat);
    visit(&SitePatch::weightGranularity, &SiteSettings::weightGranularity);
    visit(&SitePatch::activationBits, &SiteSettings::activationBits);
    visit(&SitePatch::activationFormat, &SiteSettings::activationFormat);
    visit(&SitePatch::activationSide, &SiteSettings::activationSide);
    visit(&SitePatch::activationScale, &SiteSettings::activationScale);
    visit(&SitePatch::alpha, &SiteSettings::alpha);
    visit(&SitePatch::zeroOutliers, &SiteSettings::zeroOutliers);
    visit(&SitePatch::activationClip, &SiteSettings::activationClip);
    visit(&SitePatch::rotate, &SiteSettings::rotate);
    visit(&SitePatch::floatOutliers, &SiteSettings::floatOutliers);
    visit(&SitePatch::scanBits, &SiteSettings::scanBits);
    visit(&SitePatch::stateBits, &SiteSettings::stateBits);
}

/// A patch that holds every setting of a site.
SitePatch patchOf(const SiteSettings& settings);

/// The same plan without what has no effect: settings that repeat the level above, empty patches, and, where
/// no outlier is looked for, the rule.
QuantPlan withoutRedundancy(const QuantPlan& plan);

/// What to call a plan after an edit: a preset's name stays as long as the plan does what the preset does, else it ends in
/// ", edited"; such a name is the preset's again once the plan does the same again. Other names stay.
std::string nameAfterEdit(const QuantPlan& plan);

/// Names of the parameter groups in scope, in the specification's order.
std::vector<std::string> groupNames(const ParameterGroups& groups);

} // namespace mambascope
