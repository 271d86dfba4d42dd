// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/search_trace.h"
#include "tests/core/session/examples.h"

#include <string>

namespace mambascope::test {

inline OrderedJson
exampleTrace(const std::string& target, const QuantPlan& start, const OrderedJson& measured) {
    return searchTrace(
        {target, exampleCheckpoint("c1"), start, "calibration", "held <out>.txt", {8, 256, 3, false}},
        measured);
}

/// α of two sites: 0.5 with an error of 0.02 where none has 0.08, and none with 0.04.
inline OrderedJson exampleAlphaTrace(const QuantPlan& start) {
    return exampleTrace(
        "alpha", start,
        {{"candidates", {"0", "0.5", "off"}},
         {"sites",
          {{"layers.0.in_proj", {{"errors", {0.06, 0.02, 0.08}}, {"chosen", "0.5"}}},
           {"layers.1.in_proj", {{"errors", {0.06, 0.05, 0.04}}, {"chosen", "off"}}}}}});
}

inline OrderedJson exampleBitsTrace(const QuantPlan& start) {
    return exampleTrace(
        "bits", start,
        {{"candidates", {"8", "4"}},
         {"sites",
          {{"layers.0.out_proj", {{"errors", {0.001, 0.03}}, {"chosen", "8"}, {"divergences", {1e-5, 1e-3}}}},
           {"layers.1.out_proj",
            {{"errors", {0.001, 0.02}}, {"chosen", "4"}, {"divergences", {1e-5, 1e-4}}}}}},
         {"budget_bits", 6.5},
         {"average_bits", 6.0},
         {"chosen", "by error"},
         {"allocations",
          {{"by error", {{"loss", 2.125}, {"divergence", 0.000123}, {"average_bits", 6.0}}},
           {"uniform", {{"loss", 2.25}, {"divergence", 0.0045}, {"average_bits", 4.0}}}}}});
}

/// Alone, the plan at layer 1's x_proj costs 0.75 nats; without it the plan costs 0.5 less.
inline OrderedJson exampleSensitivityTrace(const QuantPlan& start) {
    return exampleTrace(
        "sensitivity", start,
        {{"baseline", 2.0},
         {"plan", 3.0},
         {"sites",
          {{"layers.0.x_proj", {{"only", 2.25}, {"without", 2.875}}},
           {"layers.1.x_proj", {{"only", 2.75}, {"without", 2.5}}}}}});
}

/// Two plans on PIQA: 80 and 72 of 100 right, of which 10 became wrong and 2 right.
inline OrderedJson exampleSweep(const QuantPlan& second, const std::string& title) {
    const auto row = [](const QuantPlan& plan, double accuracy, double low, double high) {
        return OrderedJson{
            {"plan", toJson(plan)},
            {"plan_name", plan.name},
            {"plan_hash", planHash(plan)},
            {"tasks",
             {{"piqa",
               {{"n", 100},
                {"total", 100},
                {"metric", "acc"},
                {"chance", 0.5},
                {"acc", accuracy},
                {"acc_stderr", 0.04},
                {"acc_interval", {low, high}},
                {"title", "PIQA"}}}}},
            {"average", accuracy}};
    };
    QuantPlan first;
    first.name = "baseline";
    OrderedJson changed = row(second, 0.72, 0.625, 0.798);
    changed["tasks"]["piqa"].update({{"delta", -0.08}, {"gained", 2}, {"lost", 10}, {"p_mcnemar", 0.0386}});
    changed["average_delta"] = -0.08;
    changed["average_delta_interval"] = {-0.14, -0.02};
    return {
        {"format", 1},
        {"recipe", "mine"},
        {"title", title},
        {"seed", 5},
        {"limit", 100},
        {"checkpoints",
         {{{"name", "model c1"},
           {"hash", "c1"},
           {"parameters", 130000000},
           {"dtype", "f32"},
           {"calibration_hash", ""},
           {"engine", "torch 1"},
           {"device", "cpu"},
           {"plans", {row(first, 0.80, 0.711, 0.867), changed}}}}},
        {"notes", {"Per cent ± standard error, as tables have it.", "Items: <b>PIQA</b> 100 of 1838."}}};
}

} // namespace mambascope::test
