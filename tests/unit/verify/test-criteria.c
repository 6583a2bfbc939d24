// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "base/time.h"
#include "verify/log/criteria.h"
#include "verify/log/log.h"

// What a booted ESXi prints, and what it prints when it panics.
static const struct criterion BOOT[] = {
        {"firmware starts the entry", "BdsDxe: (loading|starting) Boot[0-9A-F]{4}", CRITERION_REQUIRED, false},
        {"ESXi", "VMware ESXi 8\\.0\\.3 \\[Releasebuild", CRITERION_REQUIRED, false},
        {"kernel", "Starting VMKernel initialization", CRITERION_REQUIRED, false},
        {"boot complete", "Boot complete \\(2/2\\)", CRITERION_REQUIRED, false},
        {"console", "Starting service DCUI|To manage this host, go to:", CRITERION_REQUIRED, false},
        {"assertion in the GIC", "its\\.c:2934", CRITERION_FORBIDDEN, true},
        {"assertion", "VERIFY bora/", CRITERION_FORBIDDEN, true},
        {"modules", "Module\\(s\\) involved in panic", CRITERION_FORBIDDEN, true},
        {"panic", "PanicvPanicInt", CRITERION_FORBIDDEN, true},
        {"purple screen", "\\bPSOD\\b", CRITERION_FORBIDDEN, true},
        {"installer", "Installation Complete|Welcome to the VMware ESXi", CRITERION_FORBIDDEN, false},
        {"ssh", "SSH is enabled", CRITERION_OPTIONAL, false},
};
enum {
        BOOT_COUNT = sizeof BOOT / sizeof *BOOT
};

static const char *const GOOD[] = {
        "UEFI firmware",
        "BdsDxe: loading Boot0004 \"VMware ESXi\" from HD(1,GPT,...)/\\EFI\\VMware\\safeboot64.efi",
        "Loading VMware ESXi",
        "VMware ESXi 8.0.3 [Releasebuild-24022510 aarch64]",
        "2026-01-01T00:00:00Z VERIFY of the boot banks is fine",
        "Starting VMKernel initialization",
        "Boot complete (2/2)",
        "To manage this host, go to:",
};
enum {
        GOOD_COUNT = sizeof GOOD / sizeof *GOOD
};

static struct criteria *boot_criteria(void)
{
        struct criteria *criteria = criteria_new(BOOT, BOOT_COUNT, &err);
        assert_non_null(criteria);
        return criteria;
}

static void judge_lines(struct criteria *criteria, const char *const *lines, size_t count)
{
        for (size_t i = 0; i < count; i++)
                criteria_line(criteria, 10 + i, 1000 * i, lines[i]);
}

TEST(a_good_boot_passes_with_its_evidence)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        assert_false(criteria_complete(criteria));
        judge_lines(criteria, GOOD, GOOD_COUNT - 1);
        assert_false(criteria_complete(criteria));
        judge_lines(criteria, GOOD + GOOD_COUNT - 1, 1);
        assert_true(criteria_complete(criteria));
        assert_false(criteria_broken(criteria));
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_PASS);
        assert_int_equal(verdict_exit_code(verdict.outcome), 0);
        assert_string_equal(verdict_text(verdict.outcome), "pass");
        assert_null(verdict.missing);
        assert_null(verdict.forbidden);
        assert_int_equal(verdict.count, BOOT_COUNT);
        assert_true(verdict.findings[1].met);
        assert_int_equal(verdict.findings[1].line_number, 13);
        assert_int_equal(verdict.findings[1].time_ms, 3000);
        assert_string_equal(verdict.findings[1].text, GOOD[3]);
        assert_string_equal(verdict.findings[1].criterion->name, "ESXi");
        assert_false(verdict.findings[5].met);
        assert_null(verdict.findings[5].text);
        assert_false(verdict.findings[BOOT_COUNT - 1].met); // optional
        AUTO_FREE char *explanation = criteria_explanation(&verdict);
        assert_contains(explanation, "in order");
}

