// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // posix_openpt
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "base/progress.h"
#include "base/time.h"

static unsigned short columns;
static struct buffer drawn;

static int begin(void **state)
{
        (void)state;
        columns = 60;
        setenv("TERM", "xterm", 1);
        unsetenv("NO_COLOR");
        return 0;
}

static int end(void **state)
{
        buffer_free(&drawn);
        return begin(state);
}

// A test that begins with a terminal of 60 columns and colours.
#define TEST_OF_TERMINAL(name) TEST_WITH(name, begin, end)

// Runs ACTION in a child whose standard error is a terminal. Returns what it draws there, up to the next call.
static const char *on_terminal(void (*action)(void))
{
        drawn.size = 0;
        int terminal = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
        // Held open here as well: the terminal's end would otherwise throw away what was not read yet.
        int line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
        assert_true(line >= 0);
        struct winsize size = {.ws_row = 24, .ws_col = columns};
        struct termios raw;
        assert_int_equal(ioctl(line, TIOCSWINSZ, &size), 0);
        assert_int_equal(tcgetattr(line, &raw), 0);
        raw.c_oflag &= ~(tcflag_t)OPOST;
        assert_int_equal(tcsetattr(line, TCSANOW, &raw), 0);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                alarm(20);
                dup2(line, STDERR_FILENO);
                action();
                fputs("END", stderr);
                _exit(0);
        }
        while (drawn.size < 3 || memcmp(drawn.data + drawn.size - 3, "END", 3) != 0) {
                uint8_t block[256];
                ssize_t count = read(terminal, block, sizeof block);
                assert_true(count > 0);
                buffer_add(&drawn, block, (size_t)count);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        drawn.size -= 3;
        buffer_add_u8(&drawn, 0);
        close(line);
        close(terminal);
        return (const char *)drawn.data;
}

// Goes on for long enough that the line, which shows up after 0.5 s, is drawn, and drawn again at most once.
static void work(const char *label, uint64_t total)
{
        AUTO_PROGRESS struct progress *progress = progress_begin(label, 0);
        progress_total(progress, total);
        uint64_t began = time_now_ms();
        for (uint64_t now; (now = time_now_ms()) - began < 580;) {
                progress_update(progress, (now - began) << 20);
                nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        progress_update(progress, UINT64_MAX);
}

static void long_work(void)
{
        work("downloading qemu-efi-aarch64", UINT64_C(1000) << 20);
}

static void work_of_unknown_size(void)
{
        work("downloading a file whose name is longer than the terminal of the user who waits for it is wide", 0);
}

static void quick_work(void)
{
        AUTO_PROGRESS struct progress *progress = progress_begin("quick", 100);
        for (uint64_t done = 0; done <= 100; done++)
                progress_update(progress, done);
}

static unsigned occurrences(const char *text, const char *part)
{
        unsigned count = 0;
        for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
                count++;
        return count;
}

// Every drawn line begins at the left edge, ends with the rest of the row erased, and fits into the terminal.
static void assert_lines_fit(const char *text)
{
        for (const char *line = text; *line;) {
                assert_int_equal(*line, '\r');
                const char *end = strstr(line, "\033[K");
                assert_non_null(end);
                assert_true(end - line - 1 < columns);
                line = end + strlen("\033[K");
        }
}

TEST_OF_TERMINAL(long_work_shows_a_line_and_takes_it_away)
{
        const char *text = on_terminal(long_work);
        assert_lines_fit(text);
        assert_true(text_ends_with(text, "\r\033[K"));
        assert_true(occurrences(text, "downloading qemu-efi-aarch64 [##") >= 1);
        assert_true(occurrences(text, "\r") <= 3);
}

TEST_OF_TERMINAL(work_of_unknown_size_has_no_bar_and_stays_on_one_line)
{
        columns = 20;
        const char *text = on_terminal(work_of_unknown_size);
        assert_true(text_starts_with(text, "\rdownloading a file \033[K"));
        assert_null(strstr(text, "[#"));
        assert_null(strchr(text, '\n'));
}

TEST_OF_TERMINAL(quick_work_shows_nothing)
{
        assert_string_equal(on_terminal(quick_work), "");
}

TEST_OF_TERMINAL(nothing_is_drawn_on_a_dumb_terminal)
{
        setenv("TERM", "dumb", 1);
        assert_string_equal(on_terminal(long_work), "");
}

static void print_the_terminal(void)
{
        fprintf(stderr, "%d%d%u ", progress_on_terminal(), progress_in_colour(), progress_columns());
}

TEST_OF_TERMINAL(the_terminal_is_recognized)
{
        assert_string_equal(on_terminal(print_the_terminal), "1160 ");
        setenv("NO_COLOR", "1", 1);
        assert_string_equal(on_terminal(print_the_terminal), "1060 ");
        // no-color.org: it counts "when present and not an empty string".
        setenv("NO_COLOR", "", 1);
        assert_string_equal(on_terminal(print_the_terminal), "1160 ");
        unsetenv("NO_COLOR");
        setenv("TERM", "dumb", 1);
        columns = 0;
        assert_string_equal(on_terminal(print_the_terminal), "0080 ");
}

TEST_IN_SCRATCH(nothing_is_drawn_into_a_file)
{
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                int fd = open("errors", O_WRONLY | O_CREAT | O_TRUNC, 0666);
                dup2(fd, STDERR_FILENO);
                long_work();
                _exit(progress_on_terminal() || progress_in_colour() || progress_columns() != 80);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        AUTO_FREE char *errors = read_text("errors");
        assert_string_equal(errors, "");
}
