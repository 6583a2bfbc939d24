// SPDX-License-Identifier: Apache-2.0
#include "varstore/efivarfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/interchange.h"

enum {
        ATTRIBUTES_SIZE = 4,
        GUID_LENGTH = 36,
};

struct efivarfs {
        struct varstore *store;
        bool force, changed;
        char **empty; // files that were created and not written yet
        size_t empty_count;
};

struct efivarfs *efivarfs_new(struct varstore *store, bool force)
{
        struct efivarfs *efivarfs = memory_new(1, sizeof *efivarfs);
        *efivarfs = (struct efivarfs){.store = store, .force = force};
        return efivarfs;
}

void efivarfs_free(struct efivarfs **efivarfs)
{
        if (!*efivarfs)
                return;
        for (size_t i = 0; i < (*efivarfs)->empty_count; i++)
                free((*efivarfs)->empty[i]);
        free((*efivarfs)->empty);
        free(*efivarfs);
        *efivarfs = NULL;
}

bool efivarfs_is_changed(const struct efivarfs *efivarfs)
{
        return efivarfs->changed;
}

void efivarfs_saved(struct efivarfs *efivarfs)
{
        efivarfs->changed = false;
}

// ---- names ----

// As the kernel spells it: the GUID in lower case, a slash as an exclamation mark.
static char *file_of(const struct variable *variable)
{
        char guid[GUID_LENGTH + 1];
        guid_text(variable->vendor, guid);
        for (char *at = guid; *at; at++)
                *at = (char)(*at >= 'A' && *at <= 'F' ? *at - 'A' + 'a' : *at);
        char *file = text_format("%s-%s", variable->name, guid);
        for (char *slash = file; (slash = strchr(slash, '/'));)
                *slash = '!';
        return file;
}

static bool names_alike(const char *file, const char *name, size_t length)
{
        if (strlen(name) != length)
                return false;
        for (size_t i = 0; i < length; i++)
                if (file[i] != name[i] && !(file[i] == '!' && name[i] == '/'))
                        return false;
        return true;
}

static const struct variable *find_variable(const struct efivarfs *efivarfs, const char *file)
{
        size_t length;
        struct guid vendor;
        if (!interchange_file_name(file, &length, &vendor))
                return NULL;
        for (const struct variable *variable = NULL; (variable = varstore_next(efivarfs->store, variable));)
                if (guid_equal(variable->vendor, vendor) && names_alike(file, variable->name, length))
                        return variable;
        return NULL;
}

static bool find_empty(const struct efivarfs *efivarfs, const char *file, size_t *index)
{
        for (*index = 0; *index < efivarfs->empty_count; ++*index)
                if (strcmp(efivarfs->empty[*index], file) == 0)
                        return true;
        return false;
}

static void forget_empty(struct efivarfs *efivarfs, const char *file)
{
        size_t index;
        if (!find_empty(efivarfs, file, &index))
                return;
        free(efivarfs->empty[index]);
        efivarfs->empty[index] = efivarfs->empty[--efivarfs->empty_count];
}

// ---- looking ----

void efivarfs_list(const struct efivarfs *efivarfs, void (*each)(void *context, const char *file), void *context)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(efivarfs->store, variable));) {
                AUTO_FREE char *file = file_of(variable);
                each(context, file);
        }
        for (size_t i = 0; i < efivarfs->empty_count; i++)
                each(context, efivarfs->empty[i]);
}

int efivarfs_size(const struct efivarfs *efivarfs, const char *file, uint64_t *size)
{
        size_t index;
        const struct variable *variable = find_variable(efivarfs, file);
        *size = variable ? ATTRIBUTES_SIZE + variable->data.size : 0;
        return variable || find_empty(efivarfs, file, &index) ? 0 : ENOENT;
}

int efivarfs_read(const struct efivarfs *efivarfs, const char *file, struct buffer *buffer)
{
        size_t index;
        const struct variable *variable = find_variable(efivarfs, file);
        if (!variable)
                return find_empty(efivarfs, file, &index) ? 0 : ENOENT;
        buffer_add_u32(buffer, variable->attributes);
        buffer_add_bytes(buffer, variable->data);
        return 0;
}

