// SPDX-License-Identifier: Apache-2.0
//
// The pieces of a report: what is escaped, how screens, timelines and consoles come out, and what hostile or broken evidence
// does. In cli/report.sh, xmllint checks that a whole page is well-formed.
#include "tests/unit/verify/images.h"

#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

#include "launcher/evidence/run-record.h"
#include "launcher/report/chain.h"
#include "launcher/report/criteria.h"
#include "launcher/report/disk.h"
#include "launcher/report/html.h"
#include "launcher/report/screen.h"
#include "launcher/report/timeline.h"
#include "launcher/report/transcript.h"
#include "launcher/report/verdict.h"

// The page and the run of a test.
static struct text html;
static struct run_record record;

static int begin(void **state)
{
        html = (struct text){0};
        record = (struct run_record){0};
        return scratch_begin(state);
}

static int end(void **state)
{
        text_free(&html);
        run_record_free(&record);
        return scratch_end(state);
}
#define WITH_PAGE(name) TEST_WITH(name, begin, end)

static void assert_page(const char *part)
{
        assert_contains(text_string(&html), part);
}

static void assert_page_lacks(const char *part)
{
        if (strstr(text_string(&html), part))
                fail_msg("\"%s\" is in: %s", part, text_string(&html));
}

// In the page. Not by strstr, whose sanitizer measures all of a text each time.
static size_t occurrences(const char *part)
{
        size_t count = 0;
        for (const char *text = text_string(&html); *text; text++)
                count += *text == *part && !strncmp(text, part, strlen(part));
        return count;
}

