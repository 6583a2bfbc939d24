// SPDX-License-Identifier: Apache-2.0
//
// kill-at N PROGRAM [ARGUMENT...]
//
// Runs a program and kills it (SIGKILL) at the N-th stop that it makes on entering or leaving a system call, so that a
// test can go through every instant at which something may be half done. What its own children do counts as well, until they
// become other programs; it is always the program that is killed. N of 0 never kills. Prints how many stops there were. Exit
// code 9 where the program was killed, else its own. Where there is no ptrace as Linux has it, N counts hundredths of
// a millisecond.
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
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

// The signal that stopped a process, to be given to it; 0 where none did.
static int signal_of(int status)
{
        int number = WSTOPSIG(status) & 0x7F;
        return number == SIGTRAP || number == SIGSTOP ? 0 : number;
}

// Lets a stopped process go on to its next stop, or for good where it is another program now.
static void resume(pid_t pid, int status, bool for_good)
{
        if (ptrace(for_good ? PTRACE_DETACH : PTRACE_SYSCALL, pid, NULL, signal_of(status)) != 0 && errno != ESRCH)
                die("ptrace");
}

static int watch(pid_t program, long at, long *stops)
{
        int status;
        const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC;
        pid_t pid = waitpid(program, &status, 0);
        if (pid != program || !WIFSTOPPED(status) || ptrace(PTRACE_SETOPTIONS, program, NULL, options) != 0)
                die("ptrace");
        for (*stops = 0; pid != program || WIFSTOPPED(status);) {
                if (WIFSTOPPED(status)) {
                        if (*stops == at && at > 0)
                                kill(program, SIGKILL);
                        resume(pid, status, pid != program && status >> 16 == PTRACE_EVENT_EXEC);
                        ++*stops;
                }
                pid = waitpid(-1, &status, 0);
                if (pid < 0)
                        die("waitpid");
        }
        return code_of(status);
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
