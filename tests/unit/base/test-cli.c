// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "base/spelling.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/cli.h"

// A program of two commands: `show` prints its options and operands, `fail` fails in the given way.
struct values {
        bool dry_run;
        const char *label;
        uint64_t count, size;
        struct arguments add;
        struct cli_ordered edits;
};

static const struct cli_option show_options[] = {
        {"dry-run", NULL, CLI_FLAG, offsetof(struct values, dry_run), "changes nothing", NULL},
        {"label", "TEXT", CLI_TEXT, offsetof(struct values, label), "what it is called", "TEST_LABEL"},
        {"count", "N", CLI_NUMBER, offsetof(struct values, count), "how many", "TEST_COUNT"},
        {"size", "SIZE", CLI_SIZE, offsetof(struct values, size), "how large", "TEST_SIZE"},
        {"add", "NAME", CLI_LIST, offsetof(struct values, add), "one more", NULL},
        {"l", "TEXT", CLI_TEXT, offsetof(struct values, label), "the same as --label", NULL},
        {"set", "NAME=VALUE", CLI_ORDERED, offsetof(struct values, edits), "sets one", NULL},
        {"clear", NULL, CLI_ORDERED, offsetof(struct values, edits), "clears all", NULL},
        {0},
};

static int run_show(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        (void)err;
        printf("dry-run=%d label=%s count=%llu size=%llu\n", values->dry_run, values->label ? values->label : "-",
               (unsigned long long)values->count, (unsigned long long)values->size);
        for (size_t i = 0; i < values->add.count; i++)
                printf("add %s\n", values->add.values[i]);
        for (size_t i = 0; i < values->edits.count; i++)
                printf("edit %s %s\n", values->edits.options[i].name,
                       values->edits.options[i].value ? values->edits.options[i].value : "-");
        for (int i = 0; i < count; i++)
                printf("operand %s\n", operands[i]);
        return 0;
}

// `fail CODE`: an error of that code; `fail plain`: exit code 1 without an error.
static int run_fail(const void *values, int count, char **operands, struct error *err)
{
        (void)values;
        (void)count;
        if (strcmp(operands[0], "plain") == 0)
                return 1;
        if (strcmp(operands[0], "json") == 0) {
                cli_print_json(json_pack("{s:s}", "name", "\xC3\xBC"));
                cli_warn("careful with %s", "this");
                cli_note("by the way");
                return 0;
        }
        error_set(err, (enum error_code)(operands[0][0] - '0'), "it failed");
        return 99;
}

// `show OPERAND --help`: the operand "kept" has a label and a size.
static char *stored(const char *operand, size_t offset)
{
        if (strcmp(operand, "kept") != 0)
                return NULL;
        return offset == offsetof(struct values, label)  ? memory_text("kept \033")
               : offset == offsetof(struct values, size) ? memory_text("42949672960")
                                                         : NULL;
}

static const struct cli_command show = {
        .name = "show",
        .operands = "FILE...",
        .summary = "prints what it was given",
        .details = "And more of that.",
        .options = show_options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 2,
        .run = run_show,
        .stored = stored,
};
static const struct cli_command failing = {
        .name = "fail", .operands = "HOW", .summary = "fails", .least = 1, .most = 1, .run = run_fail};
static const struct cli_row commands[] = {{"see", &show}, {"break", &failing}, {0}};
static const struct cli_program program = {"tool", "a tool", "1.2.3", commands};

static const char *output_to = "stdout"; // where a run's standard output goes

static int end(void **state)
{
        output_to = "stdout";
        unsetenv("TEST_LABEL");
        unsetenv("TEST_COUNT");
        unsetenv("TEST_SIZE");
        return scratch_end(state);
}

// A test of the tool, in a folder of its own; what it sets of the environment is unset at its end.
#define TEST_OF_TOOL(name) TEST_WITH(name, scratch_begin, end)

