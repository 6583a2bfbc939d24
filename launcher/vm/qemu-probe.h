// SPDX-License-Identifier: Apache-2.0
//
// What a QEMU supports, determined before a machine is started, so that anything missing is reported with the package
// that has it. Runs QEMU with --version and with `help` for -accel, -machine, -device and -cpu, and caches the answers
// until the program file changes (base/cache.h: qemu.json).
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/process.h"
#include "launcher/machine/settings.h"

// Names as QEMU spells them, in its order. Free with qemu_abilities_free.
struct qemu_abilities {
        char *program; // absolute, or relative to the current folder
        char *version; // "7.2.22"
        unsigned major, minor;
        struct arguments accelerators; // "tcg"
        struct arguments machines;     // "virt-7.2", "virt"
        struct arguments devices;      // "virtio-net-pci", and the alias "virtio-net"
        struct arguments processors;   // "cortex-a72"; empty if the format of the list is unknown
        bool remembered;               // from the cache
};
void qemu_abilities_free(struct qemu_abilities *abilities);
#define AUTO_QEMU_ABILITIES __attribute__((cleanup(qemu_abilities_free)))

// Determines the abilities of PROGRAM (a path, or a name in PATH), from the cache if possible. Fails
// (ERROR_ENVIRONMENT) if it is not found or does not behave like QEMU.
bool qemu_probe(const char *program, struct qemu_abilities *abilities, struct error *err);

// The same without the cache. Each run of PROGRAM may take TIMEOUT_MS.
bool qemu_ask(const char *program, int timeout_ms, struct qemu_abilities *abilities, struct error *err);

// Whether a QEMU with ABILITIES can run a machine with SETTINGS (complete) on this host. Fails (ERROR_ENVIRONMENT) with
// what is missing.
bool qemu_check(const struct settings *settings, const struct qemu_abilities *abilities, struct error *err);

// Probes the program in SETTINGS and checks it. A refusal never comes from the cache: the program may be a script that
// now starts another QEMU.
bool qemu_ready(const struct settings *settings, struct error *err);

// Replaces the accelerator `auto` in SETTINGS (which may be incomplete) by kvm if QEMU and this host can run the
// machine under KVM, else by tcg; on an arm64 host it then prints the reason. Fails if another setting is invalid
// (ERROR_USAGE), or if interrupted.
bool qemu_choose_accelerator(struct settings *settings, struct error *err);
