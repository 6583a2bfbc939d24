// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8

#include "verify/log/criteria.h"

#include <inttypes.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "verify/log/literals.h"
#include "verify/log/panic.h"

enum {
        TEXT_LIMIT = 400,     // bytes of a line that are kept
        MATCH_LIMIT = 200000, // steps for one pattern on one line
        JIT_STACK_START = 32 << 10,
        JIT_STACK_LIMIT = 1 << 20,
        PROBLEM_SIZE = 256,
        ROW_LIMIT = 256, // bytes of text in a row of a box; a longer one is none
};

// The frames beside the rows of boxes, and words that find them. The text does not touch the frame.
#define FRAME       "\xE2\x94\x82" // U+2502
#define ASCII_FRAME "|"

// The text in a row of a box, without frame and blanks around it. LENGTH is 0 if a line is not such a row.
struct row {
        uint64_t number; // of the line
        size_t length;
        char text[ROW_LIMIT];
};

struct criteria {
        struct criterion *rows;
        struct criterion_finding *findings;
        struct pattern {
                pcre2_code *code; // NULL for the purple screen
        } * patterns;
        size_t count;
        const char *watched;      // another pattern whose words are searched for; NULL for none
        struct literals literals; // of the criteria not met yet; a line without any of them meets none
        struct literals quick;    // the same and, if REJOINS, the frames of boxes
        bool judges_all;          // one of the patterns has no words
        pcre2_match_data *match;
        pcre2_match_context *context;
        pcre2_jit_stack *stack;
        struct panic_reader panic;
        bool rejoins;                        // a criterion with REJOIN is not met yet
        struct row row;                      // the last line, if it is a row of a box and REJOINS
        size_t next;                         // the next required row; COUNT if all are met
        size_t first_forbidden, first_panic; // COUNT if none is met
};

void criteria_free(struct criteria **criteria_pointer)
{
        struct criteria *criteria = *criteria_pointer;
        if (!criteria)
                return;
        for (size_t i = 0; i < criteria->count; i++) {
                free((char *)criteria->rows[i].name);
                free((char *)criteria->rows[i].pattern);
                free((char *)criteria->findings[i].text);
                pcre2_code_free(criteria->patterns[i].code);
        }
        free(criteria->rows);
        free(criteria->findings);
        free(criteria->patterns);
        pcre2_match_data_free(criteria->match);
        pcre2_match_context_free(criteria->context);
        pcre2_jit_stack_free(criteria->stack);
        free(criteria);
        *criteria_pointer = NULL;
}

static pcre2_code *compile(const struct criterion *row, struct error *err)
{
        int problem;
        PCRE2_SIZE at;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)row->pattern, PCRE2_ZERO_TERMINATED,
                                         PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &problem, &at, NULL);
        if (!code) {
                PCRE2_UCHAR why[PROBLEM_SIZE] = "";
                pcre2_get_error_message(problem, why, sizeof why);
                error_set(err, ERROR_DAMAGED,
                          "the pattern of the criterion \"%s\" is invalid at character %zu of `%s`: %s", row->name,
                          (size_t)at + 1, row->pattern, (const char *)why);
                return NULL;
        }
        // If there is no JIT for this processor, the pattern is interpreted.
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
        return code;
}

static bool is_purple_screen(const struct criterion *row)
{
        return strcmp(row->pattern, CRITERION_PURPLE_SCREEN) == 0;
}

static size_t next_required(const struct criteria *criteria, size_t from)
{
        while (from < criteria->count && criteria->rows[from].kind != CRITERION_REQUIRED)
                from++;
        return from;
}

// Whether meeting row I would make a difference.
static bool is_looked_for(const struct criteria *criteria, size_t i)
{
        return criteria->rows[i].kind == CRITERION_REQUIRED ? i == criteria->next : !criteria->findings[i].met;
}

