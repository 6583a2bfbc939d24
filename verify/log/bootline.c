// SPDX-License-Identifier: Apache-2.0
#include "verify/log/bootline.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"

static const struct {
        const char *text; // after "BdsDxe: "
        enum boot_line_verb verb;
} verbs[] = {
        {"loading Boot", BOOT_LINE_LOADING},
        {"starting Boot", BOOT_LINE_STARTING},
        {"failed to load Boot", BOOT_LINE_FAILED},
        {"failed to start Boot", BOOT_LINE_FAILED},
};

const char *boot_line_verb_text(enum boot_line_verb verb)
{
        static const char *const texts[] = {
                [BOOT_LINE_LOADING] = "loading",
                [BOOT_LINE_STARTING] = "starting",
                [BOOT_LINE_FAILED] = "failed",
        };
        return texts[verb];
}

void boot_line_free(struct boot_line *line)
{
        free(line->label);
        free(line->path);
        free(line->status);
        *line = (struct boot_line){0};
}

// The last occurrence of PART in TEXT: a label may contain anything.
static const char *find_last(const char *text, const char *part)
{
        const char *found = NULL;
        for (const char *at = text; (at = strstr(at, part)); at++)
                found = at;
        return found;
}

// Reads four hexadecimal digits and moves *AT past them.
static bool parse_number(const char **at, uint16_t *number)
{
        unsigned value = 0;
        for (int i = 0; i < 4; i++, ++*at) {
                int digit = text_hex_digit(**at);
                if (digit < 0)
                        return false;
                value = value << 4 | (unsigned)digit;
        }
        *number = (uint16_t)value;
        return true;
}

// ` "LABEL" from PATH: STATUS`; only failures have a status.
static void parse_details(const char *at, struct boot_line *line)
{
        static const char opening[] = " \"", from[] = "\" from ", separator[] = ": ";
        if (!text_starts_with(at, opening))
                return;
        at += strlen(opening);
        const char *path = find_last(at, from);
        if (!path) {
                const char *quote = strrchr(at, '"');
                line->label = text_format("%.*s", (int)(quote ? quote - at : (ptrdiff_t)strlen(at)), at);
                return;
        }
        line->label = text_format("%.*s", (int)(path - at), at);
        path += strlen(from);
        const char *status = line->verb == BOOT_LINE_FAILED ? find_last(path, separator) : NULL;
        line->path = text_format("%.*s", (int)(status ? status - path : (ptrdiff_t)strlen(path)), path);
        line->status = status ? memory_text(status + strlen(separator)) : NULL;
}

bool boot_line_parse(const char *text, struct boot_line *line)
{
        static const char speaker[] = "BdsDxe: ";
        *line = (struct boot_line){0};
        const char *at = strstr(text, speaker);
        if (!at)
                return false;
        at += strlen(speaker);
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
                if (!text_starts_with(at, verbs[i].text))
                        continue;
                at += strlen(verbs[i].text);
                line->verb = verbs[i].verb;
                if (!parse_number(&at, &line->number)) {
                        *line = (struct boot_line){0};
                        return false;
                }
                parse_details(at, line);
                return true;
        }
        return false;
}
