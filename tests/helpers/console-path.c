// SPDX-License-Identifier: Apache-2.0
//
// console-path FILE: takes FILE through the path of a running machine's console, as vm_wait does: from a pipe to the
// evidence (in ./runs), the criteria and the screen. Prints the bytes for each second of processor time, the longest
// batch of vm_wait in microseconds of processor time, and the maximum memory in KiB.
//
// The launcher does not react to anything else during a batch.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launcher/vm/vm-private.h"
#include "tests/helpers/markers.h"

enum {
        BLOCK = 1 << 16
};

static int flood_from(const char *path)
{
        static uint8_t block[BLOCK];
        int ends[2];
        if (pipe(ends) != 0)
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

static uint64_t processor_us(void)
{
        struct timespec used;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

static json_t *refuse(const struct hub_request *request, void *context)
{
        (void)request;
        (void)context;
        return json_pack("{s:s}", "error", "not now");
}

static bool take_all(struct vm *vm, uint64_t *longest_us)
{
        AUTO_ERROR struct error err = {0};
        for (enum vm_event event; vm->console_output >= 0;) {
                uint64_t began_us = processor_us();
                if (!vm_wait(vm, UINT64_MAX, &event, &err))
                        return false;
                uint64_t took_us = processor_us() - began_us;
                *longest_us = took_us > *longest_us ? took_us : *longest_us;
        }
        return true;
}

static int live(const char *path)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(markers, sizeof markers / sizeof *markers, NULL);
        AUTO_EVIDENCE struct evidence *evidence = evidence_begin("runs", NULL, "flood", NULL);
        AUTO_CONSOLE struct console *console = console_new();
        struct vm vm = {.qmp.descriptor = -1,
                        .qemu.descriptor = -1,
                        .console_output = flood_from(path),
                        .console_input = -1,
                        .console = console,
                        .evidence = evidence,
                        .hub = hub_open(".", console, NULL, refuse, NULL, NULL),
                        .input = -1,
                        .echo = -1};
        if (!evidence || !vm.hub || vm.console_output < 0)
                return 1;
        evidence_on_line(evidence, judge_line, criteria);
        uint64_t began_us = processor_us(), longest_us = 0;
        if (!take_all(&vm, &longest_us))
                return 1;
        evidence_quiet(evidence);
        double seconds = (double)(processor_us() - began_us) / 1e6;
        wait(NULL);
        hub_close(&vm.hub, "quit");
        struct stat status;
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("%.0f %llu %ld\n", stat(path, &status) == 0 ? (double)status.st_size / seconds : 0,
               (unsigned long long)longest_us, usage.ru_maxrss);
        return 0;
}

int main(int count, char **arguments)
{
        if (count == 2)
                return live(arguments[1]);
        fputs("usage: console-path FILE\n", stderr);
        return 2;
}
