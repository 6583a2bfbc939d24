// SPDX-License-Identifier: Apache-2.0
//
// A store as Linux's efivarfs shows it: a folder of files NAME-GUID, each with the attributes (u32) and then the data.
//
// The rules are efivarfs's. A write replaces the whole variable. Attributes with EFI_VARIABLE_APPEND_WRITE append the
// data instead; attributes without data delete the variable, and so does unlinking its file. A new file is empty and
// not a variable until it is written; if it is never written, the caller removes it when it is closed. Files cannot be
// renamed. Changing an authenticated variable gives EACCES unless forced. Source: Linux
// Documentation/filesystems/efivarfs.rst; UEFI 2.10, 8.2.
//
// These are operations on a store in memory. Each returns 0 or an errno value.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "varstore/varstore.h"

struct efivarfs;

// Shows STORE, which must be formatted and outlive it. FORCE allows changes of authenticated variables. Never NULL.
struct efivarfs *efivarfs_new(struct varstore *store, bool force);
void efivarfs_free(struct efivarfs **efivarfs);
#define AUTO_EFIVARFS __attribute__((cleanup(efivarfs_free)))

// Calls EACH for every file. It must not change anything.
void efivarfs_list(const struct efivarfs *efivarfs, void (*each)(void *context, const char *file), void *context);

// ENOENT if there is no such file. The size of an empty one is 0.
int efivarfs_size(const struct efivarfs *efivarfs, const char *file, uint64_t *size);

// Adds the content of FILE to BUFFER. May return ENOENT.
int efivarfs_read(const struct efivarfs *efivarfs, const char *file, struct buffer *buffer);

// EEXIST; EINVAL if FILE is not NAME-GUID.
int efivarfs_create(struct efivarfs *efivarfs, const char *file);

// CONTENT becomes the whole content of FILE. ENOENT; EINVAL if the attributes are incomplete or cannot be stored;
// EACCES; ENOSPC.
int efivarfs_write(struct efivarfs *efivarfs, const char *file, struct bytes content);

// ENOENT; EACCES.
int efivarfs_unlink(struct efivarfs *efivarfs, const char *file);

// Whether a variable was changed since the last call of efivarfs_saved.
bool efivarfs_is_changed(const struct efivarfs *efivarfs);
void efivarfs_saved(struct efivarfs *efivarfs);
