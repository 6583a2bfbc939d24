// SPDX-License-Identifier: Apache-2.0
//
// Logs of every kind, read line by line, and judged boot by boot.
#include "tests/unit/base/last-error.h"

#include "verify/log/check.h"

static const struct criterion install_rows[] = {
        {"complete", "Installation Complete", CRITERION_REQUIRED, false},
        {"panic", "PSOD", CRITERION_FORBIDDEN, true},
};
static const struct criterion reboot_rows[] = {
        {"shutdown", "Starting VMKernel shutdown", CRITERION_REQUIRED, false},
        {"halted", "halted", CRITERION_OPTIONAL, false},
        {"again", "BdsDxe: loading Boot", CRITERION_OPTIONAL, false},
        {"panic", "PSOD", CRITERION_FORBIDDEN, true},
};
static const struct criterion boot_rows[] = {
        {"entry", "BdsDxe: (?:loading|starting) Boot", CRITERION_REQUIRED, false},
        {"up", "Boot complete", CRITERION_REQUIRED, false},
        {"panic", "PSOD", CRITERION_FORBIDDEN, true},
};
static const struct check_phase installing[] = {{"install", install_rows, 2}, {"reboot", reboot_rows, 4}};
static const struct check_phase booting[] = {{"boot", boot_rows, 3}};

static struct logfile file; // the last one that was read

// The pieces of a log.
#define STARTS(number) "BdsDxe: loading Boot" number " \"E\" from X\r\nBdsDxe: starting Boot" number " \"E\" from X\r\n"
#define INSTALLS       STARTS("0001") "Welcome\r\nInstallation Complete\r\nStarting VMKernel shutdown\r\nhalted\r\n"
#define COMES_UP       STARTS("0004") "Loading\r\nBoot complete\r\n"
#define PANICS         STARTS("0004") "Loading\r\nPSOD\r\n"
#define HANGS          STARTS("0004") "Loading\r\n"

static struct check *judge(const struct check_phase *phases, size_t count, const char *log)
{
        struct check *check = check_new(phases, count, &err);
        assert_done(check, &err);
        write_text("log", log);
        assert_done(logfile_read("log", NULL, check_line, check, &file, &err), &err);
        check_finish(check);
        return check;
}

TEST_IN_SCRATCH(verdicts_boot_by_boot)
{
        static const struct {
                const char *log;
                bool installs;
                enum verdict outcome, worst;
                uint64_t boots;
        } rows[] = {
                {"", false, VERDICT_FAIL, VERDICT_FAIL, 1},
                {COMES_UP, false, VERDICT_PASS, VERDICT_PASS, 1},
                {"UEFI firmware\r\n" COMES_UP, false, VERDICT_PASS, VERDICT_PASS, 1},
                {PANICS, false, VERDICT_PANIC, VERDICT_PANIC, 1},
                // The last boot counts; the worst one is known.
                {PANICS COMES_UP, false, VERDICT_PASS, VERDICT_PANIC, 2},
                {COMES_UP PANICS, false, VERDICT_PANIC, VERDICT_PANIC, 2},
                {COMES_UP HANGS, false, VERDICT_FAIL, VERDICT_FAIL, 2},
                {INSTALLS COMES_UP, false, VERDICT_PASS, VERDICT_FAIL, 2},
                {HANGS HANGS HANGS COMES_UP, false, VERDICT_PASS, VERDICT_FAIL, 4},
                // What follows an installation is no installation.
                {INSTALLS, true, VERDICT_PASS, VERDICT_PASS, 1},
                {INSTALLS COMES_UP, true, VERDICT_PASS, VERDICT_PASS, 2},
                {INSTALLS HANGS HANGS, true, VERDICT_PASS, VERDICT_PASS, 3},
                {INSTALLS PANICS, true, VERDICT_PANIC, VERDICT_PANIC, 2},
                {HANGS INSTALLS COMES_UP, true, VERDICT_PASS, VERDICT_FAIL, 3},
                {PANICS INSTALLS COMES_UP, true, VERDICT_PASS, VERDICT_PANIC, 3},
                {HANGS COMES_UP, true, VERDICT_FAIL, VERDICT_FAIL, 2},
                // A second attempt, which got as far as the first criterion.
                {INSTALLS STARTS("0001") "Installation Complete\r\n", true, VERDICT_FAIL, VERDICT_FAIL, 2},
                // In the wrong order, and a word too few.
                {STARTS("0001") "Starting VMKernel shutdown\r\nInstallation Complete\r\n", true, VERDICT_FAIL,
                 VERDICT_FAIL, 1},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                AUTO_CHECK struct check *check =
                        rows[i].installs ? judge(installing, 2, rows[i].log) : judge(booting, 1, rows[i].log);
                if (check_outcome(check) != rows[i].outcome || check_worst(check) != rows[i].worst ||
                    check_boots_seen(check) != rows[i].boots)
                        fail_msg("row %zu: %s, worst %s, %d boots", i, verdict_text(check_outcome(check)),
                                 verdict_text(check_worst(check)), (int)check_boots_seen(check));
                assert_non_null(check_explanation(check));
        }
}

