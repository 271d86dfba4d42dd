// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/plan.h"

#include <compare>
#include <vector>

namespace mambascope::ui {

/// What one row of a plan table addresses: the model-wide defaults, every site of one kind, or one site.
struct PlanTarget {
    enum class Level { Model, Linear, Site };
    Level level = Level::Model;
    Linear linear = Linear::InProj; ///< Level::Linear only
    SiteId site;                    ///< Level::Site only

    static PlanTarget model() { return {}; }
    static PlanTarget every(Linear linear) { return {Level::Linear, linear, {}}; }
    static PlanTarget at(SiteId site) { return {Level::Site, site.linear, site}; }
    bool operator==(const PlanTarget&) const = default;
};

/// The settings in force at a target: for Level::Linear those of a site without settings of its own.
SiteSettings settingsAt(const QuantPlan& plan, const PlanTarget& target);
/// The settings that a target would have without its own level.
SiteSettings inheritedAt(const QuantPlan& plan, const PlanTarget& target);
/// What is set on the target's own level; empty for the model (its defaults inherit from nothing).
SitePatch ownSettings(const QuantPlan& plan, const PlanTarget& target);

/// `plan` with `patch` set on the targets' own levels; narrower levels keep theirs. A setting that equals
/// what the target inherits is dropped instead of stored, so that it follows later changes above.
QuantPlan withSettings(const QuantPlan& plan, const std::vector<PlanTarget>& targets, const SitePatch& patch);
/// `plan` with everything removed that the targets set themselves. Model: the defaults become those of an
/// empty plan.
QuantPlan withoutSettings(const QuantPlan& plan, const std::vector<PlanTarget>& targets);

/// `plan` under the name of the preset that does the same, or without a name if none does.
QuantPlan renamed(QuantPlan plan);
/// What to call a plan in a list: its name, or what it does.
std::string planTitle(const QuantPlan& plan);

} // namespace mambascope::ui
