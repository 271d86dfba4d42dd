// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/recipe.h"

#include "core/base/file.h"
#include "core/base/json_members.h"

#include <algorithm>
#include <limits>

namespace mambascope {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;
constexpr std::size_t kMostPlans = 10000;

class RecipeReader {
public:
    RecipeReader(const Json& json, const std::filesystem::path& file)
        : m_file(file)
        , m_what(file.string())
        , m_members(
              json, m_what,
              {"format", "name", "title", "plans", "checkpoints", "tasks", "limit", "seed", "notes"}) {}

    Result<Recipe> read() {
        Recipe recipe;
        if (!m_members.error()) {
            readMembers(recipe);
        }
        if (m_members.error()) {
            return *m_members.error();
        }
        return m_error ? Result<Recipe>(*m_error) : Result<Recipe>(std::move(recipe));
    }

private:
    void readMembers(Recipe& recipe) {
        if (m_members.require("format") != nullptr) {
            m_members.integer("format", 1, 1, 1);
        }
        recipe.name = m_members.text("name", m_file.stem().string());
        recipe.title = m_members.text("title", recipe.name);
        recipe.checkpoints = m_members.texts("checkpoints");
        recipe.notes = m_members.texts("notes");
        if (m_members.has("limit")) {
            recipe.limit = static_cast<int>(m_members.integer("limit", 1, 1 << 30, 1));
        }
        if (m_members.has("seed")) {
            recipe.seed = m_members.integer("seed", 0, std::numeric_limits<std::int64_t>::max(), 0);
        }
        readTasks(recipe);
        readPlans(recipe);
    }

    void readTasks(Recipe& recipe) {
        const Json* tasks = m_members.find("tasks");
        std::vector<std::string> names;
        if (tasks != nullptr && tasks->is_string()) {
            names = {tasks->get<std::string>()};
        } else {
            names = m_members.texts("tasks");
        }
        for (const std::string& name : names) {
            const bool file = name.ends_with(".json");
            recipe.tasks += (recipe.tasks.empty() ? "" : ",") + (file ? beside(name).string() : name);
        }
    }

    void readPlans(Recipe& recipe) {
        const Json* plans = m_members.require("plans");
        if (plans == nullptr) {
            return;
        }
        if (!plans->is_array() || plans->empty() || plans->size() > kMostPlans) {
            m_members.complain("\"plans\" is not a list of plans.");
            return;
        }
        for (std::size_t i = 0; i < plans->size() && !m_error && !m_members.error(); ++i) {
            const Result<QuantPlan> plan = readPlan((*plans)[i], m_what + ", plan " + std::to_string(i + 1));
            if (!plan.ok()) {
                m_error = plan.error();
                m_error->code =
                    ErrorCode::Unreadable; // whatever the plan is wrong in, the recipe is what has to change
                return;
            }
            addPlan(recipe, plan.value());
        }
    }

    void addPlan(Recipe& recipe, const QuantPlan& plan) {
        const bool twice = std::any_of(recipe.plans.begin(), recipe.plans.end(), [&](const QuantPlan& other) {
            return other.name == plan.name;
        });
        if (plan.name.empty() || twice) {
            m_members.complain(
                plan.name.empty() ? std::string("A plan has no name.")
                                  : "Two plans are named \"" + plan.name + "\".");
            return;
        }
        recipe.plans.push_back(plan);
    }

    /// A preset's name, the path of a plan file, or {"name": …, one of "preset", "file", "plan"}.
    Result<QuantPlan> readPlan(const Json& json, const std::string& what) {
        if (json.is_string()) {
            return named(json.get<std::string>(), what);
        }
        JsonMembers members(json, what, {"name", "preset", "file", "plan"});
        const int sources =
            (members.has("preset") ? 1 : 0) + (members.has("file") ? 1 : 0) + (members.has("plan") ? 1 : 0);
        if (sources != 1) {
            members.complain("It needs exactly one of \"preset\", \"file\" and \"plan\".");
        }
        const std::string name = members.text("name", "");
        const std::string preset = members.text("preset", ""), file = members.text("file", "");
        if (members.error()) {
            return *members.error();
        }
        Result<QuantPlan> plan = members.has("plan")   ? planFromJson(*members.find("plan"), what)
                                 : members.has("file") ? fromFile(file)
                                                       : presetOf(preset, what);
        if (plan.ok() && !name.empty()) {
            plan.value().name = name;
        }
        return plan;
    }

    Result<QuantPlan> named(const std::string& text, const std::string& what) {
        return text.ends_with(".json") ? fromFile(text) : presetOf(text, what);
    }

    static Result<QuantPlan> presetOf(const std::string& name, const std::string& what) {
        Result<QuantPlan> plan = presetPlan(name);
        if (plan.ok()) {
            return plan;
        }
        Error error = plan.error();
        error.message = what + ": " + error.message;
        return error;
    }

    Result<QuantPlan> fromFile(const std::string& name) {
        const std::filesystem::path path = beside(name);
        Result<std::string> text = readFile(path, kMaxFile);
        if (!text.ok()) {
            return text.error();
        }
        Result<QuantPlan> plan = parsePlan(text.value(), path.string());
        if (plan.ok() && plan.value().name.empty()) {
            plan.value().name = path.stem().string();
        }
        return plan;
    }

    std::filesystem::path beside(const std::string& name) const { return m_file.parent_path() / name; }

    std::filesystem::path m_file;
    std::string m_what;
    JsonMembers m_members;
    std::optional<Error> m_error;
};

} // namespace

Result<Recipe> loadRecipe(const std::filesystem::path& file) {
    Result<std::string> text = readFile(file, kMaxFile);
    if (!text.ok()) {
        return text.error();
    }
    Result<Json> json = parseJson(text.value(), file.string(), true);
    return json.ok() ? RecipeReader(json.value(), file).read() : json.error();
}

} // namespace mambascope
