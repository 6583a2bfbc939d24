// SPDX-License-Identifier: Apache-2.0
#include "varstore/records.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct bytes records_view(const struct varstore *store)
{
        return (struct bytes){store->bytes.size ? store->bytes.data : store->image.data,
                              (size_t)store->volume.variables_end};
}

uint8_t *records_own(struct varstore *store)
{
        if (!store->bytes.size)
                buffer_add(&store->bytes, store->image.data, (size_t)store->volume.size);
        return store->bytes.data;
}

uint64_t records_aligned(uint64_t offset)
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

static bool is_whole_record(const struct varstore *store, uint64_t offset)
{
        // A longer name would only cost time: every offset where a record might begin is checked.
        enum {
                NAME_LIMIT = 1024,     // bytes
                NAME_SIZE_BEFORE = 24, // the end of the header
        };
        struct cursor cursor =
                cursor_at(records_view(store), offset + variable_header_size(store->volume.format) - NAME_SIZE_BEFORE);
        if (cursor_u32(&cursor) > NAME_LIMIT)
                return false;
        struct variable variable;
        const char *problem;
        bool whole = variable_read(records_view(store), store->volume.format, offset, &variable, &problem) ==
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
        uint64_t at = records_aligned(variable->offset + variable_header_size(store->volume.format));
        const uint8_t *bytes = records_view(store).data;
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
                if (before && bytes_slice(records_view(store), at - distance, strange.size, &earlier) &&
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
        struct bytes rest = bytes_from(records_view(store), store->records_end);
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

uint64_t records_start(const struct varstore *store)
{
        return records_aligned(store->volume.variables_at);
}

void records_forget(struct varstore *store)
{
        for (size_t i = 0; i < store->record_count; i++)
                variable_free(&store->records[i]);
        free(store->records);
        store->records = NULL;
        store->record_count = 0;
        store->records_end = records_start(store);
}

void records_keep(struct varstore *store, const struct variable *variable)
{
        *MEMORY_ADD(store->records, store->record_count) = *variable;
        uint64_t end = records_aligned(variable->offset + variable->size);
        store->records_end = end < store->volume.variables_end ? end : store->volume.variables_end;
}

static void walk_records(struct varstore *store, struct remarks *remarks)
{
        uint64_t at = records_start(store);
        for (;;) {
                struct variable variable;
                const char *problem;
                enum variable_reading reading =
                        variable_read(records_view(store), store->volume.format, at, &variable, &problem);
                if (reading == VARIABLE_BROKEN)
                        remarks_add(remarks, at, REMARK_DAMAGE, "a record cannot be read: %s", problem);
                if (reading != VARIABLE_READ)
                        break;
                records_keep(store, &variable);
                judge_record(&variable, problem, remarks);
                judge_size(store, &variable, remarks);
                at = records_aligned(at + variable.size);
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

void records_read(struct varstore *store, struct remarks *remarks)
{
        records_forget(store);
        if (store->volume.kind == VOLUME_BLANK)
                return;
        walk_records(store, remarks);
        settle_standings(store, remarks);
}