WITH_PAGE(text_is_escaped)
{
        static const struct {
                const char *text, *html;
        } rows[] = {
                {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
                {"a & b &lt; c", "a &amp; b &amp;lt; c"},
                {"\" onload='x' ", "&quot; onload=&#39;x&#39; "},
                {"]]> --> <!--", "]]&gt; --&gt; &lt;!--"},
                {"tab\tnew\nline", "tab\tnew\nline"},
                {"\x1b[31m\x07\r\x7f", "\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                {"\xC2\x9B"
                 "C1",
                 "\xEF\xBF\xBD"
                 "C1"},
                {"\xE2\x80\xAE"
                 "evil\xE2\x81\xA6",
                 "\xEF\xBF\xBD"
                 "evil\xEF\xBF\xBD"},
                {"\xEF\xBF\xBF \xEF\xB7\x90", "\xEF\xBF\xBD \xEF\xBF\xBD"},
                {"broken \xFF and cut \xE2\x82", "broken \xEF\xBF\xBD and cut \xEF\xBF\xBD"},
                {"overlong \xC0\xBC", "overlong \xEF\xBF\xBD\xEF\xBF\xBD"},
                {"\xE2\x94\x80 \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80",
                 "\xE2\x94\x80 \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                text_clear(&html);
                html_add(&html, rows[i].text);
                assert_string_equal(text_string(&html), rows[i].html);
        }
        text_clear(&html);
        html_add_span(&html, "a\0<", 3);
        assert_string_equal(text_string(&html), "a\xEF\xBF\xBD&lt;");
        text_clear(&html);
        html_element(&html, "td class=\"x\"", "<b>");
        assert_string_equal(text_string(&html), "<td class=\"x\">&lt;b&gt;</td>\n");
        text_clear(&html);
        html_element(&html, "p", NULL);
        html_row(&html, "name", "");
        assert_string_equal(text_string(&html), "");
}

WITH_PAGE(every_byte_is_safe)
{
        for (unsigned one = 0; one < 256; one++) {
                for (unsigned other = 0; other < 256; other++) {
                        text_clear(&html);
                        const char bytes[] = {(char)one, (char)other, '<'};
                        html_add_span(&html, bytes, sizeof bytes);
                        assert_true(text_ends_with(text_string(&html), "&lt;"));
                        assert_null(strpbrk(text_string(&html), "<>\"'\x1b\r"));
                }
        }
}

static void assert_screen(const char *ansi, const char *part)
{
        text_clear(&html);
        screen_to_html(&html, ansi);
        assert_page(part);
        assert_int_equal(occurrences("<span"), occurrences("</span>"));
}

WITH_PAGE(screens_keep_their_colours)
{
        assert_screen("plain", "<pre class=\"screen\">\nplain\n");
        assert_screen("\033[0;31;44mred\033[0m on", "<span class=\"f1 b4\">red</span> on\n");
        assert_screen("\033[0;1;97;100mbright\033[0m", "<span class=\"f15 b8 bold\">bright</span>");
        assert_screen("\033[0;7mback\033[0m", "<span class=\"fb bf\">back</span>");
        assert_screen("\033[0;7;32mgreen\033[0m", "<span class=\"b2 fb\">green</span>");
        assert_screen("\033[0;4:3;9mwavy\033[0m", "<span class=\"under strike\">wavy</span>");
        // The colours of xterm's palette of 256: 196 is ff0000, 244 is 808080.
        assert_screen("\033[0;38;5;196;48;5;244mx\033[0m", "style=\"color:#ff0000;background:#808080;\">x");
        assert_screen("\033[0;38;2;1;2;255mx\033[0m", "style=\"color:#0102ff;\">x");
        assert_screen("\033[31ma\033[39mb\033[mc", "<span class=\"f1\">a</span>bc");
        // A rendition goes on in the next row, and a row is always whole.
        assert_screen("\033[31ma\nb", "<span class=\"f1\">a</span>\n<span class=\"f1\">b</span>\n");
}

WITH_PAGE(invalid_screens_do_no_harm)
{
        assert_screen("\033[31m<script>\033[0m", "<span class=\"f1\">&lt;script&gt;</span>");
        assert_screen("\033[2J\033]0;x\007\033[", "\xEF\xBF\xBD[2J\xEF\xBF\xBD]0;x\xEF\xBF\xBD\xEF\xBF\xBD[\n");
        assert_screen("\033[38;5;999mx", "x");
        assert_screen("\033[38;2;1mx", "x");
        assert_screen("\033[99999999999999999999mx", "x");
        assert_screen("\033[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9mx", "x");
        AUTO_TEXT struct text many = {0};
        for (unsigned i = 0; i < 200000; i++)
                text_add(&many, i % 3 ? "<" : "\n");
        text_clear(&html);
        screen_to_html(&html, text_string(&many));
        assert_true(html.length < 400000);
        text_clear(&html);
        screen_to_html(&html, "");
        assert_int_equal(occurrences("\n"), 24 + 2);
        // Cut at every byte, a screen is still whole HTML.
        const char *screen = "\033[0;1;38;2;10;20;30;48;5;99mA\033[0m\n\033[0;7mB";
        for (size_t length = 0; length < strlen(screen); length++) {
                AUTO_FREE char *cut = text_format("%.*s", (int)length, screen);
                assert_screen(cut, "</pre>");
        }
}

static void make_run(const char *events, const char *result)
{
        AUTO_ERROR struct error err = {0};
        mkdir("run", 0777);
        write_text("run/events.jsonl", events);
        if (result)
                write_text("run/result.json", result);
        write_text("run/console.txt", "[   0.500] first\n");
        run_record_free(&record);
        assert_done(run_record_read("run", &record, &err), &err);
}

static const char EVENTS[] =
        "{\"time\":0.5,\"event\":\"qemu-start\",\"command\":\"qemu-system-aarch64 -M virt\"}\n"
        "{\"time\":2.0,\"event\":\"firmware\",\"verb\":\"loading\",\"entry\":1,\"label\":\"UEFI\",\"path\":\"x\"}\n"
        "{\"time\":2.0,\"event\":\"firmware\",\"verb\":\"starting\",\"entry\":1,\"label\":\"UEFI "
        "<i>\",\"path\":\"x\"}\n"
        "{\"time\":3.0,\"event\":\"step\",\"step\":\"welcome\",\"title\":\"Welcome\",\"screen\":\"Hi\",\"screen_ansi\":"
        "\"\\u001b[0;31mHi\\u001b[0m\"}\n"
        "{\"time\":3.1,\"event\":\"key\",\"key\":\"Enter\"}\n"
        "{\"time\":5.5,\"event\":\"step\",\"step\":\"eula\",\"title\":\"Licence\",\"screen\":\"Yes?\"}\n"
        "{\"time\":8.0,\"event\":\"qmp\",\"message\":{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":"
        "\"guest-reset\"}}}\n";

WITH_PAGE(a_record_describes_the_run)
{
        make_run(EVENTS,
                 "{\"outcome\":\"pass\",\"duration\":10.0,\"criteria\":{\"install\":[],\"reboot\":["
                 "{\"name\":\"halted\",\"kind\":\"required\",\"met\":true,\"line\":4,\"time\":7.0,\"text\":\"halted\"},"
                 "{\"name\":\"again\",\"kind\":\"optional\",\"met\":true,\"line\":5,\"time\":9.0,\"text\":\"BdsDxe: "
                 "loading\"},"
                 "{\"name\":\"panic\",\"kind\":\"forbidden\",\"met\":false}]}}");
        static const struct {
                const char *title;
                double time;
                enum run_moment_kind kind;
                const char *screen;
        } expected[] = {
                {"Preparation", 0, RUN_PREPARED, NULL},
                {"QEMU starts", 0.5, RUN_FIRMWARE, NULL},
                {"Firmware starts Boot0001 \"UEFI <i>\"", 2, RUN_FIRMWARE, NULL},
                {"Welcome", 3, RUN_STEP, "\033[0;31mHi\033[0m"},
                {"Licence", 5.5, RUN_STEP, "Yes?"},
                {"halted", 7, RUN_GUEST, NULL},
                {"The guest resets", 8, RUN_FIRMWARE, NULL},
        };
        assert_int_equal(record.count, sizeof expected / sizeof *expected);
        for (size_t i = 0; i < record.count; i++) {
                assert_string_equal(record.moments[i].title, expected[i].title);
                assert_true(fabs(record.moments[i].time - expected[i].time) < 1e-9);
                assert_int_equal(record.moments[i].kind, expected[i].kind);
                assert_true(!record.moments[i].screen == !expected[i].screen);
                if (expected[i].screen)
                        assert_string_equal(record.moments[i].screen, expected[i].screen);
        }
        assert_string_equal(record.name, "run");
        assert_string_equal(record.qemu_command, "qemu-system-aarch64 -M virt");
        assert_string_equal(verdict_word(&record), "pass");
        assert_true(fabs(record.end - 10) < 1e-9);
}

// Together they are as wide as the run is long.
WITH_PAGE(bars_are_as_long_as_their_steps)
{
        make_run(EVENTS, "{\"outcome\":\"pass\",\"duration\":10.0}");
        timeline_to_html(&html, &record);
        const char *at = text_string(&html);
        double x = 0;
        size_t bars = 0;
        while ((at = strstr(at, " x=\""))) {
                double from = strtod(at + 4, NULL);
                at = strstr(at, "width=\"") + 7;
                assert_true(fabs(from - x) < 0.2);
                x = from + strtod(at, NULL);
                bars++;
        }
        assert_int_equal(bars, record.count);
        assert_true(fabs(x - 1000) < 0.2);
        assert_page("2.50 s</td>");
        assert_page("<a href=\"#screen-3\">Welcome</a>");
        assert_page("UEFI &lt;i&gt;");
}

WITH_PAGE(an_unfinished_run_has_a_record)
{
        for (size_t length = 0; length < sizeof EVENTS; length += 7) {
                AUTO_FREE char *cut = text_format("%.*s", (int)length, EVENTS);
                make_run(cut, length % 2 ? "{\"outcome\":" : NULL);
                assert_string_equal(verdict_word(&record), "unfinished");
                text_clear(&html);
                timeline_to_html(&html, &record);
                verdict_to_html(&html, &(struct report_subject){.record = &record});
                assert_page("Unfinished");
        }
}

WITH_PAGE(broken_evidence_is_ignored)
{
        AUTO_TEXT struct text events = {0};
        text_add(&events,
                 "not "
                 "json\n[]\n1\n{}\n{\"event\":7}\n{\"event\":\"step\"}\n{\"event\":\"step\",\"title\":[],\"time\":"
                 "\"x\"}\n"
                 "{\"event\":\"firmware\",\"verb\":\"starting\",\"entry\":\"x\"}\n{\"event\":\"qmp\",\"message\":[]}\n"
                 "{\"event\":\"qmp\",\"message\":{\"event\":\"SHUTDOWN\",\"data\":null}}\n"
                 "{\"event\":\"screenshot\",\"name\":\"screen-/../../../etc/passwd\"}\n\xff\xfe\n");
        for (unsigned i = 0; i < 100000; i++)
                text_add(&events, "[");
        text_add(&events, "\n");
        make_run(text_string(&events), "[1, 2]");
        assert_int_equal(record.count, 4);
        assert_null(record.result);
}

WITH_PAGE(a_record_has_a_bounded_size)
{
        AUTO_TEXT struct text events = {0};
        for (unsigned i = 0; i < 2000; i++)
                text_add_format(&events, "{\"time\":%u,\"event\":\"step\",\"title\":\"again\",\"screen\":\"x\"}\n", i);
        make_run(text_string(&events), NULL);
        assert_int_equal(record.count + record.left_out, 2000);
        assert_true(record.count < 1000);
        timeline_to_html(&html, &record);
        assert_page("more events are not shown");
}

WITH_PAGE(a_folder_without_a_run_is_refused)
{
        AUTO_ERROR struct error err = {0};
        mkdir("empty", 0777);
        assert_false(run_record_read("empty", &record, &err));
        assert_error(&err, ERROR_USAGE, "events.jsonl");
}

static void show_verdict(const char *result)
{
        make_run(EVENTS, result);
        text_clear(&html);
        verdict_to_html(&html, &(struct report_subject){.record = &record});
}

WITH_PAGE(the_verdict_has_its_reason)
{
        show_verdict("{\"outcome\":\"timed out\",\"message\":\"the step 'x' did not come in ESXi 8.0. The screen "
                     "shows:\\n<b>\"}");
        assert_page("<p class=\"reason\">The step &#39;x&#39; did not come in ESXi 8.0.</p>");
        assert_page("The whole message");
        assert_page("&lt;b&gt;");
        assert_page("href=\"#screen-4\"");
        show_verdict("{\"outcome\":\"fail\",\"message\":\"It failed. Do this.\",\"match\":{\"holds\":false}}");
        assert_page("<p class=\"reason\">It failed.</p>");
        assert_page("<p class=\"advice\">Do this.</p>");
        assert_page("#prediction");
        show_verdict("{\"outcome\":\"panic\",\"message\":\"p\",\"criteria\":{\"boot\":[{\"name\":\"a\",\"kind\":"
                     "\"required\",\"met\":false},"
                     "{\"name\":\"psod\",\"kind\":\"forbidden\",\"met\":true,\"line\":9}]}}");
        assert_page("psod in line 9");
        show_verdict("{\"outcome\":\"pass\",\"command\":\"install\",\"match\":{\"holds\":true,\"explanation\":\"It "
                     "matches.\"}}");
        assert_page("It matches.");
        assert_page_lacks("Where to look");
        show_verdict("{\"outcome\":\"<script>\"}");
        assert_page_lacks("<script>");
}

static void show_console(const char *path, struct console_anchor *anchors, size_t count)
{
        text_clear(&html);
        console_to_html(&html, path, &(struct console_anchors){anchors, count});
        assert_int_equal(occurrences("<div"), occurrences("</div>"));
}

WITH_PAGE(consoles_have_times_and_anchors)
{
        write_text("console.txt", "[   1.000] one <b>\n[   2.000] two\n[   2.001] two\nno time\n[  12.500] [x] last");
        struct console_anchor anchors[] = {
                {.id = "a", .time = 2.05, .text = "two", .class = "met"},
                {.id = "b", .time = 9, .text = NULL},
                {.id = "c", .time = 1, .text = "not there"},
        };
        show_console("console.txt", anchors, sizeof anchors / sizeof *anchors);
        assert_page("<div class=\"l\"><i>1.000</i> one &lt;b&gt;</div>");
        assert_page("<div class=\"l met\"><a id=\"a\"></a><i>2.000</i> two</div>");
        assert_page("<div class=\"l\">no time</div>");
        assert_page("<div class=\"l\"><a id=\"b\"></a><i>12.500</i> [x] last</div>");
        assert_true(anchors[0].found && anchors[1].found && !anchors[2].found);
        show_console("absent.txt", NULL, 0);
        assert_page("<p>");
}

WITH_PAGE(a_long_console_keeps_ends_and_anchors)
{
        FILE *file = fopen("console.txt", "w");
        assert_non_null(file);
        for (unsigned i = 0; i < 400000; i++)
                fprintf(file, "[%4u.%03u] line %u of the flood\n", i / 1000, i % 1000, i);
        fclose(file);
        struct console_anchor anchors[] = {
                {.id = "m", .time = 200.123, .text = "line 200123 of", .class = "met"},
                {.id = "n", .time = 200.2, .text = "line 200200 of", .class = "met"},
        };
        show_console("console.txt", anchors, sizeof anchors / sizeof *anchors);
        assert_true(anchors[0].found && anchors[1].found);
        assert_page("line 0 of the flood");
        assert_page("line 399999 of the flood");
        assert_page("<a id=\"m\"></a><i>200.123</i> line 200123 of");
        assert_page_lacks("line 100000 of");
        assert_int_equal(occurrences("left out here"), 2);
        assert_int_equal(occurrences("line 200200 of"), 1);
        assert_true(html.length < 4 << 20);
}

// 4 GiB, nearly all of it a hole: only what is shown may be read.
WITH_PAGE(a_huge_console_costs_little)
{
        write_text("console.txt", "[   1.000] first\n");
        shell("truncate -s 4G console.txt; printf '\\n[9999.000] <last>\\n' >>console.txt");
        struct console_anchor anchors[] = {{.id = "m", .time = 50, .text = "nowhere"}};
        show_console("console.txt", anchors, sizeof anchors / sizeof *anchors);
        assert_page("first");
        assert_page("&lt;last&gt;");
        assert_true(html.length < 1 << 20);
}

WITH_PAGE(long_lines_are_cut)
{
        FILE *file = fopen("console.txt", "w");
        assert_non_null(file);
        fputs("[   1.000] ", file);
        for (unsigned i = 0; i < 500000; i++)
                fputc('<', file);
        fputs("\n[   2.000] next\n", file);
        fclose(file);
        show_console("console.txt", NULL, 0);
        assert_page("more bytes");
        assert_page("<i>2.000</i> next");
        assert_true(html.length < 200000);
}

WITH_PAGE(criteria_lead_to_their_lines)
{
        json_t *result = json_loads(
                "{\"criteria\":{\"boot\":[{\"name\":\"<up>\",\"kind\":\"required\",\"met\":true,\"line\":3,\"time\":1."
                "5,"
                "\"text\":\"   +--- up & running ---+\"},{\"name\":\"gone\",\"kind\":\"required\",\"met\":false},"
                "{\"name\":\"panic\",\"kind\":\"forbidden\",\"met\":false},{\"name\":\"maybe\",\"kind\":\"optional\","
                "\"met\":false}]}}",
                0, NULL);
        assert_non_null(result);
        struct console_anchors anchors = {0};
        criteria_anchors(result, &anchors);
        assert_int_equal(anchors.count, 1);
        assert_string_equal(anchors.items[0].id, "line-0");
        criteria_to_html(&html, result, &anchors);
        assert_page_lacks("href");
        anchors.items[0].found = true;
        text_clear(&html);
        criteria_to_html(&html, result, &anchors);
        assert_page("<a href=\"#line-0\">up &amp; running</a>");
        assert_page("&lt;up&gt;");
        static const char *const words[] = {"</span> met<", "</span> not met<", "</span> did not occur<",
                                            "</span> not seen<", "line 3<"};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                assert_page(words[i]);
        json_decref(result);
        console_anchors_free(&anchors);
}

// The rectangles of the bar that begins at BAR: their places as parts of 1000, read back.
static size_t rectangles(const char *bar, double from[], double width[], size_t most)
{
        const char *end = strstr(bar, "</svg>");
        size_t count = 0;
        for (const char *at = bar; count < most && (at = strstr(at, " x=\"")) && at < end; at++, count++) {
                from[count] = strtod(at + 4, NULL);
                width[count] = strtod(strstr(at, "width=\"") + 7, NULL);
        }
        return count;
}

WITH_PAGE(partitions_are_drawn_to_scale)
{
        shell("truncate -s 40G disk.img; sgdisk -a 1 -n 1:64:204863 -t 1:EF00 -n 5:208896:8597503 -n "
              "6:8597504:16986111 "
              "-n 7:16986112:0 -t 7:4EB2EA39-7855-4790-A79E-FAE495E21F8D -c '7:<b>&' disk.img");
        AUTO_ERROR struct error err = {0};
        AUTO_DISK struct disk *disk = NULL;
        AUTO_GPT struct gpt gpt = {0};
        assert_done(disk_open("disk.img", "raw", &disk, &err) && gpt_read(disk, &gpt, &err), &err);
        disk_to_html(&html, &gpt, disk_size(disk), &gpt.partitions[0].unique);
        const char *bar = strstr(text_string(&html), "disk-bar");
        double from[8] = {0};
        double width[8] = {0};
        assert_int_equal(rectangles(bar, from, width, 8), 4);
        for (size_t i = 1; gpt.partitions && i < 4; i++) {
                const struct gpt_partition *partition = &gpt.partitions[i];
                double whole = 40.0 * 1024 * 1024 * 2;
                assert_true(fabs(from[i] - (double)partition->first / whole * 1000) < 0.01);
                assert_true(fabs(width[i] - (double)gpt_partition_size(partition) / whole * 1000) < 0.01);
        }
        // The ESP is a hair there, and a quarter of the bar below.
        assert_true(width[0] < 3);
        bar = strstr(bar + 1, "disk-bar");
        assert_non_null(bar);
        assert_int_equal(rectangles(bar, from, width, 8), 2);
        assert_true(fabs(width[0] - 250) < 0.1 && fabs(from[0]) < 0.01);
        assert_null(strstr(bar + 1, "disk-bar"));
        assert_page("&lt;b&gt;&amp;");
        assert_int_equal(occurrences("the boot entry leads here"), 1);
}

WITH_PAGE(disks_without_valid_partitions_are_shown)
{
        disk_to_html(&html, &(struct gpt){.state = GPT_BLANK}, 1 << 20, NULL);
        assert_page("blank");
        text_clear(&html);
        struct gpt_partition partition = {.index = 1, .first = 5, .last = 3};
        disk_to_html(&html,
                     &(struct gpt){.state = GPT_PRESENT, .sector_size = 512, .partitions = &partition, .count = 1}, 0,
                     NULL);
        assert_page_lacks("nan");
        assert_page_lacks("inf");
}
