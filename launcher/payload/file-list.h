// SPDX-License-Identifier: Apache-2.0
//
// The files of an ISO or a folder under the names that they get in a payload: from the root, in upper case, as the boot
// loader asks for them, without ISO 9660's version suffix (";1") and dots at the end.
//
// A name that has no place on a FAT volume, or that would lead out of it, is a problem of the list, not a failure of
// adding it: the reader of the list first needs to know what kind of disc it is.
// Source: ECMA-119, 7.5 (file identifiers); Microsoft FAT specification, "Long Directory Entries".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listed_file {
        char *name;    // "EFI/BOOT/BOOT.CFG"
        char *origin;  // how it is spelled where it comes from
        char *same_as; // the name of the file whose content this one shares (a hard link of an ISO); NULL for its own
        uint64_t size; // in bytes
};

// Start from {0}; free with file_list_free.
struct file_list {
        struct listed_file *files; // sorted by name, once it is finished
        size_t count;
        char *problem; // the first thing that a payload cannot have ("'a' is a symbolic link"); NULL if none
};
#define AUTO_FILE_LIST __attribute__((cleanup(file_list_free)))
void file_list_free(struct file_list *list);

// The name that SPELLED gets in a payload, freed with free(). NULL if it can have none: an absolute path, a part that
// is "..", characters that FAT does not have.
char *file_list_name(const char *spelled);

// Adds a file: how it is spelled in the payload's folders, where it comes from, and how large it is. SAME_AS is the
// spelling of the file whose content it shares, or NULL.
void file_list_add(struct file_list *list, const char *spelled, const char *origin, const char *same_as, uint64_t size);

// Notes that there is something that a payload cannot have; the first one is kept.
void file_list_problem(struct file_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Sorts it, and finds names that are one and the same to FAT. Call it once, after the last file_list_add.
void file_list_finish(struct file_list *list);

// The file called NAME, in any case, from the root with or without a leading slash; NULL if none.
const struct listed_file *file_list_find(const struct file_list *list, const char *name);

// The name nearest to NAME; NULL if none is near. Owned by LIST.
const char *file_list_nearest(const struct file_list *list, const char *name);

// In bytes.
uint64_t file_list_total(const struct file_list *list);
