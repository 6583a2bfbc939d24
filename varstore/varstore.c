// SPDX-License-Identifier: Apache-2.0
#include "varstore/varstore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

struct varstore {
        struct file_mapping mapping; // if loaded from a file
        uint8_t *blank;              // if newly created
        struct bytes image;          // as read
        struct volume volume;
        // The volume as the firmware sees it: with a pending write completed, and later changes. Empty while the image
        // is the same.
        struct buffer bytes;
        bool changed; // else the image is written as read
        struct variable *records;
        size_t record_count;
        uint64_t records_end; // where the next record goes
        bool has_residue;     // and a piece of the firmware's buffer is there
        struct remarks remarks;
};

// ---- reading ----

static struct bytes variables_view(const struct varstore *store)
{
        return (struct bytes){store->bytes.size ? store->bytes.data : store->image.data,
                              (size_t)store->volume.variables_end};
}

// The volume, ready to be changed. Views into the image stay valid.
static uint8_t *own_bytes(struct varstore *store)
{
        if (!store->bytes.size)
                buffer_add(&store->bytes, store->image.data, (size_t)store->volume.size);
        return store->bytes.data;
}

static uint64_t aligned(uint64_t offset)
{
        return (offset + VARIABLE_ALIGNMENT - 1) / VARIABLE_ALIGNMENT * VARIABLE_ALIGNMENT;
}

static char *record_title(const struct variable *variable)
{
        if (!*variable->name)
                return text_format("the variable without a name");
        AUTO_FREE char *name = text_printable(variable->name, strlen(variable->name), false);
        return text_format("the variable %s", name);
}

static const uint32_t STORABLE_ATTRIBUTES =
        EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |
        EFI_VARIABLE_HARDWARE_ERROR_RECORD | EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS |
        EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS | EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS;

static bool is_whole_record(const struct varstore *store, uint64_t offset)
{
        // A longer name would only cost time: every offset where a record might begin is checked.
        enum {
                NAME_LIMIT = 1024,     // bytes
                NAME_SIZE_BEFORE = 24, // the end of the header
        };
        struct cursor cursor = cursor_at(variables_view(store),
                                         offset + variable_header_size(store->volume.format) - NAME_SIZE_BEFORE);
        if (cursor_u32(&cursor) > NAME_LIMIT)
                return false;
        struct variable variable;
        const char *problem;
        bool whole = variable_read(variables_view(store), store->volume.format, offset, &variable, &problem) ==
                             VARIABLE_READ &&
                     variable.standing != VARIABLE_LOST && *variable.name && !variable.reserved &&
                     !(variable.attributes & ~STORABLE_ATTRIBUTES);
        variable_free(&variable);
        return whole;
}

// A size that has become too large swallows the records that follow, unnoticed by the firmware. Records never contain
// records, so one inside another proves it.
static void judge_size(const struct varstore *store, const struct variable *variable, struct remarks *remarks)
{
        uint64_t at = aligned(variable->offset + variable_header_size(store->volume.format));
        const uint8_t *bytes = variables_view(store).data;
        for (; at + 2 <= variable->offset + variable->size; at += VARIABLE_ALIGNMENT) {
                bool starts = bytes[at] == (VARIABLE_START & 0xFF) && bytes[at + 1] == VARIABLE_START >> 8;
                if (!starts || !is_whole_record(store, at))
                        continue;
                AUTO_FREE char *title = record_title(variable);
                remarks_add(remarks, variable->offset, REMARK_DAMAGE,
                            "%s, of 0x%" PRIx64 " bytes, has swallowed another record at 0x%" PRIx64
                            ": its size cannot be right",
                            title, variable->size, at);
                return;
        }
}

// A property of a live record that no firmware stores; NULL if it has none.
static const char *oddity_of(const struct variable *variable)
{
        if (variable->standing == VARIABLE_UNFINISHED)
                return NULL;
        if (variable->reserved)
                return "a reserved byte that is not zero";
        if (variable->standing != VARIABLE_LIVE)
                return NULL;
        if (variable->attributes & ~STORABLE_ATTRIBUTES)
                return "attributes that no variable has";
        if (!(variable->attributes & EFI_VARIABLE_NON_VOLATILE))
                return "no attribute NV, though it is stored";
        return NULL;
}

