// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "tests/unit/base/last-error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/interrupt.h"
#include "base/process.h"
#include "base/time.h"

enum {
        LIMIT = 1 << 20,
        SOON_MS = 20000, // long enough for the slowest machine, and nothing here waits for it
};

// The program of the running test, and what comes of it.
static struct arguments arguments;
static struct process_result result;
static struct process process;

static int end(void **state)
{
        arguments_free(&arguments);
        process_result_free(&result);
        process = (struct process){0};
        return scratch_end(state);
}

// A test that runs programs, in a folder of its own.
#define TEST_OF_PROGRAM(name) TEST_WITH(name, scratch_begin, end)

static void add_all(const char *const *values)
{
        for (; *values; values++)
                arguments_add(&arguments, *values);
}

static void set_all(const char *const *values)
{
        arguments_free(&arguments);
        add_all(values);
}
#define ARGUMENTS(...) set_all((const char *const[]){__VA_ARGS__, NULL})

static bool run(uint64_t limit, int timeout_ms)
{
        process_result_free(&result);
        return process_run(&arguments, limit, timeout_ms, &result, &err);
}

static bool run_script(const char *script, int timeout_ms)
{
        ARGUMENTS("sh", "-c", script);
        return run(LIMIT, timeout_ms);
}

static bool run_checked(void)
{
        process_result_free(&result);
        return process_run_checked(&arguments, LIMIT, SOON_MS, &result, &err);
}

static bool run_with_input(const char *input, int timeout_ms)
{
        process_result_free(&result);
        return process_run_with_input(&arguments, input, LIMIT, timeout_ms, &result, &err);
}

static bool start(void)
{
        return process_start(&arguments, NULL, "log", &process, &err);
}

static void start_script(const char *script)
{
        ARGUMENTS("sh", "-c", script);
        assert_done(start(), &err);
}

static void assert_output(const struct buffer *output, const char *expected)
{
        if (output->size != strlen(expected) || (output->size && memcmp(output->data, expected, output->size) != 0))
                fail_msg("printed '%.*s', not '%s'", (int)output->size, (const char *)output->data, expected);
}

TEST_OF_PROGRAM(output_and_errors_are_collected_apart)
{
        assert_done(run_script("echo out; echo err >&2; echo more; exit 7", SOON_MS), &err);
        assert_int_equal(result.exit_code, 7);
        assert_output(&result.output, "out\nmore\n");
        assert_output(&result.errors, "err\n");
}

TEST_OF_PROGRAM(exit_codes_and_signals)
{
        static const struct {
                const char *script;
                int code;
        } cases[] = {
                {"exit 0", 0},       {"exit 1", 1},          {"exit 127", 127},      {"exit 255", 255},
                {"kill -9 $$", 137}, {"kill -TERM $$", 143}, {"kill -SEGV $$", 139}, {"kill -HUP $$", 129},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_done(run_script(cases[i].script, SOON_MS), &err);
                assert_int_equal(result.exit_code, cases[i].code);
                assert_int_equal(result.output.size, 0);
        }
}

// The pipe does not end, so that a program which takes its end for its own goes on.
TEST_OF_PROGRAM(input_arrives_and_does_not_end)
{
        ARGUMENTS("sh", "-c", "read -r a; read -r b; echo \"$b $a\"");
        assert_done(run_with_input("one\ntwo\n", SOON_MS), &err);
        assert_output(&result.output, "two one\n");
        ARGUMENTS("true");
        assert_done(run_with_input("one\n", SOON_MS), &err);
        assert_int_equal(result.exit_code, 0);
        ARGUMENTS("cat");
        assert_failed(run_with_input("one\n", 100), ERROR_TIMED_OUT, "cat: took longer than");
}

TEST_OF_PROGRAM(standard_input_is_empty)
{
        ARGUMENTS("cat");
        assert_done(run(LIMIT, SOON_MS), &err);
        assert_int_equal(result.exit_code, 0);
        assert_int_equal(result.output.size, 0);
}

