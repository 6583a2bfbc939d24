// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rehearsal/guest.h"

#include "launcher/rehearsal/guest/boxes.h"
#include "launcher/rehearsal/guest/options.h"
#include "launcher/rehearsal/installer/password.h"
#include "launcher/rehearsal/system/services.h"

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
                             "flood=100M\nflood-at=dcui\ngarbage=64k\nslow-draw=5\npace=50\n"
                             "box=vsan,alert\nslow-check=9\nonly-install=1\nscroll-labels=1\n"
                             "panic-kind=pf\nloader=fatal\ninstaller-loader=silent\ndcui-refuses=1\nline-frames=1");
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
        assert_int_equal(options.boxes, BOX_BIT(BOX_VSAN) | BOX_BIT(BOX_ALERT));
        assert_int_equal(options.slow_check, 9);
        assert_true(options.only_install && options.scroll_labels && options.dcui_refuses && options.line_frames);
        assert_int_equal(options.panic_kind, PANIC_PF);
        assert_int_equal(options.loader, LOADER_FATAL);
        assert_int_equal(options.installer_loader, LOADER_SILENT);
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
                {"box=vmfs", "bad value"},
                {"panic-kind=purple", "bad value"},
                {"loader=", "bad value"},
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
                const char *password, *confirmation, *remark;
        } cases[] = {
                {"", "", "Please enter a password."},
                {"Abcd12", "", "Password must be at least 7 characters long."},
                {"Abcd12", "Abcd12", "Password must be at least 7 characters long."},
                {"", "Abcde12", "Password must be at least 7 characters long."},
                {"Abcde12", "", "Passwords do not match."},
                {"Abcde12", "Abcde1", "Passwords do not match."},
                {"Abcde12", "Abcde12", "Passwords match."},
                {"Abcdefghijklmnopqrstuvwxyz1234567890+-*/", "Abcdefghijklmnopqrstuvwxyz1234567890+-*/",
                 "Passwords match."},
                {"Abcdefghijklmnopqrstuvwxyz1234567890+-*/x", "", "Password must be at most 40 characters long."},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                bool accepts;
                assert_string_equal(password_remark(cases[i].password, cases[i].confirmation, &accepts),
                                    cases[i].remark);
                assert_int_equal(accepts, strcmp(cases[i].remark, "Passwords match.") == 0);
        }
        assert_null(password_refusal("Rehearsal-1"));
        assert_null(password_refusal("Abcde12"));
        assert_string_equal(password_refusal("abcdefg1"), "Password does not have enough character types");
}

TEST(boxes)
{
        box_set boxes;
        assert_true(boxes_read(span_of("vsan"), &boxes));
        assert_int_equal(boxes, BOX_BIT(BOX_VSAN));
        assert_true(boxes_read(span_of("esxi-found,alert"), &boxes));
        assert_int_equal(boxes, BOX_BIT(BOX_ESXI_FOUND) | BOX_BIT(BOX_ALERT));
        for (unsigned i = 0; i < BOX_COUNT; i++) {
                assert_true(boxes_read(span_of(box_name((enum box)i)), &boxes));
                assert_int_equal(boxes, BOX_BIT(i));
        }
        static const char *const wrong[] = {"", ",", "vsan,", ",vsan", "vsan, alert", "nothing", "vsa"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
                assert_false(boxes_read(span_of(wrong[i]), &boxes));
}

TEST(every_ending_has_a_name)
{
        for (unsigned i = 0; i < PANIC_KINDS; i++) {
                const struct panic_text *text = panic_text((enum panic_kind)i);
                enum panic_kind kind;
                assert_true(panic_named(text->name, strlen(text->name), &kind));
                assert_int_equal(kind, i);
                // A row of the screen has room for it.
                assert_true(strlen(text->reason) <= 80);
        }
        static const char *const ends[LOADER_ENDS] = {"starts",          "fatal",     "no-hypervisor", "unrecoverable",
                                                      "unsupported-cpu", "exception", "silent"};
        for (unsigned i = 0; i < LOADER_ENDS; i++) {
                enum loader_end end;
                assert_true(loader_end_named(ends[i], strlen(ends[i]), &end));
                assert_int_equal(end, i);
                assert_int_equal(!loader_text(end), end == LOADER_STARTS || end == LOADER_SILENT);
        }
}

TEST(services_are_switched_and_remembered)
{
        char text[SERVICES_TEXT_SIZE];
        char label[SERVICE_LABEL_SIZE];
        struct services services = services_read(span_of(""));
        assert_false(services.is_enabled[SERVICE_SHELL] || services.is_enabled[SERVICE_SSH]);
        service_action(&services, SERVICE_SSH, label);
        assert_string_equal(label, "Enable SSH");
        service_status(&services, SERVICE_SSH, label);
        assert_string_equal(label, "SSH is Disabled");
        size_t size = services_write(&services, text);

        services.is_enabled[SERVICE_SSH] = true;
        service_action(&services, SERVICE_SSH, label);
        assert_string_equal(label, "Disable SSH");
        service_action(&services, SERVICE_SHELL, label);
        assert_string_equal(label, "Enable ESXi Shell");
        service_status(&services, SERVICE_SSH, label);
        assert_string_equal(label, "SSH is Enabled");
        // The file is written over the older one, which is not made shorter.
        assert_int_equal(services_write(&services, text), size);
        services = services_read(span_of(text));
        assert_true(services.is_enabled[SERVICE_SSH] && !services.is_enabled[SERVICE_SHELL]);
        services = services_read(span_of("ssh=2\nshell=1"));
        assert_true(services.is_enabled[SERVICE_SHELL] && !services.is_enabled[SERVICE_SSH]);
}
