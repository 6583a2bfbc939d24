// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/disk.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "launcher/report/html.h"

enum {
        SCALE = 1000,
        LEVELS_MOST = 3,
        NARROW = 30,      // of SCALE: a narrower partition has no room for its number
        ALONE_TIMES = 4,  // how much of its surroundings is shown with a single narrow partition
        LABELLED = 70,    // of SCALE: a partition this wide also has room for its size
        WORTHWHILE = 500, // of SCALE: an enlargement of more than this shows nothing new
        PARTITIONS_MOST = 128,
        COLOURS = 6,
};

// A part of the disk, in bytes.
struct span {
        uint64_t from, to; // TO is not in it
};

static uint64_t length(struct span span)
{
        return span.to - span.from;
}

static struct span span_of(const struct gpt *gpt, const struct gpt_partition *partition)
{
        uint64_t from = gpt_partition_offset_bytes(gpt, partition);
        return (struct span){from, from + gpt_partition_size_bytes(gpt, partition)};
}

static size_t shown(const struct gpt *gpt)
{
        return gpt->count < PARTITIONS_MOST ? gpt->count : PARTITIONS_MOST;
}

static double units(struct span view, uint64_t at)
{
        if (at <= view.from)
                return 0;
        return at >= view.to ? SCALE : (double)(at - view.from) / (double)length(view) * SCALE;
}

static bool lies_in(struct span inner, struct span outer)
{
        return inner.from >= outer.from && inner.to <= outer.to;
}

// Partitions of one type have one colour, assigned in the order of the types.
static unsigned colour_of(const struct gpt *gpt, const struct gpt_partition *partition)
{
        unsigned colour = 0;
        for (size_t i = 0; i < shown(gpt); i++) {
                if (guid_equal(gpt->partitions[i].type, partition->type))
                        return colour % COLOURS;
                bool is_new = true;
                for (size_t before = 0; before < i; before++)
                        is_new = is_new && !guid_equal(gpt->partitions[before].type, gpt->partitions[i].type);
                colour += is_new;
        }
        return colour % COLOURS;
}

// Widens PART to TIMES its length, as far as VIEW allows.
static struct span widen(struct span part, struct span view, uint64_t times)
{
        uint64_t wanted = length(part) < length(view) / times ? length(part) * times : length(view);
        struct span wide = {part.from, wanted < view.to - part.from ? part.from + wanted : view.to};
        if (length(wide) < wanted)
                wide.from = wide.to - wanted > view.from ? wide.to - wanted : view.from;
        return wide;
}

// The part of VIEW with all its narrow partitions. False if there are none, or the part is nearly all of VIEW.
static bool find_narrow(const struct gpt *gpt, struct span view, struct span *narrow)
{
        size_t found = 0;
        for (size_t i = 0; i < shown(gpt); i++) {
                struct span span = span_of(gpt, &gpt->partitions[i]);
                if (!lies_in(span, view) || units(view, span.to) - units(view, span.from) >= NARROW)
                        continue;
                if (!found++)
                        *narrow = span;
                narrow->from = span.from < narrow->from ? span.from : narrow->from;
                narrow->to = span.to > narrow->to ? span.to : narrow->to;
        }
        if (!found || !length(*narrow))
                return false;
        *narrow = widen(*narrow, view, found == 1 ? ALONE_TIMES : 1);
        return units(view, narrow->to) - units(view, narrow->from) < WORTHWHILE;
}

static bool meets(struct span span, struct span view)
{
        return span.from < view.to && span.to > view.from;
}

static void add_rectangle(struct text *html, const struct gpt *gpt, const struct gpt_partition *partition,
                          struct span view)
{
        struct span span = span_of(gpt, partition);
        double from = units(view, span.from);
        double width = units(view, span.to) - from;
        text_add_format(html, "<rect class=\"p%u%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"10\"/>",
                        colour_of(gpt, partition), lies_in(span, view) ? "" : " cut", from, width < 1 ? 1 : width);
}

static void add_label(struct text *html, const struct gpt *gpt, const struct gpt_partition *partition, struct span view)
{
        struct span span = span_of(gpt, partition);
        double from = units(view, span.from);
        double width = units(view, span.to) - from;
        if (width < NARROW)
                return;
        AUTO_FREE char *size = text_size(length(span));
        text_add_format(html, "<span style=\"left:%.2f%%;width:%.2f%%\"><b>%u</b>", from / 10, width / 10,
                        partition->index);
        if (!lies_in(span, view))
                text_add(html, " \xE2\x80\xA6");
        else if (width >= LABELLED)
                text_add_format(html, " %s", size);
        text_add(html, "</span>");
}

