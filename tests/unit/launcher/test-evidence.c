// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "tests/unit/scratch.h"

#include "base/time.h"
#include "launcher/evidence/evidence.h"

static struct evidence *new_evidence(const char *tag)
{
        AUTO_ERROR struct error err = {0};
        struct evidence *evidence = evidence_begin("runs", tag, "install", &err);
        assert_done(evidence, &err);
        return evidence;
}

// The evidence of a test, in runs/x.
static struct evidence *evidence;

static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        evidence = new_evidence("x");
        return 0;
}

static int end(void **state)
{
        evidence_free(&evidence);
        return scratch_end(state);
}
#define WITH_EVIDENCE(name) TEST_WITH(name, begin, end)

static void feed(const char *text)
{
        evidence_console(evidence, text, strlen(text), time_now_us());
}

// The recording at PATH is asciicast v2 (docs.asciinema.org/manual/asciicast/v2), and what it plays is returned, freed
// with free().
static char *played(const char *path)
{
        AUTO_FREE char *content = read_text(path);
        struct text output = {0};
        double before = 0;
        char *rest = content;
        for (char *line; (line = strtok_r(rest, "\n", &rest));) {
                json_t *json = json_loads(line, JSON_DECODE_ANY, NULL);
                if (!json)
                        fail_msg("not JSON: %s", line);
                if (line == content) {
                        assert_int_equal(json_integer_value(json_object_get(json, "version")), 2);
                        assert_int_equal(json_integer_value(json_object_get(json, "width")), 80);
                        assert_int_equal(json_integer_value(json_object_get(json, "height")), 24);
                        assert_true(json_integer_value(json_object_get(json, "timestamp")) > 1700000000);
                } else {
                        double at = -1;
                        const char *kind = NULL;
                        const char *text = NULL;
                        assert_int_equal(json_unpack(json, "[F, s, s!]", &at, &kind, &text), 0);
                        assert_string_equal(kind, "o");
                        assert_true(at >= before);
                        before = at;
                        text_add(&output, text);
                }
                json_decref(json);
        }
        return text_take(&output);
}

TEST_IN_SCRATCH(a_run_has_a_folder_of_its_own)
{
        AUTO_EVIDENCE struct evidence *first = new_evidence("nightly");
        AUTO_EVIDENCE struct evidence *second = new_evidence("nightly");
        AUTO_EVIDENCE struct evidence *third = new_evidence("nightly");
        assert_true(text_ends_with(evidence_folder(first), "/runs/nightly"));
        assert_true(text_ends_with(evidence_folder(second), "/runs/nightly-2"));
        assert_true(text_ends_with(evidence_folder(third), "/runs/nightly-3"));
        AUTO_FREE char *path = evidence_path(second, "result.json");
        assert_true(text_ends_with(path, "/runs/nightly-2/result.json"));
        shell("for run in nightly nightly-2 nightly-3; do "
              "test -f runs/$run/events.jsonl; test -f runs/$run/console.txt; test -f runs/$run/console.cast; done");
}

TEST_IN_SCRATCH(without_a_tag_time_and_kind_name_the_run)
{
        AUTO_EVIDENCE struct evidence *one = new_evidence(NULL);
        AUTO_EVIDENCE struct evidence *other = new_evidence(NULL);
        assert_string_not_equal(evidence_folder(one), evidence_folder(other));
        shell("ls runs | grep -Eqx '[0-9]{8}T[0-9]{6}Z-install(-2)?'; ! ls runs | grep -Evx "
              "'[0-9]{8}T[0-9]{6}Z-install(-2)?'");
}

