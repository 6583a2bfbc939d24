// SPDX-License-Identifier: Apache-2.0
#include "varstore/varstore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

struct varstore {
        struct file_mapping mapping; // where it was loaded from a file
        struct bytes image;          // as it was read
        struct volume volume;
        struct buffer
                bytes; // the volume as the firmware sees it: with a pending write settled, and what was changed since
        bool changed;  // else the image is written as it was read
        struct variable *records;
        size_t record_count;
        uint64_t records_end; // where the next record goes
        struct remarks remarks;
};

// ---- reading ----

static struct bytes variables_view(const struct varstore *store)
{
        return (struct bytes){store->bytes.data, (size_t)store->volume.variables_end};
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
        // A longer name would only cost time: this looks at every place where a record might begin.
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

// A size that became too large swallows the records that follow. The firmware does not notice; records do not hold
// records, so that one lies inside another tells.
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

// What a live record has that no firmware stores, NULL where there is nothing of the kind.
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
                remarks_add(remarks, variable->offset, REMARK_DAMAGE, "a record that is passed over: %s", problem);
        else if (variable->standing == VARIABLE_LOST)
                remarks_add(remarks, variable->offset + 2, REMARK_DAMAGE,
                            "%s is passed over: 0x%02x is no state of a record", title, variable->state);
        else if (variable->standing == VARIABLE_UNFINISHED)
                remarks_add(remarks, variable->offset, REMARK_NOTE, "the write of %s was cut off", title);
        if (oddity)
                remarks_add(remarks, variable->offset, REMARK_ODD, "%s has %s", title, oddity);
}