// ---- changing ----

int efivarfs_create(struct efivarfs *efivarfs, const char *file)
{
        size_t length;
        size_t index;
        struct guid vendor;
        AUTO_BUFFER struct buffer utf16 = {0};
        if (!interchange_file_name(file, &length, &vendor) || !length || !text_to_utf16(file, &utf16))
                return EINVAL;
        if (find_variable(efivarfs, file) || find_empty(efivarfs, file, &index))
                return EEXIST;
        *MEMORY_ADD(efivarfs->empty, efivarfs->empty_count) = memory_text(file);
        return 0;
}

static bool is_authenticated(uint32_t attributes)
{
        return attributes &
               (EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS |
                EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS);
}

static int errno_of(const struct error *err)
{
        return err->code == ERROR_ENVIRONMENT ? ENOSPC : err->code == ERROR_USAGE ? EINVAL : EIO;
}

static int delete_variable(struct efivarfs *efivarfs, const struct variable *variable)
{
        AUTO_ERROR struct error err = {0};
        AUTO_FREE char *name = memory_text(variable->name);
        if (is_authenticated(variable->attributes) && !efivarfs->force)
                return EACCES;
        if (!varstore_delete(efivarfs->store, variable->vendor, name, &err))
                return errno_of(&err);
        efivarfs->changed = true;
        return 0;
}

// The new variable of FILE, which replaces EXISTING (NULL if it is new).
static int set_variable(struct efivarfs *efivarfs, const char *file, const struct variable *existing,
                        uint32_t attributes, struct bytes data)
{
        AUTO_ERROR struct error err = {0};
        size_t length;
        struct guid vendor;
        if (!interchange_file_name(file, &length, &vendor))
                return EINVAL;
        AUTO_FREE char *name = existing ? memory_text(existing->name) : text_format("%.*s", (int)length, file);
        if (!varstore_set(efivarfs->store, vendor, name, attributes, data, &err))
                return errno_of(&err);
        efivarfs->changed = true;
        return 0;
}

static int append_data(struct efivarfs *efivarfs, const char *file, const struct variable *existing,
                       uint32_t attributes, struct bytes data)
{
        AUTO_BUFFER struct buffer whole = {0};
        if (!data.size)
                return 0;
        if (existing)
                buffer_add_bytes(&whole, existing->data);
        buffer_add_bytes(&whole, data);
        return set_variable(efivarfs, file, existing, attributes, buffer_view(&whole));
}

int efivarfs_write(struct efivarfs *efivarfs, const char *file, struct bytes content)
{
        size_t index;
        const struct variable *existing = find_variable(efivarfs, file);
        if (!existing && !find_empty(efivarfs, file, &index))
                return ENOENT;
        struct cursor cursor = cursor_at(content, 0);
        uint32_t attributes = cursor_u32(&cursor);
        if (cursor.overrun)
                return EINVAL;
        if ((is_authenticated(attributes) || (existing && is_authenticated(existing->attributes))) && !efivarfs->force)
                return EACCES;
        struct bytes data = cursor_bytes(&cursor, cursor_left(&cursor));
        uint32_t kept = attributes & ~(uint32_t)EFI_VARIABLE_APPEND_WRITE;
        int result = attributes != kept ? append_data(efivarfs, file, existing, kept, data)
                     : data.size        ? set_variable(efivarfs, file, existing, attributes, data)
                     : existing         ? delete_variable(efivarfs, existing)
                                        : EINVAL;
        if (result == 0 && (existing || data.size))
                forget_empty(efivarfs, file);
        return result;
}

int efivarfs_unlink(struct efivarfs *efivarfs, const char *file)
{
        size_t index;
        const struct variable *variable = find_variable(efivarfs, file);
        if (variable)
                return delete_variable(efivarfs, variable);
        if (!find_empty(efivarfs, file, &index))
                return ENOENT;
        forget_empty(efivarfs, file);
        return 0;
}
