// SPDX-License-Identifier: Apache-2.0
//
// A FAT32 image without a partition table, made by mtools. It is sized to its content, but at least 64 MiB, because
// FAT32 needs a minimum of clusters. Source: Microsoft FAT specification, "FAT Type Determination".
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "launcher/payload/file-list.h"

// Creates IMAGE, which must not exist, from the files of LIST below FOLDER (symbolic links are followed). Paths are
// absolute, and the last part of IMAGE is a plain name. The output of mtools goes to the file LOG. Fails with
// ERROR_ENVIRONMENT if mtools is missing or the disk is full; IMAGE is then incomplete.
bool fat_image_make(const char *folder, const struct file_list *list, const char *image, const char *log,
                    struct error *err);

// Copies the file at PATH into IMAGE as NAME ("EFI/BOOT/BOOT.CFG"), replacing an existing one. The rest is as above.
bool fat_image_put(const char *image, const char *path, const char *name, const char *log, struct error *err);