static void gather_literals(struct criteria *criteria)
{
        memset(&criteria->literals, 0, sizeof criteria->literals);
        criteria->rejoins = false;
        criteria->judges_all = criteria->watched && !literals_add(&criteria->literals, criteria->watched);
        for (size_t i = 0; i < criteria->count; i++) {
                const struct criterion *row = &criteria->rows[i];
                const char *words = is_purple_screen(row) ? PANIC_WORDS : row->pattern;
                if (!is_looked_for(criteria, i))
                        continue;
                criteria->rejoins = criteria->rejoins || row->rejoin;
                if (!literals_add(&criteria->literals, words))
                        criteria->judges_all = true;
        }
        criteria->quick = criteria->literals;
        if (criteria->rejoins &&
            !(literals_add_word(&criteria->quick, FRAME) && literals_add_word(&criteria->quick, ASCII_FRAME " ")))
                criteria->judges_all = true;
}

struct criteria *criteria_new(const struct criterion *rows, size_t count, struct error *err)
{
        AUTO_CRITERIA struct criteria *criteria = memory_new(1, sizeof *criteria);
        criteria->rows = memory_new(count + 1, sizeof *criteria->rows);
        criteria->findings = memory_new(count + 1, sizeof *criteria->findings);
        criteria->patterns = memory_new(count + 1, sizeof *criteria->patterns);
        criteria->match = pcre2_match_data_create(1, NULL);
        criteria->context = pcre2_match_context_create(NULL);
        criteria->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_LIMIT, NULL);
        pcre2_set_match_limit(criteria->context, MATCH_LIMIT);
        pcre2_jit_stack_assign(criteria->context, NULL, criteria->stack);
        for (size_t i = 0; i < count; i++) {
                struct criterion *row = &criteria->rows[criteria->count++];
                *row = rows[i];
                row->name = memory_text(rows[i].name ? rows[i].name : rows[i].pattern);
                row->pattern = memory_text(rows[i].pattern);
                if (is_purple_screen(row)) {
                        row->rejoin = false;
                        continue;
                }
                criteria->patterns[i].code = compile(row, err);
                if (!criteria->patterns[i].code)
                        return NULL;
        }
        criteria_restart(criteria);
        return MEMORY_TAKE(criteria);
}

void criteria_restart(struct criteria *criteria)
{
        for (size_t i = 0; i < criteria->count; i++) {
                free((char *)criteria->findings[i].text);
                criteria->findings[i] = (struct criterion_finding){.criterion = &criteria->rows[i]};
        }
        criteria->panic = (struct panic_reader){0};
        criteria->row.length = 0;
        criteria->next = next_required(criteria, 0);
        criteria->first_forbidden = criteria->first_panic = criteria->count;
        gather_literals(criteria);
}

// The line, or the part of a long one that shows the match at FROM to TO.
static char *excerpt(const char *text, size_t length, size_t from, size_t to)
{
        size_t start = to <= TEXT_LIMIT ? 0 : from;
        size_t end = length - start <= TEXT_LIMIT ? length : start + TEXT_LIMIT;
        while (end < length && end > start && ((uint8_t)text[end] & 0xC0) == 0x80)
                end--;
        return text_format("%.*s", (int)(end - start), text + start);
}

struct line {
        uint64_t number, time_ms;
        const char *text;
        size_t length;
};

// Row I is met by LINE, or by the earlier line NUMBER. TEXT then belongs to the finding.
static void note_met(struct criteria *criteria, size_t i, const struct line *line, uint64_t number, const char *text)
{
        struct criterion_finding *finding = &criteria->findings[i];
        finding->met = true;
        finding->line_number = number;
        finding->time_ms = line->time_ms;
        finding->text = text;
        if (criteria->rows[i].panic && criteria->first_panic == criteria->count)
                criteria->first_panic = i;
        if (criteria->rows[i].kind == CRITERION_FORBIDDEN && criteria->first_forbidden == criteria->count)
                criteria->first_forbidden = i;
}

static bool purple_screen_is_met(struct criteria *criteria, size_t i, const struct line *line)
{
        if (!panic_reader_line(&criteria->panic, line->number, line->text, line->length))
                return false;
        const char *reason;
        uint64_t number = panic_reader_reason(&criteria->panic, line->number, &reason);
        note_met(criteria, i, line, number,
                 reason ? memory_text(reason) : excerpt(line->text, line->length, 0, line->length));
        return true;
}

