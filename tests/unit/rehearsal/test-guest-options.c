// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rehearsal/guest.h"

#include "launcher/rehearsal/guest/options.h"
#include "launcher/rehearsal/installer/password.h"

// The warnings of the last read_options().
static struct {
        unsigned count, line;
        const char *what;
} warnings;

static void take_warning(void *context, const struct keyvalue *pair, const char *what)
{
        (void)context;
        warnings.count++;
        warnings.line = pair->line;
        warnings.what = what;
}

static struct options read_options(const char *text)
{
        struct options options = options_defaults();
        size_t size = strlen(text);
        char *copy = exact_copy(text, size);
        memset(&warnings, 0, sizeof warnings);
        options_read(&options, (struct span){.at = copy, .size = size}, take_warning, NULL);
        free(copy);
        return options;
}

TEST(all_options_are_read)
{
        struct options options =
                read_options("# misbehave\r\n\r\n HANG = welcome \npanic=shutdown\nreset=halfway\n"
                             "poweroff=boot\nlose-entry=1\nno-dcui=1\nswallow-keys=1\nno-usb-screen=1\n"
                             "no-warnings=1\nignore-power-button=1\nclock=1\nchatter=1\nswallow=3\n"
                             "flood=100M\nflood-at=dcui\ngarbage=64k\nslow-draw=5\npace=50");
        assert_int_equal(warnings.count, 0);
        assert_int_equal(options.hang, STEP_WELCOME);
        assert_int_equal(options.panic, STEP_SHUTDOWN);
        assert_int_equal(options.reset, STEP_HALFWAY);
        assert_int_equal(options.poweroff, STEP_BOOT);
        assert_true(options.lose_entry && options.no_dcui && options.swallow_keys && options.no_usb_screen);
        assert_true(options.no_warnings && options.ignore_power_button && options.clock && options.chatter);
        assert_int_equal(options.swallow, 3);
        assert_int_equal(options.flood, 100 << 20);
        assert_int_equal(options.flood_at, STEP_DCUI);
        assert_int_equal(options.garbage, 64 << 10);
        assert_int_equal(options.slow_draw, 5);
        assert_int_equal(options.pace, 50);
}

TEST(an_empty_file_leaves_the_defaults)
{
        struct options options = read_options("");
        assert_int_equal(options.pace, 100);
        assert_int_equal(options.flood_at, STEP_HALFWAY);
        assert_int_equal(options.hang, STEP_NONE);
        assert_int_equal(options.poweroff, STEP_NONE);
        assert_false(options.clock);
}

TEST(invalid_lines_are_reported_and_ignored)
{
        static const struct {
                const char *line, *what;
        } wrong[] = {
                {"bogus=1", "unknown key"},
                {"hang=nowhere", "bad value"},
                {"hang=", "bad value"},
                {"hang", "bad value"},
                {"clock=2", "bad value"},
                {"clock=yes", "bad value"},
                {"flood=", "bad value"},
                {"flood=M", "bad value"},
                {"flood=-1", "bad value"},
                {"flood=4294967296", "bad value"},
                {"flood=1G", "bad value"},
                {"flood=1MM", "bad value"},
                {"flood=99999999999999999999999", "bad value"},
                {"=1", "unknown key"},
                {"pace=1 0", "bad value"},
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                char text[100];
                snprintf(text, sizeof text, "\n%s\nslow-draw=7\n", wrong[i].line);
                struct options options = read_options(text);
                if (warnings.count != 1 || warnings.line != 2 || strcmp(warnings.what, wrong[i].what) != 0)
                        fail_msg("%s: %u warnings, line %u", wrong[i].line, warnings.count, warnings.line);
                assert_int_equal(options.flood, 0);
                assert_int_equal(options.pace, 100);
                assert_int_equal(options.slow_draw, 7);
        }
}

TEST(every_step_has_a_name)
{
        for (enum step step = STEP_NONE; step < STEP_COUNT; step++) {
                enum step named;
                assert_true(step_named(step_name(step), strlen(step_name(step)), &named));
                assert_int_equal(named, step);
        }
}

// The forms of tests/unit/launcher/test-bootcfg.c that matter to it.
TEST(boot_cfg_is_read_as_the_loader_reads_it)
{
        static const struct {
                const char *text, *key, *value;
        } cases[] = {
                {"a=1\nKernelOpt=\t x ks=usb:/KS.CFG \r\n", "kernelopt", "x ks=usb:/KS.CFG"},
                {"kernelopt=x\nkernelopt=y\n#kernelopt=z\n #kernelopt=z", "kernelopt", "y"},
                {"kernelopt=x\nkernelopt =y\nkernelopt\t=z\nkernelopts=z\nkernelopt", "kernelopt", "x"},
                {"kernelopt=x\nkernelopt=", "kernelopt", ""},
                {"kernelo=x", "kernelopt", "x"},
                {"kernelo=x", "kernel", ""},
                {"kern=x", "kernel", "x"},
                {"kern=x", "kernelopt", ""},
                {"=x", "kernel", "x"},
                {"t=x", "title", "x"},
                {"t=5", "timeout", ""},
                {"nor=1", "norts", "1"},
                {"kernelopt=a=b#c", "kernelopt", "a=b#c"},
                {"a=1", "norts", ""},
                {"", "norts", ""},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                char *copy = exact_copy(cases[i].text, strlen(cases[i].text));
                struct span value =
                        keyvalue_find((struct span){.at = copy, .size = strlen(cases[i].text)}, cases[i].key);
                if (value.size != strlen(cases[i].value) ||
                    (value.size && memcmp(value.at, cases[i].value, value.size) != 0))
                        fail_msg("%s: %.*s", cases[i].text, (int)value.size, value.size ? value.at : "");
                free(copy);
        }
        struct span nul = {.at = "norts=1\0 x\nkernel\0=y", .size = 20};
        assert_int_equal(keyvalue_find(nul, "norts").size, 1);
        assert_int_equal(keyvalue_find(nul, "kernel").size, 0);
}

TEST(weak_passwords_are_refused)
{
        static const struct {
                const char *password, *confirmation, *refusal;
        } cases[] = {
                {"Rehearsal-1", "Rehearsal-1", NULL},   {"Abcde12", "Abcde12", NULL},
                {"Abcde12", "Abcde13", "do not match"}, {"", "", "at least 7"},
                {"Abcd12", "Abcd12", "at least 7"},     {"abcdefg1", "abcdefg1", "3 of lower"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                const char *refusal = password_refusal(cases[i].password, cases[i].confirmation);
                assert_true(cases[i].refusal ? refusal && strstr(refusal, cases[i].refusal) : !refusal);
        }
}
