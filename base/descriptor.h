// SPDX-License-Identifier: Apache-2.0
//
// File descriptors: reads and writes that are complete, and a lock that is waited for.
//
// A system call may be interrupted by a signal, or do less than it was asked to. These functions go on until all is done.
// They fail with errno, because the caller knows the name of the file and what it was for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

struct stat;

// Opens the regular file at PATH for reading, and fills STATUS. -1 on failure. A pipe is refused, not waited for.
int descriptor_open(const char *path, struct stat *status, struct error *err);

// Whether FD is the file that PATH names now.
bool descriptor_is_at(int fd, const char *path);

bool descriptor_write(int fd, struct bytes bytes);

// The same at offset AT of a file.
bool descriptor_write_at(int fd, struct bytes bytes, uint64_t at);

// Reads SIZE bytes from offset AT of a file into DATA. Returns how many were read, which is less only at the end of the file;
// -1 on failure.
ssize_t descriptor_read_at(int fd, void *data, size_t size, uint64_t at);

// The same for bytes that the file at PATH has to have: fails (ERROR_ENVIRONMENT) if it has become shorter.
bool descriptor_read_whole(int fd, const char *path, void *data, size_t size, uint64_t at, struct error *err);

// Locks (flock, exclusive), waiting up to PATIENCE_MS (-1: for ever) if another program has the lock. Fails with EWOULDBLOCK
// after that time, and with EINTR if the user interrupts (base/interrupt.h).
bool descriptor_lock(int fd, int64_t patience_ms);
