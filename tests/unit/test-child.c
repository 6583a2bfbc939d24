// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/interrupt.h"

enum {
        LIMIT = 1 << 16,
};

static void tell(struct buffer *answer, const char *text)
{
        buffer_add(answer, text, strlen(text));
}

static void assert_told(const struct buffer *answer, const char *expected)
{
        if (answer->size != strlen(expected) || (answer->size && memcmp(answer->data, expected, answer->size) != 0))
                fail_msg("told '%.*s', not '%s'", (int)answer->size, (const char *)answer->data, expected);
}

static bool run(child_work *work, void *context, struct buffer *answer, struct error *err)
{
        return child_run(work, context, LIMIT, answer, err);
}

// No child is left, alive or dead.
static void assert_no_child(void)
{
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

// ---- what it tells

static void count_up(void *context, struct buffer *answer)
{
        int *number = context;
        AUTO_FREE char *text = text_format("%d", ++*number);
        tell(answer, text);
}

static void test_the_answer_comes_back_and_all_else_is_lost(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_BUFFER struct buffer answer = {0};
                int number = 41;
                assert_done(run(count_up, &number, &answer, &err), &err);
                assert_told(&answer, "42");
                assert_int_equal(number, 41);
        }
        assert_no_child();
}

static void tell_much(void *context, struct buffer *answer)
{
        buffer_fill(answer, 'x', *(const size_t *)context);
}

static void test_an_answer_has_its_limit(void **state)
{
        (void)state;
        static const size_t sizes[] = {0, 1, LIMIT - 1, LIMIT};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_BUFFER struct buffer answer = {0};
                assert_done(run(tell_much, (void *)&sizes[i], &answer, &err), &err);
                assert_int_equal(answer.size, sizes[i]);
                assert_true(bytes_all(buffer_view(&answer), 'x'));
        }
        // The last does not fit the pipe either: the child that still writes is ended.
        static const size_t too_much[] = {LIMIT + 1, 10 << 20};
        for (size_t i = 0; i < sizeof too_much / sizeof too_much[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_BUFFER struct buffer answer = {0};
                assert_false(run(tell_much, (void *)&too_much[i], &answer, &err));
                assert_error(&err, ERROR_ENVIRONMENT, "more than 65536 bytes");
                assert_int_equal(answer.size, 0);
        }
        assert_no_child();
}

static void print(void *context, struct buffer *answer)
{
        fputs(context, stdout);
        fflush(stdout);
        tell(answer, "printed");
}

static void test_nothing_is_printed_twice(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer answer = {0};
        fflush(stdout);
        int kept = dup(STDOUT_FILENO);
        int file = open("printed", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(file, STDOUT_FILENO);
        fputs("before, ", stdout);
        bool done = run(print, "in the child, ", &answer, &err);
        fputs("after", stdout);
        fflush(stdout);
        dup2(kept, STDOUT_FILENO);
        close(kept);
        close(file);
        assert_done(done, &err);
        AUTO_FREE char *printed = read_text("printed");
        assert_string_equal(printed, "before, in the child, after");
}

// ---- how it ends

static void end_by_signal(void *context, struct buffer *answer)
{
        tell(answer, "lost");
        signal(*(const int *)context, SIG_DFL);
        // Not to leave a core, which takes its time.
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        raise(*(const int *)context);
}

static void test_a_child_that_dies_is_told(void **state)
{
        (void)state;
        static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGUSR1};
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_BUFFER struct buffer answer = {0};
                AUTO_FREE char *text = text_format("signal %d (%s)", signals[i], strsignal(signals[i]));
                assert_false(run(end_by_signal, (void *)&signals[i], &answer, &err));
                assert_error(&err, ERROR_ENVIRONMENT, text);
                assert_int_equal(answer.size, 0);
        }
        assert_no_child();
}

static void leave(void *context, struct buffer *answer)
{
        tell(answer, "lost");
        _exit(*(const int *)context);
}

