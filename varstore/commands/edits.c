// SPDX-License-Identifier: Apache-2.0
//
// The options are a table: those that begin an edit, with its name, and those that belong to the edit before them.
#include "varstore/commands/edits.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "varstore/naming.h"
#include "varstore/store-file.h"

enum {
        VALUE_LIMIT = 1 << 20 // bytes of a file after `@`; no store has room for more
};

static bool misunderstood(const char *value, const char *expected, struct error *err)
{
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        return error_set(err, ERROR_USAGE, "invalid value '%s' (expected %s)", shown, expected);
}

static bool read_entry(struct edit *edit, const char *value, struct error *err)
{
        edit->entry = memory_text(value);
        return *value || misunderstood(value, "the number or label of an entry", err);
}

static bool read_label(struct edit *edit, const char *value, struct error *err)
{
        (void)err;
        edit->label = memory_text(value);
        return true;
}

static bool read_entry_and_label(struct edit *edit, const char *value, struct error *err)
{
        const char *equals = strchr(value, '=');
        if (!equals || equals == value)
                return misunderstood(value, "ENTRY=LABEL, with the number or label of an entry", err);
        edit->entry = text_format("%.*s", (int)(equals - value), value);
        return read_label(edit, equals + 1, err);
}

static bool read_loader(struct edit *edit, const char *value, struct error *err)
{
        free(edit->loader);
        edit->loader = memory_text(value);
        return *value || misunderstood(value, "the path of a file", err);
}

static bool read_number(const char *text, uint64_t *number)
{
        if (!text_starts_with(text, "0x"))
                return text_parse_number(text, number);
        char *end;
        *number = strtoull(text + 2, &end, 16);
        return text[2] && text[2] != '-' && text[2] != '+' && text[2] != ' ' && !*end && strlen(text) <= 18;
}

static bool read_partition(struct edit *edit, const char *value, struct error *err)
{
        enum {
                FIELDS = 4
        };
        AUTO_FREE char *copy = memory_text(value);
        char *fields[FIELDS] = {copy};
        size_t count = 1;
        for (char *at = copy; (at = strchr(at, ',')) && count < FIELDS; count++) {
                *at++ = 0;
                fields[count] = at;
        }
        struct devpath_partition partition = {.gpt = true};
        uint64_t number;
        if (count != FIELDS || !read_number(fields[0], &number) || number == 0 || number > UINT32_MAX ||
            !guid_parse(fields[1], &partition.guid) || !read_number(fields[2], &partition.start) ||
            !read_number(fields[3], &partition.size) || partition.size == 0)
                return misunderstood(value,
                                     "NUMBER,GUID,START,SIZE of a GPT partition (START and SIZE in blocks of the disk, "
                                     "decimal or 0x...)",
                                     err);
        partition.number = (uint32_t)number;
        edit->partition = partition;
        edit->has_partition = true;
        return true;
}

static bool read_boot_number(struct edit *edit, const char *value, struct error *err)
{
        edit->has_number = boot_number_parse(value, &edit->number);
        return edit->has_number || misunderstood(value, "four hexadecimal digits", err);
}

static bool read_last(struct edit *edit, const char *value, struct error *err)
{
        (void)value;
        (void)err;
        edit->last = true;
        return true;
}

static bool read_data(struct edit *edit, const char *value, struct error *err)
{
        buffer_free(&edit->data);
        if (*value == '@')
                return file_read(value + 1, VALUE_LIMIT, &edit->data, err);
        return text_parse_hex(value, &edit->data) ||
               misunderstood(value, "an even number of hexadecimal digits, or @ and the name of a file", err);
}

static bool read_seconds(struct edit *edit, const char *value, struct error *err)
{
        uint64_t seconds;
        if (!text_parse_number(value, &seconds) || seconds > UINT16_MAX)
                return misunderstood(value, "a number of seconds from 0 to 65535", err);
        edit->seconds = (uint16_t)seconds;
        return true;
}

static bool read_name(struct edit *edit, const char *value, struct error *err)
{
        AUTO_VARIABLE_NAMING struct variable_naming naming = {0};
        if (!naming_parse_variable(value, &naming, err))
                return false;
        edit->has_vendor = naming.has_vendor;
        edit->vendor = naming.vendor;
        edit->name = MEMORY_TAKE(naming.name);
        return true;
}

