// SPDX-License-Identifier: Apache-2.0
//
// Purple screens as ESXi 5.1 to 9.0 print them on a serial console, on Arm and x86, and lines that look like one.
#include "tests/unit/test.h"

#include "verify/log/criteria.h"
#include "verify/log/literals.h"
#include "verify/log/panic.h"

enum {
        LINES = 12
};

static const struct {
        const char *lines[LINES];
        const char *reason; // NULL: no panic
} screens[] = {
        {{"VMware ESX 7.0.0 [Releasebuild-1 aarch64]", "EXCVEC_CUREL_SP_EL0_SYNCH Exception 0 in world 1:X",
          "[pc]0x1 [sp]0x2 [psr]0x3", "Code start: 0x1 VMK uptime: 0:00:05:35"},
         "EXCVEC_CUREL_SP_EL0_SYNCH Exception 0 in world 1:X"},
        {{"VMware ESXi 8.0.3 [Releasebuild-24280767 aarch64]", "VERIFY bora/vmkernel/hardware/arm64/its.c:2934"},
         "VERIFY bora/vmkernel/hardware/arm64/its.c:2934"},
        {{"VMware ESXi 5.1.0 [Releasebuild-799733 x86_64]",
          "#PF Exception 14 in world 8198:idle6 IP 0x418015e4a2a0 addr 0x0", "cr0=0x8001003d cr2=0x0",
          "Code start: 0x418015c00000 VMK uptime: 12:03:11:09.871"},
         "#PF Exception 14 in world 8198:idle6 IP 0x418015e4a2a0 addr 0x0"},
        {{"VMware ESX 9.0.0 [Releasebuild-24755229 x86_64]", "Spin count exceeded (lockName) - possible deadlock",
          "Code start: 0x420000000000 VMK uptime: 1:02:03:04.005"},
         "Spin count exceeded (lockName) - possible deadlock"},
        {{"VMware ESXi 6.7.0 [Releasebuild-8169922 x86_64]", "Something that nobody has seen yet",
          "Code start: 0x418000000000 VMK uptime: 0:00:00:02"},
         "Something that nobody has seen yet"},
        {{"2026-01-01T00:00:00Z cpu3:2097296)@BlueScreen: NMI IPI: Panic requested by another PCPU."},
         "2026-01-01T00:00:00Z cpu3:2097296)@BlueScreen: NMI IPI: Panic requested by another PCPU."},
        {{"NOT_IMPLEMENTED bora/vmkernel/main/world.c:2307"}, "NOT_IMPLEMENTED bora/vmkernel/main/world.c:2307"},
        {{"ASSERT bora/vmkernel/main/timer.c:1"}, "ASSERT bora/vmkernel/main/timer.c:1"},
        {{"VMware ESXi 8.0.0 [Releasebuild-1 aarch64]", "HW feature incompatibility detected; cannot start"},
         "HW feature incompatibility detected; cannot start"},
        {{"VMware ESXi 7.0.3 [Releasebuild-1 x86_64]", "Fatal CPU mismatch on feature \"SMT\""},
         "Fatal CPU mismatch on feature \"SMT\""},
        {{"The system has found a problem on your machine and cannot continue."},
         "The system has found a problem on your machine and cannot continue."},
        // The end of a screen whose beginning was lost.
        {{"0x453880f1bb20:[0x42000009963c]PanicvPanicInt@vmkernel#nover+0x1f5 stack: 0x100"},
         "0x453880f1bb20:[0x42000009963c]PanicvPanicInt@vmkernel#nover+0x1f5 stack: 0x100"},
        {{"No port for remote debugger. \"Escape\" for local debugger."},
         "No port for remote debugger. \"Escape\" for local debugger."},
        {{"Debugger waiting(world 2097296) -- Port for remote debugger."},
         "Debugger waiting(world 2097296) -- Port for remote debugger."},
        // Torn within the reason, and cut off.
        {{"EXCVEC_LOWEL_64_SYNCH Exception 0 in", "world 1:X"}, "EXCVEC_LOWEL_64_SYNCH Exception 0 in"},
        // Not a panic.
        {{"VMware ESXi 8.0.3 [Releasebuild-24280767 aarch64]", "Starting VMKernel initialization"}, NULL},
        {{"NETDEV WATCHDOG: vmnic0: transmit timed out", "Backtrace for current CPU #8, worldID=2097296, fp=0x0",
          "0x45390391bc00:[0x420038114d31]LinNetWatchdog@vmkernel#nover+0x1f5 stack: 0x100"},
         NULL},
        {{"VERIFY of the boot banks is fine", "Code start of the module: 0x1", "VMK uptime: 0:00:05:35"}, NULL},
        {{"cpu0:1)User: 1: Exception 14 in world 12 of a program"}, NULL},
        {{"Loading /PSODUMP.V00", "VMkernel option vmkPSODTimeout=10", "PSOD_wait=0"}, NULL},
        {{"cpu0:1)psodd: PSODs so far and PSOD: none"}, "cpu0:1)psodd: PSODs so far and PSOD: none"},
};

