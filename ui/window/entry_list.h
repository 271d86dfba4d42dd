// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

class QLabel;
class QListWidget;
class QListWidgetItem;
class QStackedWidget;

namespace mambascope::ui {

class Theme;

/// Something that can be opened, in two lines: its name with a size or date at the right, and what it is.
struct ListEntry {
    QString title;
    QString detail;   ///< what it is, or why it cannot be opened
    QString trailing; ///< size or date
    QString toolTip;
    QString key; ///< what chosen() says
    bool enabled = true;
};

/// A heading, and below it entries to choose from with one click or Enter, or a text where there are none.
class EntryList : public QWidget {
    Q_OBJECT
public:
    EntryList(const Theme& theme, const QString& heading, QWidget* parent = nullptr);

    void setEntries(const QList<ListEntry>& entries);
    /// At the right of the heading.
    void setNote(const QString& note, const QString& toolTip = {});
    /// Stands in the place of the entries where there are none.
    void setPlaceholder(const QString& text);
    QString placeholder() const;
    QListWidget* list() const { return m_list; }
    /// No more height than so many entries take.
    void setMostRows(int rows);

Q_SIGNALS:
    void chosen(const QString& key);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(const QListWidgetItem* item);

    QLabel* m_note;
    QListWidget* m_list;
    QLabel* m_placeholder;
    QStackedWidget* m_stack;
};

} // namespace mambascope::ui
