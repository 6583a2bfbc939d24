// SPDX-License-Identifier: Apache-2.0
//
// The files of an ISO or a folder by their names in a payload: from the root, in upper case as the boot loader spells
// them, without ISO 9660's version suffix (";1") and final dots.
//
// A name that FAT does not allow, or that leads out of the volume, is recorded as the list's problem; adding it does
// not fail, because the kind of disc has to be found out first. Source: ECMA-119, 7.5 (file identifiers); Microsoft FAT
// specification, "Long Directory Entries".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listed_file {
        char *name;    // "EFI/BOOT/BOOT.CFG"
        char *origin;  // its name in the source
        char *same_as; // the file that this one is a hard link to (in an ISO); NULL if none
        uint64_t size; // in bytes
};

// Start from {0}; free with file_list_free.
struct file_list {
        struct listed_file *files; // sorted by name by file_list_finish
        size_t count;
        char *problem; // why it cannot become a payload, the first reason ("'a' is a symbolic link"); NULL if none
};
#define AUTO_FILE_LIST __attribute__((cleanup(file_list_free)))
void file_list_free(struct file_list *list);

// The name of SPELLED in a payload, freed with free(). NULL if SPELLED is absolute, or has a part ".." or characters
// that FAT does not allow.
char *file_list_name(const char *spelled);

// Adds the file SPELLED. SAME_AS is the file (spelled in the same way) that it is a hard link to, or NULL.
void file_list_add(struct file_list *list, const char *spelled, const char *origin, const char *same_as, uint64_t size);

// Sets the list's problem, unless it already has one.
void file_list_problem(struct file_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Sorts the list and finds names that are equal on FAT. Call it once, after the last file_list_add.
void file_list_finish(struct file_list *list);

// The file NAME, in any case, with or without a leading slash; NULL if not found.
const struct listed_file *file_list_find(const struct file_list *list, const char *name);

// The name nearest to NAME, owned by LIST; NULL if none is close.
const char *file_list_nearest(const struct file_list *list, const char *name);

// In bytes.
uint64_t file_list_total(const struct file_list *list);
