// SPDX-License-Identifier: Apache-2.0
//
// The files of a payload: an ISO, a folder, or the image made from one. Names are paths from the root, in any case.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "launcher/payload/file-list.h"

enum payload_kind {
        PAYLOAD_ISO,    // ISO 9660
        PAYLOAD_FOLDER, // symbolic links in it are followed
        PAYLOAD_IMAGE,  // a FAT file system without a partition table
};

// "iso", "folder", "image".
const char *payload_kind_name(enum payload_kind kind);

struct payload_tree;
#define AUTO_PAYLOAD_TREE __attribute__((cleanup(payload_tree_close)))

// Opens PATH. Fails with ERROR_USAGE if it does not exist, and with ERROR_DAMAGED if it is damaged or not one of these.
bool payload_tree_open(const char *path, struct payload_tree **tree, struct error *err);
void payload_tree_close(struct payload_tree **tree);

enum payload_kind payload_tree_kind(const struct payload_tree *tree);

// The size of all files together, in bytes; for an image, its length.
uint64_t payload_tree_size(const struct payload_tree *tree);

// NULL for an image, whose files can be found but not listed.
const struct file_list *payload_tree_files(const struct payload_tree *tree);

// Looks for the file NAME. A missing file is not a failure.
bool payload_tree_find(struct payload_tree *tree, const char *name, bool *found, uint64_t *size, struct error *err);

// Reads the file NAME into BUFFER. Fails with ERROR_DAMAGED if it is missing or longer than LIMIT bytes.
bool payload_tree_read(struct payload_tree *tree, const char *name, uint64_t limit, struct buffer *buffer,
                       struct error *err);

// Puts the files of an ISO or a folder into FOLDER, which must be empty, under their names in upper case. With
// AS_LINKS, the files of a folder become symbolic links, otherwise copies.
bool payload_tree_stage(struct payload_tree *tree, const char *folder, bool as_links, struct error *err);