TEST(the_first_required_criterion_that_is_missing_is_named)
{
        // Without each of the required lines in turn.
        static const struct {
                size_t line, criterion;
        } rows[] = {{1, 0}, {3, 1}, {5, 2}, {6, 3}, {7, 4}};
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                AUTO_CRITERIA struct criteria *criteria = boot_criteria();
                for (size_t line = 0; line < GOOD_COUNT; line++) {
                        if (line != rows[i].line)
                                criteria_line(criteria, line, 0, GOOD[line]);
                }
                struct criteria_verdict verdict = criteria_judge(criteria);
                assert_int_equal(verdict.outcome, VERDICT_FAIL);
                assert_int_equal(verdict_exit_code(verdict.outcome), ERROR_NO);
                assert_ptr_equal(verdict.missing, &verdict.findings[rows[i].criterion]);
                AUTO_FREE char *explanation = criteria_explanation(&verdict);
                assert_contains(explanation, BOOT[rows[i].criterion].name);
        }
}

TEST(required_criteria_count_only_in_their_order)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        for (size_t i = GOOD_COUNT; i-- > 0;)
                criteria_line(criteria, i, 0, GOOD[i]);
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_FAIL);
        assert_string_equal(verdict.missing->criterion->name, "ESXi");
        // What came too early counts when it comes again.
        judge_lines(criteria, GOOD, GOOD_COUNT);
        assert_int_equal(criteria_judge(criteria).outcome, VERDICT_PASS);
}

TEST(one_line_meets_several_criteria_only_in_their_order)
{
        static const struct criterion rows[] = {{"a", "a", CRITERION_REQUIRED, false},
                                                {"b", "b", CRITERION_REQUIRED, false}};
        AUTO_CRITERIA struct criteria *criteria = criteria_new(rows, 2, NULL);
        criteria_line(criteria, 1, 0, "b a");
        assert_false(criteria_complete(criteria));
        AUTO_CRITERIA struct criteria *ordered = criteria_new(rows, 2, NULL);
        criteria_line(ordered, 1, 0, "a b");
        assert_true(criteria_complete(ordered));
}

TEST(each_sign_of_a_panic_is_a_panic)
{
        static const char *const signs[] = {
                "PANIC bora/vmkernel/hardware/arm64/its.c:2934 - something",
                "VERIFY bora/vmkernel/main.c:1",
                "Module(s) involved in panic: [vmkernel 8.0.3]",
                "0x45390a61bd00:[0x420000]PanicvPanicInt@vmkernel#nover+0x1",
                "PSOD",
        };
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
                for (size_t place = 0; place <= GOOD_COUNT; place++) {
                        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
                        judge_lines(criteria, GOOD, place);
                        criteria_line(criteria, 77, 88, signs[i]);
                        assert_true(criteria_broken(criteria));
                        judge_lines(criteria, GOOD + place, GOOD_COUNT - place);
                        struct criteria_verdict verdict = criteria_judge(criteria);
                        assert_int_equal(verdict.outcome, VERDICT_PANIC);
                        assert_int_equal(verdict_exit_code(verdict.outcome), ERROR_PANIC);
                        assert_ptr_equal(verdict.forbidden, &verdict.findings[5 + i]);
                        assert_int_equal(verdict.forbidden->line_number, 77);
                        assert_string_equal(verdict.forbidden->text, signs[i]);
                        AUTO_FREE char *explanation = criteria_explanation(&verdict);
                        assert_contains(explanation, "line 77");
                }
        }
}

TEST(the_word_verify_alone_is_not_a_panic)
{
        static const char *const harmless[] = {
                "VERIFY",     "Verify bora",    "VERIFY: ok", "verifying boot banks",    "its.c:29",
                "itsxc:2934", "panic=continue", "PSODs",      "Module involved in panic"};
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        judge_lines(criteria, harmless, sizeof harmless / sizeof *harmless);
        assert_false(criteria_broken(criteria));
}

