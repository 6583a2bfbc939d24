// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/json.h"
#include "base/memory.h"
#include "launcher/report/html.h"

// How a verdict is shown: the sign tells it without colour.
static const struct {
        const char *word, *class, *sign, *title;
} looks[] = {
        {"pass", "good", "\xE2\x9C\x93", "Passed"},
        {"fail", "bad", "\xE2\x9C\x97", "Failed"},
        {"timed out", "bad", "\xE2\x9C\x97", "Timed out"},
        {"panic", "bad", "\xE2\x9C\x97", "The guest panicked"},
        {"error", "bad", "\xE2\x9C\x97", "Error"},
        {"interrupted", "open", "\xE2\x80\x93", "Interrupted"},
        {"stopped", "open", "\xE2\x80\x93", "Stopped as asked"},
        {"unfinished", "open", "?", "Unfinished"},
        {"unknown", "open", "?", "Unknown"}, // of another program's
};

static size_t looks_of(const struct run_record *record)
{
        const char *outcome = record->result ? json_text(record->result, "outcome") : "unfinished";
        size_t last = sizeof looks / sizeof *looks - 1;
        for (size_t i = 0; outcome && i < last; i++) {
                if (!strcmp(looks[i].word, outcome))
                        return i;
        }
        return last;
}

const char *verdict_word(const struct run_record *record)
{
        return looks[looks_of(record)].word;
}

// Takes the next sentence off *MESSAGE's first line; freed with free(). NULL at its end, or before a sentence that only
// introduces the following lines with a colon.
static char *next_sentence(const char **message)
{
        const char *begin = *message + strspn(*message, " ");
        const char *line_end = begin + strcspn(begin, "\n");
        const char *end = begin;
        // After the dot of a name or number there is no blank and capital letter.
        while (end < line_end && !(end > begin && end[-1] == '.' && *end == ' ' && end[1] >= 'A' && end[1] <= 'Z'))
                end++;
        *message = end;
        if (end == begin || (end[-1] == ':' && *end == '\n'))
                return NULL;
        char *sentence = text_format("%.*s", (int)(end - begin), begin);
        // The second of two joined messages begins in the middle of a sentence.
        if (*sentence >= 'a' && *sentence <= 'z')
                *sentence = (char)(*sentence - 'a' + 'A');
        return sentence;
}

static char *reason_of_success(const struct run_record *record)
{
        const json_t *result = record->result;
        const char *command = json_text(result, "command");
        const char *explanation = json_text(json_object_get(result, "match"), "explanation");
        const char *booted = json_text(result, "booted");
        AUTO_FREE char *duration = text_duration((uint64_t)(record->end * 1000 + 0.5));
        if (!command || strcmp(command, "install") != 0) {
                // Number and label are enough here; the path is further down in the page.
                const char *path = booted ? strstr(booted, "\" from ") : NULL;
                AUTO_FREE char *entry = path ? text_format("%.*s\"", (int)(path - booted), booted)
                                             : memory_text(booted ? booted : "an entry");
                bool own = json_is_true(json_object_get(result, "booted_own_entry"));
                return text_format("The firmware started %s from the disk alone, and every required criterion was "
                                   "met%s.",
                                   entry, own ? "" : "; it is not the entry that the installer created");
        }
        return text_format("The installer finished in %s. %s", duration, explanation ? explanation : "");
}

static char *reason_of_absence(const struct report_subject *subject)
{
        const struct run_record *record = subject->record;
        const struct run_moment *last = record->count ? &record->moments[record->count - 1] : NULL;
        const char *state = subject->is_running
                                    ? "The run has not ended yet"
                                    : "The launcher ended before it could judge the run: it was killed, or the "
                                      "host went down";
        if (!last)
                return text_format("%s. It left no events.", state);
        return text_format("%s. The last known event is \"%s\" after %.1f s.", state, last->title, last->time);
}

static char *reason_of(const struct report_subject *subject)
{
        const json_t *result = subject->record->result;
        const char *message = json_text(result, "message");
        const char *stopped_at = json_text(result, "stopped_at");
        if (!result)
                return reason_of_absence(subject);
        char *sentence = message ? next_sentence(&message) : NULL;
        if (sentence)
                return sentence;
        if (stopped_at)
                return text_format("Stopped at the installer's step '%s', as requested.", stopped_at);
        return reason_of_success(subject->record);
}

