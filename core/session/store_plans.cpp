// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/schema.h"
#include "core/session/store.h"

#include <string_view>
#include <utility>

namespace mambascope::store {
namespace {

Result<QuantPlan> planFromText(const std::string& text, const std::filesystem::path& path) {
    Result<QuantPlan> plan = parsePlan(text, "a plan of the session");
    if (!plan.ok()) {
        return damagedSession(path, plan.error().message);
    }
    return plan;
}

std::string textOf(const QuantPlan& plan) {
    return toJson(plan).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

} // namespace

Result<PlanPosition> readPlanPosition(const Database& database) {
    Statement query = database.prepare(
        "SELECT current.id, current.parent, current.label, next.id, next.label FROM document "
        "LEFT JOIN plan_revision AS current ON current.id = plan_id LEFT JOIN plan_revision AS next "
        "ON next.id = (SELECT max(id) FROM plan_revision WHERE parent IS plan_id)");
    const Result<bool> row = query.step();
    if (!row.ok()) {
        return row.error();
    }
    return PlanPosition{query.integer(0), query.integer(1), query.integer(3), query.text(2), query.text(4)};
}

Result<QuantPlan>
readPlan(const Database& database, std::int64_t revision, const std::filesystem::path& path) {
    if (revision == 0) {
        return QuantPlan{};
    }
    Statement query = database.prepare("SELECT plan FROM plan_revision WHERE id = ?");
    const Result<bool> row = query.bind(revision).step();
    if (!row.ok()) {
        return row.error();
    }
    return row.value() ? planFromText(query.text(0), path)
                       : damagedSession(path, "plan " + std::to_string(revision) + " is missing");
}

Result<void> setPlanRevision(Database& database, std::int64_t revision) {
    return database.prepare("UPDATE document SET plan_id = nullif(?, 0)").bind(revision).run();
}

Result<void>
writePlan(Database& database, const QuantPlan& plan, const std::string& label, std::int64_t created) {
    Statement insert = database.prepare("INSERT INTO plan_revision(created, label, plan, parent) "
                                        "VALUES(?, ?, ?, (SELECT plan_id FROM document))");
    const std::string text = textOf(plan);
    const Result<void> stored =
        insert.bind(created).bind(std::string_view(label)).bind(std::string_view(text)).run();
    return stored.ok() ? setPlanRevision(database, database.lastInsertId()) : stored;
}

Result<void>
rewritePlan(Database& database, const QuantPlan& plan, const std::string& label, std::int64_t created) {
    Statement update = database.prepare("UPDATE plan_revision SET created = ?, label = ?, plan = ? "
                                        "WHERE id = (SELECT plan_id FROM document)");
    const std::string text = textOf(plan);
    return update.bind(created).bind(std::string_view(label)).bind(std::string_view(text)).run();
}

Result<void> removePlan(Database& database, std::int64_t revision) {
    return database.prepare("DELETE FROM plan_revision WHERE id = ?").bind(revision).run();
}

Result<std::vector<PlanRevision>>
readPlanHistory(const Database& database, const std::filesystem::path& path) {
    Statement query =
        database.prepare("SELECT id, parent, created, label, plan FROM plan_revision ORDER BY id");
    std::vector<PlanRevision> history;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return history;
        }
        const std::int64_t id = query.integer(0), parent = query.integer(1);
        if (parent >= id) { // whoever follows the parents would never come to the root
            return damagedSession(
                path, "plan " + std::to_string(id) + " comes before the one it was made of");
        }
        Result<QuantPlan> plan = planFromText(query.text(4), path);
        if (!plan.ok()) {
            return plan.error();
        }
        history.push_back({id, parent, query.integer(2), query.text(3), std::move(plan).value()});
    }
}

} // namespace mambascope::store
