// SPDX-License-Identifier: Apache-2.0
#include "varstore/varstore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/records.h"

// ---- reading ----

static int compare_remarks(const void *left, const void *right)
{
        const struct remark *a = left;
        const struct remark *b = right;
        return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static bool read_image(struct varstore *store, struct bytes image, struct error *err)
{
        store->image = image;
        if (!volume_read(image, &store->volume, &store->remarks, err))
                return false;
        // The bytes to write have the pending write completed; varstore_volume still returns the layout as read.
        struct volume settled = store->volume;
        if (settled.queue == QUEUE_PENDING)
                volume_settle(&settled, records_own(store));
        records_read(store, &store->remarks);
        if (store->remarks.count)
                qsort(store->remarks.items, store->remarks.count, sizeof *store->remarks.items, compare_remarks);
        return true;
}

bool varstore_read(struct bytes image, struct varstore **store, struct error *err)
{
        struct varstore *new = memory_new(1, sizeof *new);
        *store = NULL;
        if (!read_image(new, image, err)) {
                varstore_free(&new);
                return false;
        }
        *store = new;
        return true;
}

bool varstore_load(const char *path, struct varstore **store, struct error *err)
{
        *store = NULL;
        struct file_mapping mapping;
        if (!file_map(path, &mapping, err))
                return false;
        if (varstore_read_mapping(&mapping, store, err))
                return true;
        file_unmap(&mapping);
        return error_wrap(err, "%s", path);
}

bool varstore_read_mapping(const struct file_mapping *mapping, struct varstore **store, struct error *err)
{
        if (!varstore_read(mapping->bytes, store, err))
                return false;
        (*store)->mapping = *mapping;
        return true;
}

static struct varstore *empty_store(const struct volume *layout, uint64_t image_size)
{
        struct varstore *store = memory_new(1, sizeof *store);
        store->blank = memory_new((size_t)image_size, 1);
        store->image = (struct bytes){store->blank, (size_t)image_size};
        store->volume = *layout;
        store->changed = true;
        volume_build(layout, &store->bytes);
        records_forget(store);
        return store;
}

static bool find_layout(uint64_t image_size, struct volume *layout, struct error *err)
{
        if (volume_layout(image_size, layout))
                return true;
        return error_set(err, ERROR_USAGE,
                         "no firmware formats an image of %" PRIu64 " bytes; AAVMF has 67108864, OVMF 540672 or 131072",
                         image_size);
}

bool varstore_new(uint64_t image_size, struct varstore **store, struct error *err)
{
        struct volume layout;
        *store = NULL;
        if (!find_layout(image_size, &layout, err))
                return false;
        *store = empty_store(&layout, image_size);
        return true;
}

bool varstore_new_like(const struct varstore *model, struct varstore **store, struct error *err)
{
        struct volume layout = model->volume;
        *store = NULL;
        if (!volume_can_build(&layout)) {
                if (!find_layout(model->image.size, &layout, err))
                        return false;
                layout.format = model->volume.format;
        }
        layout.kind = VOLUME_FORMATTED;
        layout.queue = QUEUE_CLEAN;
        *store = empty_store(&layout, model->image.size);
        return true;
}

void varstore_free(struct varstore **store)
{
        if (!*store)
                return;
        records_forget(*store);
        remarks_free(&(*store)->remarks);
        buffer_free(&(*store)->bytes);
        file_unmap(&(*store)->mapping);
        free((*store)->blank);
        free(*store);
        *store = NULL;
}

// ---- looking ----

bool varstore_is_blank(const struct varstore *store)
{
        return store->volume.kind == VOLUME_BLANK;
}

const struct volume *varstore_volume(const struct varstore *store)
{
        return &store->volume;
}

uint64_t varstore_image_size(const struct varstore *store)
{
        return store->image.size;
}

struct varstore_space varstore_space(const struct varstore *store)
{
        struct varstore_space space = {0};
        if (varstore_is_blank(store))
                return space;
        space.capacity = store->volume.variables_end - records_start(store);
        space.used = store->records_end - records_start(store);
        space.left = space.capacity - space.used;
        for (size_t i = 0; i < store->record_count; i++)
                if (store->records[i].standing != VARIABLE_LIVE)
                        space.dead += records_aligned(store->records[i].size);
        return space;
}

const struct remarks *varstore_remarks(const struct varstore *store)
{
        return &store->remarks;
}

const struct remark *varstore_first_damage(const struct varstore *store)
{
        for (size_t i = 0; i < store->remarks.count; i++)
                if (store->remarks.items[i].severity == REMARK_DAMAGE)
                        return &store->remarks.items[i];
        return NULL;
}

bool varstore_is_sound(const struct varstore *store, const char *path, struct error *err)
{
        const struct remark *damage = varstore_first_damage(store);
        return !damage || error_set(err, ERROR_DAMAGED, "%s: damaged at offset 0x%" PRIx64 ": %s", path, damage->offset,
                                    damage->text);
}

enum varstore_verdict varstore_verdict(const struct varstore *store)
{
        if (varstore_first_damage(store))
                return VARSTORE_DAMAGED;
        return store->remarks.count ? VARSTORE_REMARKS : VARSTORE_SOUND;
}

const struct variable *varstore_next_record(const struct varstore *store, const struct variable *variable)
{
        if (!store->record_count)
                return NULL;
        const struct variable *next = variable ? variable + 1 : store->records;
        return next < store->records + store->record_count ? next : NULL;
}

const struct variable *varstore_next(const struct varstore *store, const struct variable *variable)
{
        while ((variable = varstore_next_record(store, variable)))
                if (variable->standing == VARIABLE_LIVE)
                        return variable;
        return NULL;
}

const struct variable *varstore_find(const struct varstore *store, struct guid vendor, const char *name)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                if (guid_equal(variable->vendor, vendor) && strcmp(variable->name, name) == 0)
                        return variable;
        return NULL;
}

