// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/settings_dialog.h"

#include "ui/docks/rule_controls.h"
#include "ui/window/engine_setting.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

template <class T>
T chosen(const QComboBox& box) {
    return static_cast<T>(box.currentData().toInt());
}

} // namespace

SettingsDialog::SettingsDialog(const Preferences& preferences, QWidget* parent)
    : QDialog(parent)
    , m_search(new QLineEdit(this))
    , m_page(new QWidget(this))
    , m_theme(new QComboBox(this))
    , m_language(new QComboBox(this))
    , m_reducedMotion(new QCheckBox(tr("&Reduced motion"), this))
    , m_asks(new QCheckBox(tr("&Ask before closing while a job runs"), this))
    , m_engine(new QLineEdit(this))
    , m_device(new QComboBox(this))
    , m_dtype(new QComboBox(this))
    , m_threads(new QSpinBox(this))
    , m_rule(new QComboBox(this))
    , m_k(new QDoubleSpinBox(this))
    , m_data(new QLineEdit(this))
    , m_reuse(new QSpinBox(this))
    , m_width(new QDoubleSpinBox(this))
    , m_height(new QDoubleSpinBox(this))
    , m_dpi(new QSpinBox(this))
    , m_dark(new QCheckBox(tr("Dar&k figures"), this)) {
    setWindowTitle(tr("Settings"));
    m_search->setPlaceholderText(tr("Search settings"));
    m_search->setAccessibleName(tr("Search settings"));
    m_search->setClearButtonEnabled(true);
    auto* column = new QVBoxLayout(m_page);
    buildAppearance();
    buildEngine();
    buildSessions();
    buildFigures();
    column->addStretch(1);
    auto* area = new QScrollArea(this);
    area->setWidget(m_page);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus); // it scrolls with the focus
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setMinimumWidth(m_page->minimumSizeHint().width() + area->verticalScrollBar()->sizeHint().width());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::RestoreDefaults | QDialogButtonBox::Close, this);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_search);
    layout->addWidget(area, 1);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 90, fontMetrics().height() * 44);

    connect(m_search, &QLineEdit::textChanged, this, &SettingsDialog::filter);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    QPushButton* defaults = buttons->button(QDialogButtonBox::RestoreDefaults);
    defaults->setAutoDefault(false);
    connect(defaults, &QPushButton::clicked, this, [this] {
        setPreferences(Preferences{});
        take();
    });
    for (QComboBox* box : {m_theme, m_language, m_device, m_dtype, m_rule}) {
        connect(box, &QComboBox::currentIndexChanged, this, &SettingsDialog::take);
    }
    for (QCheckBox* box : {m_reducedMotion, m_asks, m_dark}) {
        connect(box, &QCheckBox::toggled, this, &SettingsDialog::take);
    }
    for (QLineEdit* edit : {m_engine, m_data}) {
        connect(edit, &QLineEdit::editingFinished, this, &SettingsDialog::take);
    }
    connect(m_device->lineEdit(), &QLineEdit::editingFinished, this, &SettingsDialog::take);
    for (QSpinBox* box : {m_threads, m_reuse, m_dpi}) {
        box->setKeyboardTracking(false);
        connect(box, &QSpinBox::valueChanged, this, &SettingsDialog::take);
    }
    for (QDoubleSpinBox* box : {m_k, m_width, m_height}) {
        box->setKeyboardTracking(false);
        connect(box, &QDoubleSpinBox::valueChanged, this, &SettingsDialog::take);
    }
    setPreferences(preferences);
}

QFormLayout* SettingsDialog::addGroup(const QString& title) {
    auto* group = new QGroupBox(title, m_page);
    m_page->layout()->addWidget(group);
    return new QFormLayout(group);
}