TEST(a_forbidden_line_fails_a_complete_boot)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        judge_lines(criteria, GOOD, GOOD_COUNT);
        criteria_line(criteria, 99, 0, "Welcome to the VMware ESXi 8.0.3 Installation");
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_FAIL);
        assert_string_equal(verdict.forbidden->criterion->name, "installer");
        assert_true(criteria_broken(criteria));
        AUTO_FREE char *explanation = criteria_explanation(&verdict);
        assert_contains(explanation, "forbidden");

        criteria_line(criteria, 100, 0, "PSOD");
        verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_PANIC);
        assert_string_equal(verdict.forbidden->criterion->name, "purple screen");
}

TEST(the_first_line_that_meets_a_criterion_is_kept)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        criteria_line(criteria, 5, 50, "SSH is enabled");
        criteria_line(criteria, 6, 60, "SSH is enabled again");
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.findings[BOOT_COUNT - 1].line_number, 5);
        assert_string_equal(verdict.findings[BOOT_COUNT - 1].text, "SSH is enabled");
}

TEST(of_a_long_line_the_part_that_met_is_kept)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        AUTO_TEXT struct text line = {0};
        for (int i = 0; i < 20000; i++)
                text_add(&line, "é ");
        text_add(&line, "PSOD ");
        for (int i = 0; i < 1000; i++)
                text_add(&line, "é");
        criteria_line(criteria, 1, 0, text_string(&line));
        struct criteria_verdict verdict = criteria_judge(criteria);
        const char *text = verdict.forbidden->text;
        assert_true(text_starts_with(text, "PSOD é"));
        assert_true(strlen(text) >= 300 && strlen(text) <= 400);
        assert_true(text_ends_with(text, "é"));
}

TEST(no_criteria_at_all_are_met_by_anything)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(NULL, 0, NULL);
        criteria_line(criteria, 1, 0, "x");
        assert_true(criteria_complete(criteria));
        assert_int_equal(criteria_judge(criteria).outcome, VERDICT_PASS);
}

TEST(an_empty_log_fails)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_FAIL);
        AUTO_FREE char *explanation = criteria_explanation(&verdict);
        assert_contains(explanation, "firmware starts the entry");
}

TEST(a_wrong_pattern_is_named_with_its_place)
{
        static const struct {
                const char *pattern, *place;
        } wrong[] = {{"a(b", "character 4"}, {"*a", "character"},   {"a[z-b]", "character"},
                     {"(?<n", "character"},  {"\\", "character 2"}, {"\xff", "character 1"}};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                const struct criterion rows[] = {{"good", "x", CRITERION_REQUIRED, false},
                                                 {"the bad one", wrong[i].pattern, CRITERION_OPTIONAL, false},
                                                 {"not reached", "y", CRITERION_REQUIRED, false}};
                assert_failed(criteria_new(rows, 3, &err) != NULL, ERROR_DAMAGED, "the bad one");
                assert_contains(err.message, wrong[i].place);
        }
}

TEST(patterns_know_unicode_and_case)
{
        static const struct criterion rows[] = {{NULL, "(?i)größe: \\p{L}+$", CRITERION_REQUIRED, false},
                                                {"any", "^.é.$", CRITERION_REQUIRED, false}};
        AUTO_CRITERIA struct criteria *criteria = criteria_new(rows, 2, NULL);
        criteria_line(criteria, 1, 0, "GRÖSSE");
        criteria_line(criteria, 1, 0, "GRÖßE: ÄÖÜ");
        criteria_line(criteria, 2, 0, "中é文");
        assert_true(criteria_complete(criteria));
        assert_string_equal(criteria_judge(criteria).findings[0].criterion->name, rows[0].pattern);
}

TEST(broken_utf8_in_a_line_does_no_harm)
{
        AUTO_CRITERIA struct criteria *criteria = boot_criteria();
        criteria_line(criteria, 1, 0, "\xff\xc3 PSOD \xe4\xb8");
        assert_true(criteria_broken(criteria));
}

