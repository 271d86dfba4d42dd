// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/window/screenshots_start.h"

#include "tests/support/hub.h"
#include "tests/ui/window/photographer.h"
#include "ui/plots/layer_plot.h"
#include "ui/window/entry_list.h"
#include "ui/window/layer_view.h"
#include "ui/window/session_files.h"
#include "ui/window/start_page.h"

#include <QDockWidget>
#include <QListWidget>
#include <QSettings>
#include <QTemporaryDir>

#include <algorithm>
#include <array>

namespace mambascope::test {
namespace {

using namespace mambascope::ui;
namespace fs = std::filesystem;

/// A model whose weights have the size that the published ones have, and no content.
void putModel(const fs::path& cache, const std::string& name, const char* config, std::uintmax_t bytes) {
    const fs::path snapshot = putIntoCache(cache, name, "0123abcd");
    putBlob(snapshot, "config.json", "c", config);
    if (bytes > 0) {
        putBlob(snapshot, "model.safetensors", "w", "");
        fs::resize_file(snapshot.parent_path().parent_path() / "blobs" / "w", bytes);
    }
}

void fillCache(const fs::path& cache) {
    constexpr const char* kMamba = R"({"model_type": "mamba"})";
    putModel(cache, "models--state-spaces--mamba-130m-hf", kMamba, 516'567'560);
    putModel(cache, "models--state-spaces--mamba-370m-hf", kMamba, 1'486'111'000);
    putModel(cache, "models--state-spaces--mamba-790m-hf", kMamba, 3'172'880'000);
    putModel(cache, "models--state-spaces--mamba-1.4b-hf", kMamba, 0);
    putModel(cache, "models--tiiuae--falcon-mamba-7b", R"({"model_type": "falcon_mamba"})", 14'545'000'000);
    putModel(
        cache, "models--state-spaces--mamba2-1.3b",
        R"({"d_model": 2048, "n_layer": 48, "ssm_cfg": {"layer": "Mamba2"}})", 2'690'000'000);
    putModel(cache, "models--EleutherAI--pythia-160m", R"({"model_type": "gpt_neox"})", 375'000'000);
}

void fillRecent(const QString& folder) {
    QSettings().clear();
    for (const char* name :
         {"mamba-130m-hf-2026-05-17.mscope", "mamba-demo-2026-05-18.mscope", "mamba-2.8b-hf.pt",
          "falcon-wikitext.safetensors"}) {
        const QString file = QDir(folder).filePath(QLatin1String(name));
        writeText(file.toStdString(), "");
        rememberFile(file);
    }
}

bool takeScales(Photographer& photographer, Workspace& workspace, MainWindow& window, const QString& scales) {
    workspace.open(scales);
    if (!workspace.calibrationAlone()) {
        return false;
    }
    const std::vector<float>& values = window.layerView()->figure()->panels.back().values;
    window.layerView()->plot()->setCursor(
        3, static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin()));
    photographer.take(QStringLiteral("s3-scales"));
    workspace.view().setMiddle(Middle::Overview);
    photographer.take(QStringLiteral("s6-overview"));
    workspace.view().setHeatStatistic(HeatStatistic::Sigmas);
    workspace.view().setHeatOrder(HeatOrder::OutlierShare);
    workspace.view().setLinear(Linear::InProj);
    photographer.take(QStringLiteral("s7-overview-sigmas"));
    workspace.view().setHeatStatistic(HeatStatistic::Absmax);
    workspace.view().setHeatOrder(HeatOrder::Depth);
    workspace.view().setLinear(Linear::OutProj);
    workspace.view().setMiddle(Middle::Both);
    window.findChild<QDockWidget*>(QStringLiteral("outliersDock"))->raise();
    photographer.take(QStringLiteral("s9-outliers"));
    window.findChild<QDockWidget*>(QStringLiteral("layersDock"))->raise();
    workspace.view().setRule(OutlierRule::AllElements);
    photographer.take(QStringLiteral("s4-rule-not-possible"));
    window.resize(1280, 720);
    workspace.view().setRule(OutlierRule::ChannelSpread);
    photographer.take(QStringLiteral("s5-scales-small"));
    workspace.view().setMiddle(Middle::Overview);
    photographer.take(QStringLiteral("s8-overview-small"));
    return true;
}

} // namespace

int takeStartPages(const QString& folder, const QString& scales) {
    const QTemporaryDir home;
    const Variable ownHome("HOME", home.path().toStdString()); // the pictures show folders
    const Variable noCache("HF_HUB_CACHE", {}), noHfHome("HF_HOME", {});
    QSettings().clear();
    Theme theme(qApp);
    Workspace workspace(
        {[]() -> Result<std::unique_ptr<Engine>> { return Error::failed("There is no engine here."); },
         home.path()});
    for (const bool filled : {false, true}) {
        if (filled) {
            fillCache(fs::path(home.path().toStdString()) / ".cache/huggingface/hub");
            fillRecent(QDir(home.path()).filePath(QStringLiteral("experiments")));
        }
        MainWindow window(workspace, theme);
        window.resize(1600, 1000);
        window.show();
        const EntryList* cached = window.startPage()->cached();
        if (!waitFor([&] {
                return (cached->list()->count() > 0) == filled &&
                       (filled || cached->placeholder().contains(u'/'));
            })) {
            return 1;
        }
        Photographer photographer(window, theme, folder);
        photographer.take(filled ? QStringLiteral("s2-start") : QStringLiteral("s1-start-empty"));
        if (filled && !scales.isEmpty() && !takeScales(photographer, workspace, window, scales)) {
            return 1;
        }
        window.close();
    }
    return 0;
}

} // namespace mambascope::test
