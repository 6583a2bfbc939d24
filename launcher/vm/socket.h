// SPDX-License-Identifier: Apache-2.0
//
// Unix sockets in a folder. The path of a machine may be longer than a socket's address may be (107 bytes, on macOS
// 103), so the address is the bare name and the working folder is changed for the call.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

// A non-blocking connection to the socket NAME in FOLDER. -1 with errno if it does not exist (ENOENT) or no program
// listens on it any more (ECONNREFUSED).
int local_socket_connect(const char *folder, const char *name);

// A non-blocking socket that listens as NAME in FOLDER; one that a dead program left there is replaced. -1 on failure.
int local_socket_listen(const char *folder, const char *name, struct error *err);

// What every socket here is: non-blocking, unseen by other programs, and without SIGPIPE. For one that was accepted.
void local_socket_prepare(int fd);

// As send(2), without SIGPIPE.
ssize_t local_socket_send(int fd, const void *bytes, size_t size);
