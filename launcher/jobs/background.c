// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/background.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"

// Reads what the child reports. False if there is nothing to read yet. LET_GO: it has detached; otherwise it has ended.
static bool read_report(int fd, bool *let_go)
{
        char report;
        ssize_t count = read(fd, &report, 1);
        if (count < 0)
                return false;
        *let_go = count == 1;
        return true;
}

static int exit_code_of(pid_t child)
{
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Waits in the parent.
static int await(pid_t child, int fd)
{
        bool let_go;
        bool interrupted = false;
        for (;;) {
                struct pollfd poll_for[2] = {{fd, POLLIN, 0}, {interrupted ? -1 : interrupt_descriptor(), POLLIN, 0}};
                poll(poll_for, 2, -1);
                if (!interrupted && interrupt_pending()) {
                        kill(child, SIGINT);
                        interrupted = true;
                }
                if (poll_for[0].revents && read_report(fd, &let_go))
                        return let_go ? 0 : exit_code_of(child);
        }
}

bool background_split(struct background *background, bool *is_child, int *code, struct error *err)
{
        int ends[2];
        *background = (struct background){-1};
        fflush(NULL);
        if (pipe(ends) != 0)
                return error_system(err, "cannot create a pipe");
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        pid_t child = fork();
        if (child < 0) {
                error_system(err, "cannot continue in the background");
                close(ends[0]);
                close(ends[1]);
                return false;
        }
        *is_child = child == 0;
        close(ends[child == 0 ? 0 : 1]);
        if (child == 0) {
                setsid();
                interrupt_renew();
                background->report = ends[1];
                return true;
        }
        *code = await(child, ends[0]);
        close(ends[0]);
        return true;
}

void background_let_go(struct background *background)
{
        if (background->report < 0)
                return;
        fflush(NULL);
        int null = open("/dev/null", O_RDWR);
        for (int i = 0; null >= 0 && i < 3; i++)
                dup2(null, i);
        if (null > 2)
                close(null);
        ssize_t ignored = write(background->report, "", 1);
        (void)ignored;
        close(background->report);
        background->report = -1;
}