// The first criterion of KIND whose state is MET; NULL if none.
static const json_t *find_criterion(const json_t *result, const char *kind, bool met)
{
        const char *phase;
        json_t *rows;
        json_object_foreach (json_object_get(result, "criteria"), phase, rows) {
                for (size_t i = 0; i < json_array_size(rows); i++) {
                        const json_t *row = json_array_get(rows, i);
                        const char *found = json_text(row, "kind");
                        if (found && !strcmp(found, kind) && json_is_true(json_object_get(row, "met")) == met)
                                return row;
                }
        }
        return NULL;
}

// A forbidden criterion that was met explains more than a required one that was not.
static const json_t *broken_criterion(const json_t *result)
{
        const json_t *came = find_criterion(result, "forbidden", true);
        return came ? came : find_criterion(result, "required", false);
}

static void add_criterion_hint(struct text *html, const json_t *result)
{
        const json_t *row = broken_criterion(result);
        if (!row)
                return;
        text_add(html, "<li><a href=\"#criteria\">The criteria</a>: ");
        html_add(html, json_text(row, "name") ? json_text(row, "name") : "one");
        if (json_is_true(json_object_get(row, "met")))
                text_add_format(html, " in line %" JSON_INTEGER_FORMAT,
                                json_integer_value(json_object_get(row, "line")));
        else
                text_add(html, " was not met");
        text_add(html, "</li>\n");
}

static void add_screen_hint(struct text *html, const struct run_record *record)
{
        if (record->failure_screen) {
                text_add(html, "<li><a href=\"#failure\">The screen when it failed</a></li>\n");
                return;
        }
        for (size_t i = record->count; i-- > 0;) {
                if (!record->moments[i].screen)
                        continue;
                text_add_format(html, "<li><a href=\"#screen-%zu\">The last screen</a> that the driver answered</li>\n",
                                i);
                return;
        }
}

static void add_hints(struct text *html, const struct report_subject *subject)
{
        const struct run_record *record = subject->record;
        const json_t *match = json_object_get(record->result, "match");
        text_add(html, "<h2>Where to look</h2>\n<ul class=\"hints\">\n");
        if (json_is_false(json_object_get(match, "holds")))
                text_add(html, "<li><a href=\"#prediction\">What does not match</a></li>\n");
        add_criterion_hint(html, record->result);
        add_screen_hint(html, record);
        text_add(html, "<li><a href=\"#console-end\">The last lines of the console</a></li>\n");
        if (subject->machine && !subject->is_running) {
                AUTO_ARGUMENTS struct arguments command = {0};
                ARGUMENTS_ADD_ALL(&command, "esxiarm", "diagnose", subject->machine->folder);
                AUTO_FREE char *quoted = arguments_quoted(&command);
                text_add(html, "<li>To find the cause and its fix: ");
                html_element(html, "code", quoted);
                text_add(html, "</li>\n");
        }
        text_add(html, "</ul>\n");
}

// The rest of the message after its first sentence: more sentences, and lines that may be a screen.
static void add_rest(struct text *html, const char *message)
{
        if (!message)
                return;
        const char *at = message;
        free(next_sentence(&at));
        for (char *sentence; (sentence = next_sentence(&at)); free(sentence))
                html_element(html, "p class=\"advice\"", sentence);
        at += strspn(at, " \n");
        if (!*at)
                return;
        text_add(html, "<details><summary>The whole message</summary>");
        html_element(html, "pre class=\"message\"", message);
        text_add(html, "</details>\n");
}

void verdict_to_html(struct text *html, const struct report_subject *subject)
{
        const struct run_record *record = subject->record;
        size_t i = looks_of(record);
        AUTO_FREE char *reason = reason_of(subject);
        text_add_format(html,
                        "<section class=\"verdict %s\" aria-label=\"verdict\"><p class=\"word\"><span "
                        "class=\"sign\">%s</span> %s</p>\n",
                        looks[i].class, looks[i].sign, looks[i].title);
        html_element(html, "p class=\"reason\"", reason);
        add_rest(html, json_text(record->result, "message"));
        if (strcmp(looks[i].class, "good") != 0)
                add_hints(html, subject);
        text_add(html, "</section>\n");
}
