// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QPointer>
#include <QString>

#include <functional>
#include <vector>

class QLabel;
class QPushButton;

namespace mambascope::ui {

struct TourStep {
    QString title;
    QString text;
    /// The widget that the step is about, brought into sight; null for the whole window.
    std::function<QWidget*()> target;
};

/// Walks through the window in a few steps: a callout beside the widget that a step is about, which is
/// framed. The window stays usable meanwhile. Left and Right go through the steps, Escape ends it.
class Tour : public QFrame {
    Q_OBJECT
public:
    Tour(std::vector<TourStep> steps, QWidget* window);
    ~Tour() override;

    /// From the first step.
    void start();
    void end();
    int step() const { return m_step; }
    int steps() const { return static_cast<int>(m_steps.size()); }
    /// Where the frame is, in the window; empty while there is none.
    QRect framed() const;

Q_SIGNALS:
    void ended();

protected:
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void go(int step);
    void place();
    void placeLater();

    std::vector<TourStep> m_steps;
    QWidget* m_window;
    QFrame* m_frame; ///< around the target
    QLabel* m_title;
    QLabel* m_text;
    QLabel* m_place; ///< "2 of 7"
    QPushButton* m_back;
    QPushButton* m_next;
    QPointer<QWidget> m_target;
    int m_step = 0;
};

} // namespace mambascope::ui
