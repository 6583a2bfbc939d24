// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/qemu.h"

#include <inttypes.h>
#include <string.h>

#include "base/arguments.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/machine/forward.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/setting-list.h"

char *qemu_escaped(const char *text)
{
        struct text escaped = {0};
        for (; *text; text++)
                text_add(&escaped, *text == ',' ? ",," : (char[]){*text, '\0'});
        return text_take(&escaped);
}

static void add_pair(struct arguments *arguments, const char *option, const char *value)
{
        arguments_add(arguments, option);
        arguments_add(arguments, value);
}

// -drive with HEAD (which ends before "file=") and the image at PATH.
static void add_drive(struct arguments *arguments, const char *head, const char *path)
{
        AUTO_FREE char *escaped = qemu_escaped(path);
        arguments_add(arguments, "-drive");
        arguments_add_format(arguments, "%s,file=%s", head, escaped);
}

// QEMU writes the serial port's bytes one by one. A FIFO packs them into pages; a socket keeps a buffer for each, and
// is full after a few hundred.
static void add_console(const struct qemu_machine *machine, struct arguments *arguments)
{
        AUTO_FREE char *path = qemu_escaped(machine->console_pipe);
        AUTO_FREE char *log = qemu_escaped(machine->console_log);
        arguments_add(arguments, "-chardev");
        arguments_add_format(arguments, "pipe,id=console,path=%s,logfile=%s", path, log);
        add_pair(arguments, "-serial", "chardev:console");
}

static void add_qmp(const struct qemu_machine *machine, struct arguments *arguments)
{
        AUTO_FREE char *path = qemu_escaped(machine->qmp_socket);
        arguments_add(arguments, "-chardev");
        arguments_add_format(arguments, "socket,id=qmp,path=%s,server=on,wait=off", path);
        add_pair(arguments, "-qmp", "chardev:qmp");
}

static void add_firmware(const struct qemu_machine *machine, struct arguments *arguments)
{
        add_drive(arguments, "if=pflash,unit=0,format=raw,readonly=on", machine->code_path);
        add_drive(arguments, "if=pflash,unit=1,format=raw", machine->vars_path);
}

static void add_payload(const struct qemu_machine *machine, struct arguments *arguments)
{
        add_drive(arguments, "if=none,id=payload,format=raw,readonly=on", machine->payload_path);
        add_pair(arguments, "-device",
                 "usb-storage,id=" MACHINE_PAYLOAD_DEVICE ",bus=xhci.0,drive=payload,bootindex=0");
        // With a bootindex the firmware, when it starts again, drops every boot entry that is not in QEMU's order,
        // including the installer's new one. So QEMU pauses at the reset until the launcher has removed the bootindex;
        // without a launcher, it exits.
        add_pair(arguments, "-action", machine->on_terminal ? "reboot=shutdown" : "reboot=shutdown,shutdown=pause");
}

// The disk has no bootindex: the firmware follows BootOrder, and a wrong entry is noticed.
static void add_disk(const struct qemu_machine *machine, struct arguments *arguments)
{
        AUTO_FREE char *head = text_format("if=none,id=disk,format=%s,discard=unmap", machine->disk_format);
        add_drive(arguments, head, machine->disk_path);
        bool nvme = strcmp(machine->settings->disk_bus, "nvme") == 0;
        add_pair(arguments, "-device",
                 nvme ? "nvme,serial=esxiarm-disk,drive=disk" : "usb-storage,bus=xhci.0,drive=disk");
}

// Whether NIC is a PCI device: only those have the property romfile.
static bool has_rom(const char *nic)
{
        return !text_starts_with(nic, "usb-") && !text_ends_with(nic, "-device");
}

static void add_forwards(const struct settings *settings, struct text *netdev)
{
        AUTO_FORWARDS struct forwards forwards = {0};
        forwards_read(&settings->forwards, &forwards, NULL);
        for (size_t i = 0; i < forwards.count; i++)
                text_add_format(netdev, ",hostfwd=tcp:%s:%" PRIu16 "-:%" PRIu16, forwards.items[i].address,
                                forwards.items[i].host, forwards.items[i].guest);
}

static void add_network(const struct settings *settings, struct arguments *arguments)
{
        if (strcmp(settings->nic, SETTINGS_NO_NIC) == 0)
                return;
        AUTO_TEXT struct text netdev = {0};
        text_add(&netdev, "user,id=net0");
        add_forwards(settings, &netdev);
        add_pair(arguments, "-netdev", text_string(&netdev));
        // Without a ROM, the firmware offers no network boot, and the package with QEMU's ROMs is not needed.
        arguments_add(arguments, "-device");
        arguments_add_format(arguments, "%s,netdev=net0,mac=%s%s", settings->nic, settings->mac,
                             has_rom(settings->nic) ? ",romfile=" : "");
}

static void add_channels(const struct qemu_machine *machine, struct arguments *arguments)
{
        if (machine->on_terminal) {
                add_pair(arguments, "-serial", "mon:stdio");
                return;
        }
        add_console(machine, arguments);
        add_qmp(machine, arguments);
        arguments_add(arguments, "-S");
}

void qemu_machine_arguments(const struct settings *settings, struct arguments *arguments)
{
        arguments_add(arguments, "-no-user-config");
        arguments_add(arguments, "-nodefaults");
        add_pair(arguments, "-machine", settings->machine_options);
        add_pair(arguments, "-accel", settings->accel);
        add_pair(arguments, "-cpu", settings->cpu);
        arguments_add(arguments, "-smp");
        arguments_add_format(arguments, "%" PRIu64, settings->cpus);
        arguments_add(arguments, "-m");
        arguments_add_format(arguments, "%" PRIu64, settings->memory_mb);
        add_pair(arguments, "-display", "none");
}

void qemu_arguments(const struct qemu_machine *machine, struct arguments *arguments)
{
        const struct settings *settings = machine->settings;
        AUTO_FREE char *name = qemu_escaped(machine->name);
        arguments_add(arguments, settings->qemu);
        arguments_add(arguments, "-name");
        arguments_add_format(arguments, "guest=%s", name);
        qemu_machine_arguments(settings, arguments);
        add_firmware(machine, arguments);
        add_pair(arguments, "-device", "qemu-xhci,id=xhci");
        if (machine->payload_path)
                add_payload(machine, arguments);
        add_disk(machine, arguments);
        add_network(settings, arguments);
        add_channels(machine, arguments);
        const char *argument;
        for (size_t i = 0; (argument = settings_list_at(&settings->qemu_args, i)); i++)
                arguments_add(arguments, argument);
}
