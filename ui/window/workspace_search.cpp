// SPDX-License-Identifier: GPL-3.0-or-later
// Searches over plans, with the engine.
#include "ui/window/workspace.h"

#include "core/session/search_trace.h"
#include "ui/commands/plan_edit.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

/// Few tokens are enough: sites are compared with themselves.
constexpr int kWindows = 8, kTokens = 256;

QString percent(double share) {
    return QLocale().toString(100 * share, 'g', 3);
}

} // namespace

void Workspace::findAlpha() {
    if (!readyForJobs()) {
        return;
    }
    const CalibrationSettings& settings = m_view.data().calibration;
    if (calibration() == nullptr || settings.textFile.isEmpty()) {
        report(Error::usage(
            tr("α is searched with a calibration and on its text, and there is none.").toStdString(),
            tr("Calibrate the model first.").toStdString()));
        return;
    }
    const auto tokenizer = tokenizerFor([this] { findAlpha(); });
    if (!tokenizer) {
        return;
    }
    const WindowRequest windows{
        std::min(kWindows, settings.samples), std::min(kTokens, settings.length), settings.seed,
        settings.contiguous};
    AlphaSearchWork work{
        {*m_model, settings.textFile.toStdString(), windows, *tokenizer}, plan(), calibration()};
    const EngineService* service = &m_jobs.service();
    m_jobs.run<AlphaSearchOutcome>(
        {tr("Searching α"), QStringLiteral("search")},
        [service, work, tokenizers = m_tokenizers](Engine& engine, const Job& job) -> Result<AlphaSearchOutcome> {
            const Result<LoadedModel> model = loadedModel(*service, work.text.model.hash);
            return model.ok() ? searchAlphaOnEngine(engine, *tokenizers, work, job) : model.error();
        },
        [this, searched = work.plan, windows, hash = checkpoint()->hash, calibrated = m_calibrationHash,
         textName = QFileInfo(settings.textFile).fileName().toStdString()](const Result<AlphaSearchOutcome>& outcome) {
            if (!outcome.ok()) {
                report(outcome.error(), [this] { findAlpha(); });
                return;
            }
            if (checkpoint() == nullptr || checkpoint()->hash != hash) {
                return; // another checkpoint was opened meanwhile
            }
            if (!m_session->readOnly()) { // else the edit below says so
                const OrderedJson trace = searchTrace(
                    {"alpha", *checkpoint(), searched, calibrated, textName, windows},
                    toJson(outcome.value().found));
                if (const Result<void> kept = m_session->addSearch(trace, hash); !kept.ok()) {
                    report(kept.error());
                }
            }
            const QuantPlan found = renamed(outcome.value().found.plan);
            const QString text = tr("α found for %n sites: mean error of the linears' outputs %1 % → %2 %.", nullptr,
                                    static_cast<int>(outcome.value().found.sites.size()))
                                     .arg(percent(outcome.value().before), percent(outcome.value().after));
            const auto use = [this, found] { m_planEditor.edit(found, tr("Find α")); };
            if (plan() == searched) {
                use();
                Q_EMIT noticed(Notice::info(text));
                return;
            }
            Q_EMIT noticed(Notice::info(tr("%1 The plan was edited meanwhile.").arg(text)).with(tr("Use them"), use));
        });
}

} // namespace mambascope::ui
