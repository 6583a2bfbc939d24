// SPDX-License-Identifier: Apache-2.0
//
// truncate -s SIZE FILE...
//
// Like GNU's, which macOS lacks. SIZE is a number, optionally with K, M or G.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments)
{
        char *end = "";
        long long size = count > 3 && strcmp(arguments[1], "-s") == 0 ? strtoll(arguments[2], &end, 10) : -1;
        const char *units = "KMG";
        const char *unit = *end ? strchr(units, *end) : NULL;
        if (size < 0 || (*end && (!unit || end[1]))) {
                fputs("usage: truncate -s SIZE FILE...\n", stderr);
                return 2;
        }
        if (unit)
                size <<= 10 * (unit - units + 1);
        for (int i = 3; i < count; i++) {
                int fd = open(arguments[i], O_WRONLY | O_CREAT, 0666);
                if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
                        perror(arguments[i]);
                        return 1;
                }
                close(fd);
        }
        return 0;
}