// Whether LINE meets row I from FROM on; *END is then the end of the match.
static bool row_is_met(struct criteria *criteria, size_t i, const struct line *line, size_t from, size_t *end)
{
        if (is_purple_screen(&criteria->rows[i]))
                return purple_screen_is_met(criteria, i, line);
        int result = pcre2_match(criteria->patterns[i].code, (PCRE2_SPTR)line->text, line->length, from, 0,
                                 criteria->match, criteria->context);
        if (result < 0) {
                criteria->findings[i].given_up += result != PCRE2_ERROR_NOMATCH;
                return false;
        }
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(criteria->match);
        // \K in a lookahead may set the start of a match after its end.
        size_t start = places[0] < places[1] ? places[0] : places[1];
        *end = places[1];
        note_met(criteria, i, line, line->number, excerpt(line->text, line->length, start, *end));
        return true;
}

static bool may_match(const struct criteria *criteria, const struct line *line)
{
        return criteria->judges_all || panic_reader_needs_next(&criteria->panic) ||
               literals_in(&criteria->literals, line->text, line->length);
}

// Judges LINE, which is two rows of a box if REJOINED.
static void judge_line(struct criteria *criteria, const struct line *line, bool rejoined)
{
        size_t end = 0;
        bool met = false;
        while (criteria->next < criteria->count && (!rejoined || criteria->rows[criteria->next].rejoin) &&
               row_is_met(criteria, criteria->next, line, end, &end)) {
                criteria->next = next_required(criteria, criteria->next + 1);
                met = true;
        }
        for (size_t i = 0; i < criteria->count; i++) {
                const struct criterion *row = &criteria->rows[i];
                if (row->kind != CRITERION_REQUIRED && !criteria->findings[i].met && (!rejoined || row->rejoin))
                        met = row_is_met(criteria, i, line, 0, &end) || met;
        }
        if (met)
                gather_literals(criteria);
}

// The length of the frame at TEXT; 0 if TEXT does not begin with one.
static size_t frame_length(const char *text, const char *end)
{
        size_t length = strlen(FRAME);
        if (*text == *ASCII_FRAME)
                return 1;
        return (size_t)(end - text) >= length && memcmp(text, FRAME, length) == 0 ? length : 0;
}

static void keep_longest(struct row *row, const char *text, const char *end)
{
        while (text < end && *text == ' ')
                text++;
        while (end > text && end[-1] == ' ')
                end--;
        size_t length = (size_t)(end - text);
        if (length <= row->length || length > ROW_LIMIT)
                return;
        memcpy(row->text, text, length);
        row->length = length;
}

// Reads LINE as a row of a box. If there are several boxes side by side, the one with the longest text is meant.
static void read_row(const struct line *line, struct row *row)
{
        const char *end = line->text + line->length;
        const char *inside = NULL; // behind the last frame
        row->number = line->number;
        row->length = 0;
        for (const char *at = line->text; at < end; at++) {
                size_t length = frame_length(at, end);
                if (!length)
                        continue;
                if (inside)
                        keep_longest(row, inside, at);
                at += length - 1;
                inside = at + 1;
        }
}

// Judges the texts of ROW and the one before it together.
static void judge_rows(struct criteria *criteria, const struct line *line, const struct row *row)
{
        const struct row *above = &criteria->row;
        for (size_t blank = 0; blank < 2; blank++) {
                char text[2 * ROW_LIMIT + 1];
                memcpy(text, above->text, above->length);
                text[above->length] = ' ';
                memcpy(text + above->length + blank, row->text, row->length);
                const struct line joined = {.number = above->number,
                                            .time_ms = line->time_ms,
                                            .text = text,
                                            .length = above->length + blank + row->length};
                if (may_match(criteria, &joined))
                        judge_line(criteria, &joined, true);
        }
}

