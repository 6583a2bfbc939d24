// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // posix_openpt
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "base/interrupt.h"
#include "launcher/jobs/password.h"

enum {
        LONGEST = 128
};

static void assert_password(const char *file, const char *expected)
{
        AUTO_ERROR struct error err = {0};
        AUTO_PASSWORD char *password = password_get(file, &err);
        assert_done(password, &err);
        assert_string_equal(password, expected);
}

TEST_IN_SCRATCH(the_first_line_of_a_file_is_the_password)
{
        static const struct {
                const char *content, *password;
        } cases[] = {
                {"Secret1!", "Secret1!"},
                {"Secret1!\n", "Secret1!"},
                {"Secret1!\r\n", "Secret1!"},
                {"Secret1!\nnot this", "Secret1!"},
                {" with blanks ", " with blanks "},
                {"$(x)`'\"\\~", "$(x)`'\"\\~"},
                {"x", "x"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                write_text("password", cases[i].content);
                assert_password("password", cases[i].password);
        }
}

TEST_IN_SCRATCH(a_file_overrides_the_environment)
{
        AUTO_ERROR struct error err = {0};
        setenv("ROOT_PASSWORD", "From there 1", 1);
        write_text("password", "From the file 1\n");
        assert_password(NULL, "From there 1");
        assert_password("password", "From the file 1");
        // A missing file is not replaced by the environment.
        AUTO_PASSWORD char *password = password_get("missing", &err);
        unsetenv("ROOT_PASSWORD");
        assert_null(password);
        assert_error(&err, ERROR_USAGE, "missing");
}

// Each contains "hunter2", which no message may repeat.
TEST_IN_SCRATCH(characters_that_cannot_be_typed_are_refused)
{
        static const char *const wrong[] = {
                "hunter2\x7F", "hunter2\t",   "hunter2\033[A", "hunter2\xC3\xBC",
                "hunter2\x80", "\001hunter2", "hunter2\b",
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_ERROR struct error from_file = {0};
                AUTO_ERROR struct error from_environment = {0};
                write_text("password", wrong[i]);
                AUTO_PASSWORD char *one = password_get("password", &from_file);
                setenv("ROOT_PASSWORD", wrong[i], 1);
                AUTO_PASSWORD char *other = password_get(NULL, &from_environment);
                unsetenv("ROOT_PASSWORD");
                assert_null(one);
                assert_null(other);
                assert_error(&from_file, ERROR_USAGE,
                             "the password from password must have 1 to 128 printable ASCII characters");
                assert_error(&from_environment, ERROR_USAGE, "ROOT_PASSWORD");
                assert_null(strstr(from_file.message, "hunter2"));
                assert_null(strstr(from_environment.message, "hunter2"));
        }
}

static void refuse_file(const char *file, enum error_code code, const char *message)
{
        AUTO_ERROR struct error err = {0};
        AUTO_PASSWORD char *password = password_get(file, &err);
        assert_null(password);
        assert_error(&err, code, message);
}

TEST_IN_SCRATCH(a_password_has_a_limited_length)
{
        char text[LONGEST + 2];
        memset(text, 'x', sizeof text - 1);
        text[LONGEST + 1] = '\0';
        write_text("password", text);
        refuse_file("password", ERROR_USAGE, "password");
        text[LONGEST] = '\0';
        write_text("password", text);
        assert_password("password", text);
}

TEST_IN_SCRATCH(files_without_a_password_are_refused)
{
        static const char *const empty[] = {"", "\n", "\r\n", "\nsecond line"};
        for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
                write_text("password", empty[i]);
                refuse_file("password", ERROR_USAGE, "password");
        }
        // A NUL byte does not hide the rest.
        write_bytes("password", (struct bytes){(const uint8_t *)"good\0rest\n", 10});
        refuse_file("password", ERROR_USAGE, "password");
        refuse_file("missing", ERROR_USAGE, "password");
        refuse_file(".", ERROR_ENVIRONMENT, "password");
        refuse_file("/dev/zero", ERROR_DAMAGED, "password");
        refuse_file("", ERROR_USAGE, "password");
}

