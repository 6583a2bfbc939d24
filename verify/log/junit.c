// SPDX-License-Identifier: Apache-2.0
#include "verify/log/junit.h"

#include <inttypes.h>

// The length of a character at the start of TEXT that XML 1.0 (2.2) does not allow, not even as a reference; 0 if it is
// allowed.
static size_t forbidden_in_xml(const char *text)
{
        if ((unsigned char)*text < ' ' && *text != '\t' && *text != '\n' && *text != '\r')
                return 1;
        return text_starts_with(text, "\xEF\xBF\xBE") || text_starts_with(text, "\xEF\xBF\xBF") ? 3 : 0;
}

static void add_escaped(struct text *xml, const char *text)
{
        static const char *const references['>' + 1] = {
                ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};
        while (*text) {
                size_t forbidden = forbidden_in_xml(text);
                unsigned char character = (unsigned char)*text;
                if (forbidden)
                        text_add_utf8(xml, 0xFFFD);
                else if (character <= '>' && references[character])
                        text_add(xml, references[character]);
                else
                        text_add_char(xml, *text);
                text += forbidden ? forbidden : 1;
        }
}

static bool went_wrong(const struct criterion_finding *finding)
{
        bool wanted = finding->criterion->kind == CRITERION_REQUIRED;
        bool unwanted = finding->criterion->kind == CRITERION_FORBIDDEN || finding->criterion->panic;
        return (wanted && !finding->met) || (unwanted && finding->met);
}

static void add_case(struct text *xml, const char *suite, const struct criterion_finding *finding)
{
        text_add(xml, "    <testcase classname=\"");
        add_escaped(xml, suite);
        text_add(xml, "\" name=\"");
        add_escaped(xml, finding->criterion->name);
        text_add_format(xml, "\" time=\"%.3f\">", (double)finding->time_ms / 1000);
        if (went_wrong(finding)) {
                text_add(xml, "<failure message=\"");
                text_add(xml, finding->met ? "met in line " : "not met");
                if (finding->met)
                        text_add_format(xml, "%" PRIu64, finding->line_number);
                text_add(xml, "\">");
                add_escaped(xml, finding->text ? finding->text : finding->criterion->pattern);
                text_add(xml, "</failure>");
        } else if (finding->text) {
                text_add_format(xml, "<system-out>line %" PRIu64 ": ", finding->line_number);
                add_escaped(xml, finding->text);
                text_add(xml, "</system-out>");
        }
        text_add(xml, "</testcase>\n");
}

static size_t count_failures(const struct junit_suite *suite)
{
        size_t failures = 0;
        for (size_t i = 0; i < suite->count; i++)
                failures += went_wrong(&suite->findings[i]);
        return failures;
}

// Adds why the suite could not be judged, as a test case with an error.
static void add_error(struct text *xml, const struct junit_suite *suite)
{
        text_add(xml, "    <testcase classname=\"");
        add_escaped(xml, suite->name);
        text_add(xml, "\" name=\"readable\"><error message=\"");
        add_escaped(xml, suite->error);
        text_add(xml, "\"></error></testcase>\n");
}

void junit_add(struct text *suites, const struct junit_suite *suite)
{
        text_add(suites, "  <testsuite name=\"");
        add_escaped(suites, suite->name);
        text_add_format(suites, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" time=\"%.3f\">\n",
                        suite->count + (suite->error ? 1 : 0), count_failures(suite), suite->error ? 1 : 0,
                        (double)suite->duration_ms / 1000);
        for (size_t i = 0; i < suite->count; i++)
                add_case(suites, suite->name, &suite->findings[i]);
        if (suite->error)
                add_error(suites, suite);
        text_add(suites, "  </testsuite>\n");
}

char *junit_document(const struct text *suites)
{
        return text_format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n%s</testsuites>\n",
                           text_string(suites));
}
