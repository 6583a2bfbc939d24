// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8

#include "launcher/screen.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct matcher {
        pcre2_code *code;
        pcre2_match_data *data;
        const char *text;
};

static bool match(struct matcher *matcher, const char *pattern, const char *text)
{
        int error;
        PCRE2_SIZE at;
        matcher->text = text;
        matcher->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_MULTILINE, &error,
                                      &at, NULL);
        if (!matcher->code)
                return false;
        matcher->data = pcre2_match_data_create_from_pattern(matcher->code, NULL);
        return pcre2_match(matcher->code, (PCRE2_SPTR)text, strlen(text), 0, 0, matcher->data, NULL) > 0;
}

static void matcher_free(struct matcher *matcher)
{
        pcre2_match_data_free(matcher->data);
        pcre2_code_free(matcher->code);
}
#define AUTO_MATCHER __attribute__((cleanup(matcher_free)))

// What a group matched, freed with free(); NULL where it took no part.
static char *group(const struct matcher *matcher, unsigned number)
{
        const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(matcher->data);
        if (number >= pcre2_get_ovector_count(matcher->data) || offsets[2 * number] == PCRE2_UNSET)
                return NULL;
        return text_format("%.*s", (int)(offsets[2 * number + 1] - offsets[2 * number]),
                           matcher->text + offsets[2 * number]);
}

static char *named_group(const struct matcher *matcher, const char *name)
{
        int number = pcre2_substring_number_from_name(matcher->code, (PCRE2_SPTR)name);
        return number > 0 ? group(matcher, (unsigned)number) : NULL;
}

bool screen_matches(const char *pattern, const char *text)
{
        AUTO_MATCHER struct matcher matcher = {0};
        return match(&matcher, pattern, text);
}

int screen_number(const char *pattern, const char *text)
{
        AUTO_MATCHER struct matcher matcher = {0};
        uint64_t number;
        AUTO_FREE char *digits = match(&matcher, pattern, text) ? group(&matcher, 1) : NULL;
        return digits && text_parse_number(digits, &number) && number <= INT32_MAX ? (int)number : -1;
}

// What the last of so many decimals of a unit stands for, rounded up.
static uint64_t last_digit(uint64_t unit, size_t decimals)
{
        for (; decimals && unit > 1; decimals--)
                unit = (unit + 9) / 10;
        return unit;
}

unsigned screen_disks(struct console *console, const char *pattern, struct screen_disk *disks, unsigned limit)
{
        unsigned count = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS && count < limit; row++) {
                AUTO_MATCHER struct matcher matcher = {0};
                if (!match(&matcher, pattern, console_row(console, row)))
                        continue;
                AUTO_FREE char *size = named_group(&matcher, "size");
                AUTO_FREE char *unit = named_group(&matcher, "unit");
                uint64_t factor;
                AUTO_FREE char *one = text_format("1%s", unit ? unit : "");
                if (!size || !text_parse_size(one, &factor))
                        continue;
                double bytes = strtod(size, NULL) * (double)factor;
                // No disk is that large, and no integer either.
                if (!(bytes >= 0 && bytes < 0x1p63))
                        continue;
                const char *point = strchr(size, '.');
                disks[count++] = (struct screen_disk){
                        .row = row,
                        .size = (uint64_t)bytes,
                        .grain = last_digit(factor, point ? strlen(point + 1) : 0),
                };
        }
        return count;
}

bool screen_disk_fits(const struct screen_disk *disk, uint64_t size)
{
        uint64_t difference = disk->size > size ? disk->size - size : size - disk->size;
        return difference <= disk->grain;
}
