// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/panic.h"

#include "launcher/rehearsal/efi/firmware.h"

#define PURPLE "\x1B[0;1;37;45m\x1B[2J\x1B[1;1H"
#define PLAIN  "\x1B[0m"

// The lines of each cause. File and line of the second are from ESXi 8's own message.
static const struct {
        const char *message, *place;
} causes[PANIC_COUNT] = {
        [PANIC_TOLD_TO] = {"PSOD asked for by the option panic=", "VERIFY bora/rehearsal/options:1"},
        [PANIC_GIC_V3] = {"PSOD on reboot: the machine has a GICv3", "VERIFY bora/vmkernel/hardware/arm64/its.c:2934"},
};

_Noreturn void panic_show(struct guest *guest, enum panic_cause cause)
{
        console_write(&guest->console, PURPLE, sizeof PURPLE - 1);
        guest_log(guest, "VMware ESXi 8.0.3 [Releasebuild-0 rehearsal]");
        guest_log(guest, "This is the panic of the " GUEST_BANNER ".");
        guest_log(guest, "%s", causes[cause].message);
        guest_log(guest, "%s", causes[cause].place);
        guest_log(guest, "cr0=0x0 (rehearsal: not real registers)");
        guest_log(guest, "0x453880000000:[0x42003dc00000]PanicvPanicInt@vmkernel#nover+0x0");
        guest_log(guest, "0x453880000020:[0x42003dc00020]Panic_vPanic@vmkernel#nover+0x0");
        guest_log(guest, "Module(s) involved in panic: [rehearsal 8.0.3]");
        guest_log(guest, "No place on disk to dump data. The rehearsal hangs here." PLAIN);
        firmware_halt();
}
