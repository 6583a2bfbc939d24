// SPDX-License-Identifier: Apache-2.0
//
// The files of an ISO 9660 disc, with Rock Ridge, Joliet or neither; El Torito boot data is ignored.
// Source: ECMA-119 (ISO 9660), 8.4 (primary volume descriptor); read by libarchive.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/progress.h"
#include "launcher/payload/file-list.h"

// Whether the file at PATH begins as an ISO 9660 disc does.
bool iso_probe(const char *path, bool *is_iso, struct error *err);

// Lists the files of the disc at PATH. A file that a payload cannot have (a symbolic link, a device, a path with "..")
// is the list's problem. Fails with ERROR_DAMAGED if the disc is truncated or its folders are damaged.
bool iso_list(const char *path, struct file_list *list, struct error *err);

// Reads FILE (found by iso_list) into BUFFER. Fails with ERROR_DAMAGED if it is truncated or longer than LIMIT bytes.
bool iso_read(const char *path, const struct listed_file *file, uint64_t limit, struct buffer *buffer,
              struct error *err);

// Writes every file of LIST below FOLDER, which must be empty, under its name in LIST. PROGRESS counts bytes.
bool iso_extract(const char *path, const struct file_list *list, const char *folder, struct progress *progress,
                 struct error *err);
