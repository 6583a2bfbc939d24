// SPDX-License-Identifier: Apache-2.0
//
// What a QEMU can do, asked before it is started, so that what it lacks is named with the package that has it.
//
// The program is run with --version and with the `help` of -accel, -machine, -device and -cpu. The answers are kept until
// the program's file changes (base/cache.h: qemu.json), so that a usual start costs nothing.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/process.h"
#include "launcher/machine/settings.h"

// Names as QEMU spells them, in its order. Free with qemu_abilities_free.
struct qemu_abilities {
        char *program; // absolute, or relative to where it was asked
        char *version; // "7.2.22"
        unsigned major, minor;
        struct arguments accelerators; // "tcg"
        struct arguments machines;     // "virt-7.2", "virt"
        struct arguments devices;      // "virtio-net-pci", and the alias "virtio-net"
        struct arguments processors;   // "cortex-a72"; none where they are listed in a way that is not known here
        bool remembered;               // it was not asked now
};
void qemu_abilities_free(struct qemu_abilities *abilities);
#define AUTO_QEMU_ABILITIES __attribute__((cleanup(qemu_abilities_free)))

// Asks PROGRAM (a path, or a name in PATH), or remembers. Fails (ERROR_ENVIRONMENT) if it is not there, is no QEMU, or
// ends in a way that no QEMU does.
bool qemu_probe(const char *program, struct qemu_abilities *abilities, struct error *err);

// The same, but it is asked in any case, and each answer has to come in TIMEOUT_MS.
bool qemu_ask(const char *program, int timeout_ms, struct qemu_abilities *abilities, struct error *err);

// Whether a QEMU with ABILITIES can run, on this host, a machine with SETTINGS (complete). Fails (ERROR_ENVIRONMENT) with
// what is missing.
bool qemu_check(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err);

// Both for the program in SETTINGS. What is remembered is never the reason of a refusal: the program may be a script that
// starts another one now.
bool qemu_ready(const struct settings *settings, struct error *err);

// Replaces the accelerator `auto` in SETTINGS, which need not be complete: by kvm if the program in SETTINGS and this host can
// run that machine under KVM, else by tcg. If it is tcg on an arm64 host, one line on standard error says why. Fails if another
// setting is wrong (ERROR_USAGE), or when interrupted.
bool qemu_choose_accelerator(struct settings *settings, struct error *err);
