// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/plan_edit.h"

#include "core/quantization/settings.h"

namespace mambascope::ui {
namespace {

const SitePatch& linearPatch(const QuantPlan& plan, Linear linear) {
    return plan.linears[static_cast<std::size_t>(linear)];
}

/// Removes from `patch` what says no more than the level above.
void dropInherited(SitePatch& patch, const SiteSettings& above) {
    forEachSetting([&](auto patched, auto setting) {
        if (patch.*patched == above.*setting) {
            (patch.*patched).reset();
        }
    });
}

void setOn(QuantPlan& plan, const PlanTarget& target, const SitePatch& patch) {
    switch (target.level) {
    case PlanTarget::Level::Model:
        patch.applyTo(plan.defaults);
        return;
    case PlanTarget::Level::Linear: {
        SitePatch& own = plan.linears[static_cast<std::size_t>(target.linear)];
        own.merge(patch);
        dropInherited(own, plan.defaults);
        return;
    }
    case PlanTarget::Level::Site: {
        SitePatch own = ownSettings(plan, target);
        own.merge(patch);
        dropInherited(own, inheritedAt(plan, target));
        if (own.empty()) {
            plan.sites.erase(target.site);
        } else {
            plan.sites[target.site] = own;
        }
        return;
    }
    }
}

} // namespace

SiteSettings inheritedAt(const QuantPlan& plan, const PlanTarget& target) {
    SiteSettings settings = plan.defaults;
    if (target.level == PlanTarget::Level::Model) {
        return {};
    }
    if (target.level == PlanTarget::Level::Site) {
        linearPatch(plan, target.site.linear).applyTo(settings);
    }
    return settings;
}

SitePatch ownSettings(const QuantPlan& plan, const PlanTarget& target) {
    switch (target.level) {
    case PlanTarget::Level::Model:
        return {};
    case PlanTarget::Level::Linear:
        return linearPatch(plan, target.linear);
    case PlanTarget::Level::Site:
        break;
    }
    const auto found = plan.sites.find(target.site);
    return found == plan.sites.end() ? SitePatch{} : found->second;
}

SiteSettings settingsAt(const QuantPlan& plan, const PlanTarget& target) {
    if (target.level == PlanTarget::Level::Model) {
        return plan.defaults;
    }
    SiteSettings settings = inheritedAt(plan, target);
    ownSettings(plan, target).applyTo(settings);
    return settings;
}

QuantPlan
withSettings(const QuantPlan& plan, const std::vector<PlanTarget>& targets, const SitePatch& patch) {
    QuantPlan result = plan;
    // Broad levels first: a site in the same selection then compares itself with what it will inherit.
    for (const auto level : {PlanTarget::Level::Model, PlanTarget::Level::Linear, PlanTarget::Level::Site}) {
        for (const PlanTarget& target : targets) {
            if (target.level == level) {
                setOn(result, target, patch);
            }
        }
    }
    return result;
}

QuantPlan withoutSettings(const QuantPlan& plan, const std::vector<PlanTarget>& targets) {
    QuantPlan result = plan;
    for (const PlanTarget& target : targets) {
        switch (target.level) {
        case PlanTarget::Level::Model:
            result.defaults = SiteSettings{};
            break;
        case PlanTarget::Level::Linear:
            result.linears[static_cast<std::size_t>(target.linear)] = SitePatch{};
            break;
        case PlanTarget::Level::Site:
            result.sites.erase(target.site);
            break;
        }
    }
    return result;
}

QuantPlan renamed(QuantPlan plan) {
    const std::string hash = planHash(plan);
    plan.name.clear();
    for (const std::string& name : presetNames()) {
        const Result<QuantPlan> preset = presetPlan(name);
        if (preset.ok() && planHash(preset.value()) == hash) {
            plan.name = name;
            break;
        }
    }
    return plan;
}

std::string planTitle(const QuantPlan& plan) {
    return plan.name.empty() ? planSummary(plan) : plan.name;
}

} // namespace mambascope::ui
