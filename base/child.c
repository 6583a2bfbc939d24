// SPDX-License-Identifier: Apache-2.0
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#else
#include <sys/time.h>
#endif

#include "base/interrupt.h"

enum {
        EXIT_UNTOLD = 1, // the child's exit code where nobody could be told
        READ_BLOCK = 1 << 12,
};

// ---- in the child

#ifdef __linux__
static void end_with(pid_t parent)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // It may have died before that.
        if (getppid() != parent)
                _exit(EXIT_UNTOLD);
}
#else
static pid_t started_by;

static void look_for_parent(int number)
{
        (void)number;
        if (getppid() != started_by)
                _exit(EXIT_UNTOLD);
}

static void end_with(pid_t parent)
{
        started_by = parent;
        struct sigaction action = {.sa_handler = look_for_parent, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &(struct itimerval){{1, 0}, {1, 0}}, NULL);
}
#endif

static bool write_all(int fd, struct bytes bytes)
{
        while (bytes.size) {
                ssize_t count = write(fd, bytes.data, bytes.size);
                if (count < 0 && errno != EINTR)
                        return false;
                bytes = bytes_from(bytes, count > 0 ? (uint64_t)count : 0);
        }
        return true;
}

static _Noreturn void be_child(child_work *work, void *context, int fd, pid_t parent)
{
        end_with(parent);
        // A peer that has gone is an error of write(), not the end.
        signal(SIGPIPE, SIG_IGN);
        AUTO_BUFFER struct buffer answer = {0};
        work(context, &answer);
        bool told = write_all(fd, buffer_view(&answer));
        // Not exit(): what this program does at its end is not the child's to do.
        _exit(told ? 0 : EXIT_UNTOLD);
}

// ---- in the parent

// Reads to the end of what the child tells.
static bool collect(int fd, size_t limit, struct buffer *answer, struct error *err)
{
        for (;;) {
                uint8_t block[READ_BLOCK];
                struct pollfd poll_for[2] = {{fd, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
                poll(poll_for, 2, -1);
                if (!interrupt_check(err))
                        return false;
                if (!poll_for[0].revents)
                        continue;
                ssize_t count = read(fd, block, sizeof block);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        return error_system(err, "what its process tells cannot be read");
                if (count == 0)
                        return true;
                if ((size_t)count > limit - answer->size)
                        return error_set(err, ERROR_ENVIRONMENT, "its process tells more than %zu bytes", limit);
                buffer_add(answer, block, (size_t)count);
        }
}

// The status of waitpid(2).
static int reap(pid_t pid)
{
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        return status;
}

static bool check_end(int status, struct error *err)
{
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return true;
        if (WIFEXITED(status))
                return error_set(err, ERROR_ENVIRONMENT, "its process ended with exit code %d", WEXITSTATUS(status));
        int number = WTERMSIG(status);
        // From the terminal both get it, and the child may be the first.
        if (number == SIGINT || number == SIGTERM || number == SIGHUP)
                return error_set(err, ERROR_INTERRUPTED, "interrupted");
        return error_set(err, ERROR_ENVIRONMENT, "its process was ended by signal %d (%s)", number, strsignal(number));
}

static bool await(pid_t pid, int fd, size_t limit, struct buffer *answer, struct error *err)
{
        bool collected = collect(fd, limit, answer, err);
        if (!collected)
                kill(pid, SIGKILL);
        int status = reap(pid);
        return collected && check_end(status, err);
}

bool child_run(child_work *work, void *context, size_t limit, struct buffer *answer, struct error *err)
{
        int ends[2];
        pid_t parent = getpid();
        if (pipe(ends) != 0)
                return error_system(err, "cannot make a pipe");
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        // What is buffered would be written by both.
        fflush(NULL);
        pid_t pid = interrupt_fork();
        if (pid == 0) {
                close(ends[0]);
                be_child(work, context, ends[1], parent);
        }
        int number = errno;
        close(ends[1]);
        errno = number;
        bool done =
                pid < 0 ? error_system(err, "cannot start another process") : await(pid, ends[0], limit, answer, err);
        close(ends[0]);
        if (!done)
                buffer_free(answer);
        return done;
}
