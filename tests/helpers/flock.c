// SPDX-License-Identifier: Apache-2.0
//
// flock FILE COMMAND...
// flock DESCRIPTOR
//
// Like util-linux's, which macOS lacks: runs the command while FILE is locked, or locks the caller's open DESCRIPTOR.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

int main(int count, char **arguments)
{
        if (count < 2) {
                fputs("usage: flock FILE COMMAND... | flock DESCRIPTOR\n", stderr);
                return 2;
        }
        int fd = count > 2 ? open(arguments[1], O_RDWR | O_CREAT, 0666) : (int)strtol(arguments[1], NULL, 10);
        if (fd < 0 || flock(fd, LOCK_EX) != 0) {
                perror(arguments[1]);
                return 1;
        }
        if (count > 2) {
                execvp(arguments[2], arguments + 2);
                perror(arguments[2]);
                return 127;
        }
        return 0;
}