static int run_in_child(char **arguments)
{
        int count = 0;
        while (arguments[count])
                count++;
        int output = open(output_to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        int errors = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (output < 0 || errors < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0)
                return 100;
        return cli_main(&program, count, arguments);
}

static int run_tool(char **arguments)
{
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                alarm(20);
                _exit(run_in_child(arguments));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define TOOL(...) run_tool((char *[]){(char *)"tool", __VA_ARGS__, NULL})

static void assert_file_is(const char *file, const char *expected)
{
        AUTO_FREE char *content = read_text(file);
        assert_string_equal(content, expected);
}

static void assert_file_has(const char *file, const char *part)
{
        AUTO_FREE char *content = read_text(file);
        assert_contains(content, part);
}

// A run succeeded and printed this.
static void assert_prints(int code, const char *expected)
{
        assert_int_equal(code, 0);
        assert_file_is("stdout", expected);
}

// A run succeeded and printed this among other things.
static void assert_prints_part(int code, const char *part)
{
        assert_int_equal(code, 0);
        assert_file_has("stdout", part);
}

// The command line was wrong: exit code 2, nothing on standard output, the message and the way to help on the other.
static void assert_usage_error(int code, const char *message)
{
        assert_int_equal(code, 2);
        assert_file_is("stdout", "");
        assert_file_has("stderr", message);
        assert_file_has("stderr", "tool");
}

TEST_OF_TOOL(every_kind_of_option)
{
        assert_prints(TOOL("show", "--dry-run", "--label", "a b", "--count", "7", "--size", "2K", "--add", "x", "one",
                           "--add=y", "two"),
                      "dry-run=1 label=a b count=7 size=2048\nadd x\nadd y\noperand one\noperand two\n");
        assert_file_is("stderr", "");
        assert_prints(TOOL("show"), "dry-run=0 label=- count=0 size=0\n");
}

TEST_OF_TOOL(values_behind_an_equals_sign)
{
        assert_prints(TOOL("show", "--label=", "--add==", "--add=a=b", "--count=18446744073709551615"),
                      "dry-run=0 label= count=18446744073709551615 size=0\nadd =\nadd a=b\n");
        assert_prints(TOOL("show", "--label", "--dry-run"), "dry-run=0 label=--dry-run count=0 size=0\n");
        // The last one counts.
        assert_prints_part(TOOL("show", "--label", "a", "--label", "b"), "label=b ");
}

TEST_OF_TOOL(two_dashes_end_the_options)
{
        assert_prints(TOOL("show", "--", "--label", "--"),
                      "dry-run=0 label=- count=0 size=0\noperand --label\noperand --\n");
        assert_prints(TOOL("show", "-", "--dry-run"), "dry-run=1 label=- count=0 size=0\noperand -\n");
        assert_prints_part(TOOL("show", "--", "--help"), "operand --help");
}

TEST_OF_TOOL(ordered_options_keep_their_order)
{
        assert_prints(TOOL("show", "--set", "a=1", "--clear", "--set=b=2", "--add", "x", "--clear"),
                      "dry-run=0 label=- count=0 size=0\nadd x\nedit set a=1\nedit clear -\nedit set b=2\n"
                      "edit clear -\n");
}

TEST_OF_TOOL(the_environment_replaces_an_option)
{
        setenv("TEST_LABEL", "from there", 1);
        setenv("TEST_COUNT", "5", 1);
        setenv("TEST_SIZE", "", 1);
        assert_prints(TOOL("show"), "dry-run=0 label=from there count=5 size=0\n");
        // An option comes before it.
        assert_prints(TOOL("show", "--label", "from here", "--size", "1M"),
                      "dry-run=0 label=from here count=5 size=1048576\n");
        assert_prints(TOOL("show", "--count=6"), "dry-run=0 label=from there count=6 size=0\n");
        setenv("TEST_COUNT", "many", 1);
        assert_usage_error(TOOL("show", "--label", "x"), "TEST_COUNT: invalid value 'many' (expected a number)");
}

TEST_OF_TOOL(an_option_of_one_letter_has_one_dash)
{
        assert_prints(TOOL("show", "-l", "a b", "x"), "dry-run=0 label=a b count=0 size=0\noperand x\n");
        assert_prints_part(TOOL("show", "-l=a=b"), "label=a=b ");
        assert_prints_part(TOOL("show", "--help"), " -l TEXT");
        assert_usage_error(TOOL("show", "-l"), "-l needs a value: TEXT");
        assert_usage_error(TOOL("show", "-k", "x"), "unknown option '-k'");
        assert_usage_error(TOOL("show", "-lx"), "unknown option");
}

TEST_OF_TOOL(the_nearest_option_is_suggested)
{
        static const struct {
                const char *given, *message;
        } cases[] = {
                {"--lable", "unknown option '--lable'; did you mean '--label'?"},
                {"--lable=x", "unknown option '--lable'; did you mean '--label'?"},
                {"--dryrun", "did you mean '--dry-run'?"},
                {"--labe", "did you mean '--label'?"},
                {"--label2", "did you mean '--label'?"},
                {"--hepl", "did you mean '--help'?"},
                {"-label", "did you mean '--label'?"},
                {"--xyzzy", "unknown option '--xyzzy'\n"},
                {"--=x", "unknown option '--'\n"},
                {"--\033[31m", "unknown option '--\\x1b[31m'"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                assert_usage_error(TOOL("show", (char *)cases[i].given), cases[i].message);
                assert_file_has("stderr", "tool show --help shows how");
        }
}

TEST_OF_TOOL(the_nearest_command_is_suggested)
{
        assert_usage_error(TOOL("shwo"), "tool: unknown command 'shwo'; did you mean 'show'?");
        assert_usage_error(TOOL("fial", "x"), "did you mean 'fail'?");
        assert_usage_error(TOOL("install"), "unknown command 'install'\n");
        assert_usage_error(TOOL(""), "unknown command ''");
        assert_usage_error(TOOL("--shwo"), "unknown command");
        assert_usage_error(TOOL("a\nb\033"), "unknown command 'a\\x0ab\\x1b'");
}

TEST_OF_TOOL(missing_and_superfluous_values)
{
        assert_usage_error(TOOL("show", "--label"), "--label needs a value: TEXT");
        assert_usage_error(TOOL("show", "x", "--add"), "--add needs a value: NAME");
        assert_usage_error(TOOL("show", "--set"), "--set needs a value: NAME=VALUE");
        assert_usage_error(TOOL("show", "--dry-run=yes"), "--dry-run takes no value");
        assert_usage_error(TOOL("show", "--clear="), "--clear takes no value");
        assert_usage_error(TOOL("show", "a", "b", "c\033"), "unexpected argument 'c\\x1b': expected FILE...");
        assert_usage_error(TOOL("fail"), "too few arguments: expected HOW");
        assert_usage_error(TOOL("fail", "--"), "too few arguments");
}

TEST_OF_TOOL(invalid_numbers_and_sizes)
{
        static const char *const numbers[] = {"", "x", "-1", "1.5", " 1", "1K", "18446744073709551616", "0x10", "1\n"};
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
                assert_usage_error(TOOL("show", "--count", (char *)numbers[i]), "--count: invalid value '");
                assert_file_has("stderr", "(expected a number)");
        }
        static const char *const sizes[] = {"", "x", "-1", "1.5G", "40 G", "1X", "18446744073709551615K", "99999999T"};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                assert_usage_error(TOOL("show", "--size", (char *)sizes[i]), "--size: invalid value '");
                assert_file_has("stderr", "(expected a size: a number with K, M, G or T)");
        }
        // A number that was not given is 0, so that 0 cannot be asked for.
        assert_usage_error(TOOL("show", "--count", "0"), "--count: invalid value '0' (expected at least 1)");
        assert_usage_error(TOOL("show", "--size=0G"), "--size: invalid value '0G' (expected at least 1)");
}

TEST_OF_TOOL(help_goes_to_standard_output_and_is_a_success)
{
        static char *const words[] = {(char *)"--help", (char *)"-h", (char *)"help"};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                assert_prints_part(TOOL(words[i]), "usage: tool COMMAND [OPTION...]");
                assert_file_has("stdout", "prints what it was given");
                assert_file_is("stderr", "");
        }
        assert_prints_part(TOOL("show", "--label", "x", "--help", "--nonsense"),
                           "usage: tool show [OPTION...] FILE...");
        assert_file_has("stdout", "And more of that.");
        assert_file_has("stdout", "--label TEXT");
        assert_file_has("stdout", "what it is called [TEST_LABEL]");
        assert_file_is("stderr", "");
        assert_prints_part(TOOL("fail", "-h"), "usage: tool fail HOW\n");
}