// Firmware that tries one entry after the other is still in the same boot.
TEST_IN_SCRATCH(failed_entries_do_not_begin_a_boot)
{
        AUTO_CHECK struct check *check = judge(
                booting, 1,
                "BdsDxe: failed to load Boot0004 \"E\" from X: Not Found\r\n"
                ">>Start PXE over IPv4.\r\n" STARTS("0002") "Shell> exit\r\n"
                                                            "BdsDxe: failed to start Boot0002 \"E\" from X: Aborted\r\n"
                                                            ">>Start HTTP Boot\r\n" COMES_UP);
        size_t count;
        const struct check_boot *boots = check_boots(check, &count);
        assert_int_equal(count, 1);
        assert_int_equal(boots[0].started.number, 4);
        assert_int_equal(boots[0].first_line, 1);
        assert_int_equal(boots[0].last_line, 11);
        assert_int_equal(boots[0].outcome, VERDICT_PASS);
}

TEST_IN_SCRATCH(a_boot_has_its_lines_and_findings)
{
        AUTO_CHECK struct check *check = judge(installing, 2, INSTALLS COMES_UP);
        size_t count;
        const struct check_boot *boots = check_boots(check, &count);
        assert_int_equal(count, 2);
        assert_int_equal(boots[0].started.number, 1);
        assert_int_equal(boots[0].started_line, 2);
        assert_false(boots[0].is_follower);
        assert_string_equal(boots[0].judgements[0].phase, "install");
        assert_int_equal(boots[0].judgements[0].findings[0].line_number, 4);
        const struct criterion_finding *again = &boots[0].judgements[1].findings[2];
        assert_string_equal(again->criterion->name, "again");
        // Not the line with which this boot itself began.
        assert_int_equal(again->line_number, 7);
        assert_true(boots[1].is_follower);
        assert_int_equal(boots[1].first_line, 7);
        assert_int_equal(boots[1].last_line, 10);
}

TEST_IN_SCRATCH(the_last_of_many_boots_are_kept)
{
        AUTO_TEXT struct text log = {0};
        for (int i = 0; i < 500; i++)
                text_add(&log, HANGS);
        text_add(&log, COMES_UP);
        AUTO_CHECK struct check *check = judge(booting, 1, text_string(&log));
        size_t count;
        const struct check_boot *boots = check_boots(check, &count);
        assert_int_equal(check_boots_seen(check), 501);
        assert_int_equal(count, CHECK_KEPT);
        assert_int_equal(boots[CHECK_KEPT - 1].number, 501);
        assert_int_equal(check_outcome(check), VERDICT_PASS);
}