static const char *const nasty[] = {
        "",
        " ",
        "a b",
        "'",
        "''",
        "\"",
        "it's \"both\"",
        "\n",
        "line\nbreak\n",
        "$HOME",
        "$(echo x)",
        "`id`",
        "\\",
        "\\\\n",
        "*",
        "?",
        "[a]",
        "~",
        "~root",
        "-n",
        "--",
        "a;b",
        "a|b",
        "a&b",
        "a>b",
        "#x",
        "!x",
        "{a,b}",
        "a=b",
        "a,,b",
        "\xC3\xBC",
        "\xFF",
        "\t",
        "\033[",
        "(x)",
        "%s",
        "%%",
        "^x",
        "a\\",
        "\r\n",
        NULL,
};

// The program has printed them, each with a NUL behind it.
static void assert_nasty_output(void)
{
        AUTO_BUFFER struct buffer expected = {0};
        for (const char *const *value = nasty; *value; value++)
                buffer_add(&expected, *value, strlen(*value) + 1);
        assert_true(bytes_equal(buffer_view(&result.output), buffer_view(&expected)));
}

TEST_OF_PROGRAM(arguments_reach_the_program_unchanged)
{
        ARGUMENTS("printf", "%s\\0");
        add_all(nasty);
        assert_done(run_checked(), &err);
        assert_nasty_output();
}

TEST_OF_PROGRAM(a_shell_reads_the_quoted_line_back)
{
        ARGUMENTS("printf", "%s\\0");
        add_all(nasty);
        AUTO_FREE char *line = arguments_quoted(&arguments);
        assert_done(run_script(line, SOON_MS), &err);
        assert_nasty_output();
}

TEST_OF_PROGRAM(plain_words_need_no_quotes)
{
        ARGUMENTS("qemu-system-aarch64", "-machine", "virt,gic-version=2", "-m", "8192");
        arguments_add_format(&arguments, "%s=%d", "x", 5);
        AUTO_FREE char *line = arguments_quoted(&arguments);
        assert_string_equal(line, "qemu-system-aarch64 -machine virt,gic-version=2 -m 8192 x=5");
        arguments_free(&arguments);
        AUTO_FREE char *empty = arguments_quoted(&arguments);
        assert_string_equal(empty, "");
}

TEST_OF_PROGRAM(a_program_that_takes_too_long_is_killed)
{
        uint64_t began = time_now_ms();
        assert_failed(run_script("echo begun; exec sleep 1000", 100), ERROR_TIMED_OUT, "sh: took longer than 0.1 s");
        assert_int_equal(result.output.size, 0);
        assert_true(time_now_ms() - began < SOON_MS);
}

// The program's own children have its pipes, too. All of them inherit HELD, which ends when none is left.
TEST_OF_PROGRAM(children_of_a_slow_program_are_killed_with_it)
{
        static const char *const scripts[] = {
                "sleep 1000; echo done",
                "sleep 1000 & sleep 1000",
                "sleep 1000 >/dev/null 2>&1 &",
                "trap '' TERM INT HUP; sleep 1000; sleep 1000",
        };
        for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
                uint64_t began = time_now_ms();
                int held[2];
                ARGUMENTS("sh", "-c", scripts[i]);
                assert_int_equal(pipe(held), 0);
                bool ran = run(LIMIT, 100);
                close(held[1]);
                struct pollfd none_left = {held[0], POLLIN, 0};
                int ended = poll(&none_left, 1, SOON_MS);
                close(held[0]);
                assert_failed(ran, ERROR_TIMED_OUT, "");
                assert_int_equal(ended, 1);
                assert_true(time_now_ms() - began < SOON_MS);
        }
}

TEST_OF_PROGRAM(the_time_limit_holds_for_a_program_that_closes_its_output)
{
        assert_failed(run_script("exec >&- 2>&-; exec sleep 1000", 100), ERROR_TIMED_OUT, "");
}

TEST_OF_PROGRAM(output_up_to_the_limit_and_not_beyond)
{
        ARGUMENTS("head", "-c", "100000", "/dev/zero");
        assert_done(run(100000, SOON_MS), &err);
        assert_int_equal(result.output.size, 100000);
        assert_failed(run(99999, SOON_MS), ERROR_DAMAGED, "head: printed more than 99999 bytes");
        ARGUMENTS("yes");
        assert_failed(run(1000, SOON_MS), ERROR_DAMAGED, "yes: printed more than 1000 bytes");
}