// ---- changing ----

bool varstore_format(struct varstore *store, struct error *err)
{
        struct volume layout;
        if (!varstore_is_blank(store))
                return error_set(err, ERROR_USAGE, "the store is already formatted");
        if (!find_layout(store->image.size, &layout, err))
                return false;
        buffer_free(&store->bytes);
        volume_build(&layout, &store->bytes);
        store->volume = layout;
        store->changed = true;
        records_forget(store);
        return true;
}

bool varstore_may_change(const struct varstore *store, struct error *err)
{
        if (varstore_is_blank(store))
                return error_set(err, ERROR_USAGE, "the store is blank and must be formatted first");
        const struct remark *damage = varstore_first_damage(store);
        if (damage)
                return error_set(err, ERROR_DAMAGED,
                                 "the store is damaged at offset 0x%" PRIx64
                                 " (%s); refusing to change it, because more could be lost",
                                 damage->offset, damage->text);
        return true;
}

bool varstore_is_changed(const struct varstore *store)
{
        return store->changed;
}

// A write that was pending when the image was read is completed in what is written from now on.
static void note_change(struct varstore *store)
{
        store->changed = true;
        if (store->volume.queue == QUEUE_PENDING)
                store->volume.queue = QUEUE_CLEAN;
}

// After a change, reads the records again. A store that was sound when read gets no new remarks.
static void reread(struct varstore *store)
{
        struct remarks ignored = {0};
        note_change(store);
        records_read(store, &ignored);
        remarks_free(&ignored);
}

static bool is_named(const struct variable *variable, struct guid vendor, const char *name)
{
        return guid_equal(variable->vendor, vendor) && strcmp(variable->name, name) == 0;
}

// Marks all records of that name as deleted, so that none becomes live again.
static void mark_deleted(struct varstore *store, struct guid vendor, const char *name)
{
        for (size_t i = 0; i < store->record_count; i++) {
                struct variable *variable = &store->records[i];
                bool holds = variable->standing == VARIABLE_LIVE || variable->standing == VARIABLE_SUPERSEDED;
                if (!holds || !is_named(variable, vendor, name))
                        continue;
                variable->state &= VAR_IN_DELETED_TRANSITION & VAR_DELETED;
                variable->standing = VARIABLE_DELETED;
                records_own(store)[variable->offset + 2] = variable->state;
        }
}

// The live records except EXCEPT, as stored, one after the other.
static void gather_live(const struct varstore *store, const struct variable *except, struct buffer *buffer)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));) {
                if (variable == except)
                        continue;
                size_t start = buffer->size;
                struct bytes record;
                bytes_slice(records_view(store), variable->offset, variable->size, &record);
                buffer_add_bytes(buffer, record);
                buffer_fill(buffer, 0xFF, (size_t)(records_aligned(variable->size) - variable->size));
                buffer->data[start + 2] = VAR_ADDED;
        }
}

static void replace_records(struct varstore *store, const struct buffer *records)
{
        uint8_t *start = records_own(store) + records_start(store);
        size_t capacity = (size_t)(store->volume.variables_end - records_start(store));
        if (records->size)
                memcpy(start, records->data, records->size);
        memset(start + records->size, 0xFF, capacity - records->size);
}