TEST_OF_TOOL(commands_are_shown_in_their_groups)
{
        assert_prints(TOOL("--help"), "tool - a tool\n\nusage: tool COMMAND [OPTION...]\n\n"
                                      "see:\n  show  prints what it was given\n\n"
                                      "break:\n  fail  fails\n\n"
                                      "tool COMMAND --help or tool help COMMAND describes a command.\n"
                                      "tool --version prints the version.\n");
}

TEST_OF_TOOL(help_about_a_command_is_the_command_s_help)
{
        assert_int_equal(TOOL("show", "--help"), 0);
        AUTO_FREE char *expected = read_text("stdout");
        assert_prints(TOOL("help", "show"), expected);
        assert_prints(TOOL("help", "show", "--nonsense"), expected);
        assert_prints_part(TOOL("--help", "show"), "usage: tool COMMAND");
        static char *const words[] = {(char *)"help", (char *)"--help", (char *)"version", (char *)"-V"};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                assert_prints_part(TOOL("help", words[i]), "usage: tool COMMAND");
        }
        assert_usage_error(TOOL("help", "shwo"), "tool: unknown command 'shwo'; did you mean 'show'?");
        assert_usage_error(TOOL("help", "xyzzy"), "tool: unknown command 'xyzzy'\n");
        assert_usage_error(TOOL("hlep"), "did you mean 'help'?");
        assert_usage_error(TOOL("verison"), "did you mean 'version'?");
}

TEST_OF_TOOL(help_shows_the_environment_s_value)
{
        setenv("TEST_LABEL", "a\033b", 1);
        setenv("TEST_COUNT", "many", 1);
        setenv("TEST_SIZE", "", 1);
        assert_prints_part(TOOL("help", "show"), "what it is called [TEST_LABEL=a\\x1bb]\n");
        assert_file_has("stdout", "how many [TEST_COUNT=many]\n");
        assert_file_has("stdout", "how large [TEST_SIZE]\n");
}

