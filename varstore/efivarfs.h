// SPDX-License-Identifier: Apache-2.0
//
// A store as Linux's efivarfs shows one: a folder of files NAME-GUID, each the attributes (u32) and then the data.
//
// The rules are efivarfs's. A write replaces the whole variable, whatever was in the file. Attributes with
// EFI_VARIABLE_APPEND_WRITE add the data to what is there instead; attributes without data delete the variable, and so
// does unlinking its file. A new file is empty and no variable until it is written;
// one that is never written is removed by who serves the files, when it is closed. Nothing is renamed. What an
// authenticated variable holds is its key's owner's to change: EACCES, unless forced.
// Source: Linux Documentation/filesystems/efivarfs.rst; UEFI 2.10, 8.2.
//
// These are operations on a store in memory. Each returns 0 or an errno value.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "varstore/varstore.h"

struct efivarfs;

// Shows STORE, which must be formatted and outlive it. FORCE lets authenticated variables be changed, too. Never NULL.
struct efivarfs *efivarfs_new(struct varstore *store, bool force);
void efivarfs_free(struct efivarfs **efivarfs);
#define AUTO_EFIVARFS __attribute__((cleanup(efivarfs_free)))

// Calls EACH for every file. It must not change anything.
void efivarfs_list(const struct efivarfs *efivarfs, void (*each)(void *context, const char *file), void *context);

// ENOENT where there is no such file. The size of an empty one is 0.
int efivarfs_size(const struct efivarfs *efivarfs, const char *file, uint64_t *size);

// Adds the content of FILE to BUFFER. ENOENT.
int efivarfs_read(const struct efivarfs *efivarfs, const char *file, struct buffer *buffer);

// EEXIST; EINVAL where FILE is not NAME-GUID.
int efivarfs_create(struct efivarfs *efivarfs, const char *file);

// CONTENT is all that FILE is to hold. ENOENT; EINVAL where there are no whole attributes, or none that can be stored;
// EACCES; ENOSPC.
int efivarfs_write(struct efivarfs *efivarfs, const char *file, struct bytes content);

// ENOENT; EACCES.
int efivarfs_unlink(struct efivarfs *efivarfs, const char *file);

// Whether a variable was changed since the last call of efivarfs_saved.
bool efivarfs_is_changed(const struct efivarfs *efivarfs);
void efivarfs_saved(struct efivarfs *efivarfs);
