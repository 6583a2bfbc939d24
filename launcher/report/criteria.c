// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/criteria.h"

#include <string.h>

#include "base/json.h"
#include "launcher/report/html.h"

enum {
        ANCHORS_MOST = 200,
};

static const char ANCHOR[] = "line";

static bool is_met(const json_t *row)
{
        return json_is_true(json_object_get(row, "met"));
}

static bool is_kind(const json_t *row, const char *kind)
{
        const char *found = json_text(row, "kind");
        return found && !strcmp(found, kind);
}

static void add_anchor(const json_t *row, size_t number, struct console_anchors *anchors)
{
        const char *text = json_text(row, "text");
        if (!is_met(row) || !text || number >= ANCHORS_MOST)
                return;
        struct console_anchor *anchor = console_anchors_add(anchors, ANCHOR, number);
        anchor->time = json_number_value(json_object_get(row, "time"));
        anchor->text = text;
        anchor->class = is_kind(row, "forbidden") ? "broken" : "met";
}

void criteria_anchors(const json_t *result, struct console_anchors *anchors)
{
        const char *phase;
        json_t *rows;
        size_t number = 0;
        json_object_foreach (json_object_get(result, "criteria"), phase, rows) {
                for (size_t i = 0; i < json_array_size(rows); i++)
                        add_anchor(json_array_get(rows, i), number++, anchors);
        }
}

// How a criterion is shown: a class, a sign and a word, so that nothing depends on colour alone.
struct fate {
        const char *class, *sign, *word;
};

static struct fate fate_of(const json_t *row)
{
        static const struct fate good = {"good", "\xE2\x9C\x93", "met"};
        static const struct fate absent = {"good", "\xE2\x9C\x93", "did not occur"};
        static const struct fate came = {"bad", "\xE2\x9C\x97", "came"};
        static const struct fate missing = {"bad", "\xE2\x9C\x97", "not met"};
        static const struct fate open = {"open", "\xE2\x80\x93", "not seen"};
        if (is_kind(row, "forbidden"))
                return is_met(row) ? came : absent;
        if (is_met(row))
                return good;
        return is_kind(row, "required") ? missing : open;
}

// Adds a line without the frame that an installer draws around it.
static void add_without_frame(struct text *html, const char *text)
{
        static const char frame[] = " +-|=*#";
        size_t length = strlen(text);
        size_t begin = strspn(text, frame);
        if (begin == length)
                begin = 0;
        while (length > begin + 1 && strchr(frame, text[length - 1]))
                length--;
        html_add_span(html, text + begin, length - begin);
}

static void add_row(struct text *html, const json_t *row, size_t number, bool is_linked)
{
        struct fate fate = fate_of(row);
        const char *name = json_text(row, "name");
        const char *text = json_text(row, "text");
        text_add_format(html, "<tr class=\"%s\"><td class=\"sign\"><span>%s</span> %s</td>", fate.class, fate.sign,
                        fate.word);
        html_element(html, "th scope=\"row\"", name ? name : "?");
        text_add(html, "<td class=\"muted\">");
        html_add(html, json_text(row, "kind") ? json_text(row, "kind") : "");
        text_add(html, "</td>");
        if (!is_met(row)) {
                text_add(html, "<td></td><td></td></tr>\n");
                return;
        }
        text_add_format(
                html,
                "<td class=\"number\">%.2f s<br/><small>line %" JSON_INTEGER_FORMAT "</small></td><td class=\"code\">",
                json_number_value(json_object_get(row, "time")), json_integer_value(json_object_get(row, "line")));
        if (is_linked)
                text_add_format(html, "<a href=\"#%s-%zu\">", ANCHOR, number);
        add_without_frame(html, text ? text : "");
        text_add(html, is_linked ? "</a></td></tr>\n" : "</td></tr>\n");
}

void criteria_to_html(struct text *html, const json_t *result, const struct console_anchors *anchors)
{
        const char *phase;
        json_t *rows;
        size_t number = 0;
        json_object_foreach (json_object_get(result, "criteria"), phase, rows) {
                html_element(html, "h3 class=\"phase\"", phase);
                text_add(html, "<div class=\"wide\"><table class=\"rows criteria\"><tbody>\n");
                for (size_t i = 0; i < json_array_size(rows); i++, number++)
                        add_row(html, json_array_get(rows, i), number, console_anchors_has(anchors, ANCHOR, number));
                text_add(html, "</tbody></table></div>\n");
        }
        if (!number)
                text_add(html, "<p>Nothing was judged: the run ended too early.</p>\n");
        else
                text_add(html,
                         "<p class=\"note\">Lines are counted in serial.log, as <code>grep -n</code> does.</p>\n");
}