static void append_record(struct varstore *store, const struct variable *record, struct bytes stored)
{
        uint64_t offset = store->records_end;
        uint8_t *bytes = records_own(store);
        if (store->has_residue)
                memset(bytes + offset, 0xFF, (size_t)(store->volume.variables_end - offset));
        store->has_residue = false;
        memcpy(bytes + offset, stored.data, stored.size);
        mark_deleted(store, record->vendor, record->name);
        struct variable appended;
        const char *problem;
        if (variable_read(records_view(store), store->volume.format, offset, &appended, &problem) == VARIABLE_READ)
                records_keep(store, &appended);
        note_change(store);
}

// Writes RECORD in place of EXISTING (NULL if it is new): after the last record or, if it does not fit there, after
// dropping the records that are not live.
static bool place_record(struct varstore *store, const struct variable *existing, const struct variable *record,
                         struct error *err)
{
        AUTO_BUFFER struct buffer stored = {0};
        variable_build(record, store->volume.format, &stored);
        if (stored.size <= store->volume.variables_end - store->records_end) {
                append_record(store, record, buffer_view(&stored));
                return true;
        }
        AUTO_BUFFER struct buffer records = {0};
        gather_live(store, existing, &records);
        uint64_t capacity = store->volume.variables_end - records_start(store);
        if (stored.size > capacity - records.size)
                return error_set(err, ERROR_ENVIRONMENT,
                                 "the store is full: %s takes %zu bytes, and %" PRIu64 " of %" PRIu64 " are free",
                                 record->name, stored.size, capacity - records.size, capacity);
        buffer_add_bytes(&records, buffer_view(&stored));
        replace_records(store, &records);
        reread(store);
        return true;
}

static bool is_valid_name(const char *name)
{
        AUTO_BUFFER struct buffer utf16 = {0};
        return *name && text_to_utf16(name, &utf16);
}

// Whether RECORD would change nothing in place of EXISTING.
static bool is_same_value(const struct variable *existing, const struct variable *record)
{
        return existing->attributes == record->attributes && bytes_equal(existing->data, record->data) &&
               existing->monotonic_count == record->monotonic_count &&
               existing->public_key_index == record->public_key_index &&
               memcmp(existing->time, record->time, sizeof record->time) == 0;
}

static bool may_store(const struct varstore *store, const struct variable *variable, struct error *err)
{
        if (!varstore_may_change(store, err))
                return false;
        if (!is_valid_name(variable->name))
                return error_set(err, ERROR_USAGE, "a variable's name must be valid UTF-8 and not empty");
        if (!(variable->attributes & EFI_VARIABLE_NON_VOLATILE) || (variable->attributes & ~STORABLE_ATTRIBUTES))
                return error_set(err, ERROR_USAGE, "%s: attributes 0x%" PRIx32 " cannot be stored", variable->name,
                                 variable->attributes);
        if (variable->data.size == 0 || variable->data.size >= store->volume.variables_end)
                return error_set(err, ERROR_USAGE, "%s: %zu bytes are too many for a variable here", variable->name,
                                 variable->data.size);
        return true;
}

bool varstore_put(struct varstore *store, const struct variable *variable, struct error *err)
{
        if (!may_store(store, variable, err))
                return false;
        struct variable record = *variable;
        record.state = VAR_ADDED;
        if (store->volume.format == VARIABLE_PLAIN) {
                record.monotonic_count = 0;
                record.public_key_index = 0;
                memset(record.time, 0, sizeof record.time);
        }
        const struct variable *existing = varstore_find(store, record.vendor, record.name);
        return (existing && is_same_value(existing, &record)) || place_record(store, existing, &record, err);
}

bool varstore_set(struct varstore *store, struct guid vendor, const char *name, uint32_t attributes, struct bytes data,
                  struct error *err)
{
        const struct variable *existing = varstore_find(store, vendor, name);
        AUTO_FREE char *own_name = memory_text(name);
        struct variable variable = existing ? *existing : (struct variable){.vendor = vendor};
        variable.name = own_name;
        variable.attributes = attributes;
        variable.data = data;
        return varstore_put(store, &variable, err);
}

bool varstore_delete(struct varstore *store, struct guid vendor, const char *name, struct error *err)
{
        if (!varstore_may_change(store, err))
                return false;
        if (!varstore_find(store, vendor, name)) {
                char text[37];
                guid_text(vendor, text);
                return error_set(err, ERROR_NO, "variable %s of vendor %s not found", name, text);
        }
        mark_deleted(store, vendor, name);
        note_change(store);
        return true;
}