static void rejoin(struct criteria *criteria, const struct line *line)
{
        struct row row;
        read_row(line, &row);
        if (row.length && criteria->row.length)
                judge_rows(criteria, line, &row);
        criteria->row = row;
}

bool criteria_may_meet(const struct criteria *criteria, const char *text, size_t length)
{
        return criteria->judges_all || panic_reader_needs_next(&criteria->panic) || criteria->row.length ||
               literals_in(&criteria->quick, text, length);
}

void criteria_watch(struct criteria *criteria, const char *pattern)
{
        criteria->watched = pattern;
        gather_literals(criteria);
}

void criteria_span(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text, size_t length)
{
        if (!criteria_may_meet(criteria, text, length))
                return;
        const struct line line = {.number = line_number, .time_ms = time_ms, .text = text, .length = length};
        // Most rows of boxes come here only for their frames.
        if (may_match(criteria, &line))
                judge_line(criteria, &line, false);
        if (criteria->rejoins)
                rejoin(criteria, &line);
        else
                criteria->row.length = 0;
}

void criteria_line(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text)
{
        criteria_span(criteria, line_number, time_ms, text, strlen(text));
}

bool criteria_complete(const struct criteria *criteria)
{
        return criteria->next == criteria->count;
}

bool criteria_broken(const struct criteria *criteria)
{
        return criteria->first_forbidden < criteria->count || criteria->first_panic < criteria->count;
}

struct criteria_verdict criteria_judge(const struct criteria *criteria)
{
        size_t count = criteria->count;
        bool panicked = criteria->first_panic < count;
        size_t forbidden = panicked ? criteria->first_panic : criteria->first_forbidden;
        return (struct criteria_verdict){
                .outcome = panicked                                            ? VERDICT_PANIC
                           : forbidden == count && criteria_complete(criteria) ? VERDICT_PASS
                                                                               : VERDICT_FAIL,
                .findings = criteria->findings,
                .count = count,
                .missing = criteria->next < count ? &criteria->findings[criteria->next] : NULL,
                .forbidden = forbidden < count ? &criteria->findings[forbidden] : NULL,
        };
}

static const struct {
        const char *text;
        int exit_code;
} verdicts[] = {
        [VERDICT_PASS] = {"pass", 0},
        [VERDICT_FAIL] = {"fail", ERROR_NO},
        [VERDICT_PANIC] = {"panic", ERROR_PANIC},
};

const char *verdict_text(enum verdict outcome)
{
        return verdicts[outcome].text;
}

int verdict_exit_code(enum verdict outcome)
{
        return verdicts[outcome].exit_code;
}

static char *explain_missing(const struct criteria_verdict *verdict)
{
        size_t required = 0, met = 0;
        const struct criterion_finding *last = NULL;
        for (size_t i = 0; i < verdict->count; i++) {
                const struct criterion_finding *finding = &verdict->findings[i];
                if (finding->criterion->kind != CRITERION_REQUIRED)
                        continue;
                required++;
                if (!finding->met)
                        continue;
                met++;
                last = finding;
        }
        if (!last)
                return text_format("\"%s\" was not seen, nor any other required criterion.",
                                   verdict->missing->criterion->name);
        return text_format("\"%s\" was not seen; %zu of %zu required criteria were met, the last one (\"%s\") in line "
                           "%" PRIu64 ".",
                           verdict->missing->criterion->name, met, required, last->criterion->name, last->line_number);
}

char *criteria_explanation(const struct criteria_verdict *verdict)
{
        const struct criterion_finding *forbidden = verdict->forbidden;
        if (verdict->outcome == VERDICT_PASS)
                return text_format("All required criteria were met in order, and no forbidden one.");
        if (!forbidden)
                return explain_missing(verdict);
        AUTO_FREE char *line = text_printable(forbidden->text, strlen(forbidden->text), false);
        return text_format("%s: \"%s\" in line %" PRIu64 ": %s",
                           verdict->outcome == VERDICT_PANIC ? "The guest panicked" : "A forbidden criterion was met",
                           forbidden->criterion->name, forbidden->line_number, line);
}
