// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/arguments.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"

enum {
        ERRORS_LIMIT = 1 << 16,     // bytes kept of a program's standard error
        MOST_DESCRIPTORS = 1 << 16, // that a process can have open
};

// The packages of the programs that this project starts.
static const struct {
        const char *program, *packages;
} packages[] = {
        {"qemu-system-aarch64", "qemu-system-arm (Debian, Ubuntu), qemu-system-aarch64 (Fedora) or qemu (Homebrew)"},
        {"qemu-img", "qemu-utils (Debian, Ubuntu), qemu-img (Fedora) or qemu (Homebrew)"},
        {"mformat", "mtools"},
        {"mcopy", "mtools"},
        {"gpgv", "gpgv (Debian, Ubuntu) or gnupg2"},
        {"apt-get", "apt, which only Debian and its relatives have; use another source"},
};

const char *process_packages(const char *name)
{
        for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
                if (strcmp(packages[i].program, name) == 0)
                        return packages[i].packages;
        }
        return NULL;
}

static bool is_program(const char *path)
{
        struct stat status;
        return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *process_find(const char *name, struct error *err)
{
        if (strchr(name, '/')) {
                if (is_program(name))
                        return memory_text(name);
                error_set(err, ERROR_ENVIRONMENT, "%s: program not found", name);
                return NULL;
        }
        const char *path = getenv("PATH");
        for (path = path ? path : "/usr/bin:/bin"; *path;) {
                size_t length = strcspn(path, ":");
                char *candidate = text_format("%.*s/%s", length ? (int)length : 1, length ? path : ".", name);
                if (is_program(candidate))
                        return candidate;
                free(candidate);
                path += length + (path[length] == ':');
        }
        error_set(err, ERROR_ENVIRONMENT, "%s is not installed, or not in PATH", name);
        if (process_packages(name))
                error_append(err, "; it is in the package %s", process_packages(name));
        return NULL;
}

void process_result_free(struct process_result *result)
{
        buffer_free(&result->output);
        buffer_free(&result->errors);
}

extern char **environ; // POSIX, environ: a program declares it itself

// Secrets meant for this program alone; in a child's environment, its /proc would expose them.
static const char *const secrets[] = {"ROOT_PASSWORD"};

static bool is_secret(const char *entry)
{
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
                size_t length = strlen(secrets[i]);
                if (strncmp(entry, secrets[i], length) == 0 && entry[length] == '=')
                        return true;
        }
        return false;
}

// This program's environment without the secrets; its strings are borrowed. Freed with free().
static char **public_environment(void)
{
        size_t count = 0;
        while (environ && environ[count])
                count++;
        char **entries = memory_new(count + 1, sizeof *entries);
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
                if (!is_secret(environ[i]))
                        entries[kept++] = environ[i];
        }
        return entries;
}

// A program that is being started.
struct start {
        const char *program;
        char **arguments, **environment;
        const char *folder; // NULL: this one
        int streams[3];
        int report; // reports a failure to the parent; closes on success
        int alive;  // held open until the process ends, which makes DESCRIPTOR readable
        int leash;  // ends when the parent does; -1 on Linux
        pid_t parent;
};

#ifdef __linux__
static void die_with_parent(const struct start *start)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // The parent may have died before that.
        if (getppid() != start->parent)
                _exit(127);
}
#else
// Starts a process in the program's group that ends the group when the parent ends or is done with the program.
static void die_with_parent(const struct start *start)
{
        if (fork() != 0)
                return;
        long limit = sysconf(_SC_OPEN_MAX);
        for (int fd = 0; fd < (limit > 0 && limit < MOST_DESCRIPTORS ? limit : MOST_DESCRIPTORS); fd++) {
                if (fd != start->leash)
                        close(fd);
        }
        char none;
        while (read(start->leash, &none, 1) < 0 && errno == EINTR)
                ;
        kill(0, SIGKILL);
        _exit(0);
}
#endif