// The bar of VIEW. Partitions that extend beyond it are drawn paler.
static void add_bar(struct text *html, const struct gpt *gpt, struct span view)
{
        text_add_format(
                html,
                "<div class=\"disk-bar\"><svg viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
                SCALE);
        for (size_t i = 0; i < shown(gpt); i++) {
                if (meets(span_of(gpt, &gpt->partitions[i]), view))
                        add_rectangle(html, gpt, &gpt->partitions[i], view);
        }
        text_add(html, "</svg>");
        for (size_t i = 0; i < shown(gpt); i++) {
                if (meets(span_of(gpt, &gpt->partitions[i]), view))
                        add_label(html, gpt, &gpt->partitions[i], view);
        }
        text_add(html, "</div>\n");
}

// The connection from a part of a bar to the bar below, which enlarges it.
static void add_funnel(struct text *html, struct span view, struct span part)
{
        text_add_format(html,
                        "<svg class=\"funnel\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                        "<polygon points=\"%.2f,0 %.2f,0 %d,10 0,10\"/></svg>\n",
                        SCALE, units(view, part.from), units(view, part.to), SCALE);
}

static void add_caption(struct text *html, struct span view, uint64_t size)
{
        AUTO_FREE char *shown_size = text_size(length(view));
        AUTO_FREE char *at = text_size(view.from);
        if (length(view) == size)
                text_add_format(html, "<p class=\"disk-caption\">The whole disk, %s, to scale</p>\n", shown_size);
        else
                text_add_format(html, "<p class=\"disk-caption\">%s from %s on, enlarged %.0f times</p>\n", shown_size,
                                at, (double)size / (double)length(view));
}

static void add_bars(struct text *html, const struct gpt *gpt, uint64_t size)
{
        struct span view = {0, size};
        struct span narrow = {0};
        for (unsigned level = 0; level < LEVELS_MOST; level++) {
                add_caption(html, view, size);
                add_bar(html, gpt, view);
                if (level + 1 == LEVELS_MOST || !find_narrow(gpt, view, &narrow))
                        return;
                add_funnel(html, view, narrow);
                view = narrow;
        }
}

static void add_partition(struct text *html, const struct gpt *gpt, const struct gpt_partition *partition,
                          const struct guid *booted)
{
        struct span span = span_of(gpt, partition);
        AUTO_FREE char *size = text_size(length(span));
        AUTO_FREE char *at = text_size(span.from);
        const char *type = gpt_type_name(partition->type);
        char unique[37];
        char type_guid[37];
        guid_text(partition->unique, unique);
        guid_text(partition->type, type_guid);
        text_add_format(html,
                        "<tr><th scope=\"row\"><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">"
                        "<rect class=\"p%u\" width=\"10\" height=\"10\"/></svg>%u</th><td>",
                        colour_of(gpt, partition), partition->index);
        html_add(html, type ? type : type_guid);
        if (booted && guid_equal(partition->unique, *booted))
                text_add(html, " <span class=\"tag\">the boot entry leads here</span>");
        text_add(html, "</td>");
        html_element(html, "td", partition->name && *partition->name ? partition->name : "\xE2\x80\x93");
        html_element(html, "td class=\"number\"", size);
        html_element(html, "td class=\"number\"", at);
        html_element(html, "td class=\"code\"", unique);
        text_add(html, "</tr>\n");
}

void disk_to_html(struct text *html, const struct gpt *gpt, uint64_t size, const struct guid *booted)
{
        if (gpt->state != GPT_PRESENT) {
                html_element(html, "p", gpt_state_text(gpt->state));
                return;
        }
        add_bars(html, gpt, size);
        text_add(
                html,
                "<div class=\"wide\"><table class=\"rows partitions\"><thead><tr><th scope=\"col\">no.</th><th "
                "scope=\"col\">type</th>"
                "<th scope=\"col\">name</th><th scope=\"col\" class=\"number\">size</th>"
                "<th scope=\"col\" class=\"number\">from</th><th scope=\"col\">unique GUID</th></tr></thead><tbody>\n");
        for (size_t i = 0; i < shown(gpt); i++)
                add_partition(html, gpt, &gpt->partitions[i], booted);
        text_add(html, "</tbody></table></div>\n");
        html_element(html, "p class=\"note\"", gpt->remark);
        if (gpt->count > shown(gpt))
                text_add_format(html, "<p class=\"note\">%zu more partitions are not shown.</p>\n",
                                gpt->count - shown(gpt));
}
