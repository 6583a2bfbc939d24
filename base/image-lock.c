// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // F_OFD_SETLK
#include "base/image-lock.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"

enum {
        WRITES = 101,
        BEARS_NO_WRITER = 201,
};

// Older headers of macOS lack these. A process lock conflicts with the same locks of other processes, but is released
// when any descriptor of the file is closed.
#ifndef F_OFD_GETLK
#define F_OFD_GETLK F_GETLK
#define F_OFD_SETLK F_SETLK
#endif

bool image_is_written(int fd)
{
        struct flock writer = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = WRITES, .l_len = 1};
        return fcntl(fd, F_OFD_GETLK, &writer) == 0 && writer.l_type != F_UNLCK;
}

void image_bear_no_writer(int fd)
{
        struct flock own = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = BEARS_NO_WRITER, .l_len = 1};
        int ignored = fcntl(fd, F_OFD_SETLK, &own);
        (void)ignored;
}

bool image_is_written_at(const char *path)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        return fd >= 0 && image_is_written(fd);
}