TEST_OF_TOOL(help_shows_the_stored_values_of_the_operand)
{
        static char *const orders[][3] = {{(char *)"show", (char *)"kept", (char *)"--help"},
                                          {(char *)"show", (char *)"--help", (char *)"kept"},
                                          {(char *)"help", (char *)"show", (char *)"kept"}};
        for (size_t i = 0; i < 3; i++) {
                assert_prints_part(TOOL(orders[i][0], orders[i][1], orders[i][2]),
                                   "what it is called [TEST_LABEL] [stored: kept \\x1b]\n");
                assert_file_has("stdout", "how large [TEST_SIZE] [stored: 40.00 GiB]\n");
                assert_file_has("stdout", "how many [TEST_COUNT]\n");
        }
        // The environment comes before it.
        setenv("TEST_LABEL", "set", 1);
        assert_prints_part(TOOL("help", "show", "kept"), "what it is called [TEST_LABEL=set]\n");
        assert_prints_part(TOOL("help", "show", "another"), "how large [TEST_SIZE]\n");
}

TEST_OF_TOOL(help_ignores_errors_in_the_environment)
{
        setenv("TEST_COUNT", "many", 1);
        assert_prints_part(TOOL("show", "--help"), "usage: tool show");
        assert_file_is("stderr", "");
}

TEST_OF_TOOL(without_a_command_the_help_is_an_error)
{
        assert_int_equal(run_tool((char *[]){(char *)"tool", NULL}), 2);
        assert_file_has("stdout", "usage: tool COMMAND");
}

TEST_OF_TOOL(the_version)
{
        static char *const words[] = {(char *)"--version", (char *)"-V", (char *)"version"};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                assert_prints(TOOL(words[i]), "tool 1.2.3\n");
        }
}

TEST_OF_TOOL(a_command_s_error_is_printed_and_gives_the_exit_code)
{
        for (int code = 1; code <= 6; code++) {
                char text[2] = {(char)('0' + code), '\0'};
                assert_int_equal(TOOL("fail", text), code);
                assert_file_is("stdout", "");
                assert_file_is("stderr", "tool fail: it failed\n");
        }
        assert_int_equal(TOOL("fail", "plain"), 1);
        assert_file_is("stderr", "");
}

TEST_OF_TOOL(json_warnings_and_notes)
{
        assert_prints(TOOL("fail", "json"), "{\n  \"name\": \"\\u00FC\"\n}\n");
        assert_file_is("stderr", "warning: careful with this\nnote: by the way\n");
}

TEST_OF_TOOL(a_result_that_cannot_be_printed_is_a_failure)
{
        needs_linux("/dev/full");
        static char *const words[] = {(char *)"show", (char *)"--help", (char *)"--version"};
        output_to = "/dev/full";
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                assert_int_equal(TOOL(words[i]), 4);
                assert_file_has("stderr", "cannot write to standard output");
        }
        // It does not hide an earlier error.
        assert_int_equal(TOOL("fail", "json"), 4);
        assert_int_equal(TOOL("fail", "3"), 3);
}

// With its standard streams closed, a file that the program opens would get their numbers.
static int open_a_file(const void *values, int count, char **operands, struct error *err)
{
        (void)values;
        (void)count;
        (void)err;
        int fd = open(operands[0], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        printf("this must not get into the file\n");
        fprintf(stderr, "nor this\n");
        return fd > STDERR_FILENO ? 0 : 50;
}

static int run_with_closed_streams(void)
{
        static const struct cli_command opening = {
                .name = "open", .operands = "FILE", .summary = "opens", .least = 1, .most = 1, .run = open_a_file};
        static const struct cli_row only[] = {{NULL, &opening}, {0}};
        static const struct cli_program opener = {"tool", "a tool", "1", only};
        char *arguments[] = {(char *)"tool", (char *)"open", (char *)"file", NULL};
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                close(fd);
        return cli_main(&opener, 3, arguments);
}

TEST_OF_TOOL(closed_standard_streams_do_not_become_a_file)
{
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
                _exit(run_with_closed_streams());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 4);
        assert_file_is("file", "");
}

TEST(the_nearest_name)
{
        static const char *const names[] = {"list", "show", "clone", "boot-installed", NULL};
        assert_string_equal(spelling_nearest("lsit", names), "list");
        assert_string_equal(spelling_nearest("boot-instaled", names), "boot-installed");
        assert_string_equal(spelling_nearest("cloen", names), "clone");
        assert_null(spelling_nearest("frobnicate", names));
        assert_null(spelling_nearest("", names));
        assert_null(spelling_nearest("list", names + 4));
}
