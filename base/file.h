// SPDX-License-Identifier: Apache-2.0
//
// Files: read whole and bounded, and replaced atomically, durably and sparsely.
//
// A replacement is written to `.NAME.partial` beside NAME, synced, renamed over it, and the folder synced. It keeps the
// mode of the file it replaces, and its owner as far as the user may give files away. Until file_replacement_commit
// succeeds the old file is unchanged; the temporary file of a killed program is reused by the next replacement of the
// same file. Runs of zeroes become holes. If NAME is a symbolic link, its target is replaced.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/bytes.h"
#include "base/error.h"

// When a file's content was modified, and when the file changed in any way. macOS spells them differently.
struct stat;
struct timespec file_modified(const struct stat *status);
struct timespec file_changed(const struct stat *status);

// fsync; on macOS also flushes the disk's own cache, which fsync there does not. False, with errno, on failure.
bool file_sync(int fd);

// The same for the file or folder at PATH.
bool file_sync_path(const char *path);

// Reads the regular file (or pipe) at PATH into BUFFER. Fails if it is longer than LIMIT bytes.
bool file_read(const char *path, uint64_t limit, struct buffer *buffer, struct error *err);

// The same for at most its last LIMIT bytes; if the file grows meanwhile, reads up to the length it had at first.
bool file_read_end(const char *path, uint64_t limit, struct buffer *buffer, struct error *err);

// A read-only private mapping of a regular file, so that unused padding is never read.
struct file_mapping {
        struct bytes bytes;
        uint64_t data_end; // from here on the file is a hole: zeroes, which need not be read
};
#define AUTO_MAPPING __attribute__((cleanup(file_unmap)))
bool file_map(const char *path, struct file_mapping *mapping, struct error *err);
void file_unmap(struct file_mapping *mapping);

struct file_replacement;
#define AUTO_REPLACEMENT __attribute__((cleanup(file_replacement_discard)))

// Begins to replace PATH (which need not exist; MODE is for that case, and the umask applies). NULL on failure, also if
// another program is replacing the same file.
struct file_replacement *file_replacement_begin(const char *path, mode_t mode, struct error *err);

// Appends BYTES; runs of zeroes become holes.
bool file_replacement_write(struct file_replacement *replacement, struct bytes bytes, struct error *err);

// Appends SIZE zeroes as a hole.
bool file_replacement_skip(struct file_replacement *replacement, uint64_t size, struct error *err);

// The temporary file, to read it back before it becomes the file.
const char *file_replacement_path(const struct file_replacement *replacement);

// Replaces PATH. Frees *REPLACEMENT (which becomes NULL) on success and on failure.
bool file_replacement_commit(struct file_replacement **replacement, struct error *err);

// Removes the temporary file and frees *REPLACEMENT; does nothing if that is NULL.
void file_replacement_discard(struct file_replacement **replacement);

// Replaces PATH by BYTES in one call.
bool file_replace(const char *path, mode_t mode, struct bytes bytes, struct error *err);

// The same without waiting for the disk: atomic for every program, but after a power failure the file may be empty.
bool file_replace_unsynced(const char *path, mode_t mode, struct bytes bytes, struct error *err);

// Finds the next data at or after offset AT in a file of SIZE bytes: from offset BEGIN to END; between AT and BEGIN are
// only zeroes. False if no data is left. On a file system without holes, everything is data.
bool file_next_data(int fd, off_t at, off_t size, off_t *begin, off_t *end);

// Copies SOURCE over TARGET by a replacement: atomic, sparse, the holes of SOURCE not read.
bool file_copy(const char *source, const char *target, mode_t mode, struct error *err);

bool file_exists(const char *path);

// Whether both paths are there and lead to the same file or folder.
bool file_is_same(const char *a, const char *b);

// The bytes of disk that PATH takes (not its length); 0 if it cannot be read.
uint64_t file_allocated(const char *path);

// Creates the folder PATH and its parents. It may exist.
bool file_make_folder(const char *path, mode_t mode, struct error *err);

// Removes PATH and everything below it without following symbolic links. It need not exist.
bool file_remove_tree(const char *path, struct error *err);

// A new empty folder of mode 0700 in $TMPDIR or /tmp; freed with free().
char *file_temporary_folder(struct error *err);

// PATH as an absolute one, with all symbolic links resolved; freed with free(). It need not exist, its folder must.
char *file_resolve(const char *path, struct error *err);

// FOLDER/NAME, freed with free().
char *file_path(const char *folder, const char *name);
