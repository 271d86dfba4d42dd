// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace mambascope::ui {

class CacheScan;
class EntryList;
class Theme;

/// What the window shows while nothing is open: how to open something, the files opened last, and the
/// checkpoints in the Hugging Face cache.
class StartPage : public QWidget {
    Q_OBJECT
public:
    StartPage(CacheScan& cache, const Theme& theme, QWidget* parent = nullptr);

    EntryList* recent() const { return m_recent; }
    EntryList* cached() const { return m_cached; }

Q_SIGNALS:
    void openRequested();
    void openFileRequested();
    void demoRequested();
    void tourRequested();
    void fileChosen(const QString& path);
    void modelChosen(const QString& model);

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* heading();
    void refreshRecent();
    void fitLists();
    void refreshCached();

    CacheScan& m_cache;
    EntryList* m_recent;
    EntryList* m_cached;
};

/// A folder as people write it: with ~ for their own.
QString shortPath(const QString& path);

} // namespace mambascope::ui