TEST(a_runaway_pattern_is_given_up_and_reported)
{
        static const struct criterion rows[] = {{"wild", "^(a+)+$", CRITERION_OPTIONAL, false},
                                                {"tame", "b$", CRITERION_REQUIRED, false}};
        AUTO_CRITERIA struct criteria *criteria = criteria_new(rows, 2, NULL);
        char line[5000];
        memset(line, 'a', sizeof line);
        line[sizeof line - 2] = 'b';
        line[sizeof line - 1] = '\0';
        uint64_t start = time_now_ms();
        for (int i = 0; i < 20; i++)
                criteria_line(criteria, 1, 0, line);
        assert_true(time_now_ms() - start <= 5000);
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_PASS);
        assert_int_equal(verdict.findings[0].given_up, 20);
}

static void take_line(const struct log_line *line, void *context)
{
        criteria_line(context, line->number, 0, line->text);
}

// A log as a console receives it, drawn and redrawn.
TEST(a_raw_console_is_judged_by_its_lines)
{
        static const char raw[] =
                "\x1b[2J\x1b[01;01H\x1b[=3hBdsDxe: starting Boot0004 \"VMware ESXi\" from "
                "HD(1,GPT)/\\EFI\\VMware\\a.efi\r\n"
                "\x1b[2J\x1b[5;10HVMware ESXi 8.0.3\x1b[5;28H[Releasebuild-24022510 aarch64]\x1b[20;1HStarting "
                "VMKernel "
                "initialization\x1b[20;1H\x1b[KBoot complete (1/2)\x1b[20;16H2\x1b[1;1H\x1b[1;31mTo manage this "
                "host,\x1b[0m go to:\x1b[24;80H";
        for (size_t cut = 0; cut < sizeof raw; cut++) {
                AUTO_CRITERIA struct criteria *criteria = boot_criteria();
                AUTO_LOG struct log *log = log_new(take_line, criteria);
                log_feed(log, raw, cut);
                log_feed(log, raw + cut, sizeof raw - 1 - cut);
                log_finish(log);
                assert_int_equal(criteria_judge(criteria).outcome, VERDICT_PASS);
        }
}

// ---- texts that a box tears

static const char REFUSAL[] = "An error has occurred while parsing the installation script";

static const struct criterion TORN[] = {
        {"begun", "Loading", CRITERION_REQUIRED, false, false},
        {"installed", "has been installed successfully", CRITERION_REQUIRED, false, true},
        {"refused", "parsing the installation script|error:\\S+:line \\d+", CRITERION_FORBIDDEN, false, true},
        {"whole", "parsing the installation script", CRITERION_OPTIONAL, false, false},
};
enum {
        TORN_COUNT = sizeof TORN / sizeof *TORN
};

// TEXT's first CUT characters and the rest as two rows of a box, drawn with FRAME, 58 columns wide.
static void judge_torn(struct criteria *criteria, const char *text, size_t cut, const char *frame)
{
        AUTO_FREE char *above = text_format("      %s %-54.*s %s   ", frame, (int)cut, text, frame);
        AUTO_FREE char *below = text_format("      %s %-54s %s   ", frame, text + cut, frame);
        criteria_line(criteria, 7, 70, above);
        criteria_line(criteria, 8, 80, below);
}

TEST(a_text_is_found_wherever_a_box_tears_it)
{
        static const char *const frames[] = {"│", "|"};
        static const char *const texts[] = {REFUSAL, "error:/vmfs/volumes/mpx.vmhba32:C0:T0:L0/KS.CFG:line 12: no",
                                            "VMware ESXi 8.0.3 has been installed successfully."};
        for (size_t i = 0; i < 2; i++) {
                for (size_t j = 0; j < 3; j++) {
                        for (size_t cut = 1; cut < strlen(texts[j]); cut++) {
                                AUTO_CRITERIA struct criteria *criteria = criteria_new(TORN, TORN_COUNT, NULL);
                                criteria_line(criteria, 1, 0, "Loading");
                                judge_torn(criteria, texts[j], cut, frames[i]);
                                const struct criterion_finding *findings = criteria_judge(criteria).findings;
                                const struct criterion_finding *finding = &findings[j == 2 ? 1 : 2];
                                if (!finding->met || findings[j == 2 ? 2 : 1].met)
                                        fail_msg("%s, cut at %zu", texts[j], cut);
                        }
                }
        }
}