TEST_OF_PROGRAM(a_flood_of_errors_is_cut_but_not_a_failure)
{
        ARGUMENTS("sh", "-c", "head -c 300000 /dev/zero >&2; echo done");
        assert_done(run(100, SOON_MS), &err);
        assert_int_equal(result.errors.size, 65536);
        assert_output(&result.output, "done\n");
}

TEST_OF_PROGRAM(a_missing_program_names_its_package)
{
        static const struct {
                const char *program, *package;
        } cases[] = {
                {"qemu-system-aarch64", "qemu-system-arm"},
                {"qemu-img", "qemu-utils"},
                {"mcopy", "mtools"},
                {"gpgv", "gpgv"},
                {"no-such-program", ""},
        };
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        assert_int_equal(setenv("PATH", "/nowhere:/also/nowhere", 1), 0);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                ARGUMENTS(cases[i].program);
                assert_failed(run(LIMIT, SOON_MS), ERROR_ENVIRONMENT, "not installed");
                assert_contains(err.message, cases[i].program);
                assert_contains(err.message, cases[i].package);
        }
        assert_int_equal(setenv("PATH", path, 1), 0);
}

TEST_OF_PROGRAM(unstartable_programs_are_reported)
{
        static const char *const programs[] = {"./missing",        "./plain",   "./folder",
                                               "./no-interpreter", "./garbage", "./x/y"};
        shell("printf 'echo x\\n' >plain; mkdir folder; printf '#!/no/such/interpreter\\n' >no-interpreter; "
              "chmod +x no-interpreter; printf '\\177ELF garbage' >garbage; chmod +x garbage");
        for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
                ARGUMENTS(programs[i]);
                assert_failed(run(LIMIT, SOON_MS), ERROR_ENVIRONMENT, programs[i]);
                assert_failed(start(), ERROR_ENVIRONMENT, programs[i]);
                assert_int_equal(process.pid, 0);
        }
}

TEST_OF_PROGRAM(a_program_is_found_as_a_shell_finds_it)
{
        AUTO_FREE char *path = memory_text(getenv("PATH"));
        shell("mkdir -p one/tool two three; printf '#!/bin/sh\\n' >two/tool; cp two/tool three/tool; chmod +x "
              "three/tool; "
              "cp three/tool here");
        // A folder and a file that is not executable are passed over; an empty element is the current folder.
        assert_int_equal(setenv("PATH", "one:two:three", 1), 0);
        AUTO_FREE char *third = process_find("tool", &err);
        assert_int_equal(setenv("PATH", "one::two", 1), 0);
        AUTO_FREE char *here = process_find("here", &err);
        AUTO_FREE char *slashed = process_find("three/tool", &err);
        AUTO_FREE char *none = process_find("tool", &err);
        assert_int_equal(setenv("PATH", path, 1), 0);
        assert_string_equal(third, "three/tool");
        assert_string_equal(here, "./here");
        assert_string_equal(slashed, "three/tool");
        assert_null(none);
        AUTO_FREE char *empty = process_find("", NULL);
        assert_null(empty);
}

TEST_OF_PROGRAM(a_checked_failure_quotes_the_program)
{
        ARGUMENTS("sh", "-c", "echo ignored; printf 'no \\033[31mspace\\n\\n' >&2; exit 3");
        assert_failed(run_checked(), ERROR_ENVIRONMENT, "");
        assert_string_equal(err.message, "sh failed (exit code 3): no \\x1b[31mspace");
        assert_int_equal(result.output.size, 0);
        ARGUMENTS("sh", "-c", "kill -9 $$");
        assert_failed(run_checked(), ERROR_ENVIRONMENT, "");
        assert_string_equal(err.message, "sh failed (exit code 137)");
}

TEST_OF_PROGRAM(a_program_beside_this_one)
{
        shell("mkdir 'in here'; printf 'before\\n' >log");
        ARGUMENTS("sh", "-c", "basename \"$PWD\"; echo err >&2; exit 5");
        assert_done(process_start(&arguments, "in here", "log", &process, &err), &err);
        assert_true(process.pid > 0 && process.descriptor >= 0);
        assert_true(process_wait(&process, SOON_MS));
        assert_int_equal(process.exit_code, 5);
        assert_int_equal(process.pid, 0);
        assert_int_equal(process.descriptor, -1);
        assert_true(process_wait(&process, 0));
        process_end(&process, 0);
        assert_int_equal(process.exit_code, 5);
        AUTO_BUFFER struct buffer log = {0};
        read_whole("log", &log);
        assert_output(&log, "before\nin here\nerr\n");
}

