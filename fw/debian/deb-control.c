// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/deb-control.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fw/debian/deb-content.h"
#include "fw/debian/deb-member.h"

enum {
        CONTROL_LIMIT = 1 << 20, // bytes of a control file
};

void deb_control_free(struct deb_control *control)
{
        free(control->package);
        free(control->version);
        free(control->architecture);
        *control = (struct deb_control){0};
}

// The fields that are read, and the characters that deb-control(5) and deb-version(7) allow in them.
static const struct {
        const char *name;
        size_t offset;
        const char *characters;
} fields[] = {
        {"Package", offsetof(struct deb_control, package), "+-."},
        {"Version", offsetof(struct deb_control, version), "+-.:~"},
        {"Architecture", offsetof(struct deb_control, architecture), "-"},
};

static bool is_letter_or_digit(char character)
{
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9');
}

static bool is_field_value(const char *value, const char *characters)
{
        if (!is_letter_or_digit(*value) || strlen(value) > 128)
                return false;
        while (is_letter_or_digit(*value) || (*value && strchr(characters, *value)))
                value++;
        return !*value;
}

// The value of FIELD in the control file TEXT, freed with free(); NULL if it is not there.
static char *field_value(const char *text, const char *field)
{
        AUTO_FREE char *start = text_format("%s:", field);
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (!text_starts_with(line, start))
                        continue;
                const char *value = line + strlen(start);
                value += strspn(value, " \t");
                return text_format("%.*s", (int)strcspn(value, " \t\r\n"), value);
        }
        return NULL;
}

static bool parse(const char *path, const char *text, struct deb_control *control, struct error *err)
{
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
                AUTO_FREE char *value = field_value(text, fields[i].name);
                if (!value || !is_field_value(value, fields[i].characters)) {
                        deb_control_free(control);
                        return error_set(err, ERROR_DAMAGED, "%s: its control file has no valid field %s", path,
                                         fields[i].name);
                }
                char *kept = MEMORY_TAKE(value);
                memcpy((char *)control + fields[i].offset, &kept, sizeof kept);
        }
        return true;
}

// Reads the current entry of MEMBER.
static bool collect(struct deb_member *member, struct text *text, struct error *err)
{
        char block[4096];
        la_ssize_t count;
        while ((count = archive_read_data(member->tar, block, sizeof block)) > 0) {
                if (text->length + (size_t)count > CONTROL_LIMIT || memchr(block, 0, (size_t)count))
                        return error_set(err, ERROR_DAMAGED, "%s: its control file is invalid", member->path);
                text_add_span(text, block, (size_t)count);
        }
        return count == 0 || deb_member_damaged(member, member->tar, "its control file", err);
}

static bool find(struct deb_member *member, struct text *text, struct error *err)
{
        struct archive_entry *entry;
        for (;;) {
                if (!deb_member_next(member, &entry, err))
                        return false;
                if (!entry)
                        return error_set(err, ERROR_DAMAGED, "%s: has no control file", member->path);
                AUTO_FREE char *name = deb_plain_name(archive_entry_pathname(entry));
                if (name && strcmp(name, "control") == 0)
                        return collect(member, text, err);
        }
}

bool deb_control_read(struct deb_member *member, struct deb_control *control, struct error *err)
{
        AUTO_TEXT struct text text = {0};
        return deb_member_enter(member, "control.tar", err) && find(member, &text, err) &&
               parse(member->path, text_string(&text), control, err);
}
