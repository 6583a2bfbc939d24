// SPDX-License-Identifier: Apache-2.0
//
// console-path FILE: what a running machine's console goes through, from a UNIX socket to the evidence (in ./runs), the
// criteria and the screen. Prints the bytes taken for each second of processor time, and the most memory in KiB.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "launcher/evidence/evidence.h"
#include "launcher/screen/console.h"
#include "tests/helpers/markers.h"

enum {
        BLOCK = 1 << 18
};

static uint8_t block[BLOCK];

// Another process writes the file into the socket.
static int flood_from(const char *path)
{
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
                return -1;
        if (fork() == 0) {
                close(ends[0]);
                int fd = open(path, O_RDONLY);
                for (ssize_t count; (count = read(fd, block, sizeof block)) > 0;)
                        for (ssize_t at = 0, sent; at < count; at += sent)
                                if ((sent = write(ends[1], block + at, (size_t)(count - at))) <= 0)
                                        _exit(1);
                _exit(0);
        }
        close(ends[1]);
        return ends[0];
}

static int live(const char *path)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(markers, sizeof markers / sizeof *markers, NULL);
        AUTO_EVIDENCE struct evidence *evidence = evidence_begin("runs", NULL, "flood", NULL);
        AUTO_CONSOLE struct console *console = console_new();
        int socket = flood_from(path);
        if (!evidence || socket < 0)
                return 1;
        evidence_on_line(evidence, judge_line, criteria);
        uint64_t bytes = 0;
        for (ssize_t count; (count = read(socket, block, sizeof block)) > 0; bytes += (uint64_t)count) {
                evidence_console(evidence, block, (size_t)count, time_now_us());
                console_feed(console, block, (size_t)count);
        }
        evidence_quiet(evidence);
        wait(NULL);
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
        printf("%.0f %ld\n", (double)bytes / seconds, usage.ru_maxrss);
        return 0;
}

int main(int count, char **arguments)
{
        if (count == 2)
                return live(arguments[1]);
        fputs("usage: console-path FILE\n", stderr);
        return 2;
}