// The shell's own account of the same work is the oracle.
TEST_OF_PROGRAM(the_processor_time_of_a_program_is_known_after_its_end)
{
        start_script("i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; times");
        assert_true(process_wait(&process, SOON_MS));
        // "0m0.123000s 0m0.010000s"
        AUTO_FREE char *log = read_text("log");
        char *rest;
        double user = strtod(log + strcspn(log, "m") + 1, &rest);
        double system = strtod(rest + strcspn(rest, "m") + 1, &rest);
        assert_true(*rest == 's');
        assert_true(process.cpu_s >= user + system - 0.02 && process.cpu_s <= user + system + 0.2);
}

TEST_OF_PROGRAM(a_missing_folder_or_log_is_reported)
{
        ARGUMENTS("true");
        assert_failed(process_start(&arguments, "no/such/folder", "log", &process, &err), ERROR_ENVIRONMENT, "");
        assert_failed(process_start(&arguments, NULL, "no/such/log", &process, &err), ERROR_USAGE, "no/such/log");
        assert_int_equal(process.pid, 0);
}

TEST_OF_PROGRAM(ending_a_program)
{
        ARGUMENTS("sleep", "1000");
        assert_done(start(), &err);
        assert_false(process_wait(&process, 0));
        assert_false(process_wait(&process, 20));
        uint64_t began = time_now_ms();
        process_end(&process, SOON_MS);
        assert_int_equal(process.exit_code, 128 + SIGTERM);
        assert_true(time_now_ms() - began < SOON_MS / 2);
        assert_int_equal(process.pid, 0);
        assert_int_equal(process.descriptor, -1);
}

// Waits until FILE holds something.
static void await_content(const char *file)
{
        uint64_t deadline = time_now_ms() + SOON_MS;
        struct stat status;
        while (stat(file, &status) != 0 || !status.st_size) {
                assert_true(time_now_ms() < deadline);
                nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        }
}

TEST_OF_PROGRAM(a_program_that_ignores_sigterm_is_killed_after_its_grace)
{
        start_script("trap '' TERM; echo ready; while :; do sleep 1; done");
        await_content("log");
        uint64_t began = time_now_ms();
        process_end(&process, 100);
        uint64_t took = time_now_ms() - began;
        assert_int_equal(process.exit_code, 128 + SIGKILL);
        assert_true(took >= 100 && took < SOON_MS);
}

TEST_OF_PROGRAM(a_script_is_ended_with_its_children)
{
        start_script("sleep 1000 & echo ready; wait");
        await_content("log");
        uint64_t began = time_now_ms();
        process_end(&process, SOON_MS);
        assert_true(time_now_ms() - began < SOON_MS / 2);
}

TEST_OF_PROGRAM(signals_that_are_blocked_or_ignored_here_reach_the_program)
{
        sigset_t blocked;
        sigset_t before;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        sigprocmask(SIG_BLOCK, &blocked, &before);
        signal(SIGPIPE, SIG_IGN);
        ARGUMENTS("sleep", "1000");
        bool started = start();
        bool ran = run_script("kill -PIPE $$", SOON_MS);
        sigprocmask(SIG_SETMASK, &before, NULL);
        signal(SIGPIPE, SIG_DFL);
        assert_done(started, &err);
        process_end(&process, SOON_MS);
        assert_int_equal(process.exit_code, 128 + SIGTERM);
        assert_true(ran && result.exit_code == 128 + SIGPIPE);
}

TEST_OF_PROGRAM(a_program_has_a_session_of_its_own)
{
        ARGUMENTS("sleep", "1000");
        assert_done(start(), &err);
        pid_t group = getpgid(process.pid);
        pid_t session = getsid(process.pid);
        pid_t pid = process.pid;
        process_end(&process, SOON_MS);
        assert_int_equal(group, pid);
        assert_int_equal(session, pid);
}

