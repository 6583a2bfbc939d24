// SPDX-License-Identifier: Apache-2.0
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/time.h"

enum {
        LOCK_PAUSE_MS = 5,
};

int descriptor_open(const char *path, struct stat *status, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || fstat(fd, status) != 0) {
                error_system(err, "%s: cannot open", path);
                return -1;
        }
        if (!S_ISREG(status->st_mode)) {
                error_set(err, ERROR_DAMAGED, "%s: not a regular file", path);
                return -1;
        }
        return DESCRIPTOR_TAKE(fd);
}

bool descriptor_is_at(int fd, const char *path)
{
        struct stat opened;
        struct stat named;
        return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
               opened.st_dev == named.st_dev;
}

bool descriptor_write(int fd, struct bytes bytes)
{
        while (bytes.size) {
                ssize_t count = write(fd, bytes.data, bytes.size);
                if (count < 0 && errno != EINTR)
                        return false;
                bytes = bytes_from(bytes, count > 0 ? (uint64_t)count : 0);
        }
        return true;
}

bool descriptor_write_at(int fd, struct bytes bytes, uint64_t at)
{
        for (uint64_t done = 0; done < bytes.size;) {
                ssize_t count = pwrite(fd, bytes.data + done, bytes.size - done, (off_t)(at + done));
                if (count < 0 && errno != EINTR)
                        return false;
                done += count > 0 ? (uint64_t)count : 0;
        }
        return true;
}

ssize_t descriptor_read_at(int fd, void *data, size_t size, uint64_t at)
{
        size_t done = 0;
        while (done < size) {
                ssize_t count = pread(fd, (uint8_t *)data + done, size - done, (off_t)(at + done));
                if (count == 0)
                        break;
                if (count < 0 && errno != EINTR)
                        return -1;
                done += count > 0 ? (size_t)count : 0;
        }
        return (ssize_t)done;
}

bool descriptor_read_whole(int fd, const char *path, void *data, size_t size, uint64_t at, struct error *err)
{
        ssize_t count = descriptor_read_at(fd, data, size, at);
        if (count < 0)
                return error_system(err, "%s: cannot read", path);
        return (size_t)count == size || error_set(err, ERROR_ENVIRONMENT, "%s: became shorter while it was read", path);
}

bool descriptor_lock(int fd, int64_t patience_ms)
{
        uint64_t began = time_now_ms();
        while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
                if (errno != EWOULDBLOCK && errno != EINTR)
                        return false;
                errno = interrupt_pending() ? EINTR : EWOULDBLOCK;
                if (interrupt_pending() || (patience_ms >= 0 && time_now_ms() - began > (uint64_t)patience_ms))
                        return false;
                struct pollfd interrupt = {interrupt_descriptor(), POLLIN, 0};
                poll(&interrupt, 1, LOCK_PAUSE_MS);
        }
        return true;
}
