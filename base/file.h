// SPDX-License-Identifier: Apache-2.0
//
// Files: read whole and bounded, and replaced atomically, durably and sparsely.
//
// A replacement is written to `.NAME.partial` beside NAME, synced, renamed over it, and the folder synced. It keeps the
// mode of the file it replaces, and its owner as far as the user may give files away. Until file_replacement_commit has
// succeeded the old file is as it was; whatever a killed program left is taken over by the next replacement of the same
// file. Runs of zeroes become holes. Where NAME is a symbolic link, the file that it points to is replaced and the link
// stays.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/bytes.h"
#include "base/error.h"

// When a file's content was last modified, and when the file was last changed in any way. POSIX and macOS name these members of
// struct stat differently.
struct stat;
struct timespec file_modified(const struct stat *status);
struct timespec file_changed(const struct stat *status);

// fsync, and on macOS what fsync leaves out: the disk's own cache is written, too. False, with errno, on failure.
bool file_sync(int fd);

// Reads the regular file (or pipe) at PATH into BUFFER. Fails where it is longer than LIMIT bytes.
bool file_read(const char *path, uint64_t limit, struct buffer *buffer, struct error *err);

// The same for its last LIMIT bytes at most; a file that grows meanwhile is read to where it ended.
bool file_read_end(const char *path, uint64_t limit, struct buffer *buffer, struct error *err);

// A read-only private mapping of a regular file, so that padding which nobody looks at is never read.
struct file_mapping {
        struct bytes bytes;
        uint64_t data_end; // from here on the file is a hole: zeroes, which need not be looked at
};
#define AUTO_MAPPING __attribute__((cleanup(file_unmap)))
bool file_map(const char *path, struct file_mapping *mapping, struct error *err);
void file_unmap(struct file_mapping *mapping);

struct file_replacement;
#define AUTO_REPLACEMENT __attribute__((cleanup(file_replacement_discard)))

// Begins to replace PATH (which need not exist; MODE is for that case, and the umask applies). NULL on failure, also
// where another program is replacing the same file at this moment.
struct file_replacement *file_replacement_begin(const char *path, mode_t mode, struct error *err);

// Appends BYTES; runs of zeroes become holes.
bool file_replacement_write(struct file_replacement *replacement, struct bytes bytes, struct error *err);

// Appends SIZE zeroes as a hole.
bool file_replacement_skip(struct file_replacement *replacement, uint64_t size, struct error *err);

// The temporary file, to read back what was written before it becomes the file.
const char *file_replacement_path(const struct file_replacement *replacement);

// Makes what was written the file, and frees *REPLACEMENT (which becomes NULL) whether that succeeds or not.
bool file_replacement_commit(struct file_replacement **replacement, struct error *err);

// Removes the temporary file and frees *REPLACEMENT; nothing where it is NULL already.
void file_replacement_discard(struct file_replacement **replacement);

// Replaces PATH by BYTES in one call.
bool file_replace(const char *path, mode_t mode, struct bytes bytes, struct error *err);

// The same without waiting for the disk: atomic for every program, but after a power failure the file may be empty.
bool file_replace_unsynced(const char *path, mode_t mode, struct bytes bytes, struct error *err);

// Where the data at or after AT of the SIZE bytes of a file lies: from BEGIN to END, both offsets; before BEGIN there are
// only zeroes. False where there is none left. A file system that knows no holes is all data.
bool file_next_data(int fd, off_t at, off_t size, off_t *begin, off_t *end);

// Copies SOURCE over TARGET by a replacement: atomic, sparse, the holes of SOURCE not read.
bool file_copy(const char *source, const char *target, mode_t mode, struct error *err);

bool file_exists(const char *path);

// The bytes of disk that PATH takes (not its length); 0 where it cannot be read.
uint64_t file_allocated(const char *path);

// Makes the folder PATH and those above it. It may exist.
bool file_make_folder(const char *path, mode_t mode, struct error *err);

// Removes PATH and everything below it, following no symbolic link. It need not exist.
bool file_remove_tree(const char *path, struct error *err);

// A new empty folder of mode 0700 in $TMPDIR or /tmp; freed with free().
char *file_temporary_folder(struct error *err);

// FOLDER/NAME, freed with free().
char *file_path(const char *folder, const char *name);