// Reads the screen from line 100 on. True if it is a panic; its reason and the line of it are then stored.
static bool read_screen(const char *const *lines, const char **reason, uint64_t *number)
{
        static struct panic_reader reader;
        reader = (struct panic_reader){0};
        for (size_t i = 0; i < LINES && lines[i]; i++) {
                if (!panic_reader_line(&reader, 100 + i, lines[i], strlen(lines[i])))
                        continue;
                *number = panic_reader_reason(&reader, 100 + i, reason);
                *reason = *reason ? *reason : lines[i];
                return true;
        }
        return false;
}

TEST(every_purple_screen_is_recognised_with_its_reason)
{
        for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
                const char *reason = NULL;
                uint64_t number = 0;
                bool panicked = read_screen(screens[i].lines, &reason, &number);
                if (panicked != (screens[i].reason != NULL))
                        fail_msg("%s: %s", screens[i].lines[0], panicked ? "a panic" : "not a panic");
                if (!panicked)
                        continue;
                assert_string_equal(reason, screens[i].reason);
                assert_string_equal(screens[i].lines[number - 100], screens[i].reason);
        }
}

// Without this, a log's lines would be passed over before the reader sees them.
TEST(no_line_of_a_panic_is_without_its_words)
{
        struct literals literals = {0};
        assert_true(literals_add(&literals, PANIC_WORDS));
        for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
                struct panic_reader reader = {0};
                for (size_t j = 0; j < LINES && screens[i].lines[j]; j++) {
                        const char *line = screens[i].lines[j];
                        if (panic_reader_line(&reader, j + 1, line, strlen(line)) || reader.version_line == j + 1)
                                assert_true(literals_in(&literals, line, strlen(line)));
                }
        }
}

TEST(the_reason_belongs_to_its_own_screen)
{
        const char *reason;
        struct panic_reader reader = {0};
        static const char version[] = "VMware ESXi 8.0.3 [Releasebuild-1 aarch64]";
        static const char code_start[] = "Code start: 0x1 VMK uptime: 0:01";
        assert_false(panic_reader_line(&reader, 1, version, strlen(version)));
        assert_false(panic_reader_line(&reader, 2, "a quiet boot", 12));
        assert_true(panic_reader_line(&reader, 5000, code_start, strlen(code_start)));
        assert_int_equal(panic_reader_reason(&reader, 5000, &reason), 5000);
        assert_null(reason);
        assert_false(panic_reader_line(&reader, 5001, version, strlen(version)));
        char longest[600];
        memset(longest, 'x', sizeof longest);
        assert_false(panic_reader_line(&reader, 5002, longest, sizeof longest));
        assert_true(panic_reader_line(&reader, 5003, code_start, strlen(code_start)));
        assert_int_equal(panic_reader_reason(&reader, 5003, &reason), 5002);
        assert_int_equal(strlen(reason), sizeof reader.reason - 1);
}

TEST(a_screen_drawn_by_cursor_position_has_a_reason)
{
        static const char *const rows[] = {"VMware ESXi 8.0.3 [Releasebuild-1 aarch64]", "Something new",
                                           "Code start: 0x1 VMK uptime: 0:01"};
        const char *reason;
        struct panic_reader reader = {0};
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(panic_reader_line(&reader, 7, rows[i], strlen(rows[i])), i == 2);
        assert_int_equal(panic_reader_reason(&reader, 7, &reason), 7);
        assert_string_equal(reason, "Something new");
}

TEST(a_criterion_for_purple_screens_quotes_the_reason)
{
        static const struct criterion rows[] = {
                {"up", "DCUI", CRITERION_REQUIRED, false},
                {"purple screen", CRITERION_PURPLE_SCREEN, CRITERION_FORBIDDEN, true},
        };
        AUTO_CRITERIA struct criteria *criteria = criteria_new(rows, 2, NULL);
        criteria_line(criteria, 1, 10, "Starting service DCUI");
        for (size_t i = 0; screens[4].lines[i]; i++)
                criteria_line(criteria, 2 + i, 20, screens[4].lines[i]);
        struct criteria_verdict verdict = criteria_judge(criteria);
        assert_int_equal(verdict.outcome, VERDICT_PANIC);
        assert_int_equal(verdict.forbidden->line_number, 3);
        assert_string_equal(verdict.forbidden->text, "Something that nobody has seen yet");
        criteria_restart(criteria);
        assert_int_equal(criteria_judge(criteria).outcome, VERDICT_FAIL);
}
