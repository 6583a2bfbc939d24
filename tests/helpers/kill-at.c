// SPDX-License-Identifier: Apache-2.0
//
// kill-at N PROGRAM [ARGUMENT...]
//
// Runs a program and kills it (SIGKILL) at its N-th stop on entering or leaving a system call, so that a test can go
// through every instant at which something may be incomplete. N of 0 never kills. Prints the number of stops. Exit code
// 9 if the program was killed, else its own. Without Linux's ptrace, N counts hundredths of a millisecond.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/ptrace.h>
#endif

enum {
        EXIT_KILLED = 9,
        EXIT_TROUBLE = 125,
};

static void die(const char *what)
{
        perror(what);
        exit(EXIT_TROUBLE);
}

static int code_of(int status)
{
        if (WIFSIGNALED(status))
                return WTERMSIG(status) == SIGKILL ? EXIT_KILLED : EXIT_TROUBLE;
        return WEXITSTATUS(status);
}

#ifdef __linux__
static void prepare(void)
{
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
                die("ptrace");
}

static int watch(pid_t child, long at, long *stops)
{
        int status;
        for (*stops = 0;; ++*stops) {
                if (waitpid(child, &status, 0) != child)
                        die("waitpid");
                if (!WIFSTOPPED(status))
                        return code_of(status);
                if (*stops == at && at > 0)
                        kill(child, SIGKILL);
                else if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0 && errno != ESRCH)
                        die("ptrace");
        }
}
#else
static void prepare(void)
{
}

static int watch(pid_t child, long at, long *stops)
{
        int status;
        struct timespec began;
        struct timespec ended;
        clock_gettime(CLOCK_MONOTONIC, &began);
        if (at > 0) {
                usleep((useconds_t)(at * 10));
                kill(child, SIGKILL);
        }
        if (waitpid(child, &status, 0) != child)
                die("waitpid");
        clock_gettime(CLOCK_MONOTONIC, &ended);
        *stops = (ended.tv_sec - began.tv_sec) * 100000 + (ended.tv_nsec - began.tv_nsec) / 10000;
        return code_of(status);
}
#endif

int main(int count, char **arguments)
{
        if (count < 3) {
                fputs("usage: kill-at N PROGRAM [ARGUMENT...]\n", stderr);
                return 2;
        }
        pid_t child = fork();
        if (child < 0)
                die("fork");
        if (child == 0) {
                prepare();
                execv(arguments[2], arguments + 2);
                die(arguments[2]);
        }
        long stops;
        int code = watch(child, strtol(arguments[1], NULL, 10), &stops);
        printf("%ld\n", stops);
        return code;
}
