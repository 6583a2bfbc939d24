// SPDX-License-Identifier: Apache-2.0
//
// console-path live FILE: what a running machine's console goes through, from a UNIX socket to the evidence (in ./runs), the
// criteria and the screen. Prints the bytes taken for each second of processor time, and the most memory in KiB.
//
// console-path check FILE: the lines of a log and the criteria, alone. Exit code 0 where they are met.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/console.h"
#include "launcher/evidence.h"
#include "verify/criteria.h"
#include "verify/log.h"

enum {
        BLOCK = 1 << 18
};

static const struct criterion rows[] = {
        {"firmware", "BdsDxe: (?:loading|starting) Boot[0-9A-F]{4}", CRITERION_REQUIRED, false},
        {"version", "VMware ESXi [0-9.]+ \\[Releasebuild", CRITERION_REQUIRED, false},
        {"kernel", "Starting VMKernel initialization", CRITERION_REQUIRED, false},
        {"complete", "Boot complete \\(2/2\\)", CRITERION_REQUIRED, false},
        {"up", "Starting service DCUI|To manage this host,? go to:", CRITERION_REQUIRED, false},
        {"its", "its\\.c:2934", CRITERION_FORBIDDEN, true},
        {"verify", "VERIFY bora/", CRITERION_FORBIDDEN, true},
        {"module", "Module\\(s\\) involved in panic", CRITERION_FORBIDDEN, true},
        {"panic", "PanicvPanicInt", CRITERION_FORBIDDEN, true},
        {"psod", "PSOD", CRITERION_FORBIDDEN, true},
};
static uint8_t block[BLOCK];

static void judge(const struct log_line *line, void *context)
{
        criteria_span(context, line->number, 0, line->text, line->length);
}

static int check(const char *path)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(rows, sizeof rows / sizeof *rows, NULL);
        AUTO_LOG struct log *log = log_new(judge, criteria);
        int fd = open(path, O_RDONLY);
        for (ssize_t count; (count = read(fd, block, sizeof block)) > 0;)
                log_feed(log, block, (size_t)count);
        log_finish(log);
        return verdict_exit_code(criteria_judge(criteria).outcome);
}

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
        AUTO_CRITERIA struct criteria *criteria = criteria_new(rows, sizeof rows / sizeof *rows, NULL);
        AUTO_EVIDENCE struct evidence *evidence = evidence_begin("runs", NULL, "flood", NULL);
        AUTO_CONSOLE struct console *console = console_new();
        int socket = flood_from(path);
        if (!evidence || socket < 0)
                return 1;
        evidence_on_line(evidence, judge, criteria);
        uint64_t bytes = 0;
        for (ssize_t count; (count = read(socket, block, sizeof block)) > 0; bytes += (uint64_t)count) {
                evidence_console(evidence, block, (size_t)count);
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
        if (count == 3 && strcmp(arguments[1], "live") == 0)
                return live(arguments[2]);
        if (count == 3 && strcmp(arguments[1], "check") == 0)
                return check(arguments[2]);
        fputs("usage: console-path live|check FILE\n", stderr);
        return 2;
}