TEST(a_wrong_pattern_is_refused)
{
        static const struct criterion wrong[] = {{"x", "(", CRITERION_REQUIRED, false}};
        const struct check_phase phase = {"boot", wrong, 1};
        assert_failed(check_new(&phase, 1, &err) != NULL, ERROR_DAMAGED, "\"x\"");
}

// ---- files ----

// "NUMBER@TIME:TEXT|" for each line; no time if it is not known.
static void note(const struct logfile_line *line, void *context)
{
        assert_int_equal(strlen(line->text), line->length);
        text_add_format(context, "%d", (int)line->number);
        if (line->has_time)
                text_add_format(context, "@%d", (int)line->time_ms);
        text_add_format(context, ":%s|", line->text);
}

static bool read_lines(const char *path, struct text *lines)
{
        return logfile_read(path, NULL, note, lines, &file, &err);
}

static void assert_lines(const char *path, const char *expected, enum logfile_kind kind)
{
        AUTO_TEXT struct text lines = {0};
        assert_done(read_lines(path, &lines), &err);
        assert_string_equal(text_string(&lines), expected);
        assert_int_equal(file.kind, kind);
}

TEST_IN_SCRATCH(kinds_of_logs)
{
        static const struct {
                const char *content, *lines;
                enum logfile_kind kind;
        } rows[] = {
                {"", "", LOGFILE_RAW},
                {"\n\n", "", LOGFILE_RAW},
                {"a\nb", "1:a|2:b|", LOGFILE_RAW},
                {"a\r\nb\r\n", "1:a|2:b|", LOGFILE_RAW},
                {"a\rb\rc", "1:a|1:b|1:c|", LOGFILE_RAW},
                // A kernel's own times are part of its lines.
                {"[    0.000000] Booting\n", "1:[    0.000000] Booting|", LOGFILE_RAW},
                {"[ 1.5] a\n[x.000] b\n[.000] c\n[1.000 d\n", "1:[ 1.5] a|2:[x.000] b|3:[.000] c|4:[1.000 d|",
                 LOGFILE_RAW},
                {"[   0.001] a\n[  12.345] b\nc\n[99999.000] d\n", "1@1:a|2@12345:b|3@12345:c|4@99999000:d|",
                 LOGFILE_LINES},
                {"[   0.001] \n[   0.002]\n", "", LOGFILE_LINES},
                {"[9999999999999999999.000] a\n", "1:[9999999999999999999.000] a|", LOGFILE_RAW},
                {"{\"version\": 2, \"width\": 80}\n[0.5, \"o\", \"a\\r\\nb\"]\n[0.55, \"i\", \"x\"]\n[0.7, \"o\", "
                 "\"c\\r\\n\"]\n",
                 "1@500:a|2@500:b|2@700:bc|", LOGFILE_RECORDING},
                {"{\"version\": 3}\n[0.5, \"o\", \"a\\n\"]\n# so\n[1, \"m\", \"\"]\n[0.5, \"o\", \"b\\n\"]\n",
                 "1@500:a|2@2000:b|", LOGFILE_RECORDING},
                {"{\"version\": 2}\n[1e308, \"o\", \"a\\n\"]\n[-5, \"o\", \"b\\u0000\\n\"]\n", "1@0:a|2@0:b|",
                 LOGFILE_RECORDING},
                {"{\"version\": 2}\n[1, \"o\", \"a\\n\"]\n[2, \"o\", \"b", "1@1000:a|", LOGFILE_RECORDING},
                {"{\"version\": 2}", "1:{\"version\": 2}|", LOGFILE_RAW},
                {"{\"version\": 4}\n", "1:{\"version\": 4}|", LOGFILE_RAW},
                {"{\"a\": 1}\n[1, \"o\", \"a\"]\n", "1:{\"a\": 1}|2:[1, \"o\", \"a\"]|", LOGFILE_RAW},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                write_text("log", rows[i].content);
                assert_lines("log", rows[i].lines, rows[i].kind);
        }
}

