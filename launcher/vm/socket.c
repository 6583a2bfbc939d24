// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"

enum {
        BACKLOG = 16
};

// macOS has a socket option instead (SO_NOSIGPIPE); older versions lack the flag.
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

typedef int socket_call(int fd, const char *name);

static struct sockaddr_un address_of(const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, name, strlen(name) + 1);
        return address;
}

static int connect_to(int fd, const char *name)
{
        struct sockaddr_un address = address_of(name);
        return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static int listen_as(int fd, const char *name)
{
        struct sockaddr_un address = address_of(name);
        unlink(name);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
                return -1;
        return listen(fd, BACKLOG);
}

// A new socket, after CALL on it with FOLDER as working folder; -1 with errno.
static int socket_in(const char *folder, const char *name, socket_call *call)
{
        AUTO_CLOSE int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (here < 0 || chdir(folder) != 0)
                return -1;
        AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        bool called = fd >= 0 && call(fd, name) == 0;
        int number = errno;
        if (fchdir(here) != 0 || !called) {
                errno = number;
                return -1;
        }
        local_socket_prepare(fd);
        return DESCRIPTOR_TAKE(fd);
}

int local_socket_connect(const char *folder, const char *name)
{
        return socket_in(folder, name, connect_to);
}

int local_socket_listen(const char *folder, const char *name, struct error *err)
{
        int fd = socket_in(folder, name, listen_as);
        if (fd < 0)
                error_system(err, "%s/%s: cannot listen", folder, name);
        return fd;
}

void local_socket_prepare(int fd)
{
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
        setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
}

ssize_t local_socket_send(int fd, const void *bytes, size_t size)
{
        return send(fd, bytes, size, MSG_NOSIGNAL);
}
