// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/cell_delegates.h"

#include "ui/models/layers_model.h"
#include "ui/models/results_model.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

/// Ratio of small print to the widget's own.
constexpr double kSmall = 0.86;

int padding(const QFontMetrics& metrics) {
    return metrics.averageCharWidth();
}

/// Two lines, right-aligned and centred together.
void drawLines(
    QPainter* painter, const QRect& rect, const QFont& font, const QString& first, const QColor& firstColour,
    const QString& second, const QColor& secondColour) {
    const QFontMetrics large(font);
    QFont smallFont = smallPrint(font);
    smallFont.setBold(false);
    const QFontMetrics small(smallFont);
    const int height = large.height() + (second.isEmpty() ? 0 : small.height());
    QRect line(rect.left(), rect.top() + (rect.height() - height) / 2, rect.width(), large.height());
    painter->setFont(font);
    painter->setPen(firstColour);
    painter->drawText(
        line, Qt::AlignRight | Qt::AlignVCenter, large.elidedText(first, Qt::ElideMiddle, rect.width()));
    if (!second.isEmpty()) {
        line = QRect(rect.left(), line.bottom() + 1, rect.width(), small.height());
        painter->setFont(smallFont);
        painter->setPen(secondColour);
        painter->drawText(
            line, Qt::AlignRight | Qt::AlignVCenter, small.elidedText(second, Qt::ElideRight, rect.width()));
    }
}

} // namespace

QFont smallPrint(const QFont& font) {
    QFont small = font;
    if (font.pointSizeF() > 0) {
        small.setPointSizeF(font.pointSizeF() * kSmall);
    } else {
        small.setPixelSize(static_cast<int>(font.pixelSize() * kSmall));
    }
    return small;
}

void paintCell(QPainter* painter, QStyleOptionViewItem option) {
    const QStyle* style = option.widget != nullptr ? option.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
    const int inset = padding(option.fontMetrics) - 1;
    option.rect.adjust(inset, 0, -inset, 0);
    option.backgroundBrush = Qt::NoBrush; // is there already, and tints would add up
    option.showDecorationSelected = false;
    style->drawControl(QStyle::CE_ItemViewItem, &option, painter, option.widget);
}

void LayersDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QStyle* style = option.widget != nullptr ? option.widget->style() : QApplication::style();
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const Look look = lookOf(option.palette.color(option.palette.currentColorGroup(), QPalette::Text), index);
    if (look.tint) {
        painter->fillRect(option.rect, *look.tint);
    }
    if (selected) {
        style->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
    }
    // Scrolling and resizing paint every row again: few different texts, which need not be laid out for each
    // cell.
    if (m_textFont != option.font) {
        m_textFont = option.font;
        m_texts.clear();
    }
    const QString words = index.data().toString();
    const auto [found, isNew] = m_texts.try_emplace({words, look.bold}, words);
    QFont font = option.font;
    font.setBold(look.bold);
    QStaticText& text = found->second;
    if (isNew) {
        text.setTextFormat(Qt::PlainText);
        text.prepare(painter->transform(), font);
    }
    const int inset = padding(option.fontMetrics) + style->pixelMetric(QStyle::PM_FocusFrameHMargin);
    const auto alignment = Qt::Alignment::fromInt(index.data(Qt::TextAlignmentRole).toInt());
    const QRect place = QStyle::alignedRect(
        option.direction, alignment, text.size().toSize(), option.rect.adjusted(inset, 0, -inset, 0));
    painter->setFont(font);
    painter->setPen(
        selected ? option.palette.color(option.palette.currentColorGroup(), QPalette::HighlightedText)
                 : look.text);
    painter->drawStaticText(place.topLeft(), text);
}

QSize LayersDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.rwidth() += 2 * padding(option.fontMetrics);
    return size;
}

LayersDelegate::Look LayersDelegate::lookOf(const QColor& text, const QModelIndex& index) const {
    if (index.column() < LayersModel::FirstSiteColumn || index.column() >= LayersModel::LargestColumn) {
        return {text, std::nullopt, false};
    }
    const PlotColours& colours = m_theme.colours();
    if (index.data(LayersModel::CountRole).toInt() == 0) {
        return {colours.axis, std::nullopt, false};
    }
    // A lone outlier has to be seen already; from there the share's logarithm decides.
    const double share = index.data(LayersModel::ShareRole).toDouble();
    const double depth = std::clamp(0.16 + 0.12 * (std::log10(std::max(share, 1e-4)) + 3), 0.14, 0.5);
    QColor tint = colours.outlier;
    tint.setAlphaF(static_cast<float>(depth));
    return {colours.text, tint, true};
}

void LayersDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    const Look look = lookOf(option->palette.color(QPalette::Text), index);
    option->palette.setColor(QPalette::Text, look.text);
    option->font.setBold(look.bold);
    if (look.tint) {
        option->backgroundBrush = *look.tint;
    }
}

void ResultsDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const {
    QStyleOptionViewItem option = given;
    initStyleOption(&option, index);
    const PlotColours& colours = m_theme.colours();
    const QString text = option.text;
    option.text.clear();
    if (index.data(ResultsModel::AverageRole).toBool()) {
        option.backgroundBrush = colours.raised;
        option.font.setBold(true);
    }
    const QStyle* style = option.widget != nullptr ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &option, painter, option.widget);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const int tone = index.data(ResultsModel::ToneRole).toInt();
    const bool live = index.data(ResultsModel::LiveRole).toBool();
    const QColor toned = tone > 0 ? colours.good : tone < 0 ? colours.bad : colours.neutral;
    QString detail = index.data(ResultsModel::DetailRole).toString();
    QString first = text;
    if (!index.data(ResultsModel::WarningRole).toString().isEmpty()) {
        first.prepend(QStringLiteral("⚠ "));
    }
    painter->save();
    const int inset = padding(option.fontMetrics);
    drawLines(
        painter, option.rect.adjusted(inset, 0, -inset, 0), option.font, first,
        selected ? colours.onAccent
        : live   ? colours.secondaryText
                 : colours.text,
        detail, selected ? colours.onAccent : toned);
    painter->restore();
}

QSize ResultsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QFontMetrics large(option.font);
    const QFontMetrics small(smallPrint(option.font));
    const int width = std::max(
        large.horizontalAdvance(index.data(Qt::DisplayRole).toString()),
        small.horizontalAdvance(index.data(ResultsModel::DetailRole).toString()));
    // Rows are as high with a second line as without: the first difference does not make the table jump.
    return {width + 3 * padding(large), large.height() + small.height() + padding(large) / 2};
}

ResultsHeader::ResultsHeader(const Theme& theme, QWidget* parent)
    : QHeaderView(Qt::Horizontal, parent)
    , m_theme(theme) {
    setSectionsClickable(true);
    setHighlightSections(false);
    setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void ResultsHeader::paintSection(QPainter* painter, const QRect& rect, int section) const {
    const PlotColours& colours = m_theme.colours();
    const auto get = [&](int role) {
        return model()->headerData(section, Qt::Horizontal, role);
    };
    const bool current = get(ResultsModel::CurrentRole).toBool();
    painter->save();
    painter->fillRect(rect, colours.window);
    painter->setPen(colours.border);
    painter->drawLine(rect.bottomLeft(), rect.bottomRight());
    if (current) { // the plan in force: a bar, and bold, so that it does not hang on colour
        const int bar = std::max(2, fontMetrics().height() / 6);
        painter->fillRect(QRect(rect.left(), rect.bottom() - bar + 1, rect.width(), bar), colours.accent);
    }
    QFont titleFont = font();
    titleFont.setBold(current);
    const int inset = padding(fontMetrics());
    drawLines(
        painter, rect.adjusted(inset, 0, -inset, 0), titleFont, get(Qt::DisplayRole).toString(), colours.text,
        get(ResultsModel::DetailRole).toString(), colours.secondaryText);
    painter->restore();
}

QSize ResultsHeader::sectionSizeFromContents(int section) const {
    QFont bold = font();
    bold.setBold(true);
    const QFontMetrics large(bold);
    const QFontMetrics small(smallPrint(font()));
    const auto get = [&](int role) {
        return model()->headerData(section, Qt::Horizontal, role).toString();
    };
    const int width = std::max(
        large.horizontalAdvance(get(Qt::DisplayRole)),
        small.horizontalAdvance(get(ResultsModel::DetailRole)));
    const int most = large.averageCharWidth() * 34;
    return {std::min(width, most) + 3 * padding(large), large.height() + small.height() + padding(large)};
}

} // namespace mambascope::ui