TEST_IN_SCRATCH(a_tag_must_be_a_plain_file_name)
{
        static const char *const tags[] = {"",        "a/b", "/",    "../x",      "..",   ".",
                                           ".hidden", "a/",  "a\nb", "a\033[31m", "a\x7F"};
        for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
                AUTO_ERROR struct error err = {0};
                assert_null(evidence_begin("runs", tags[i], "install", &err));
                assert_error(&err, ERROR_USAGE, "is not a plain file name");
                assert_null(strchr(err.message, '\033'));
        }
        assert_false(file_exists("runs"));
        AUTO_EVIDENCE struct evidence *unusual = new_evidence("a b,c'\xC3\xBC");
        assert_non_null(unusual);
}

TEST_IN_SCRATCH(a_folder_that_cannot_be_created_is_an_error)
{
        AUTO_ERROR struct error in_file = {0};
        AUTO_ERROR struct error too_long = {0};
        char name[400];
        memset(name, 'x', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        write_text("file", "x");
        assert_null(evidence_begin("file/runs", "x", "install", &in_file));
        assert_null(evidence_begin("runs", name, "install", &too_long));
        assert_error(&in_file, ERROR_ENVIRONMENT, "file");
        assert_error(&too_long, ERROR_ENVIRONMENT, "runs/xxx");
}

static const char stream[] = "\033[2J\033[1;1HWelcome \xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80 \"quoted\" \\ back\r\n"
                             "broken \xC3\x28 \xED\xA0\x80 \xFF \xF8\x88\x80\x80\x80 end\r\n\a\t\x7F\xC2\x9B tail\r\n";

TEST_IN_SCRATCH(the_recording_is_valid_for_pieces_of_any_size)
{
        AUTO_TEXT struct text expected = {0};
        text_add_repaired(&expected, stream, sizeof stream - 1);
        for (size_t piece = 1; piece <= 8; piece++) {
                AUTO_FREE char *tag = text_format("pieces-of-%zu", piece);
                evidence = new_evidence(tag);
                for (size_t at = 0; at < sizeof stream - 1; at += piece) {
                        size_t left = sizeof stream - 1 - at;
                        evidence_console(evidence, stream + at, left < piece ? left : piece, time_now_us());
                }
                AUTO_FREE char *path = evidence_path(evidence, "console.cast");
                evidence_free(&evidence);
                assert_null(evidence);
                AUTO_FREE char *output = played(path);
                assert_string_equal(output, text_string(&expected));
        }
}

WITH_EVIDENCE(a_sequence_without_its_end_is_recorded)
{
        evidence_console(evidence, "", 0, time_now_us());
        feed("a\xE2\x82");
        evidence_console(evidence, "", 0, time_now_us());
        evidence_quiet(evidence);
        evidence_free(&evidence);
        AUTO_FREE char *output = played("runs/x/console.cast");
        assert_true(text_starts_with(output, "a"));
}

static void note_line(const struct log_line *line, void *context)
{
        text_add_format(context, "%s|", line->text);
}

WITH_EVIDENCE(lines_are_written_with_their_time_and_handed_on)
{
        AUTO_TEXT struct text seen = {0};
        evidence_on_line(evidence, note_line, &seen);
        feed("first line\r\nsecond \033[31mred\033[0m\r\nunfin");
        feed("ished");
        assert_string_equal(text_string(&seen), "first line|second red|");
        evidence_quiet(evidence);
        assert_string_equal(text_string(&seen), "first line|second red|unfinished|");
        evidence_on_line(evidence, NULL, NULL);
        feed("\r\nunseen\r\n");
        assert_string_equal(text_string(&seen), "first line|second red|unfinished|");
        evidence_quiet(evidence);
        shell("sed 's/^\\[ *[0-9]*\\.[0-9][0-9][0-9]\\] //' runs/x/console.txt >read; "
              "printf 'first line\\nsecond red\\nunfinished\\nunseen\\n' | cmp - read");
}

// Not the time when they were read, which may be a moment later; but no line is earlier than the one above it.
WITH_EVIDENCE(lines_have_the_time_when_they_were_printed)
{
        uint64_t began_us = time_now_us();
        evidence_console(evidence, "early\nlate", 10, began_us + 1200000);
        evidence_console(evidence, "r\n", 2, began_us + 2300000);
        evidence_console(evidence, "a clock that goes back\nunfinished", 33, began_us + 1500000);
        evidence_quiet(evidence);
        shell("awk '{ print int(substr($0, 2)), $NF }' runs/x/console.txt >read; "
              "printf '1 early\n2 later\n2 back\n2 unfinished\n' | cmp - read");
        shell("tail -n +2 runs/x/console.cast | awk -F '[[,]' '{ print int($2) }' >read; "
              "printf '1\n2\n2\n' | cmp - read");
}

WITH_EVIDENCE(events_are_one_json_object_a_line)
{
        evidence_event(evidence, "key", json_pack("{s:s, s:f}", "key", "<password>", "still_ms", 61.5));
        evidence_event(evidence, "step", json_pack("{s:s}", "screen", "two\nlines \"and\" \xC3\xBC"));
        evidence_event(evidence, "plain", NULL);
        // An event keeps its time and kind if its fields have the same names.
        evidence_event(evidence, "qmp", json_pack("{s:s, s:s}", "event", "RESET", "time", "noon"));
        // Without closing anything: each event is in the file at once.
        AUTO_FREE char *content = read_text("runs/x/events.jsonl");
        static const struct {
                const char *kind, *field, *value;
        } expected[] = {
                {"run-start", NULL, NULL},
                {"key", "key", "<password>"},
                {"step", "screen", "two\nlines \"and\" \xC3\xBC"},
                {"plain", NULL, NULL},
                {"qmp", NULL, NULL},
        };
        size_t count = 0;
        double before = 0;
        char *rest = content;
        for (const char *line; (line = strtok_r(rest, "\n", &rest)); count++) {
                json_t *json = json_loads(line, 0, NULL);
                assert_non_null(json);
                assert_true(count < 5);
                assert_string_equal(json_string_value(json_object_get(json, "event")), expected[count].kind);
                assert_true(json_is_real(json_object_get(json, "time")));
                assert_true(json_real_value(json_object_get(json, "time")) >= before);
                before = json_real_value(json_object_get(json, "time"));
                if (expected[count].field)
                        assert_string_equal(json_string_value(json_object_get(json, expected[count].field)),
                                            expected[count].value);
                json_decref(json);
        }
        assert_int_equal(count, 5);
}

WITH_EVIDENCE(the_result_is_replaced_whole)
{
        AUTO_ERROR struct error err = {0};
        for (int i = 1; i <= 2; i++) {
                json_t *result = json_pack("{s:i, s:s}", "number", i, "text", "\"<&\n\xC3\xBC");
                assert_done(evidence_result(evidence, result, &err), &err);
                json_t *read = json_load_file("runs/x/result.json", 0, NULL);
                assert_true(json_equal(result, read));
                json_decref(read);
                json_decref(result);
        }
        shell("test -z \"$(ls -A runs/x | grep partial)\"; rm -r runs/x");
        AUTO_ERROR struct error gone = {0};
        json_t *result = json_object();
        assert_false(evidence_result(evidence, result, &gone));
        assert_error(&gone, ERROR_USAGE, "runs/x/result.json");
        json_decref(result);
}

static const struct criterion rows[] = {
        {"<done> & \"dusted\"", "Comp|lete", CRITERION_REQUIRED, false},
        {"missing", "a<b>&\"c\"", CRITERION_REQUIRED, false},
        {"forbidden\001\033", "P", CRITERION_FORBIDDEN, true},
        {"absent", "Q", CRITERION_FORBIDDEN, false},
        {"optional", "x", CRITERION_OPTIONAL, false},
        {"maybe", "y", CRITERION_OPTIONAL, false},
};
static const struct criterion_finding findings[] = {
        {.criterion = &rows[0], .met = true, .line_number = 7, .time_ms = 1500, .text = "<Complete> & \"so\" ]]>"},
        {.criterion = &rows[1]},
        {.criterion = &rows[2],
         .met = true,
         .line_number = 9,
         .text = "P\001\033[31m\x7F\xEF\xBF\xBF\xEF\xBF\xBE\xC3\xBC\ttab"},
        {.criterion = &rows[3]},
        {.criterion = &rows[4], .met = true, .line_number = 1, .text = "x"},
        {.criterion = &rows[5]},
};
static const struct criteria_verdict verdict = {.outcome = VERDICT_PANIC, .findings = findings, .count = 6};

static unsigned occurrences(const char *text, const char *part)
{
        unsigned count = 0;
        for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
                count++;
        return count;
}

WITH_EVIDENCE(criteria_become_the_test_cases_of_a_suite)
{
        AUTO_ERROR struct error err = {0};
        assert_done(evidence_junit(evidence, "inst<all>", &verdict, &err), &err);
        AUTO_FREE char *xml = read_text("runs/x/junit.xml");
        assert_true(text_starts_with(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"));
        assert_true(text_ends_with(xml, "</testsuites>\n"));
        static const char *const parts[] = {
                "<testsuite name=\"inst&lt;all&gt;\" tests=\"6\" failures=\"2\" errors=\"0\" time=\"",
                ("name=\"&lt;done&gt; &amp; &quot;dusted&quot;\" time=\"1.500\">"
                 "<system-out>line 7: &lt;Complete&gt; &amp; &quot;so&quot; ]]&gt;</system-out></testcase>"),
                "name=\"missing\" time=\"0.000\"><failure message=\"not met\">a&lt;b&gt;&amp;&quot;c&quot;</failure>",
                ("<failure message=\"met in line 9\">"
                 "P\xEF\xBF\xBD\xEF\xBF\xBD[31m\x7F\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xBC\ttab</failure>"),
                "name=\"absent\" time=\"0.000\"></testcase>",
                "name=\"maybe\" time=\"0.000\"></testcase>",
        };
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
                assert_contains(xml, parts[i]);
        assert_int_equal(occurrences(xml, "<testcase "), 6);
        assert_int_equal(occurrences(xml, "<failure "), 2);
}

// XML 1.0, 2.2: of the control characters only tab and the line ends are allowed in a document.
WITH_EVIDENCE(characters_that_xml_forbids_are_left_out)
{
        AUTO_ERROR struct error err = {0};
        char all[32];
        for (int i = 0; i < 31; i++)
                all[i] = (char)(i + 1);
        all[31] = '\0';
        const struct criterion row = {all, all, CRITERION_REQUIRED, false};
        const struct criterion_finding finding = {.criterion = &row, .met = false};
        const struct criteria_verdict one = {.outcome = VERDICT_FAIL, .findings = &finding, .count = 1};
        assert_done(evidence_junit(evidence, all, &one, &err), &err);
        AUTO_FREE char *xml = read_text("runs/x/junit.xml");
        for (const char *at = xml; *at; at++)
                assert_true((unsigned char)*at >= ' ' || *at == '\t' || *at == '\n' || *at == '\r');
        AUTO_BUFFER struct buffer ignored = {0};
        assert_true(text_to_utf16(xml, &ignored));
}

WITH_EVIDENCE(each_phase_adds_its_suite)
{
        AUTO_ERROR struct error err = {0};
        const struct criteria_verdict empty = {.outcome = VERDICT_PASS};
        assert_done(evidence_junit(evidence, "install", &verdict, &err), &err);
        assert_done(evidence_junit(evidence, "boot", &empty, &err), &err);
        AUTO_FREE char *xml = read_text("runs/x/junit.xml");
        assert_int_equal(occurrences(xml, "<testsuite "), 2);
        assert_int_equal(occurrences(xml, "</testsuite>"), 2);
        assert_int_equal(occurrences(xml, "<testsuites>"), 1);
        assert_contains(xml, "<testsuite name=\"boot\" tests=\"0\" failures=\"0\"");
}