// Runs in a child on a terminal of its own: asks, and returns the exit code for the result. The password that it
// expects is "Typed 1!".
static int ask(void)
{
        AUTO_ERROR struct error err = {0};
        AUTO_PASSWORD char *password = password_get(NULL, &err);
        struct termios after;
        bool echoes = tcgetattr(STDIN_FILENO, &after) == 0 && (after.c_lflag & ECHO);
        if (!echoes)
                return 50;
        if (password)
                return strcmp(password, "Typed 1!") == 0 ? 0 : 51;
        if (strstr(err.message, "Typed"))
                return 52;
        fprintf(stderr, "error: %s\n", err.message);
        return (int)err.code;
}

static int ask_and_catch(void)
{
        interrupt_catch();
        return ask();
}

static void read_until(int terminal, const char *text, struct buffer *shown)
{
        for (;;) {
                uint8_t block[256];
                ssize_t count = read(terminal, block, sizeof block);
                assert_true(count > 0);
                buffer_add(shown, block, (size_t)count);
                AUTO_FREE char *all = text_format("%.*s", (int)shown->size, (const char *)shown->data);
                if (strstr(all, text))
                        return;
        }
}

// Runs ACTION in a child on a new terminal and types LINES[0] at the first question, LINES[1] at the second. Returns its
// exit code; SHOWN is what the terminal showed.
static int on_terminal(int (*action)(void), const char *const lines[2], struct buffer *shown)
{
        int terminal = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
        AUTO_FREE char *name = memory_text(ptsname(terminal));
        int held = open(name, O_RDWR | O_NOCTTY);
        assert_true(held >= 0);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                alarm(20);
                setsid();
                int line = open(name, O_RDWR);
                ioctl(line, TIOCSCTTY, 0);
                dup2(line, STDIN_FILENO);
                dup2(line, STDERR_FILENO);
                _exit(action());
        }
        static const char *const questions[] = {"Root password for the new system: ", "Again: "};
        for (int i = 0; i < 2 && lines[i]; i++) {
                read_until(terminal, questions[i], shown);
                assert_int_equal(write(terminal, lines[i], strlen(lines[i])), strlen(lines[i]));
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(fcntl(terminal, F_SETFL, O_NONBLOCK), 0);
        uint8_t block[256];
        for (ssize_t count; (count = read(terminal, block, sizeof block)) > 0;)
                buffer_add(shown, block, (size_t)count);
        buffer_add_u8(shown, 0);
        close(held);
        close(terminal);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(the_user_types_the_password_twice_and_does_not_see_it)
{
        AUTO_BUFFER struct buffer shown = {0};
        assert_int_equal(on_terminal(ask, (const char *const[]){"Typed 1!\n", "Typed 1!\n"}, &shown), 0);
        assert_null(strstr((const char *)shown.data, "Typed"));
}

TEST(different_or_empty_answers_are_refused)
{
        static const struct {
                const char *lines[2];
                const char *message;
        } cases[] = {
                {{"Typed 1!\n", "Typed 2!\n"}, "the two passwords differ"},
                {{"\n", "\n"}, "must have 1 to 128 printable ASCII characters"},
                {{"\004", NULL}, "no password was typed"}, // the end of the input
                {{"Typed 1!\n", "\004"}, "no password was typed"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_BUFFER struct buffer shown = {0};
                assert_int_equal(on_terminal(ask, cases[i].lines, &shown), ERROR_USAGE);
                assert_contains((const char *)shown.data, cases[i].message);
        }
}

TEST(an_interrupt_ends_the_question_and_restores_the_echo)
{
        AUTO_BUFFER struct buffer shown = {0};
        assert_int_equal(on_terminal(ask_and_catch, (const char *const[]){"\003", NULL}, &shown), ERROR_INTERRUPTED);
}

static int ask_without_a_terminal(void)
{
        int null = open("/dev/null", O_RDONLY);
        dup2(null, STDIN_FILENO);
        AUTO_ERROR struct error err = {0};
        AUTO_PASSWORD char *password = password_get(NULL, &err);
        return !password && err.code == ERROR_USAGE && strstr(err.message, "ROOT_PASSWORD") &&
                               strstr(err.message, "--root-password-file")
                       ? 0
                       : 1;
}

TEST(without_a_terminal_the_ways_to_give_it_are_named)
{
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
                _exit(ask_without_a_terminal());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

TEST(a_password_is_copied_and_freed)
{
        AUTO_PASSWORD char *copy = password_copy("Secret1!");
        assert_string_equal(copy, "Secret1!");
        char *other = password_copy("");
        assert_string_equal(other, "");
        password_free(&other);
        assert_null(other);
        password_free(&other);
}
