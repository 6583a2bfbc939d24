// SPDX-License-Identifier: Apache-2.0
//
// Unix sockets in a folder. A machine's path may be longer than a socket's address (107 bytes; 103 on macOS), so the
// address is the bare name, and the working folder is changed during the call.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

// A non-blocking connection to the socket NAME in FOLDER. -1 with errno if it does not exist (ENOENT) or no program
// listens on it any more (ECONNREFUSED).
int local_socket_connect(const char *folder, const char *name);

// A non-blocking socket that listens as NAME in FOLDER and replaces an existing one. -1 on failure.
int local_socket_listen(const char *folder, const char *name, struct error *err);

// Makes an accepted socket non-blocking, close-on-exec and free of SIGPIPE, as the others here are.
void local_socket_prepare(int fd);

// As send(2), without SIGPIPE.
ssize_t local_socket_send(int fd, const void *bytes, size_t size);
