// SPDX-License-Identifier: Apache-2.0
//
// What a scripted installation prints, judged while it runs and later by its log, as raw output, lines, and recording.
#include "tests/unit/scratch.h"

#include "base/time.h"
#include "launcher/evidence/judge.h"
#include "verify/log/check.h"

static struct profile *read_shipped(void)
{
        AUTO_ERROR struct error err = {0};
        const char *build = getenv("BUILD");
        AUTO_FREE char *path = text_format("%s/share/guests/esxi8.yaml", build ? build : "build");
        struct profile *profile = profile_read(path, &err);
        assert_done(profile, &err);
        return profile;
}

// A box as curses draws it, 58 columns wide, over what was on the screen. TEXT is torn at CUT.
static char *box_of(const char *text, size_t cut)
{
        return text_format("loading\r\n\x1b[2J\x1b[4;12H\x1b(0lqqqqk\x1b(B\x1b[5;12H\x1b(0x\x1b(B %-54.*s \x1b(0x\x1b(B"
                           "\x1b[6;12H\x1b(0x\x1b(B %-54s \x1b(0x\x1b(B\x1b[7;12H\x1b(0mqqqqj\x1b(B",
                           (int)cut, text, text + cut);
}

// The verdict while it runs. The explanation is freed with free().
static enum verdict judge_live(const struct profile_phase *phase, const char *output, char **explanation)
{
        AUTO_ERROR struct error err = {0};
        AUTO_EVIDENCE struct evidence *evidence = evidence_begin("runs", "run", "install", &err);
        AUTO_JUDGE struct judge judge = {0};
        assert_done(evidence && judge_begin(&judge, phase, evidence, &err), &err);
        evidence_console(evidence, output, strlen(output), time_now_us());
        evidence_quiet(evidence);
        struct criteria_verdict verdict = criteria_judge(judge.criteria);
        *explanation = criteria_explanation(&verdict);
        assert_int_equal(judge_check(&judge, &err), verdict.outcome == VERDICT_PASS);
        return verdict.outcome;
}

static enum verdict judge_later(const struct profile_phase *phase, const char *file)
{
        AUTO_ERROR struct error err = {0};
        const struct check_phase phases[] = {{"kickstart", phase->criteria, phase->criterion_count}};
        AUTO_CHECK struct check *check = check_new(phases, 1, &err);
        struct logfile log;
        assert_done(check && logfile_read(file, NULL, check_line, check, &log, &err), &err);
        check_finish(check);
        return check_outcome(check);
}

static void judge_everywhere(const struct profile_phase *phase, const char *output, enum verdict expected,
                             const char *words)
{
        AUTO_FREE char *explanation = NULL;
        shell("rm -rf runs");
        enum verdict verdict = judge_live(phase, output, &explanation);
        write_text("raw", output);
        if (verdict != expected || !strstr(explanation, words) || judge_later(phase, "raw") != expected ||
            judge_later(phase, "runs/run/console.txt") != expected ||
            judge_later(phase, "runs/run/console.cast") != expected)
                fail_msg("%s: %s", output, explanation);
}

TEST_IN_SCRATCH(a_torn_refusal_is_known_live_and_later)
{
        static const char *const refusals[] = {
                "An error has occurred while parsing the installation script",
                "error:/vmfs/volumes/mpx.vmhba32:C0:T0:L0/KS.CFG:line 12: no",
                "An exceptional circumstance has occurred",
                "cannot open file: [Errno 2] No such file",
                "The system was not installed correctly.",
                "This program has encountered an error:",
                "No network adapters were detected. Either no network",
        };
        AUTO_PROFILE struct profile *profile = read_shipped();
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
                for (size_t cut = 1 + i; cut < strlen(refusals[i]); cut += 7) {
                        AUTO_FREE char *output = box_of(refusals[i], cut);
                        judge_everywhere(&profile->kickstart, output, VERDICT_FAIL, "A forbidden criterion was met");
                }
        }
}

TEST_IN_SCRATCH(what_is_no_refusal)
{
        static const char *const others[] = {
                "The following warnings were encountered while parsing the installation script",
                "warning:/vmfs/volumes/mpx.vmhba32:C0:T0:L0/KS.CFG:line 12: no",
                "VMware ESXi 8.0.3 has been installed successfully.",
        };
        AUTO_PROFILE struct profile *profile = read_shipped();
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                AUTO_FREE char *output = box_of(others[i], 30);
                judge_everywhere(&profile->kickstart, output, VERDICT_PASS, "no forbidden one");
        }
}
