// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/endings.h"

#include "launcher/rehearsal/base/text.h"

#define NO_PORT "No port for remote debugger."
#define WAITING "Debugger waiting(world 131073) -- no port for remote debugger."

static const struct panic_text panics[PANIC_KINDS] = {
        [PANIC_VERIFY] = {"verify", false, "VERIFY bora/rehearsal/options:1", "PanicvPanicInt", NO_PORT},
        [PANIC_ITS] = {"its", false, "VERIFY bora/vmkernel/hardware/arm64/its.c:2934", "PanicvPanicInt", NO_PORT},
        [PANIC_EXCVEC] = {"excvec", false, "EXCVEC_CUREL_SP_EL0_SYNCH Exception 0 in world 131073:rehearsal",
                          "RehearsalFault", WAITING},
        [PANIC_PF] = {"pf", true, "#PF Exception 14 in world 131073:rehearsal IP 0x42000dc0a1d4 addr 0x18",
                      "RehearsalFault", NO_PORT},
        [PANIC_BLUESCREEN_SPIN] = {"bluescreen-spin", true,
                                   "@BlueScreen: Spin count exceeded - possible deadlock with PCPU 1", "SP_WaitLock",
                                   NO_PORT},
        [PANIC_BLUESCREEN_PF] = {"bluescreen-pf", true,
                                 "@BlueScreen: #PF Exception 14 in world 131073:rehearsal IP 0x42000dc0a1d4",
                                 "RehearsalFault", WAITING},
        [PANIC_BLUESCREEN_ASSERT] = {"bluescreen-assert", false, "@BlueScreen: ASSERT bora/rehearsal/options.c:2",
                                     "PanicvPanicInt", NO_PORT},
        [PANIC_ASSERT] = {"assert", false, "ASSERT bora/rehearsal/options.c:3", "PanicvPanicInt", NO_PORT},
        [PANIC_NOT_IMPLEMENTED] = {"not-implemented", false, "NOT_IMPLEMENTED bora/rehearsal/options.c:4",
                                   "PanicvPanicInt", NO_PORT},
        [PANIC_HW_FEATURE] = {"hw-feature", false,
                              "HW feature incompatibility detected; cannot start: a rehearsed feature",
                              "RehearsalCheckCPU", NO_PORT},
        [PANIC_CPU_MISMATCH] = {"cpu-mismatch", true,
                                "Fatal CPU mismatch on a rehearsed feature: PCPU 0 has it, PCPU 1 does not",
                                "RehearsalCheckCPU", NO_PORT},
        [PANIC_PROBLEM] = {"problem", true, "The system has found a problem on your machine and cannot continue.",
                           "RehearsalCheckMC", NO_PORT},
        [PANIC_UNKNOWN] = {"unknown", false, "Rehearsed reason that no list of reasons has", "RehearsalFault", WAITING},
        [PANIC_WARNING] = {"warning", false, "NETDEV WATCHDOG: vmnic0: transmit timed out", "RehearsalWatchdog", NULL},
};

static const struct {
        const char *name, *text;
} ends[LOADER_ENDS] = {
        [LOADER_STARTS] = {"starts", NULL},
        [LOADER_FATAL] = {"fatal", "Fatal error: 32 (Inconsistent Data)"},
        [LOADER_NO_HYPERVISOR] = {"no-hypervisor", "No hypervisor found."},
        [LOADER_UNRECOVERABLE] = {"unrecoverable", "Unrecoverable error"},
        [LOADER_UNSUPPORTED_CPU] = {"unsupported-cpu", "Unsupported CPU"},
        // As EDK2's DefaultExceptionHandler prints it.
        [LOADER_EXCEPTION] = {"exception", "\r\nSynchronous Exception at 0x00000000BF8C1234"},
        [LOADER_SILENT] = {"silent", NULL},
};

const struct panic_text *panic_text(enum panic_kind kind)
{
        return &panics[kind];
}

const char *loader_text(enum loader_end end)
{
        return ends[end].text;
}

bool panic_named(const char *name, size_t size, enum panic_kind *kind)
{
        for (unsigned i = 0; i < PANIC_KINDS; i++) {
                if (!text_is_word(name, size, panics[i].name))
                        continue;
                *kind = (enum panic_kind)i;
                return true;
        }
        return false;
}

bool loader_end_named(const char *name, size_t size, enum loader_end *end)
{
        for (unsigned i = 0; i < LOADER_ENDS; i++) {
                if (!text_is_word(name, size, ends[i].name))
                        continue;
                *end = (enum loader_end)i;
                return true;
        }
        return false;
}