// In the child: sets up what the program inherits, then starts it. The child shares the parent's memory (below), so
// nothing may be changed here, and only functions that are safe in a signal handler called.
static _Noreturn void become(const struct start *start)
{
        fcntl(start->alive, F_SETFD, 0);
        setsid();
        static const int defaults[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD};
        const struct sigaction usual = {.sa_handler = SIG_DFL};
        for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
                sigaction(defaults[i], &usual, NULL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        die_with_parent(start);
        bool ready = !start->folder || chdir(start->folder) == 0;
        for (int i = 0; ready && i < 3; i++)
                ready = dup2(start->streams[i], i) >= 0;
        if (ready)
                execve(start->program, start->arguments, start->environment);
        int number = errno;
        ssize_t ignored = write(start->report, &number, sizeof number);
        (void)ignored;
        _exit(127);
}

// Copying a process and discarding the copy is most of the cost of starting a program. If vfork is available, the child
// uses the parent's memory, and the parent waits until the child has become the program.
#ifdef __linux__
#define FORK_TO_BECOME vfork
#else
#define FORK_TO_BECOME fork
#endif

// The child must not handle a signal before it has its own handlers.
static pid_t fork_and_become(const struct start *start)
{
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, &before);
        // become() avoids what the checker warns about with vfork.
        pid_t pid = FORK_TO_BECOME(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
        if (pid == 0)
                become(start); // NOLINT(clang-analyzer-unix.Vfork)
        int number = errno;
        sigprocmask(SIG_SETMASK, &before, NULL);
        errno = number;
        return pid;
}

static bool make_pipe(int ends[2], struct error *err)
{
        if (pipe(ends) != 0)
                return error_system(err, "cannot make a pipe");
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        return true;
}

// The errno of a child that could not become the program; 0 if it could.
static int read_report(int fd)
{
        int number = 0;
        ssize_t count;
        while ((count = read(fd, &number, sizeof number)) < 0 && errno == EINTR)
                ;
        return count == sizeof number ? number : 0;
}

// The pipes between this program and one that it starts; -1 for an end that is closed, or not needed here.
struct pipes {
        int report[2], alive[2], leash[2];
};

static void shut(int *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

static void pipes_close(struct pipes *pipes)
{
        for (int i = 0; i < 2; i++) {
                shut(&pipes->report[i]);
                shut(&pipes->alive[i]);
                shut(&pipes->leash[i]);
        }
}

// Starts ARGUMENTS in FOLDER with these descriptors as input, output and errors.
static bool spawn(const struct arguments *arguments, const char *folder, const int streams[3], struct process *process,
                  struct error *err)
{
        AUTO_FREE char *program = process_find(arguments->values[0], err);
        if (!program)
                return false;
        __attribute__((cleanup(pipes_close))) struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
        if (!make_pipe(pipes.report, err) || !make_pipe(pipes.alive, err))
                return false;
#ifndef __linux__
        if (!make_pipe(pipes.leash, err))
                return false;
#endif
        AUTO_FREE char **environment = public_environment();
        const struct start start = {
                .program = program,
                .arguments = arguments->values,
                .environment = environment,
                .folder = folder,
                .streams = {streams[0], streams[1], streams[2]},
                .report = pipes.report[1],
                .alive = pipes.alive[1],
                .leash = pipes.leash[0],
                .parent = getpid(),
        };
        pid_t pid = fork_and_become(&start);
        int number = errno;
        shut(&pipes.report[1]);
        shut(&pipes.alive[1]);
        if (pid > 0)
                number = read_report(pipes.report[0]);
        if (number) {
                while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                errno = number;
                error_system(err, "%s: cannot start", program);
                if (err)
                        err->code = ERROR_ENVIRONMENT;
                return false;
        }
        *process = (struct process){.pid = pid, .descriptor = pipes.alive[0], .leash = pipes.leash[1]};
        pipes.alive[0] = pipes.leash[1] = -1;
        return true;
}

static int open_null(struct error *err)
{
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0)
                error_system(err, "/dev/null");
        return null;
}

static double seconds(struct timeval time)
{
        return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void reap(struct process *process)
{
        int status = 0;
        struct rusage usage = {0};
        while (wait4(process->pid, &status, 0, &usage) < 0 && errno == EINTR)
                ;
        process->cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
#ifdef __APPLE__
        process->memory = (uint64_t)usage.ru_maxrss;
#else
        process->memory = (uint64_t)usage.ru_maxrss * 1024;
#endif
        process->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        process->pid = 0;
        shut(&process->descriptor);
        shut(&process->leash);
}

bool process_wait(struct process *process, int timeout_ms)
{
        if (!process->pid)
                return true;
        uint64_t deadline = time_now_ms() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
        for (;;) {
                int left = timeout_ms < 0 ? -1 : (int)(deadline - time_now_ms());
                struct pollfd poll_for = {process->descriptor, POLLIN, 0};
                int ready = poll(&poll_for, 1, timeout_ms < 0 ? -1 : left > 0 ? left : 0);
                if (ready > 0) {
                        reap(process);
                        return true;
                }
                if (ready == 0 || errno != EINTR)
                        return false;
        }
}

static void kill_group(struct process *process)
{
        kill(-process->pid, SIGKILL);
        reap(process);
}

void process_end(struct process *process, int grace_ms)
{
        if (!process->pid)
                return;
        // The whole group: a script has children running.
        kill(-process->pid, SIGTERM);
        if (!process_wait(process, grace_ms))
                kill_group(process);
}

bool process_start(const struct arguments *arguments, const char *folder, const char *output_path,
                   struct process *process, struct error *err)
{
        AUTO_CLOSE int output = open(output_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (output < 0)
                return error_system(err, "%s: cannot open", output_path);
        AUTO_CLOSE int null = open_null(err);
        return null >= 0 && spawn(arguments, folder, (int[]){null, output, output}, process, err);
}

// One pipe of a program that is being collected.
struct collector {
        int fd; // -1 after its end
        struct buffer *buffer;
        uint64_t limit;
};

// Reads what is available. False if it exceeds the limit.
static bool collect(struct collector *collector, bool drop_excess)
{
        uint8_t block[1 << 14];
        ssize_t count = read(collector->fd, block, sizeof block);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
                return true;
        if (count <= 0) {
                collector->fd = -1;
                return true;
        }
        uint64_t room = collector->limit - collector->buffer->size;
        buffer_add(collector->buffer, block, (uint64_t)count < room ? (size_t)count : (size_t)room);
        return (uint64_t)count <= room || drop_excess;
}

// Reads both pipes until both end and the program has ended. False, with ERR, if the program has to be killed.
static bool collect_all(struct collector collectors[2], const struct process *process, const char *name, int timeout_ms,
                        struct error *err)
{
        uint64_t deadline = time_now_ms() + (uint64_t)timeout_ms;
        int running = process->descriptor;
        while (collectors[0].fd >= 0 || collectors[1].fd >= 0 || running >= 0) {
                uint64_t now = time_now_ms();
                if (timeout_ms >= 0 && now >= deadline) {
                        AUTO_FREE char *limit = text_duration((uint64_t)timeout_ms);
                        return error_set(err, ERROR_TIMED_OUT, "%s: took longer than %s", name, limit);
                }
                struct pollfd poll_for[4] = {
                        {collectors[0].fd, POLLIN, 0},
                        {collectors[1].fd, POLLIN, 0},
                        {running, POLLIN, 0},
                        {interrupt_descriptor(), POLLIN, 0},
                };
                if (poll(poll_for, 4, timeout_ms < 0 ? -1 : (int)(deadline - now)) < 0 && errno != EINTR)
                        return error_system(err, "%s: cannot wait", name);
                if (!interrupt_check(err))
                        return false;
                for (int i = 0; i < 2; i++) {
                        if (poll_for[i].revents && !collect(&collectors[i], i == 1))
                                return error_set(err, ERROR_DAMAGED, "%s: printed more than %llu bytes", name,
                                                 (unsigned long long)collectors[i].limit);
                }
                if (poll_for[2].revents)
                        running = -1;
        }
        return true;
}

static bool run(const struct arguments *arguments, int input, uint64_t limit, int timeout_ms,
                struct process_result *result, struct error *err)
{
        int output[2];
        int errors[2];
        if (!make_pipe(output, err))
                return false;
        if (!make_pipe(errors, err)) {
                close(output[0]);
                close(output[1]);
                return false;
        }
        struct process process = {0};
        bool started = spawn(arguments, NULL, (int[]){input, output[1], errors[1]}, &process, err);
        close(output[1]);
        close(errors[1]);
        bool collected = false;
        if (started) {
                struct collector collectors[2] = {
                        {output[0], &result->output, limit},
                        {errors[0], &result->errors, ERRORS_LIMIT},
                };
                collected = collect_all(collectors, &process, arguments->values[0], timeout_ms, err);
                if (collected)
                        reap(&process);
                else
                        kill_group(&process);
                result->exit_code = process.exit_code;
        }
        close(output[0]);
        close(errors[0]);
        if (!collected)
                process_result_free(result);
        return collected;
}

bool process_run(const struct arguments *arguments, uint64_t limit, int timeout_ms, struct process_result *result,
                 struct error *err)
{
        AUTO_CLOSE int null = open_null(err);
        *result = (struct process_result){0};
        return null >= 0 && run(arguments, null, limit, timeout_ms, result, err);
}

bool process_run_with_input(const struct arguments *arguments, const char *input, uint64_t limit, int timeout_ms,
                            struct process_result *result, struct error *err)
{
        int ends[2];
        *result = (struct process_result){0};
        if (!make_pipe(ends, err))
                return false;
        AUTO_CLOSE int reading = ends[0];
        AUTO_CLOSE int writing = ends[1];
        // An empty pipe takes that much at once.
        if (write(writing, input, strlen(input)) < 0)
                return error_system(err, "cannot write into a pipe");
        return run(arguments, reading, limit, timeout_ms, result, err);
}

bool process_run_checked(const struct arguments *arguments, uint64_t limit, int timeout_ms,
                         struct process_result *result, struct error *err)
{
        if (!process_run(arguments, limit, timeout_ms, result, err))
                return false;
        if (result->exit_code == 0)
                return true;
        size_t length = result->errors.size;
        while (length && result->errors.data[length - 1] == '\n')
                length--;
        AUTO_FREE char *said = text_printable((const char *)result->errors.data, length, true);
        error_set(err, ERROR_ENVIRONMENT, "%s failed (exit code %d)%s%s", arguments->values[0], result->exit_code,
                  *said ? ": " : "", said);
        process_result_free(result);
        return false;
}
