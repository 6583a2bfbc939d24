// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8

#include "launcher/machine/pattern.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
        MATCH_LIMIT = 500000, // steps for one screen
        REASON_SIZE = 256,
};

struct pattern {
        pcre2_code *code;
        pcre2_match_data *data;
        pcre2_match_context *context;
        char *text; // of the last match, for its groups
};

void pattern_free(struct pattern **pattern_pointer)
{
        struct pattern *pattern = *pattern_pointer;
        if (!pattern)
                return;
        pcre2_match_context_free(pattern->context);
        pcre2_match_data_free(pattern->data);
        pcre2_code_free(pattern->code);
        free(pattern->text);
        free(pattern);
        *pattern_pointer = NULL;
}

struct pattern *pattern_new(const char *source, struct error *err)
{
        int problem;
        PCRE2_SIZE at;
        AUTO_PATTERN struct pattern *pattern = memory_new(1, sizeof *pattern);
        pattern->code = pcre2_compile((PCRE2_SPTR)source, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_MULTILINE, &problem,
                                      &at, NULL);
        if (!pattern->code) {
                PCRE2_UCHAR reason[REASON_SIZE] = "";
                pcre2_get_error_message(problem, reason, sizeof reason);
                error_set(err, ERROR_DAMAGED, "is not a valid pattern: %s, at character %zu of `%s`",
                          (const char *)reason, (size_t)at + 1, source);
                return NULL;
        }
        pattern->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
        pattern->context = pcre2_match_context_create(NULL);
        pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
        if (pattern_matches(pattern, "")) {
                error_set(err, ERROR_DAMAGED, "matches the empty text, so it would match every screen: `%s`", source);
                return NULL;
        }
        return MEMORY_TAKE(pattern);
}

bool pattern_matches(struct pattern *pattern, const char *text)
{
        if (pcre2_match(pattern->code, (PCRE2_SPTR)text, strlen(text), 0, 0, pattern->data, pattern->context) < 0)
                return false;
        free(pattern->text);
        pattern->text = memory_text(text);
        return true;
}

unsigned pattern_groups(const struct pattern *pattern)
{
        uint32_t count = 0;
        pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &count);
        return count;
}

static int number_of(const struct pattern *pattern, const char *name)
{
        return pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)name);
}

bool pattern_has_group(const struct pattern *pattern, const char *name)
{
        return number_of(pattern, name) > 0;
}

char *pattern_group(const struct pattern *pattern, unsigned number)
{
        const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(pattern->data);
        if (!pattern->text || number >= pcre2_get_ovector_count(pattern->data) || offsets[2 * number] == PCRE2_UNSET ||
            offsets[2 * number] > offsets[2 * number + 1])
                return NULL;
        return text_format("%.*s", (int)(offsets[2 * number + 1] - offsets[2 * number]),
                           pattern->text + offsets[2 * number]);
}

char *pattern_named_group(const struct pattern *pattern, const char *name)
{
        int number = number_of(pattern, name);
        return number > 0 ? pattern_group(pattern, (unsigned)number) : NULL;
}