TEST(the_finding_of_a_torn_text_is_the_text)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(TORN, TORN_COUNT, NULL);
        judge_torn(criteria, REFUSAL, 52, "│");
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_string_equal(verdict.forbidden->text, REFUSAL);
        assert_int_equal(verdict.forbidden->line_number, 7);
        assert_int_equal(verdict.forbidden->time_ms, 80);
        assert_false(verdict.findings[3].met); // it does not have REJOIN
}

TEST(rows_are_joined_only_within_a_box)
{
        static const char *const lines[][3] = {
                {"An error has occurred while parsing the installation", "script", ""},
                {"| while parsing the installation |", "script", "| script |"},
                {"| while parsing the installation |", "", "| script |"},
                {"| while parsing the installation |", "| of the |", "| script |"},
                {"| while parsing the installation", "script |", ""},
        };
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                AUTO_CRITERIA struct criteria *criteria = criteria_new(TORN, TORN_COUNT, NULL);
                judge_lines(criteria, lines[i], 3);
                if (criteria_broken(criteria))
                        fail_msg("%zu", i);
        }
}

// Another box behind it, whose frame and text are on the same rows; a row that is longer than any screen.
TEST(boxes_behind_a_box_do_not_matter)
{
        static const char *const rows[] = {"│ disk │ while parsing the installation │  │", "│      │ script │ 2 │"};
        AUTO_CRITERIA struct criteria *criteria = criteria_new(TORN, TORN_COUNT, NULL);
        judge_lines(criteria, rows, 2);
        assert_true(criteria_broken(criteria));
        AUTO_FREE char *longest = text_format("| %5000s |", "x");
        AUTO_CRITERIA struct criteria *other = criteria_new(TORN, TORN_COUNT, NULL);
        criteria_line(other, 1, 0, longest);
        criteria_line(other, 2, 0, longest);
        assert_false(criteria_broken(other));
}

TEST(a_torn_text_is_required_in_its_order)
{
        AUTO_CRITERIA struct criteria *criteria = criteria_new(TORN, TORN_COUNT, NULL);
        judge_torn(criteria, "ESXi has been installed successfully", 20, "|");
        criteria_line(criteria, 9, 0, "Loading");
        assert_false(criteria_complete(criteria));
        judge_torn(criteria, "ESXi has been installed successfully", 20, "|");
        assert_true(criteria_complete(criteria));
        criteria_restart(criteria);
        assert_false(criteria_complete(criteria));
}

// As a scripted installation draws it: the rows by cursor position, with line graphics.
TEST(a_torn_text_in_a_raw_console)
{
        static const char raw[] = "\x1b[2J\x1b[1;1HLoading\x1b[3;11H\x1b(0lqqqk\x1b(B"
                                  "\x1b[4;11H\x1b(0x\x1b(B An error has occurred while parsing the installation "
                                  "\x1b(0x\x1b(B\x1b[5;11H\x1b(0x\x1b(B script\x1b[5;66H\x1b(0x\x1b(B"
                                  "\x1b[6;11H\x1b(0mqqqj\x1b(B";
        AUTO_CRITERIA struct criteria *criteria = criteria_new(TORN, TORN_COUNT, NULL);
        AUTO_LOG struct log *log = log_new(take_line, criteria);
        log_feed(log, raw, sizeof raw - 1);
        log_finish(log);
        assert_string_equal(criteria_judge(criteria).forbidden->text, REFUSAL);
}