static void judge_record(const struct variable *variable, const char *problem, struct remarks *remarks)
{
        const char *oddity = oddity_of(variable);
        bool passed_over = variable->standing == VARIABLE_LOST || variable->standing == VARIABLE_UNFINISHED;
        if (!problem && !oddity && !passed_over)
                return;
        AUTO_FREE char *title = record_title(variable);
        if (problem)
                remarks_add(remarks, variable->offset, REMARK_DAMAGE, "a record is ignored: %s", problem);
        else if (variable->standing == VARIABLE_LOST)
                remarks_add(remarks, variable->offset + 2, REMARK_DAMAGE,
                            "%s is ignored: 0x%02x is not a valid record state", title, variable->state);
        else if (variable->standing == VARIABLE_UNFINISHED)
                remarks_add(remarks, variable->offset, REMARK_NOTE, "the write of %s was cut off", title);
        if (oddity)
                remarks_add(remarks, variable->offset, REMARK_ODD, "%s has %s", title, oddity);
}

enum {
        FLASH_BUFFER = 0x80
}; // bytes that the firmware's flash driver writes at once

// The offset at which the bytes after the last record, from AT on, also are earlier in the store, a multiple of the
// flash driver's buffer before AT; 0 if they are not.
static uint64_t residue_of(const struct varstore *store, uint64_t at, struct bytes strange)
{
        for (uint64_t distance = FLASH_BUFFER; distance <= at; distance += FLASH_BUFFER) {
                struct bytes earlier;
                bool before = at - distance + strange.size <= store->records_end;
                if (before && bytes_slice(variables_view(store), at - distance, strange.size, &earlier) &&
                    bytes_equal(earlier, strange))
                        return at - distance;
        }
        return 0;
}

// The last record is followed by erased flash. EDK2's driver for QEMU's flash (VirtNorFlashDxe, before tianocore/edk2
// pull request 5254) may leave a piece of its buffer there, a copy of earlier bytes of the store, which is harmless.
// Anything else means that the start of a record was lost, and with it all records that follow.
static void judge_end(struct varstore *store, struct remarks *remarks)
{
        struct bytes rest = bytes_from(variables_view(store), store->records_end);
        store->has_residue = false;
        if (bytes_all(rest, 0xFF))
                return;
        size_t first = 0;
        while (rest.data[first] == 0xFF)
                first++;
        while (rest.data[rest.size - 1] == 0xFF)
                rest.size--;
        const struct bytes strange = bytes_from(rest, first);
        uint64_t at = store->records_end + first;
        uint64_t copied_from = residue_of(store, at, strange);
        store->has_residue = copied_from != 0;
        if (store->has_residue)
                remarks_add(remarks, at, REMARK_ODD,
                            "a copy of the %zu bytes at 0x%" PRIx64 " follows the last record: the firmware's flash "
                            "driver left it; nothing is lost",
                            strange.size, copied_from);
        else
                remarks_add(remarks, store->records_end, REMARK_DAMAGE,
                            "the records end here, but bytes follow (from 0x%" PRIx64
                            "): the firmware cannot read them",
                            at);
}

static uint64_t records_start(const struct varstore *store)
{
        return aligned(store->volume.variables_at);
}

static void forget_records(struct varstore *store)
{
        for (size_t i = 0; i < store->record_count; i++)
                variable_free(&store->records[i]);
        free(store->records);
        store->records = NULL;
        store->record_count = 0;
        store->records_end = records_start(store);
}

static void keep_record(struct varstore *store, const struct variable *variable)
{
        *MEMORY_ADD(store->records, store->record_count) = *variable;
        uint64_t end = aligned(variable->offset + variable->size);
        store->records_end = end < store->volume.variables_end ? end : store->volume.variables_end;
}

static void walk_records(struct varstore *store, struct remarks *remarks)
{
        uint64_t at = records_start(store);
        for (;;) {
                struct variable variable;
                const char *problem;
                enum variable_reading reading =
                        variable_read(variables_view(store), store->volume.format, at, &variable, &problem);
                if (reading == VARIABLE_BROKEN)
                        remarks_add(remarks, at, REMARK_DAMAGE, "a record cannot be read: %s", problem);
                if (reading != VARIABLE_READ)
                        break;
                keep_record(store, &variable);
                judge_record(&variable, problem, remarks);
                judge_size(store, &variable, remarks);
                at = aligned(at + variable.size);
        }
        judge_end(store, remarks);
}

