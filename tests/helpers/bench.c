// SPDX-License-Identifier: Apache-2.0
//
// bench RUNS COMMAND... [-- COMMAND...]...
//
// Runs the commands in turn, so that other load on the host affects all alike, RUNS times each, discarding their
// output. Prints a line for each: the median and minimum time in microseconds, and the maximum resident memory in KiB.
//
// bench --resident FILE OFFSET COMMAND...
//
// Drops FILE from the page cache, runs COMMAND, and prints how many bytes of FILE from OFFSET on it has brought back.
// Fails on macOS, where a program cannot drop a file from the cache.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ; // POSIX, environ: a program declares it itself

enum {
        MOST = 8
};

struct series {
        char **command;
        double *times; // microseconds
        long memory;   // KiB
};

static _Noreturn void die(const char *what)
{
        perror(what);
        exit(1);
}

static double now_us(void)
{
        struct timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

// Runs it once. MEMORY is the maximum of all runs.
static double run(char **command, long *memory)
{
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        pid_t pid;
        double began = now_us();
        if (!command[0] || posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
                die("bench: a command");
        int status;
        struct rusage usage;
        wait4(pid, &status, 0, &usage);
        double ended = now_us();
        posix_spawn_file_actions_destroy(&actions);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                fprintf(stderr, "bench: %s failed\n", command[0]);
                exit(1);
        }
#ifdef __APPLE__
        usage.ru_maxrss /= 1024;
#endif
        if (usage.ru_maxrss > *memory)
                *memory = usage.ru_maxrss;
        return ended - began;
}

static int compare(const void *a, const void *b)
{
        double left = *(const double *)a;
        double right = *(const double *)b;
        return left < right ? -1 : left > right;
}

static int run_series(int runs, char **arguments)
{
        struct series series[MOST] = {{0}};
        int count = 0;
        for (series[0].command = arguments; *arguments; arguments++) {
                if (strcmp(*arguments, "--") != 0)
                        continue;
                *arguments = NULL;
                if (++count == MOST)
                        return 2;
                series[count].command = arguments + 1;
        }
        count++;
        for (int i = 0; i < count; i++)
                series[i].times = calloc((size_t)runs, sizeof(double));
        for (int round = -1; round < runs; round++)
                for (int i = 0; i < count; i++)
                        series[i].times[round < 0 ? 0 : round] = run(series[i].command, &series[i].memory);
        for (int i = 0; i < count; i++) {
                qsort(series[i].times, (size_t)runs, sizeof(double), compare);
                printf("%.0f %.0f %ld\n", series[i].times[runs / 2], series[i].times[0], series[i].memory);
        }
        return 0;
}

static bool drop_from_cache(int fd)
{
#ifdef POSIX_FADV_DONTNEED
        return fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;
#else
        (void)fd;
        errno = ENOTSUP;
        return false;
#endif
}

static int run_resident(const char *path, size_t offset, char **command)
{
        int fd = open(path, O_RDONLY);
        struct stat status;
        if (fd < 0 || fstat(fd, &status) != 0 || !drop_from_cache(fd))
                die(path);
        long memory = 0;
        run(command, &memory);
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        size_t pages = ((size_t)status.st_size + page - 1) / page;
        unsigned char *resident = calloc(pages, 1);
        void *mapping = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (mapping == MAP_FAILED || mincore(mapping, (size_t)status.st_size, (void *)resident) != 0)
                die(path);
        size_t count = 0;
        for (size_t i = offset / page; i < pages; i++)
                count += resident[i] & 1;
        printf("%zu\n", count * page);
        return 0;
}

int main(int count, char **arguments)
{
        if (count > 4 && strcmp(arguments[1], "--resident") == 0)
                return run_resident(arguments[2], strtoul(arguments[3], NULL, 0), arguments + 4);
        long runs = count > 2 ? strtol(arguments[1], NULL, 10) : 0;
        if (runs > 0)
                return run_series((int)runs, arguments + 2);
        fputs("usage: bench RUNS COMMAND... [-- COMMAND...]... | bench --resident FILE OFFSET COMMAND...\n", stderr);
        return 2;
}
