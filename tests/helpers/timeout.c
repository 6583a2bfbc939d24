// SPDX-License-Identifier: Apache-2.0
//
// timeout SECONDS COMMAND...
//
// Like GNU's, which macOS lacks: runs the command, and ends it and its children (SIGTERM, 5 seconds later SIGKILL)
// after that time or when this program is terminated. Exit code 124 after that time, else the command's, or 128 +
// signal number.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
        EXIT_EXPIRED = 124,
        EXIT_TROUBLE = 125,
        EXIT_NO_COMMAND = 127,
        GRACE_S = 5,
};

static const int signals[] = {SIGALRM, SIGTERM, SIGINT, SIGHUP};
static volatile pid_t command;
static volatile sig_atomic_t expired;

static void end(int number)
{
        static volatile sig_atomic_t times;
        expired = expired || (number == SIGALRM && times == 0);
        kill(-command, times++ ? SIGKILL : SIGTERM);
        alarm(GRACE_S);
}

int main(int count, char **arguments)
{
        long seconds = count > 2 ? strtol(arguments[1], NULL, 10) : 0;
        if (seconds <= 0) {
                fputs("usage: timeout SECONDS COMMAND...\n", stderr);
                return EXIT_TROUBLE;
        }
        sigset_t held;
        sigset_t before;
        sigemptyset(&held);
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
                sigaddset(&held, signals[i]);
        sigprocmask(SIG_BLOCK, &held, &before);
        command = fork();
        if (command == 0) {
                setpgid(0, 0);
                sigprocmask(SIG_SETMASK, &before, NULL);
                execvp(arguments[2], arguments + 2);
                perror(arguments[2]);
                _exit(EXIT_NO_COMMAND);
        }
        if (command < 0) {
                perror("timeout");
                return EXIT_TROUBLE;
        }
        setpgid(command, command);
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
                signal(signals[i], end);
        alarm((unsigned)seconds);
        sigprocmask(SIG_SETMASK, &before, NULL);
        int status;
        while (waitpid(command, &status, 0) < 0 && errno == EINTR)
                ;
        if (expired)
                return EXIT_EXPIRED;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