void SettingsDialog::addRow(QFormLayout& form, const QString& label, QWidget* field, const QString& toolTip) {
    auto* group = qobject_cast<QGroupBox*>(form.parentWidget());
    QString words = group->title() + u' ' + label + u' ' + toolTip;
    field->setToolTip(toolTip);
    QLabel* text = nullptr;
    if (const auto* box = qobject_cast<QCheckBox*>(field)) {
        words += u' ' + box->text();
        form.addRow(QString(), field);
    } else {
        text = new QLabel(label, group);
        text->setBuddy(field);
        form.addRow(text, field);
        field->setAccessibleName(QString(label).remove(u'&'));
    }
    m_rows.push_back({group, text, field, words.remove(u'&')});
}

void SettingsDialog::buildAppearance() {
    m_theme->addItem(tr("System"), static_cast<int>(ThemeMode::System));
    m_theme->addItem(tr("Light"), static_cast<int>(ThemeMode::Light));
    m_theme->addItem(tr("Dark"), static_cast<int>(ThemeMode::Dark));
    m_language->addItem(tr("System"), static_cast<int>(Language::System));
    m_language->addItem(QStringLiteral("English"), static_cast<int>(Language::English));
    m_language->addItem(QStringLiteral("Deutsch"), static_cast<int>(Language::German));
    QFormLayout* form = addGroup(tr("Window"));
    addRow(*form, tr("&Theme"), m_theme, tr("Colours of the window and its plots"));
    addRow(*form, tr("&Language"), m_language, tr("Takes effect when Mambascope starts the next time"));
    addRow(*form, {}, m_reducedMotion, tr("Nothing slides or fades"));
    addRow(*form, {}, m_asks, tr("Otherwise closing stops the jobs without a question"));
}

void SettingsDialog::buildEngine() {
    m_engine->setPlaceholderText(tr("The engine that is installed here"));
    m_device->setEditable(true);
    m_device->addItems(
        {QStringLiteral("auto"), QStringLiteral("cpu"), QStringLiteral("cuda"), QStringLiteral("cuda:1")});
    for (const char* name : {"f32", "tf32", "bf16", "f16", "int8"}) {
        m_dtype->addItem(QString::fromLatin1(name));
    }
    m_threads->setRange(0, 1024);
    m_threads->setSpecialValueText(tr("all cores"));
    QFormLayout* form = addGroup(tr("Engine"));
    addRow(
        *form, tr("&Command"), m_engine,
        tr("Starts the engine, here or elsewhere: ssh gpu-host mambascope-engine. ssh must not have to ask "
           "for anything."));
    addRow(*form, tr("&Device"), m_device, tr("What the engine computes on: auto, cpu, cuda, cuda:1, …"));
    addRow(*form, tr("&Number type"), m_dtype, tr("What the linears compute in"));
    addRow(*form, tr("T&hreads"), m_threads, tr("Threads of the engine on a processor"));
}

void SettingsDialog::buildSessions() {
    fillRuleControls(*m_rule, *m_k);
    m_data->setPlaceholderText(tr("Folder with the data sets: lambada/, hellaswag/, piqa/, …"));
    m_reuse->setRange(kAutomaticReuse, 1 << 20);
    m_reuse->setSpecialValueText(tr("automatic"));
    m_reuse->setSuffix(tr(" MiB"));
    m_reuse->setSingleStep(256);
    auto* dataRow = new QWidget(this);
    auto* browse = new QPushButton(tr("Browse…"), dataRow);
    browse->setAutoDefault(false);
    auto* row = new QHBoxLayout(dataRow);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_data, 1);
    row->addWidget(browse);
    connect(browse, &QPushButton::clicked, this, &SettingsDialog::browseData);
    QFormLayout* form = addGroup(tr("New Sessions"));
    addRow(*form, tr("&Outlier rule"), m_rule, tr("When a channel counts as an outlier channel"));
    addRow(
        *form, tr("&Factor"), m_k,
        tr("How many spreads above the centre of its rule an outlier channel stands"));
    addRow(*form, tr("Ta&sks"), dataRow, tr("Where evaluations find the tasks"));
    qobject_cast<QLabel*>(m_rows.back().label)->setBuddy(m_data);
    m_data->setAccessibleName(dataRow->accessibleName());
    setTabOrder(m_data, browse);
    setTabOrder(browse, m_reuse);
    addRow(
        *form, tr("&Memory for edits"), m_reuse,
        tr("What the engine may keep to go on from the layer that was edited, instead of from the first one; "
           "0 keeps "
           "nothing"));
}

