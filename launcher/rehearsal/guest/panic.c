// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/panic.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"

#define PURPLE "\x1B[0;1;37;45m\x1B[2J\x1B[1;1H"
#define PLAIN  "\x1B[0m"

#define CODE_START  0x42000dc00000ull
#define STACK       0x453880f1bb20ull
#define X_REGISTERS 31
#define IN_ROW      4

static void show_arm_registers(struct guest *guest)
{
        guest_log(guest, "[pc] 0x%llx [sp] 0x%llx [psr] 0x60000309", CODE_START + 0xa1d4, STACK);
        for (unsigned i = 0; i + IN_ROW <= X_REGISTERS; i += IN_ROW)
                guest_log(guest, "[x%u] 0x%x [x%u] 0x%x [x%u] 0x%x [x%u] 0x%x", i, i * 0x1111, i + 1, i * 0x1213, i + 2,
                          i * 0x1517, i + 3, i * 0x191B);
}

static void show_x86_registers(struct guest *guest)
{
        static const char *const rows[] = {
                "cr0=0x8001003d cr2=0x18 cr3=0x60d000 cr4=0x42768",
                "FMS=06/9e/9 uCode=0x84",
                "frame=0x453880f1bb20 ip=0x42000dc0a1d4 err=0 rflags=0x10202",
                "rax=0x0 rbx=0x4301d4a0 rcx=0x0 rdx=0x1",
                "rbp=0x453880f1bc00 rsi=0x20 rdi=0x0 r8=0x0",
                "r9=0x0 r10=0x4301d4 r11=0x0 r12=0x0",
                "r13=0x1 r14=0x0 r15=0x453880f1be40",
                "*PCPU0:131073/rehearsal",
                "PCPU  0: SU",
        };
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                guest_log(guest, "%s", rows[i]);
}

static void show_backtrace(struct guest *guest, const char *top)
{
        const char *const functions[] = {top, "RehearsalDispatch", "RehearsalWorld", "CpuSched_StartWorld",
                                         "Debug_IsInitialized"};
        for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++)
                guest_log(guest, "0x%llx:[0x%llx]%s@vmkernel#nover+0x%x", STACK + i * 0x70ull,
                          CODE_START + 0x99639 + i * 0x3010ull, functions[i], 0x1c + i * 0x35);
}

_Noreturn void panic_show(struct guest *guest, enum panic_kind kind)
{
        const struct panic_text *text = panic_text(kind);
        uint64_t uptime = firmware_milliseconds();
        console_write(&guest->console, PURPLE, sizeof PURPLE - 1);
        guest_log(guest, "VMware ESXi 8.0.3 [Releasebuild-0 %s]", text->is_x86 ? "x86_64" : "aarch64");
        guest_log(guest, "%s", text->reason);
        (text->is_x86 ? show_x86_registers : show_arm_registers)(guest);
        guest_log(guest, "Code start: 0x%llx VMK uptime: 0:00:%02llu:%02llu.%03llu", CODE_START,
                  (unsigned long long)(uptime / 60000 % 60), (unsigned long long)(uptime / 1000 % 60),
                  (unsigned long long)(uptime % 1000));
        show_backtrace(guest, text->function);
        guest_log(guest, "No place on disk to dump data.");
        guest_log(guest, GUEST_BANNER);
        console_write(&guest->console, text->debugger, text_length(text->debugger));
        console_write(&guest->console, PLAIN "\r\n", sizeof PLAIN + 1);
        firmware_halt();
}

void panic_warn(struct guest *guest)
{
        const struct panic_text *text = panic_text(PANIC_WARNING);
        guest_log(guest, "\r\nWARNING: LinNet: netdev_watchdog:3678: %s", text->reason);
        show_backtrace(guest, text->function);
}