TEST_IN_SCRATCH(malformed_recordings_are_refused)
{
        static const char *const events[] = {
                "x", "{}", "[]", "[1]", "[1, 2, 3]", "[\"1\", \"o\", \"a\"]", "[1, \"o\"]", "[1, \"o\", 5]"};
        for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
                AUTO_TEXT struct text lines = {0};
                AUTO_FREE char *content = text_format("{\"version\": 2}\n[1, \"o\", \"a\\n\"]\n%s\n", events[i]);
                write_text("log", content);
                assert_failed(read_lines("log", &lines), ERROR_DAMAGED, "line 3 is not an event");
                assert_string_equal(text_string(&lines), "1@1000:a|");
        }
}

// In any compression, with any file name.
TEST_IN_SCRATCH(compressed_logs)
{
        static const char *const packers[][2] = {{"gzip", "gzip"},
                                                 {"zstd -q", "zstd"},
                                                 {"xz", "xz"},
                                                 {"bzip2", "bzip2"},
                                                 {"zstd -q --long=24 -19", "zstd"}};
        shell("seq -f 'line %%g' 30000 >log");
        AUTO_TEXT struct text plain = {0};
        assert_done(read_lines("log", &plain), &err);
        assert_int_equal(file.lines, 30000);
        for (size_t i = 0; i < sizeof packers / sizeof packers[0]; i++) {
                shell("%s <log >packed", packers[i][0]);
                assert_lines("packed", text_string(&plain), LOGFILE_RAW);
                assert_string_equal(file.compression, packers[i][1]);
                assert_int_equal(file.bytes, plain.length > 0 ? 318894 : 0);
        }
        // Several members one after the other, as a rotation appends them; and nothing at all.
        shell("(echo a | gzip; echo b | gzip) >packed; gzip </dev/null >empty");
        assert_lines("packed", "1:a|2:b|", LOGFILE_RAW);
        assert_lines("empty", "", LOGFILE_RAW);
}

TEST_IN_SCRATCH(compressed_logs_that_are_cut_off)
{
        static const char *const packers[] = {"gzip", "zstd -q", "xz"};
        shell("seq -f 'line %%g' 30000 >log");
        for (size_t i = 0; i < sizeof packers / sizeof packers[0]; i++) {
                AUTO_FREE char *size_text = shell_output("%s <log | tee packed | wc -c", packers[i]);
                size_t size = strtoul(size_text, NULL, 10);
                for (size_t keep = 6; keep < size; keep += keep < 64 ? 1 : size / 23) {
                        AUTO_TEXT struct text lines = {0};
                        shell("head -c %zu packed >cut", keep);
                        assert_failed(read_lines("cut", &lines), ERROR_DAMAGED, "damaged or cut off");
                        assert_true(lines.length <= 600000);
                }
        }
}

TEST_IN_SCRATCH(other_files_are_refused)
{
        assert_failed(read_lines("absent", NULL), ERROR_USAGE, "absent");
        assert_failed(read_lines(".", NULL), ERROR_DAMAGED, "is a directory");
}

// A log cut at any byte, also within a sequence, gives the lines before the cut.
TEST_IN_SCRATCH(a_log_cut_at_every_byte)
{
        static const char log[] =
                "\033[2J\033[1;1H\033[1;37;44mWelcome \xC3\xBC\033[0m\033[2;1H\033]0;title\007Installation "
                "Complete\r\n\033[24;1H\033(0qqq\033(B\xE2\x94\x80x\033[K\r\nStarting VMKernel shutdown\r\n";
        for (size_t size = 0; size < sizeof log; size++) {
                AUTO_CHECK struct check *check = check_new(installing, 2, &err);
                FILE *cut = fopen("log", "w");
                fwrite(log, 1, size, cut);
                fclose(cut);
                assert_done(logfile_read("log", NULL, check_line, check, &file, &err), &err);
                check_finish(check);
                bool whole = size >= sizeof log - 3; // the last word is there, whether its line ended or not
                assert_int_equal(check_outcome(check), whole ? VERDICT_PASS : VERDICT_FAIL);
        }
}
