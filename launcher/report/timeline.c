// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/timeline.h"

#include <string.h>

#include "base/memory.h"
#include "launcher/report/html.h"

enum {
        SCALE = 1000, // units of a bar's SVG from the run's beginning to its end
        NARROWEST = 4,
        TICKS_MOST = 10,
};

static const struct {
        const char *class, *title;
} kinds[] = {
        [RUN_PREPARED] = {"prepared", "preparation"},    [RUN_FIRMWARE] = {"firmware", "QEMU and firmware"},
        [RUN_STEP] = {"step", "steps of the installer"}, [RUN_GUEST] = {"guest", "the guest's own marks"},
        [RUN_TROUBLE] = {"trouble", "trouble"},
};

struct timeline {
        const struct run_record *record;
        double end;   // of the scale, in seconds
        bool goes_on; // the last moment lasted beyond it: a machine that stayed up
        double tick;  // seconds between two lines of the grid
};

static bool stayed_up(const struct run_record *record)
{
        const json_t *result = record->result;
        const char *command = json_string_value(json_object_get(result, "command"));
        return command && !strcmp(command, "boot-installed") &&
               json_is_true(json_object_get(result, "booted_own_entry")) &&
               json_integer_value(json_object_get(result, "exit_code")) == 0;
}

// The distance of grid lines in seconds: 1, 2 or 5 times a power of ten, or a suitable number of seconds or minutes.
static double choose_tick(double end)
{
        static const double ticks[] = {0.1, 0.2, 0.5, 1,    2,    5,    10,    30,    60,
                                       120, 300, 600, 1800, 3600, 7200, 18000, 36000, 86400};
        for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
                if (end / ticks[i] <= TICKS_MOST)
                        return ticks[i];
        }
        return end / TICKS_MOST;
}

static struct timeline measure(const struct run_record *record)
{
        struct timeline timeline = {.record = record, .end = record->end};
        double last = record->count ? record->moments[record->count - 1].time : 0;
        if (stayed_up(record) && last > 0) {
                timeline.end = last * 1.06;
                timeline.goes_on = true;
        }
        if (timeline.end < last)
                timeline.end = last;
        if (timeline.end < 0.1)
                timeline.end = 0.1;
        timeline.tick = choose_tick(timeline.end);
        return timeline;
}

static double units(const struct timeline *timeline, double time)
{
        double at = time / timeline->end * SCALE;
        return at < 0 ? 0 : at > SCALE ? SCALE : at;
}

static void add_bar(struct text *html, const struct timeline *timeline, const struct run_moment *moment, double until)
{
        double from = units(timeline, moment->time);
        double width = units(timeline, until) - from;
        width = width < NARROWEST ? NARROWEST : width;
        if (from + width > SCALE)
                from = SCALE - width;
        text_add_format(html,
                        "<svg class=\"bar\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
                        SCALE);
        for (unsigned i = 1; i * timeline->tick < timeline->end; i++)
                text_add_format(html, "<path class=\"grid\" d=\"M%.1f 0V10\"/>", units(timeline, i * timeline->tick));
        text_add_format(html, "<rect class=\"%s\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"10\"/></svg>",
                        kinds[moment->kind].class, from, width);
}

static void add_duration(struct text *html, double seconds)
{
        if (seconds < 10) {
                text_add_format(html, "%.2f s", seconds);
                return;
        }
        AUTO_FREE char *text = text_duration((uint64_t)(seconds * 1000 + 0.5));
        html_add(html, text);
}

static void add_row(struct text *html, const struct timeline *timeline, size_t i)
{
        const struct run_moment *moment = &timeline->record->moments[i];
        bool is_last = i + 1 == timeline->record->count;
        double until = is_last ? timeline->end : moment[1].time;
        text_add_format(html, "<tr class=\"%s\"><th scope=\"row\">", kinds[moment->kind].class);
        if (moment->screen)
                text_add_format(html, "<a href=\"#screen-%zu\">", i);
        html_add(html, moment->title);
        text_add(html, moment->screen ? "</a></th>" : "</th>");
        text_add_format(html, "<td class=\"at\">%.2f</td><td class=\"track\">", moment->time);
        add_bar(html, timeline, moment, until);
        text_add(html, "</td><td class=\"took\">");
        if (is_last && timeline->goes_on)
                text_add(html, "up");
        else
                add_duration(html, until - moment->time);
        text_add(html, "</td></tr>\n");
}

// A time on the scale, with as few digits as possible.
static void add_tick(struct text *html, double tick, double seconds)
{
        if (tick < 60)
                text_add_format(html, "%.*f s", tick < 1 ? 1 : 0, seconds);
        else if (tick < 3600)
                text_add_format(html, "%.0f min", seconds / 60);
        else
                text_add_format(html, "%.0f h", seconds / 3600);
}

static void add_scale(struct text *html, const struct timeline *timeline)
{
        text_add(html, "<thead><tr><th scope=\"col\">what</th><th scope=\"col\" class=\"at\">at, s</th>"
                       "<th scope=\"col\" class=\"track\"><span class=\"scale\">");
        for (unsigned i = 0; i * timeline->tick <= timeline->end * 0.97; i++) {
                text_add_format(html, "<span style=\"left:%.2f%%\">", units(timeline, i * timeline->tick) / 10);
                add_tick(html, timeline->tick, i * timeline->tick);
                text_add(html, "</span>");
        }
        text_add(html, "</span></th><th scope=\"col\" class=\"took\">took</th></tr></thead>\n");
}

static void add_legend(struct text *html, const struct run_record *record)
{
        text_add(html, "<p class=\"legend\">");
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
                bool present = false;
                for (size_t i = 0; i < record->count; i++)
                        present = present || record->moments[i].kind == (enum run_moment_kind)kind;
                if (present)
                        text_add_format(html,
                                        "<span><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">"
                                        "<rect class=\"%s\" width=\"10\" height=\"10\"/></svg>%s</span> ",
                                        kinds[kind].class, kinds[kind].title);
        }
        text_add(html, "</p>\n");
}

void timeline_to_html(struct text *html, const struct run_record *record)
{
        if (!record->count) {
                text_add(html, "<p>The run left no events.</p>\n");
                return;
        }
        struct timeline timeline = measure(record);
        text_add(html, "<table class=\"timeline\">\n");
        add_scale(html, &timeline);
        text_add(html, "<tbody>\n");
        for (size_t i = 0; i < record->count; i++)
                add_row(html, &timeline, i);
        text_add(html, "</tbody></table>\n");
        add_legend(html, record);
        if (record->left_out)
                text_add_format(html,
                                "<p class=\"note\">%zu more events are not shown; they are in events.jsonl.</p>\n",
                                record->left_out);
}
