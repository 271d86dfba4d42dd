// SPDX-License-Identifier: GPL-3.0-or-later
// Searches over plans, with the engine.
#include "ui/window/workspace.h"

#include "core/quantization/search.h"
#include "core/search/candidates.h"
#include "core/session/search_trace.h"
#include "ui/commands/plan_edit.h"
#include "ui/models/search_text.h"
#include "ui/models/text.h"

#include <QFileInfo>
#include <QLocale>

#include <utility>

namespace mambascope::ui {
namespace {

/// What the core is asked for, without what the engine's thread adds.
Result<PlanSearch> searchOf(
    const SearchSettings& settings, const QuantPlan& plan,
    std::shared_ptr<const CalibrationSnapshot> calibration, const ModelSpec& spec) {
    PlanSearch search;
    search.target = settings.target;
    search.plan = plan;
    search.calibration = std::move(calibration);
    search.bits = settings.bits;
    search.averageBits =
        settings.budgetBytes > 0 ? averageBitsOfBytes(spec, settings.budgetBytes) : settings.averageBits;
    search.weighted = settings.weighted;
    search.only = settings.only;
    search.without = settings.without;
    if (settings.target == SearchTarget::Alpha) {
        Result<std::vector<double>> grid = parseGrid(settings.grid.toStdString());
        if (!grid.ok()) {
            return grid.error();
        }
        search.grid = std::move(grid).value();
    }
    return search;
}

QString linesOf(const std::vector<std::string>& lines) {
    QStringList texts;
    for (const std::string& line : lines) {
        texts.append(qt(line));
    }
    return texts.join(u'\n');
}

} // namespace

QString Workspace::searchText(const SearchSettings& settings) const {
    return settings.textFile.isEmpty() ? m_view.data().calibration.textFile : settings.textFile;
}

QString Workspace::whyNoSearch(SearchTarget target) const {
    const ModelSpec* shape = spec();
    if (!m_model || shape == nullptr) {
        return whyNoModel();
    }
    const bool needsCalibration = target == SearchTarget::Alpha || plan().needsCalibration(shape->layers);
    if (needsCalibration && calibration() == nullptr) {
        return target == SearchTarget::Alpha
                   ? tr("α is made from calibrated activations, and there are none. Calibrate the model "
                        "first.")
                   : tr("This plan needs a calibration, and there is none. Calibrate the model first.");
    }
    if (target == SearchTarget::Sensitivity && plan().isBaseline(shape->layers)) {
        return tr(
            "The plan does nothing, so no site can be sensitive to it. Choose a preset, or set bits first.");
    }
    return {};
}

void Workspace::search(const SearchSettings& settings) {
    if (!readyForJobs()) {
        return;
    }
    m_view.setSearch(settings);
    if (const QString why = whyNoSearch(settings.target); !why.isEmpty()) {
        report(Error::usage(why.toStdString()));
        return;
    }
    const QString file = searchText(settings);
    if (file.isEmpty()) {
        report(Error::usage(
            tr("There is no text to measure on.").toStdString(),
            tr("Choose one in the search, or calibrate the model on one.").toStdString()));
        return;
    }
    const Result<PlanSearch> asked = searchOf(settings, plan(), calibration(), *spec());
    if (!asked.ok()) {
        report(asked.error());
        return;
    }
    const auto tokenizer = tokenizerFor([this, settings] { search(settings); });
    if (!tokenizer) {
        return;
    }
    const PlanSearchWork work{{*m_model, file.toStdString(), settings.windows(), *tokenizer}, asked.value()};
    const EngineService* service = &m_jobs.service();
    m_jobs.run<PlanSearchResult>(
        {searchTitle(settings.target), {}},
        [service, work,
         tokenizers = m_tokenizers](Engine& engine, const Job& job) -> Result<PlanSearchResult> {
            const Result<LoadedModel> model = loadedModel(*service, work.text.model.hash);
            return model.ok() ? searchOnEngine(engine, *tokenizers, work, job) : model.error();
        },
        [this, searched = work.search, settings,
         hash = checkpoint()->hash](const Result<PlanSearchResult>& outcome) {
            if (!outcome.ok()) {
                report(outcome.error(), [this, settings] { search(settings); });
            } else if (checkpoint() != nullptr && checkpoint()->hash == hash) { // else another was opened
                                                                                // meanwhile
                finishSearch(outcome, searched, settings);
            }
        });
}

void Workspace::finishSearch(
    const Result<PlanSearchResult>& outcome, const PlanSearch& searched, const SearchSettings& settings) {
    const std::string calibrated =
        searched.calibration ? mambascope::calibrationHash(*searched.calibration) : std::string();
    const OrderedJson trace = searchTrace(
        {std::string(searchTargetName(searched.target)), *checkpoint(), searched.plan, calibrated,
         QFileInfo(searchText(settings)).fileName().toStdString(), settings.windows()},
        outcome.value().measured);
    if (!m_session->readOnly()) { // else an edit says so
        if (const Result<void> kept = m_session->addSearch(trace, checkpoint()->hash); !kept.ok()) {
            report(kept.error());
        }
    }
    const QString text = foundText(Json(trace));
    if (searched.target == SearchTarget::Sensitivity) {
        Q_EMIT noticed(Notice::info(text).with(tr("Show"), [this] { Q_EMIT searchesRequested(); }));
        return;
    }
    const QString label = searched.target == SearchTarget::Alpha ? tr("Find α") : tr("Find bits");
    offerPlan(searched.plan, renamed(outcome.value().plan), label, text);
}

void Workspace::offerPlan(
    const QuantPlan& searched, const QuantPlan& found, const QString& label, const QString& text) {
    const QString changes = linesOf(planDiff(plan(), found, checkpoint()->spec.layers));
    const auto use = [this, found, label] {
        m_planEditor.edit(found, label);
    };
    if (plan() == searched) {
        use();
        Q_EMIT noticed(Notice::info(text, changes).with(tr("Show"), [this] { Q_EMIT searchesRequested(); }));
        return;
    }
    Q_EMIT noticed(
        Notice::info(tr("%1 The plan was edited meanwhile.").arg(text), changes).with(tr("Use them"), use));
}

void Workspace::useSearch(const Json& trace) {
    const Result<QuantPlan> found = planOfTrace(plan(), trace);
    if (!found.ok()) {
        report(found.error());
        return;
    }
    m_planEditor.edit(renamed(found.value()), tr("Use search: %1").arg(searchName(trace)));
}

} // namespace mambascope::ui
