// SPDX-License-Identifier: Apache-2.0
//
// A FAT32 file system in a file, without a partition table: what the firmware boots a payload from. Made by mtools, and
// sized to its content (64 MiB at least, so that it has the clusters that FAT32 must have; what is free is a hole).
// Source: Microsoft FAT specification, "FAT Type Determination".
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "launcher/payload/file-list.h"

// Makes IMAGE, which must not exist yet, of the files of LIST as they lie below FOLDER (symbolic links are followed).
// Paths are absolute, and the last part of IMAGE is a plain name. What mtools says is kept in the file LOG. Fails with
// ERROR_ENVIRONMENT if mtools is missing or there is no space; IMAGE is then of no use.
bool fat_image_make(const char *folder, const struct file_list *list, const char *image, const char *log,
                    struct error *err);

// Puts the file at PATH into IMAGE as NAME ("EFI/BOOT/BOOT.CFG"), in place of the one that may be there. The rest is as above.
bool fat_image_put(const char *image, const char *path, const char *name, const char *log, struct error *err);