bool varstore_compact(struct varstore *store, struct error *err)
{
        if (!varstore_may_change(store, err))
                return false;
        AUTO_BUFFER struct buffer records = {0};
        gather_live(store, NULL, &records);
        replace_records(store, &records);
        reread(store);
        return true;
}

static bool take_over_records(const struct varstore *damaged, struct varstore *store, struct error *err)
{
        AUTO_BUFFER struct buffer records = {0};
        gather_live(damaged, NULL, &records);
        if (records.size > store->volume.variables_end - records_start(store))
                return error_set(err, ERROR_DAMAGED, "the readable variables, %zu bytes, do not fit in a new store",
                                 records.size);
        replace_records(store, &records);
        records_read(store, &store->remarks);
        const struct remark *damage = varstore_first_damage(store);
        return !damage || error_set(err, ERROR_DAMAGED, "a readable variable is damaged too: %s", damage->text);
}

bool varstore_rescue(const struct varstore *damaged, struct varstore **store, struct error *err)
{
        if (!varstore_new_like(damaged, store, err))
                return false;
        if (take_over_records(damaged, *store, err))
                return true;
        varstore_free(store);
        return false;
}

struct varstore_moment {
        struct volume volume;
        struct buffer bytes;
        bool changed;
};

struct varstore_moment *varstore_remember(const struct varstore *store)
{
        struct varstore_moment *moment = memory_new(1, sizeof *moment);
        moment->volume = store->volume;
        moment->changed = store->changed;
        buffer_add_bytes(&moment->bytes, buffer_view(&store->bytes));
        return moment;
}

void varstore_go_back(struct varstore *store, const struct varstore_moment *moment)
{
        struct remarks ignored = {0};
        buffer_free(&store->bytes);
        buffer_add_bytes(&store->bytes, buffer_view(&moment->bytes));
        store->volume = moment->volume;
        store->changed = moment->changed;
        records_read(store, &ignored);
        remarks_free(&ignored);
}

void varstore_moment_free(struct varstore_moment **moment)
{
        if (!*moment)
                return;
        buffer_free(&(*moment)->bytes);
        free(*moment);
        *moment = NULL;
}

// ---- writing ----

struct bytes varstore_volume_bytes(const struct varstore *store)
{
        return (struct bytes){store->changed ? store->bytes.data : store->image.data, (size_t)store->volume.size};
}

struct bytes varstore_padding(const struct varstore *store)
{
        return bytes_from(store->image, store->volume.size);
}

// The part of the padding that may not be zero, and the part that is a hole in the file that it came from.
static struct bytes padding_data(const struct varstore *store, uint64_t *hole)
{
        struct bytes padding = varstore_padding(store);
        uint64_t end = store->blank ? 0 : store->mapping.bytes.size ? store->mapping.data_end : store->image.size;
        struct bytes data;
        bytes_slice(padding, 0, end > store->volume.size ? end - store->volume.size : 0, &data);
        *hole = padding.size - data.size;
        return data;
}

// A hole in the written file reads as zeroes and was written as zeroes; everything else is compared.
static bool is_written(const struct varstore *store, const char *path, struct error *err)
{
        AUTO_MAPPING struct file_mapping written = {0};
        if (!file_map(path, &written, err))
                return false;
        size_t volume_size = (size_t)store->volume.size;
        size_t end = written.data_end > volume_size ? (size_t)written.data_end : volume_size;
        struct bytes volume;
        struct bytes data;
        struct bytes expected;
        if (written.bytes.size == store->image.size && bytes_slice(written.bytes, 0, volume_size, &volume) &&
            bytes_equal(volume, varstore_volume_bytes(store)) &&
            bytes_slice(written.bytes, volume_size, end - volume_size, &data) &&
            bytes_slice(varstore_padding(store), 0, end - volume_size, &expected) && bytes_equal(data, expected))
                return true;
        return error_set(err, ERROR_ENVIRONMENT, "%s: the data read back differs from what was written", path);
}

bool varstore_save(const struct varstore *store, const char *path, mode_t mode, struct error *err)
{
        uint64_t hole;
        struct bytes padding = padding_data(store, &hole);
        AUTO_REPLACEMENT struct file_replacement *replacement = file_replacement_begin(path, mode, err);
        return replacement && file_replacement_write(replacement, varstore_volume_bytes(store), err) &&
               file_replacement_write(replacement, padding, err) && file_replacement_skip(replacement, hole, err) &&
               is_written(store, file_replacement_path(replacement), err) && file_replacement_commit(&replacement, err);
}