// Whatever follows the last record is erased flash, unless a record's start was lost and with it all that follow.
static void judge_end(const struct varstore *store, struct remarks *remarks)
{
        struct bytes rest = bytes_from(variables_view(store), store->records_end);
        if (bytes_all(rest, 0xFF))
                return;
        size_t first = 0;
        while (rest.data[first] == 0xFF)
                first++;
        remarks_add(remarks, store->records_end, REMARK_DAMAGE,
                    "the records end here, but bytes follow (from 0x%" PRIx64
                    "): what they hold is lost to the firmware",
                    store->records_end + first);
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

static void walk_records(struct varstore *store, struct remarks *remarks)
{
        uint64_t at = records_start(store);
        size_t capacity = 0;
        for (;;) {
                struct variable variable;
                const char *problem;
                enum variable_reading reading =
                        variable_read(variables_view(store), store->volume.format, at, &variable, &problem);
                if (reading == VARIABLE_BROKEN)
                        remarks_add(remarks, at, REMARK_DAMAGE, "a record cannot be read: %s", problem);
                if (reading != VARIABLE_READ)
                        break;
                if (store->record_count == capacity) {
                        capacity = capacity ? 2 * capacity : 64;
                        store->records = memory_resize(store->records, capacity, sizeof *store->records);
                }
                store->records[store->record_count++] = variable;
                judge_record(&variable, problem, remarks);
                judge_size(store, &variable, remarks);
                at = aligned(at + variable.size);
        }
        store->records_end = at < store->volume.variables_end ? at : store->volume.variables_end;
        judge_end(store, remarks);
}

static int compare_names(const struct variable *a, const struct variable *b)
{
        int order = memcmp(a->vendor.bytes, b->vendor.bytes, sizeof a->vendor.bytes);
        return order ? order : strcmp(a->name, b->name);
}

// A record among those that hold by themselves.
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

// Of the COUNT records of one name, each of which holds by itself, decides which one does: the first that is whole, else
// the last that is in deleted transition.
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
                                    "the update of %s was cut off; its old value holds", title);
                } else if (i != live && record->state == VAR_ADDED) {
                        record->standing = VARIABLE_SHADOWED;
                        remarks_add(remarks, record->offset, REMARK_DAMAGE,
                                    "%s is here once more; the firmware sees only the one at 0x%" PRIx64, title,
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
        buffer_add(&store->bytes, image.data, (size_t)store->volume.size);
        // What would be written is settled; the layout as it was read stays in the volume for whoever asks.
        struct volume settled = store->volume;
        if (settled.queue == QUEUE_PENDING)
                volume_settle(&settled, store->bytes.data);
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
        if (!varstore_read(mapping.bytes, store, err)) {
                file_unmap(&mapping);
                return error_wrap(err, "%s", path);
        }
        (*store)->mapping = mapping;
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

enum varstore_verdict varstore_verdict(const struct varstore *store)
{
        if (varstore_first_damage(store))
                return VARSTORE_DAMAGED;
        return store->remarks.count ? VARSTORE_REMARKS : VARSTORE_SOUND;
}

const struct variable *varstore_next_record(const struct varstore *store, const struct variable *variable)
{
        const struct variable *end = store->records + store->record_count;
        const struct variable *next = variable ? variable + 1 : store->records;
        return next < end ? next : NULL;
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
                return error_set(err, ERROR_USAGE, "the store is formatted already");
        if (!volume_layout(store->image.size, &layout))
                return error_set(err, ERROR_USAGE, "no firmware formats an image of %zu bytes", store->image.size);
        buffer_free(&store->bytes);
        volume_build(&layout, &store->bytes);
        store->volume = layout;
        store->changed = true;
        forget_records(store);
        return true;
}

static bool may_change(const struct varstore *store, struct error *err)
{
        if (varstore_is_blank(store))
                return error_set(err, ERROR_USAGE,
                                 "the store is blank; it has to be formatted before it takes variables");
        const struct remark *damage = varstore_first_damage(store);
        if (damage)
                return error_set(err, ERROR_DAMAGED,
                                 "the store is damaged at offset 0x%" PRIx64
                                 " (%s); it is not changed, because more could be lost",
                                 damage->offset, damage->text);
        return true;
}

// After a change: what the bytes now hold. Nothing new is to be remarked of what was sound when it was read.
static void reread(struct varstore *store)
{
        struct remarks ignored = {0};
        store->changed = true;
        if (store->volume.queue == QUEUE_PENDING)
                store->volume.queue = QUEUE_CLEAN;
        read_records(store, &ignored);
        remarks_free(&ignored);
}

static bool is_named(const struct variable *variable, struct guid vendor, const char *name)
{
        return guid_equal(variable->vendor, vendor) && strcmp(variable->name, name) == 0;
}

// Marks every record of that name as deleted that is not yet, so that none comes back to life.
static void mark_deleted(struct varstore *store, struct guid vendor, const char *name)
{
        for (size_t i = 0; i < store->record_count; i++) {
                const struct variable *variable = &store->records[i];
                bool holds = variable->standing == VARIABLE_LIVE || variable->standing == VARIABLE_SUPERSEDED;
                if (holds && is_named(variable, vendor, name))
                        store->bytes.data[variable->offset + 2] &= VAR_IN_DELETED_TRANSITION & VAR_DELETED;
        }
}

// The live records but the one EXCEPT, as they are stored, one after the other.
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
        uint8_t *start = store->bytes.data + records_start(store);
        size_t capacity = (size_t)(store->volume.variables_end - records_start(store));
        if (records->size)
                memcpy(start, records->data, records->size);
        memset(start + records->size, 0xFF, capacity - records->size);
}

// Writes RECORD in place of EXISTING (NULL where there is none): behind the last record, or, where it does not fit there,
// after dropping the records that are not live.
static bool place_record(struct varstore *store, const struct variable *existing, const struct variable *record,
                         struct error *err)
{
        AUTO_BUFFER struct buffer stored = {0};
        variable_build(record, store->volume.format, &stored);
        if (stored.size <= store->volume.variables_end - store->records_end) {
                memcpy(store->bytes.data + store->records_end, stored.data, stored.size);
                mark_deleted(store, record->vendor, record->name);
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
        return true;
}

static bool is_valid_name(const char *name)
{
        AUTO_BUFFER struct buffer utf16 = {0};
        return *name && text_to_utf16(name, &utf16);
}

bool varstore_set(struct varstore *store, struct guid vendor, const char *name, uint32_t attributes, struct bytes data,
                  struct error *err)
{
        if (!may_change(store, err))
                return false;
        if (!is_valid_name(name))
                return error_set(err, ERROR_USAGE, "a variable's name is valid UTF-8 and not empty");
        if (!(attributes & EFI_VARIABLE_NON_VOLATILE) || (attributes & ~STORABLE_ATTRIBUTES))
                return error_set(err, ERROR_USAGE, "%s: attributes 0x%" PRIx32 " cannot be stored", name, attributes);
        if (data.size == 0 || data.size >= store->volume.variables_end)
                return error_set(err, ERROR_USAGE, "%s: a variable cannot hold %zu bytes here", name, data.size);
        const struct variable *existing = varstore_find(store, vendor, name);
        if (existing && existing->attributes == attributes && bytes_equal(existing->data, data))
                return true;
        struct variable record = {.vendor = vendor, .state = VAR_ADDED, .attributes = attributes, .data = data};
        record.name = memory_text(name);
        if (existing) {
                record.monotonic_count = existing->monotonic_count;
                record.public_key_index = existing->public_key_index;
                memcpy(record.time, existing->time, sizeof record.time);
        }
        bool placed = place_record(store, existing, &record, err);
        variable_free(&record);
        if (placed)
                reread(store);
        return placed;
}

bool varstore_delete(struct varstore *store, struct guid vendor, const char *name, struct error *err)
{
        if (!may_change(store, err))
                return false;
        if (!varstore_find(store, vendor, name)) {
                char text[37];
                guid_text(vendor, text);
                return error_set(err, ERROR_NO, "there is no variable %s of vendor %s", name, text);
        }
        mark_deleted(store, vendor, name);
        reread(store);
        return true;
}

bool varstore_compact(struct varstore *store, struct error *err)
{
        if (!may_change(store, err))
                return false;
        AUTO_BUFFER struct buffer records = {0};
        gather_live(store, NULL, &records);
        replace_records(store, &records);
        reread(store);
        return true;
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

static bool is_written(const struct varstore *store, const char *path, struct error *err)
{
        AUTO_MAPPING struct file_mapping written = {0};
        if (!file_map(path, &written, err))
                return false;
        struct bytes volume;
        bytes_slice(written.bytes, 0, store->volume.size, &volume);
        if (bytes_equal(volume, varstore_volume_bytes(store)) &&
            bytes_equal(bytes_from(written.bytes, store->volume.size), varstore_padding(store)))
                return true;
        return error_set(err, ERROR_ENVIRONMENT, "%s: what was read back is not what was written", path);
}

bool varstore_save(const struct varstore *store, const char *path, mode_t mode, struct error *err)
{
        AUTO_REPLACEMENT struct file_replacement *replacement = file_replacement_begin(path, mode, err);
        return replacement && file_replacement_write(replacement, varstore_volume_bytes(store), err) &&
               file_replacement_write(replacement, varstore_padding(store), err) &&
               is_written(store, file_replacement_path(replacement), err) && file_replacement_commit(&replacement, err);
}