static bool read_name_and_data(struct edit *edit, const char *value, struct error *err)
{
        const char *equals = strchr(value, '=');
        if (!equals)
                return misunderstood(value, "NAME[:GUID]=HEX or NAME[:GUID]=@FILE", err);
        AUTO_FREE char *name = text_format("%.*s", (int)(equals - value), value);
        if (!read_name(edit, name, err) || !read_data(edit, equals + 1, err))
                return false;
        return edit->data.size || error_set(err, ERROR_USAGE, "a variable must have data; use --delete to delete one");
}

static bool read_attributes(struct edit *edit, const char *value, struct error *err)
{
        edit->has_attributes = variable_attributes_parse(value, &edit->attributes);
        return edit->has_attributes ||
               misunderstood(value, "a list of the attributes NV, BS, RT, HR, AW, AT and EA, or a number", err);
}

static const struct row {
        const char *name;
        enum edit_kind kind; // that it begins or belongs to
        bool begins;
        bool (*read)(struct edit *edit, const char *value, struct error *err);
} ROWS[] = {
        {"boot-add", EDIT_BOOT_ADD, true, read_label},
        {"loader", EDIT_BOOT_ADD, false, read_loader},
        {"hd", EDIT_BOOT_ADD, false, read_partition},
        {"bootnum", EDIT_BOOT_ADD, false, read_boot_number},
        {"last", EDIT_BOOT_ADD, false, read_last},
        {"optional-data", EDIT_BOOT_ADD, false, read_data},
        {"boot-remove", EDIT_BOOT_REMOVE, true, read_entry},
        {"boot-label", EDIT_BOOT_LABEL, true, read_entry_and_label},
        {"boot-activate", EDIT_BOOT_ACTIVATE, true, read_entry},
        {"boot-deactivate", EDIT_BOOT_DEACTIVATE, true, read_entry},
        {"boot-order", EDIT_BOOT_ORDER, true, read_entry},
        {"boot-first", EDIT_BOOT_FIRST, true, read_entry},
        {"boot-next", EDIT_BOOT_NEXT, true, read_entry},
        {"timeout", EDIT_TIMEOUT, true, read_seconds},
        {"set", EDIT_SET, true, read_name_and_data},
        {"attributes", EDIT_SET, false, read_attributes},
        {"delete", EDIT_DELETE, true, read_name},
};

static const struct row *find_row(const char *name)
{
        const struct row *row = ROWS;
        while (strcmp(row->name, name) != 0)
                row++;
        return row;
}

// The edit that ROW begins, or the one before it that it belongs to.
static struct edit *edit_of(const struct row *row, struct edits *edits, struct error *err)
{
        if (row->begins)
                return edits_add(edits, row->kind);
        struct edit *before = edits->count ? &edits->items[edits->count - 1] : NULL;
        if (before && before->kind == row->kind)
                return before;
        error_set(err, ERROR_USAGE, "--%s must follow --%s", row->name, edit_name(row->kind));
        return NULL;
}

static bool check_complete(const struct edits *edits, struct error *err)
{
        for (size_t i = 0; i < edits->count; i++) {
                const struct edit *edit = &edits->items[i];
                if (edit->kind == EDIT_BOOT_ADD && (!edit->loader || !edit->has_partition))
                        return error_set(err, ERROR_USAGE, "--boot-add needs --%s after it",
                                         edit->loader ? "hd" : "loader");
        }
        return true;
}

bool edits_parse(const struct cli_ordered *options, struct edits *edits, struct error *err)
{
        for (size_t i = 0; i < options->count; i++) {
                const struct row *row = find_row(options->options[i].name);
                struct edit *edit = edit_of(row, edits, err);
                if (!edit)
                        return false;
                if (!row->read(edit, options->options[i].value, err))
                        return error_wrap(err, "--%s", row->name);
        }
        return check_complete(edits, err);
}

bool edits_change_file(const struct edits *edits, const char *path, bool force, struct error *err)
{
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        AUTO_VARSTORE struct varstore *store = NULL;
        if (!store_claim_begin(path, &claim, err) || !store_load_sound(path, &store, err))
                return false;
        if (!edits_apply(edits, store, force, err))
                return error_wrap(err, "%s", path);
        return !varstore_is_changed(store) || varstore_save(store, path, STORE_FILE_MODE, err);
}