void SettingsDialog::buildFigures() {
    for (QDoubleSpinBox* box : {m_width, m_height}) {
        box->setRange(40, 1200);
        box->setDecimals(0);
        box->setSuffix(tr(" mm"));
    }
    m_dpi->setRange(30, 1200);
    m_dpi->setSuffix(tr(" dpi"));
    QFormLayout* form = addGroup(tr("Exported Figures"));
    addRow(*form, tr("&Width"), m_width, tr("Width of exported and copied figures"));
    addRow(*form, tr("H&eight"), m_height, tr("Height of exported and copied figures"));
    addRow(*form, tr("Resol&ution"), m_dpi, tr("Dots per inch of PNG"));
    addRow(*form, {}, m_dark, tr("Light ones are for print"));
}

void SettingsDialog::setPreferences(const Preferences& preferences) {
    m_showing = true;
    m_preferences = preferences;
    m_theme->setCurrentIndex(m_theme->findData(static_cast<int>(preferences.theme)));
    m_language->setCurrentIndex(m_language->findData(static_cast<int>(preferences.language)));
    m_reducedMotion->setChecked(preferences.reducedMotion);
    m_asks->setChecked(preferences.asksBeforeClosing);
    m_engine->setText(preferences.engineCommand);
    m_device->setCurrentText(preferences.device);
    m_dtype->setCurrentText(preferences.dtype);
    m_threads->setValue(preferences.threads);
    showRule(*m_rule, *m_k, preferences.rule, preferences.k);
    m_data->setText(preferences.dataFolder);
    m_reuse->setValue(preferences.reuseMegabytes);
    m_width->setValue(preferences.figure.widthMm);
    m_height->setValue(preferences.figure.heightMm);
    m_dpi->setValue(preferences.figure.dpi);
    m_dark->setChecked(preferences.figure.dark);
    m_showing = false;
}

void SettingsDialog::take() {
    if (m_showing) {
        return;
    }
    m_preferences.theme = chosen<ThemeMode>(*m_theme);
    m_preferences.language = chosen<Language>(*m_language);
    m_preferences.reducedMotion = m_reducedMotion->isChecked();
    m_preferences.asksBeforeClosing = m_asks->isChecked();
    if (engineCommandOf(m_engine->text()).ok()) {
        m_preferences.engineCommand = m_engine->text().trimmed();
    }
    m_preferences.device = m_device->currentText().trimmed();
    m_preferences.dtype = m_dtype->currentText();
    m_preferences.threads = m_threads->value();
    m_preferences.rule = ruleOf(*m_rule);
    m_preferences.k = m_k->value();
    m_k->setEnabled(m_preferences.rule != OutlierRule::LlmInt8);
    m_preferences.dataFolder = m_data->text().trimmed();
    m_preferences.reuseMegabytes = m_reuse->value();
    m_preferences.figure = {m_width->value(), m_height->value(), m_dpi->value(), m_dark->isChecked()};
    Q_EMIT changed(m_preferences);
}

void SettingsDialog::filter(const QString& typed) {
    for (const Row& row : m_rows) {
        const bool shown = row.words.contains(typed.trimmed(), Qt::CaseInsensitive);
        row.field->setVisible(shown);
        if (row.label != nullptr) {
            row.label->setVisible(shown);
        }
    }
    for (const Row& row : m_rows) {
        row.group->setVisible(std::any_of(m_rows.begin(), m_rows.end(), [&row](const Row& other) {
            return other.group == row.group && !other.field->isHidden();
        }));
    }
}

void SettingsDialog::browseData() {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Folder with the Data Sets"), m_data->text());
    if (!folder.isEmpty()) {
        m_data->setText(folder);
        take();
    }
}

} // namespace mambascope::ui
