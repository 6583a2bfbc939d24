// SPDX-License-Identifier: Apache-2.0
//
// A variable store as a value: an image is read into it, variables are looked up and changed, an image is written out.
//
// It is read as the firmware reads it. Of a name's records the first whole one is live; one "in deleted transition" is
// live as long as no successor is whole; records that were deleted or whose write was cut off are passed over. Where a
// write of the firmware's is pending, the variables come from the spare block. A damaged store is read as far as it
// leads, with remarks; varstore_verdict sums them up.
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

// Reads IMAGE, which must outlive the store. A blank image is a store without variables. Fails (ERROR_DAMAGED) where the
// headers are past reading.
bool varstore_read(struct bytes image, struct varstore **store, struct error *err);

// The same from a file, mapped so that padding is never read. Messages name the file.
bool varstore_load(const char *path, struct varstore **store, struct error *err);

// The same from a mapping, which the store then owns; on failure it stays the caller's.
bool varstore_read_mapping(const struct file_mapping *mapping, struct varstore **store, struct error *err);

// An empty, formatted store in an image of IMAGE_SIZE bytes, as the firmware that has images of this size formats it.
// Fails where no firmware is known for it.
bool varstore_new(uint64_t image_size, struct varstore **store, struct error *err);

// The same with the size, the layout and the record format of MODEL.
bool varstore_new_like(const struct varstore *model, struct varstore **store, struct error *err);

// The same with every variable that is live in DAMAGED, its record as it is: what the firmware still sees of it, made
// sound. Fails where it has no room there, or is damaged itself.
bool varstore_rescue(const struct varstore *damaged, struct varstore **store, struct error *err);

void varstore_free(struct varstore **store);
#define AUTO_VARSTORE __attribute__((cleanup(varstore_free)))

bool varstore_is_blank(const struct varstore *store);
const struct volume *varstore_volume(const struct varstore *store);
uint64_t varstore_image_size(const struct varstore *store);

// In bytes: how much of the space for records is in use, how much of that is taken by records that are not live, and
// what is left at the end.
struct varstore_space {
        uint64_t capacity, used, dead, left;
};
struct varstore_space varstore_space(const struct varstore *store);

// What was noticed while the image was read, in the order of offsets.
const struct remarks *varstore_remarks(const struct varstore *store);

enum varstore_verdict {
        VARSTORE_SOUND,   // blank included
        VARSTORE_REMARKS, // sound, with remarks
        VARSTORE_DAMAGED, // readable, but something is broken
};
enum varstore_verdict varstore_verdict(const struct varstore *store);

// The first remark that is a damage, NULL where there is none.
const struct remark *varstore_first_damage(const struct varstore *store);

// Whether nothing in STORE, which came from PATH, is damaged. Where something is, ERROR_DAMAGED with its place.
bool varstore_is_sound(const struct varstore *store, const char *path, struct error *err);

// The live variable of that name, NULL where there is none. Valid, like all variables here, until the store is changed.
const struct variable *varstore_find(const struct varstore *store, struct guid vendor, const char *name);

// The live variables in the order of their records: `for (v = NULL; (v = varstore_next(store, v));)`.
const struct variable *varstore_next(const struct varstore *store, const struct variable *variable);

// The same over every record, dead ones included.
const struct variable *varstore_next_record(const struct varstore *store, const struct variable *variable);

// Makes a formatted, empty store of a blank one, in the layout that the firmware uses for an image of its size. Fails
// where it is not blank or no firmware is known for its size.
bool varstore_format(struct varstore *store, struct error *err);

// Whether the store takes changes. Fails where it is blank or damaged.
bool varstore_may_change(const struct varstore *store, struct error *err);

// Whether it was changed since it was read.
bool varstore_is_changed(const struct varstore *store);

// Sets a variable, keeping what an authenticated record of it has besides: count, time stamp, key index. ATTRIBUTES must have EFI_VARIABLE_NON_VOLATILE. Nothing is written where it has this value already.
// Fails, changing nothing, where the name is empty or not valid UTF-8, the store is blank, or there is no space.
bool varstore_set(struct varstore *store, struct guid vendor, const char *name, uint32_t attributes, struct bytes data,
                  struct error *err);

// The same with everything that a record holds: NAME, vendor, attributes, data, count, time stamp and key index of VARIABLE
// (the last three are not in plain records).
bool varstore_put(struct varstore *store, const struct variable *variable, struct error *err);

// Deletes a variable. Fails (ERROR_NO) where there is none of that name.
bool varstore_delete(struct varstore *store, struct guid vendor, const char *name, struct error *err);

// Drops every record that is not live, as the firmware does when space runs out. Fails where the store is blank or
// damaged.
bool varstore_compact(struct varstore *store, struct error *err);

// What a store holds at a moment, to go back to when one of several changes fails. Freed with varstore_moment_free.
struct varstore_moment;
#define AUTO_VARSTORE_MOMENT __attribute__((cleanup(varstore_moment_free)))
struct varstore_moment *varstore_remember(const struct varstore *store);
void varstore_go_back(struct varstore *store, const struct varstore_moment *moment);
void varstore_moment_free(struct varstore_moment **moment);

// The image: the volume as it now is, and the padding that follows it as it was.
struct bytes varstore_volume_bytes(const struct varstore *store);
struct bytes varstore_padding(const struct varstore *store);

// Writes the image to PATH: atomically, sparsely, read back and compared before it becomes the file. MODE is for a file
// that does not exist yet. A failure leaves an old file as it was.
bool varstore_save(const struct varstore *store, const char *path, mode_t mode, struct error *err);
