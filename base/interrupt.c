// SPDX-License-Identifier: Apache-2.0
#include "base/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

enum {
        SIGNAL_COUNT = sizeof signals / sizeof signals[0]
};

static int pipe_ends[2] = {-1, -1};
static volatile sig_atomic_t count;

static void note(int number)
{
        count++;
        if (count >= 3)
                _exit(128 + number);
        // A full pipe is readable as well, so the result does not matter.
        ssize_t ignored = write(pipe_ends[1], "", 1);
        (void)ignored;
}

static bool make_pipe(void)
{
        if (pipe(pipe_ends) != 0)
                return false;
        for (int i = 0; i < 2; i++) {
                fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC);
                fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK);
        }
        return true;
}

void interrupt_renew(void)
{
        if (pipe_ends[0] < 0)
                return;
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        count = 0;
        make_pipe();
}

void interrupt_catch(void)
{
        if (pipe_ends[0] >= 0 || !make_pipe())
                return;
        struct sigaction action = {.sa_handler = note};
        sigemptyset(&action.sa_mask);
        for (size_t i = 0; i < SIGNAL_COUNT; i++) {
                struct sigaction old;
                // A signal that nohup ignores stays ignored. SIGINT is caught anyway: scripts ignore it in every
                // background job, which is meant for programs that do not clean up.
                bool nohup = signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
                if (!nohup)
                        sigaction(signals[i], &action, NULL);
        }
}

int interrupt_descriptor(void)
{
        return pipe_ends[0];
}

bool interrupt_pending(void)
{
        return count > 0;
}

bool interrupt_check(struct error *err)
{
        return !interrupt_pending() || error_set(err, ERROR_INTERRUPTED, "interrupted");
}