// Starts a program, reports its number, and waits to be killed.
static int start_and_hang(int tell)
{
        ARGUMENTS("sleep", "1000");
        if (!start() || write(tell, &process.pid, sizeof process.pid) != sizeof process.pid)
                return 1;
        for (;;)
                pause();
}

// If an orphan cannot become a child of this process, which learns of its end, it is looked for until it is gone.
static void adopt_orphans(bool adopt)
{
#ifdef __linux__
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, adopt), 0);
#else
        (void)adopt;
#endif
}

static void assert_killed(pid_t orphan)
{
#ifdef __linux__
        int status;
        assert_int_equal(waitpid(orphan, &status, 0), orphan);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
#else
        for (uint64_t until = time_now_ms() + SOON_MS; kill(orphan, 0) == 0;) {
                assert_true(time_now_ms() < until);
                time_sleep_ms(1);
        }
#endif
}

TEST_OF_PROGRAM(a_program_dies_with_its_parent)
{
        int ends[2];
        int status;
        pid_t orphan = 0;
        assert_int_equal(pipe(ends), 0);
        adopt_orphans(true);
        fflush(NULL);
        pid_t parent = fork();
        if (parent == 0)
                _exit(start_and_hang(ends[1]));
        assert_int_equal(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
        assert_int_equal(kill(parent, SIGKILL), 0);
        assert_int_equal(waitpid(parent, &status, 0), parent);
        assert_killed(orphan);
        adopt_orphans(false);
        close(ends[0]);
        close(ends[1]);
}

static int in_child(int (*action)(void))
{
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                alarm(SOON_MS / 1000);
                _exit(action());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_and_be_interrupted(void)
{
        ARGUMENTS("sh", "-c", "kill -INT $PPID; exec sleep 1000");
        interrupt_catch();
        if (interrupt_pending() || !interrupt_check(&err) || interrupt_descriptor() < 0)
                return 1;
        if (run(LIMIT, -1) || err.code != ERROR_INTERRUPTED)
                return 2;
        return interrupt_pending() ? 0 : 3;
}

static int be_interrupted_three_times(void)
{
        // A test in the background, or under nohup, begins with some of them ignored.
        signal(SIGINT, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        interrupt_catch();
        interrupt_catch();
        raise(SIGTERM);
        raise(SIGHUP);
        if (!interrupt_pending())
                return 1;
        raise(SIGINT);
        return 2;
}

static int ignore_hangups(void)
{
        signal(SIGHUP, SIG_IGN);
        interrupt_catch();
        raise(SIGHUP);
        return interrupt_pending() ? 1 : 0;
}

// As a script's background job begins.
static int be_interrupted_though_it_was_ignored(void)
{
        signal(SIGINT, SIG_IGN);
        interrupt_catch();
        raise(SIGINT);
        return interrupt_pending() ? 0 : 1;
}

TEST_OF_PROGRAM(an_interrupt_ends_the_waiting_for_a_program)
{
        assert_int_equal(in_child(run_and_be_interrupted), 0);
}

TEST(the_third_interrupt_ends_this_program_at_once)
{
        assert_int_equal(in_child(be_interrupted_three_times), 128 + SIGINT);
}

TEST(only_a_hangup_stays_ignored)
{
        assert_int_equal(in_child(ignore_hangups), 0);
        assert_int_equal(in_child(be_interrupted_though_it_was_ignored), 0);
}

static unsigned open_descriptors(void)
{
        unsigned count = 0;
        for (int fd = 0; fd < 256; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

TEST_OF_PROGRAM(no_descriptor_is_left_open)
{
        unsigned before = open_descriptors();
        for (unsigned i = 0; i < 5; i++) {
                ARGUMENTS("true");
                assert_done(run(LIMIT, SOON_MS), &err);
                ARGUMENTS("./missing");
                assert_false(run(LIMIT, SOON_MS));
                assert_false(start());
                ARGUMENTS("sleep", "1000");
                assert_false(run(LIMIT, 10));
                assert_done(start(), &err);
                process_end(&process, SOON_MS);
        }
        assert_int_equal(open_descriptors(), before);
}