static int compare_names(const struct variable *a, const struct variable *b)
{
        int order = memcmp(a->vendor.bytes, b->vendor.bytes, sizeof a->vendor.bytes);
        return order ? order : strcmp(a->name, b->name);
}

// A record that is valid by itself.
struct holding {
        struct variable *record;
};

static int compare_holdings(const void *left, const void *right)
{
        const struct variable *a = ((const struct holding *)left)->record;
        const struct variable *b = ((const struct holding *)right)->record;
        int order = compare_names(a, b);
        return order ? order : a->offset < b->offset ? -1 : 1;
}

// Decides which of the COUNT records of one name is live, each valid by itself: the first complete one, else the last
// one in deleted transition.
static void settle_standing(const struct holding *holding, size_t count, struct remarks *remarks)
{
        size_t live = 0;
        while (live < count && holding[live].record->state != VAR_ADDED)
                live++;
        bool replaced = live < count;
        if (!replaced)
                live = count - 1;
        for (size_t i = 0; i < count; i++) {
                struct variable *record = holding[i].record;
                AUTO_FREE char *title = record_title(record);
                if (i == live && !replaced) {
                        remarks_add(remarks, record->offset + 2, REMARK_NOTE,
                                    "the update of %s was cut off; its old value is valid", title);
                } else if (i != live && record->state == VAR_ADDED) {
                        record->standing = VARIABLE_SHADOWED;
                        remarks_add(remarks, record->offset, REMARK_DAMAGE,
                                    "%s appears again here; the firmware sees only the one at 0x%" PRIx64, title,
                                    holding[live].record->offset);
                } else if (i != live) {
                        record->standing = VARIABLE_SUPERSEDED;
                        remarks_add(remarks, record->offset + 2, REMARK_NOTE,
                                    "the old record of %s was not yet marked as deleted", title);
                }
        }
}

static void settle_standings(struct varstore *store, struct remarks *remarks)
{
        AUTO_FREE struct holding *holding = memory_new(store->record_count, sizeof *holding);
        size_t count = 0;
        for (size_t i = 0; i < store->record_count; i++)
                if (store->records[i].standing == VARIABLE_LIVE)
                        holding[count++].record = &store->records[i];
        qsort(holding, count, sizeof *holding, compare_holdings);
        for (size_t i = 0, next; i < count; i = next) {
                for (next = i + 1; next < count && compare_names(holding[i].record, holding[next].record) == 0;)
                        next++;
                if (next - i > 1 || holding[i].record->state != VAR_ADDED)
                        settle_standing(holding + i, next - i, remarks);
        }
}

static void read_records(struct varstore *store, struct remarks *remarks)
{
        forget_records(store);
        if (store->volume.kind == VOLUME_BLANK)
                return;
        walk_records(store, remarks);
        settle_standings(store, remarks);
}

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
                volume_settle(&settled, own_bytes(store));
        read_records(store, &store->remarks);
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
        forget_records(store);
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
        forget_records(*store);
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
                        space.dead += aligned(store->records[i].size);
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
        forget_records(store);
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
        read_records(store, &ignored);
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
                own_bytes(store)[variable->offset + 2] = variable->state;
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
                bytes_slice(variables_view(store), variable->offset, variable->size, &record);
                buffer_add_bytes(buffer, record);
                buffer_fill(buffer, 0xFF, (size_t)(aligned(variable->size) - variable->size));
                buffer->data[start + 2] = VAR_ADDED;
        }
}

static void replace_records(struct varstore *store, const struct buffer *records)
{
        uint8_t *start = own_bytes(store) + records_start(store);
        size_t capacity = (size_t)(store->volume.variables_end - records_start(store));
        if (records->size)
                memcpy(start, records->data, records->size);
        memset(start + records->size, 0xFF, capacity - records->size);
}

static void append_record(struct varstore *store, const struct variable *record, struct bytes stored)
{
        uint64_t offset = store->records_end;
        uint8_t *bytes = own_bytes(store);
        if (store->has_residue)
                memset(bytes + offset, 0xFF, (size_t)(store->volume.variables_end - offset));
        store->has_residue = false;
        memcpy(bytes + offset, stored.data, stored.size);
        mark_deleted(store, record->vendor, record->name);
        struct variable appended;
        const char *problem;
        if (variable_read(variables_view(store), store->volume.format, offset, &appended, &problem) == VARIABLE_READ)
                keep_record(store, &appended);
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
        read_records(store, &store->remarks);
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
        read_records(store, &ignored);
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
