// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// A part of a version; does not own its bytes.
struct part {
        const char *at, *end;
};

static bool is_digit(char character)
{
        return character >= '0' && character <= '9';
}

static bool is_letter(char character)
{
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

// A tilde sorts before the end, the end before letters, letters before everything else.
static int weight(const struct part *part)
{
        if (part->at == part->end || is_digit(*part->at))
                return 0;
        if (*part->at == '~')
                return -1;
        return is_letter(*part->at) ? (unsigned char)*part->at : (unsigned char)*part->at + 256;
}

static bool in_digits(const struct part *part)
{
        return part->at < part->end && is_digit(*part->at);
}

static bool in_text(const struct part *part)
{
        return part->at < part->end && !is_digit(*part->at);
}

static int compare_text(struct part *a, struct part *b)
{
        while (in_text(a) || in_text(b)) {
                int difference = weight(a) - weight(b);
                if (difference)
                        return difference;
                a->at += in_text(a);
                b->at += in_text(b);
        }
        return 0;
}

// Numbers of any length: if they are equally long, the first different digit decides.
static int compare_number(struct part *a, struct part *b)
{
        int first = 0;
        while (in_digits(a) && *a->at == '0')
                a->at++;
        while (in_digits(b) && *b->at == '0')
                b->at++;
        for (; in_digits(a) && in_digits(b); a->at++, b->at++)
                first = first ? first : *a->at - *b->at;
        if (in_digits(a) || in_digits(b))
                return in_digits(a) ? 1 : -1;
        return first;
}

static int compare_parts(struct part a, struct part b)
{
        while (a.at < a.end || b.at < b.end) {
                int difference = compare_text(&a, &b);
                if (!difference)
                        difference = compare_number(&a, &b);
                if (difference)
                        return difference;
        }
        return 0;
}

static void split(const char *version, struct part *epoch, struct part *upstream, struct part *revision)
{
        const char *end = version + strlen(version);
        const char *colon = strchr(version, ':');
        const char *hyphen = strrchr(version, '-');
        const char *begin = colon ? colon + 1 : version;
        if (hyphen && hyphen < begin)
                hyphen = NULL;
        *epoch = (struct part){version, colon ? colon : version};
        *upstream = (struct part){begin, hyphen ? hyphen : end};
        *revision = (struct part){hyphen ? hyphen + 1 : end, end};
}

int deb_version_compare(const char *a, const char *b)
{
        enum {
                PARTS = 3
        };
        struct part of_a[PARTS];
        struct part of_b[PARTS];
        split(a, &of_a[0], &of_a[1], &of_a[2]);
        split(b, &of_b[0], &of_b[1], &of_b[2]);
        for (size_t i = 0; i < PARTS; i++) {
                int difference = compare_parts(of_a[i], of_b[i]);
                if (difference)
                        return difference;
        }
        return 0;
}
