// SPDX-License-Identifier: Apache-2.0
//
// A variable store as a value: read from an image, queried and changed in memory, written back as an image.
//
// It is read as the firmware reads it. The first complete record of a name is live; one "in deleted transition" is live
// until its successor is complete; deleted and unfinished records are ignored. If a write of the firmware is pending,
// the variables come from the spare block. A damaged store is read as far as possible, with remarks; see
// varstore_verdict.
//
// It is changed as the firmware changes it: a new record is appended and the old one marked as deleted; when that does
// not fit, deleted records are dropped first. A blank store takes no variables before varstore_format.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "varstore/guid.h"
#include "varstore/remark.h"
#include "varstore/variable.h"
#include "varstore/volume.h"

struct varstore;

// Reads IMAGE, which must outlive the store. A blank image is a store without variables. Fails (ERROR_DAMAGED) if the
// headers are unreadable.
bool varstore_read(struct bytes image, struct varstore **store, struct error *err);

// The same from a file, mapped so that padding is never read. Messages name the file.
bool varstore_load(const char *path, struct varstore **store, struct error *err);

// The same from a mapping. The store then owns the mapping; on failure the caller still does.
bool varstore_read_mapping(const struct file_mapping *mapping, struct varstore **store, struct error *err);

// An empty, formatted store in an image of IMAGE_SIZE bytes, as the firmware with images of this size formats it. Fails
// if no firmware with that size is known.
bool varstore_new(uint64_t image_size, struct varstore **store, struct error *err);

// The same with the size, the layout and the record format of MODEL.
bool varstore_new_like(const struct varstore *model, struct varstore **store, struct error *err);

// The same with every live variable of DAMAGED, its record unchanged: a sound store of what the firmware still sees.
// Fails if it does not fit, or a record itself is damaged.
bool varstore_rescue(const struct varstore *damaged, struct varstore **store, struct error *err);

void varstore_free(struct varstore **store);
#define AUTO_VARSTORE __attribute__((cleanup(varstore_free)))

bool varstore_is_blank(const struct varstore *store);
const struct volume *varstore_volume(const struct varstore *store);
uint64_t varstore_image_size(const struct varstore *store);

// In bytes: the space for records, the used part, the part of that used by records that are not live, and the free
// part.
struct varstore_space {
        uint64_t capacity, used, dead, left;
};
struct varstore_space varstore_space(const struct varstore *store);

// The remarks from reading the image, in the order of offsets.
const struct remarks *varstore_remarks(const struct varstore *store);

enum varstore_verdict {
        VARSTORE_SOUND,   // blank included
        VARSTORE_REMARKS, // sound, with remarks
        VARSTORE_DAMAGED, // readable, but something is broken
};
enum varstore_verdict varstore_verdict(const struct varstore *store);

// The first remark of severity REMARK_DAMAGE; NULL if there are none.
const struct remark *varstore_first_damage(const struct varstore *store);

// Whether STORE, read from PATH, is undamaged. If not, fails with ERROR_DAMAGED and the offset.
bool varstore_is_sound(const struct varstore *store, const char *path, struct error *err);

// The live variable of that name; NULL if not found. Valid, like all variables here, until the store is changed.
const struct variable *varstore_find(const struct varstore *store, struct guid vendor, const char *name);

// The live variables in the order of their records: `for (v = NULL; (v = varstore_next(store, v));)`.
const struct variable *varstore_next(const struct varstore *store, const struct variable *variable);

// The same over every record, dead ones included.
const struct variable *varstore_next_record(const struct varstore *store, const struct variable *variable);

// Formats a blank store, in the layout that the firmware uses for an image of its size. Fails if it is not blank or no
// firmware with that size is known.
bool varstore_format(struct varstore *store, struct error *err);

// Whether the store can be changed. Fails if it is blank or damaged.
bool varstore_may_change(const struct varstore *store, struct error *err);

// Whether it was changed since it was read.
bool varstore_is_changed(const struct varstore *store);

// Sets a variable, keeping the count, time stamp and key index of an authenticated record. ATTRIBUTES must have
// EFI_VARIABLE_NON_VOLATILE. Writes nothing if the variable has this value already. Fails, changing nothing, if the
// name is empty or not valid UTF-8, the store is blank, or there is no space.
bool varstore_set(struct varstore *store, struct guid vendor, const char *name, uint32_t attributes, struct bytes data,
                  struct error *err);

// The same with every field of a record: name, vendor, attributes, data, count, time stamp and key index of VARIABLE
// (plain records do not have the last three).
bool varstore_put(struct varstore *store, const struct variable *variable, struct error *err);

// Deletes a variable. Fails (ERROR_NO) if it is not found.
bool varstore_delete(struct varstore *store, struct guid vendor, const char *name, struct error *err);

// Drops every record that is not live, as the firmware does when space runs out. Fails for a blank or damaged store.
bool varstore_compact(struct varstore *store, struct error *err);

// A snapshot of a store's content, to restore if one of several changes fails. Freed with varstore_moment_free.
struct varstore_moment;
#define AUTO_VARSTORE_MOMENT __attribute__((cleanup(varstore_moment_free)))
struct varstore_moment *varstore_remember(const struct varstore *store);
void varstore_go_back(struct varstore *store, const struct varstore_moment *moment);
void varstore_moment_free(struct varstore_moment **moment);

// The image: the current volume, and the unchanged padding that follows it.
struct bytes varstore_volume_bytes(const struct varstore *store);
struct bytes varstore_padding(const struct varstore *store);

// Writes the image to PATH: atomically, sparsely, read back and compared before it replaces the file. MODE is for a new
// file. On failure the old file is unchanged.
bool varstore_save(const struct varstore *store, const char *path, mode_t mode, struct error *err);
