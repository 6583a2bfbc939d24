// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"

enum {
        CLOCK_TOLERANCE_S = 24 * 3600,
        HEX_LENGTH = 2 * DIGEST_SIZE,
};

void release_free(struct release *release)
{
        free(release->suite);
        free(release->codename);
        free(release->date_text);
        free(release->until_text);
        free(release->text);
        *release = (struct release){0};
}

// What follows FIELD ("Suite:") on its line, freed with free(); NULL if it is not there.
static char *field_value(const char *text, const char *field)
{
        for (const char *line = text; *line; line = text_line_after(line)) {
                if (!text_starts_with(line, field))
                        continue;
                const char *value = line + strlen(field);
                value += strspn(value, " \t");
                size_t length = strcspn(value, "\r\n");
                return length ? text_printable(value, length, false) : NULL;
        }
        return NULL;
}

// "Sat, 11 Jul 2026 10:16:37 UTC", as seconds since 1970.
static bool parse_date(const char *text, uint64_t *seconds)
{
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        enum {
                MONTH_LENGTH = 3
        };
        char day[3];
        char month[MONTH_LENGTH + 1];
        char year[5];
        char clock[9];
        char zone[6];
        if (sscanf(text, "%*3[A-Za-z], %2[0-9] %3[A-Za-z] %4[0-9] %8[0-9:] %5s", day, month, year, clock, zone) != 5)
                return false;
        const char *found = strstr(months, month);
        if (!found || strlen(month) != MONTH_LENGTH || (found - months) % MONTH_LENGTH ||
            (strcmp(zone, "UTC") != 0 && strcmp(zone, "GMT") != 0 && strcmp(zone, "+0000") != 0))
                return false;
        AUTO_FREE char *stamp =
                text_format("%s-%02d-%sT%sZ", year, (int)(found - months) / MONTH_LENGTH + 1, day, clock);
        return time_parse_stamp(stamp, seconds);
}

static bool no_date(const char *field, const char *text, struct error *err)
{
        return error_set(err, ERROR_DAMAGED, "its %s '%s' is not a date", field, text);
}

bool release_parse(const char *text, struct release *release, struct error *err)
{
        *release = (struct release){
                .suite = field_value(text, "Suite:"),
                .codename = field_value(text, "Codename:"),
                .date_text = field_value(text, "Date:"),
                .until_text = field_value(text, "Valid-Until:"),
                .text = memory_text(text),
        };
        bool parsed = true;
        if (!release->date_text || (!release->suite && !release->codename))
                parsed = error_set(err, ERROR_DAMAGED, "it is not a Release file: it has no %s",
                                   release->date_text ? "Suite or Codename" : "Date");
        else if (!parse_date(release->date_text, &release->date))
                parsed = no_date("Date", release->date_text, err);
        else if (release->until_text && !parse_date(release->until_text, &release->until))
                parsed = no_date("Valid-Until", release->until_text, err);
        if (!parsed)
                release_free(release);
        return parsed;
}

// The suite, or the codename. Ubuntu gives jammy-updates the codename jammy, but it is a different suite.
static bool is_suite(const struct release *release, const char *suite)
{
        if (release->suite && strcmp(release->suite, suite) == 0)
                return true;
        if (!release->codename || strcmp(release->codename, suite) != 0)
                return false;
        size_t length = strlen(suite);
        return !release->suite || strncmp(release->suite, suite, length) != 0 || release->suite[length] != '-';
}

bool release_check(const struct release *release, const char *suite, uint64_t now, struct error *err)
{
        if (!is_suite(release, suite))
                return error_set(err, ERROR_DAMAGED, "it is for the suite %s (%s), not %s: refused",
                                 release->suite ? release->suite : "-", release->codename ? release->codename : "-",
                                 suite);
        if (release->date > now + CLOCK_TOLERANCE_S)
                return error_set(err, ERROR_DAMAGED,
                                 "it is dated %s, which is in the future: refused; check this computer's clock",
                                 release->date_text);
        if (release->until && release->until < now)
                return error_set(err, ERROR_DAMAGED,
                                 "it was valid until %s: refused, because an old state may be replayed",
                                 release->until_text);
        return true;
}

// " HEX SIZE PATH", in the section of SHA256.
static bool parse_line(const char *line, const char *path, struct digest *digest, uint64_t *size)
{
        line += strspn(line, " \t");
        size_t hex_length = strcspn(line, " \t\n");
        const char *number = line + hex_length + strspn(line + hex_length, " \t");
        size_t number_length = strcspn(number, " \t\n");
        const char *name = number + number_length + strspn(number + number_length, " \t");
        size_t name_length = strcspn(name, " \t\r\n");
        if (hex_length != HEX_LENGTH || strlen(path) != name_length || strncmp(name, path, name_length) != 0)
                return false;
        AUTO_FREE char *hex = text_format("%.*s", (int)hex_length, line);
        AUTO_FREE char *digits = text_format("%.*s", (int)number_length, number);
        return digest_parse(hex, digest) && text_parse_number(digits, size);
}

bool release_find(const struct release *release, const char *path, struct digest *digest, uint64_t *size)
{
        bool in_section = false;
        for (const char *line = release->text; *line; line = text_line_after(line)) {
                if (*line != ' ' && *line != '\t')
                        in_section = text_starts_with(line, "SHA256:");
                else if (in_section && parse_line(line, path, digest, size))
                        return true;
        }
        return false;
}