static void test_a_child_that_leaves_is_told(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer answer = {0};
        assert_false(run(leave, &(int){4}, &answer, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "exit code 4");
}

static void write_to_nobody(void *context, struct buffer *answer)
{
        (void)context;
        int ends[2];
        if (pipe(ends) != 0)
                return;
        close(ends[0]);
        ssize_t count = write(ends[1], "", 1);
        tell(answer, count < 0 && errno == EPIPE ? "an error" : "no error");
}

static void test_a_peer_that_has_gone_does_not_end_it(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer answer = {0};
        assert_done(run(write_to_nobody, NULL, &answer, &err), &err);
        assert_told(&answer, "an error");
}

// ---- interrupts, each in a process of its own, because a signal once noted stays noted

// A process that runs WORK with an end of a pipe, which the test reads the other end of.
struct runner {
        pid_t pid;
        int from_child;
};

static void runner_begin(struct runner *runner, child_work *work)
{
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        fflush(NULL);
        runner->pid = fork();
        if (runner->pid == 0) {
                AUTO_ERROR struct error err = {0};
                AUTO_BUFFER struct buffer answer = {0};
                close(ends[0]);
                interrupt_catch();
                bool done = run(work, &ends[1], &answer, &err);
                _exit(done ? 0 : (int)err.code);
        }
        close(ends[1]);
        runner->from_child = ends[0];
}

static int runner_end(const struct runner *runner)
{
        int status = 0;
        assert_int_equal(waitpid(runner->pid, &status, 0), runner->pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void assert_child_begun(const struct runner *runner)
{
        char byte;
        alarm(20);
        assert_int_equal(read(runner->from_child, &byte, 1), 1);
        alarm(0);
}

// The pipe ends when its last writer does.
static void assert_child_gone(const struct runner *runner)
{
        char byte;
        alarm(20);
        assert_int_equal(read(runner->from_child, &byte, 1), 0);
        alarm(0);
        close(runner->from_child);
}

static void stay(void *context, struct buffer *answer)
{
        (void)answer;
        if (write(*(const int *)context, "", 1) == 1)
                for (;;)
                        pause();
}

static void test_a_signal_to_the_parent_ends_both(void **state)
{
        (void)state;
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
                struct runner runner;
                runner_begin(&runner, stay);
                assert_child_begun(&runner);
                kill(runner.pid, signals[i]);
                assert_int_equal(runner_end(&runner), ERROR_INTERRUPTED);
                assert_child_gone(&runner);
        }
}

static void test_the_child_does_not_outlive_its_parent(void **state)
{
        (void)state;
        struct runner runner;
        runner_begin(&runner, stay);
        assert_child_begun(&runner);
        kill(runner.pid, SIGKILL);
        assert_child_gone(&runner);
        assert_int_equal(runner_end(&runner), 128 + SIGKILL);
}

static void interrupt_oneself(void *context, struct buffer *answer)
{
        raise(*(const int *)context);
        tell(answer, "still here");
}

// What reaches the child alone. Leaves 0 where it ended as an interrupt does, and this process has noted nothing.
static int interrupt_child(int number)
{
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer answer = {0};
        interrupt_catch();
        if (run(interrupt_oneself, &number, &answer, &err))
                return 1;
        return err.code == ERROR_INTERRUPTED && !interrupt_pending() ? 0 : 2;
}

// It ends by SIGHUP only where this process would.
static int ignore_with_nohup(int number)
{
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer answer = {0};
        signal(number, SIG_IGN);
        interrupt_catch();
        return run(interrupt_oneself, &number, &answer, &err) && answer.size ? 0 : 1;
}

// Signals that come before are no reason to go on.
static int begin_interrupted(int number)
{
        AUTO_ERROR struct error err = {0};
        AUTO_BUFFER struct buffer answer = {0};
        interrupt_catch();
        raise(number);
        return !run(interrupt_oneself, &number, &answer, &err) && err.code == ERROR_INTERRUPTED ? 0 : 1;
}

static void test_the_signals_of_parent_and_child_are_two_things(void **state)
{
        (void)state;
        static const struct {
                int (*action)(int number);
                int number;
        } cases[] = {
                {interrupt_child, SIGINT},   {interrupt_child, SIGTERM},   {interrupt_child, SIGHUP},
                {ignore_with_nohup, SIGHUP}, {begin_interrupted, SIGTERM},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                fflush(NULL);
                pid_t pid = fork();
                if (pid == 0)
                        _exit(cases[i].action(cases[i].number));
                int status = 0;
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_int_equal(status, 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_answer_comes_back_and_all_else_is_lost),
                cmocka_unit_test(test_an_answer_has_its_limit),
                IN_SCRATCH(test_nothing_is_printed_twice),
                cmocka_unit_test(test_a_child_that_dies_is_told),
                cmocka_unit_test(test_a_child_that_leaves_is_told),
                cmocka_unit_test(test_a_peer_that_has_gone_does_not_end_it),
                cmocka_unit_test(test_a_signal_to_the_parent_ends_both),
                cmocka_unit_test(test_the_child_does_not_outlive_its_parent),
                cmocka_unit_test(test_the_signals_of_parent_and_child_are_two_things),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
